"""Every route × method × role × district: nobody gets further than the table says.

Built from the application's own map of addresses, so a new route is in it at once; one
without a policy fails. What variable parts stand for is in tests/support/samples.py.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from boundaries import review
from boundaries.registry.desk import DRAFTS, USERS
from tests.support import samples, signed
from webmap import create_app
from webmap.policy import Policy, policy_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from werkzeug.routing import Rule

    from boundaries.vocabulary import Role
    from tests.support import postgis

WRITING = {"POST", "PUT", "PATCH", "DELETE"}
READERS = {"surveyor.120101", "boundary_manager.120102", "auditor", "system_admin"}
"""Who asks, in CI size, what everybody who is signed in may ask."""
Case = tuple[str, str, str, Policy]


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[samples.Seeded]:
    made = samples.seeded(tmp_path_factory.mktemp("matrix"))
    yield made
    made.office.registry.close()


@pytest.fixture(scope="module")
def app(seeded: samples.Seeded) -> Flask:
    return create_app(seeded.office.registry)


@pytest.fixture(scope="module")
def cases(app: Flask, seeded: samples.Seeded) -> list[Case]:
    return _cases(app, seeded)


def _cases(app: Flask, seeded: samples.Seeded) -> list[Case]:
    """Return each route as method, address, endpoint and policy."""
    found = []
    for rule in sorted(app.url_map.iter_rules(), key=lambda each: each.rule):
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            policy = policy_of(app, rule.endpoint, method)
            assert policy is not None, f"{method} {rule.rule} has no policy"
            found.append((method, _address(app, rule, seeded), rule.endpoint, policy))
    return found


def _address(app: Flask, rule: Rule, seeded: samples.Seeded) -> str:
    values = {}
    for name in rule.arguments:
        converter = rule._converters[name]
        number = type(converter).__name__ == "IntegerConverter"
        values[name] = seeded.values.get(name, "1" if number else "x")
    with app.test_request_context():
        from flask import url_for

        return url_for(rule.endpoint, **values)


def _ask(
    app: Flask, who: str, method: str, address: str, *, fresh: bool = False, **more: Any
) -> Any:
    """Ask as somebody, ``""`` as nobody.

    A session serves many requests; ``fresh`` begins one of its own, for what may end
    the session it is asked with.
    """
    sessions = app.extensions.setdefault("matrix", {})
    client = None if fresh else sessions.get(who)
    if client is None:
        client = signed.SignedClient(app, app.response_class)
        if who:
            signed.sign_in(client, who)
        if not fresh:
            sessions[who] = client
    if address.startswith("/api/") and method in WRITING:
        more.setdefault("json", {})
    return client.open(address, method=method, buffered=True, **more)


def _refused(answer: Any) -> bool:
    """Return whether nobody was let in: 401, 403, or the way to the sign-in page."""
    to_sign_in = answer.headers.get("Location", "").startswith("/sign-in")
    return answer.status_code in {401, 403} or (
        answer.status_code == 303 and to_sign_in
    )


def _holds(policy: Policy, role: Role) -> bool:
    """Return what the table of verbs says, read here and not by the policy's code."""
    if policy.kind != "may":
        return True
    return any(role in review.verb(name).on(review.ANY_LAYER) for name in policy.verbs)


def _state(seeded: samples.Seeded) -> str:
    """Return a digest of what the others must leave as it is."""
    store = seeded.office.registry.store
    kept = [
        store.find(DRAFTS),
        store.find(USERS),
        store.tags(),
        store.head("divisions"),
    ]
    return hashlib.sha256(json.dumps(kept, sort_keys=True).encode()).hexdigest()


def test_every_route_has_a_policy(cases: list[Case]) -> None:
    assert len(cases) > 40
    assert {policy.kind for *_, policy in cases} <= {
        "public", "published", "signed_in", "may",
    }  # fmt: skip


def test_a_route_without_a_policy_answers_nobody(seeded: samples.Seeded) -> None:
    app = create_app(seeded.office.registry)
    app.add_url_rule("/forgotten", view_func=lambda: "secret")
    for who in ("", "system_admin", f"boundary_manager.{samples.OURS}"):
        assert _ask(app, who, "GET", "/forgotten").status_code == 403


@pytest.mark.parametrize("who", ["", "closed"])
def test_nobody_who_is_not_signed_in_is_let_in(
    app: Flask, cases: list[Case], seeded: samples.Seeded, who: str
) -> None:
    before = _state(seeded)
    for method, address, endpoint, policy in cases:
        answer = _ask(app, who, method, address)
        if policy.kind == "public":
            assert answer.status_code < 500, (method, address)
        else:
            assert _refused(answer), (method, address, endpoint, answer.status_code)
    assert _state(seeded) == before


def test_no_role_gets_what_the_table_does_not_give(
    app: Flask, cases: list[Case], seeded: samples.Seeded
) -> None:
    before = _state(seeded)
    asked = 0
    for who, held in seeded.people.items():
        for method, address, endpoint, policy in cases:
            if held is None or policy.kind == "public" or _holds(policy, held[0]):
                continue
            answer = _ask(app, who, method, address)
            assert answer.status_code == 403, (who, method, address, endpoint)
            asked += 1
    assert asked > 100
    assert _state(seeded) == before


def test_another_district_reaches_nothing_of_ours(
    app: Flask, cases: list[Case], seeded: samples.Seeded
) -> None:
    """The role would do; the district does not."""
    _no_other_district(app, cases, seeded)


@pytest.mark.postgis
def test_another_district_reaches_nothing_on_postgis_either(
    postgis_url: str, postgis_server: postgis.Server, tmp_path: Path
) -> None:
    there = samples.seeded(tmp_path, postgis_url)
    app = create_app(there.office.registry)
    _no_other_district(app, _cases(app, there), there)
    there.office.registry.close()
    postgis_server.empty(postgis_url)


def _no_other_district(app: Flask, cases: list[Case], seeded: samples.Seeded) -> None:
    before, asked = _state(seeded), 0
    draft = seeded.values["draft"]
    private = [seeded.values[name] for name in samples.PRIVATE]
    others = [
        w for w, held in seeded.people.items() if held and held[1] == samples.THEIRS
    ]
    for who in others:
        for method, address, _endpoint, policy in cases:
            scoped = any(review.verb(name).scoped for name in policy.verbs)
            ours = any(f"/{value}" in address for value in private)
            if ours or (f"/{draft}" in address and scoped):
                answer = _ask(app, who, method, address)
                assert answer.status_code >= 400, (who, method, address)
                asked += 1
    assert asked > 100
    assert _state(seeded) == before


REGISTERS = {"markers", "names", "facilities", "population", "api_population"}


def test_a_list_shows_another_district_none_of_our_registers(
    app: Flask, cases: list[Case], seeded: samples.Seeded
) -> None:
    """Also not to those who hold no working role there, and so read only."""
    found = {samples.OURS: 0, samples.THEIRS: 0}
    ours = (samples.MARKER, samples.PLACE, samples.FACILITY)
    ours += (f"{samples.PEOPLE:,}", str(samples.PEOPLE))
    box = {"west": 116, "south": 38, "east": 118, "north": 40, "bbox": "116,38,118,40"}
    for method, address, endpoint, policy in cases:
        if method != "GET" or endpoint.partition(".")[0] not in REGISTERS:
            continue
        for who in ("viewer", "planner", "surveyor", "name_staff"):
            for district in found:
                name = f"{who}.{district}"
                held = seeded.people[name]
                if held is None or not _holds(policy, held[0]):
                    continue
                words = {"q": "长乐路", "query": "长乐路", **box}
                answer = _ask(app, name, method, address, query_string=words)
                if answer.status_code >= 400 or "population" in endpoint:
                    answer = _ask(app, name, method, address)
                said = (
                    answer.get_data(as_text=True) if answer.status_code == 200 else ""
                )
                told = any(code in said for code in ours)
                found[district] += told
                assert not (told and district == samples.THEIRS), (name, address)
    assert found[samples.OURS] > 10


def test_writing_needs_the_pages_token_and_origin(
    app: Flask, cases: list[Case], seeded: samples.Seeded
) -> None:
    before = _state(seeded)
    for method, address, endpoint, policy in cases:
        if method not in WRITING:
            continue
        who = next(
            name
            for name, held in seeded.people.items()
            if held and _holds(policy, held[0])
        )
        answer = _ask(app, who, method, address, csrf=False)
        assert answer.status_code == 400, (who, method, address, endpoint)
        for sent in (
            {"Origin": "https://elsewhere.example"},
            {"Origin": "null"},
            {"Sec-Fetch-Site": "cross-site"},
        ):
            answer = _ask(app, who, method, address, headers=sent)
            assert answer.status_code == 400, (who, method, address, sent)
    assert _state(seeded) == before


def test_who_holds_the_verb_is_answered(
    app: Flask, cases: list[Case], seeded: samples.Seeded, full_size: bool
) -> None:
    """Perhaps with a refusal by the registry, never with a fault.

    Runs last in this file: what is allowed changes the store.
    """
    reading = [case for case in cases if case[0] == "GET"]
    writing = [case for case in cases if case[0] != "GET"]
    elsewhere: set[str] = set()
    for method, address, endpoint, policy in [*reading, *writing]:
        for who, held in seeded.people.items():
            if held is None or not _holds(policy, held[0]):
                continue
            if policy.kind != "may" and not full_size and who not in READERS:
                continue
            if held[1] == samples.THEIRS and method == "GET" and not full_size:
                if endpoint in elsewhere:
                    continue  # one of them has read it already
                elsewhere.add(endpoint)
            answer = _ask(app, who, method, address, fresh=method in WRITING)
            assert answer.status_code not in {500, 401}, (who, method, address)
            to = answer.headers.get("Location", "")
            out = endpoint in {"accounts.sign_out", "accounts.code"}
            assert out or not to.startswith("/sign-in"), (who, method, address)
