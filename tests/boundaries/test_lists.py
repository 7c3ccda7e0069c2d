"""Lists cost what they show: of ten thousand drafts or jobs one page is read."""

from __future__ import annotations

import contextlib
import hashlib
import json
from typing import TYPE_CHECKING, Any

import pytest

from boundaries import review
from boundaries.accounts import User
from boundaries.jobs import ledger
from boundaries.labels import labelled, visible
from boundaries.registry.desk import DRAFTS
from boundaries.registry.listing import BOXES, SORTS, Wanted
from boundaries.vocabulary import DraftState
from geodata.store import reader
from tests.support.registries import Office, office

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

STATES = [state.value for state in DraftState]
DISTRICTS = ("120101", "120102", "130100")


def draft(number: int, **more: Any) -> dict[str, Any]:
    """Return a draft's document, nearly all of them at an end."""
    at_end = number % 100
    district = DISTRICTS[number % 3]
    return {
        "id": f"D{number:05d}",
        "title": f"草稿 {number % 7}",
        "layer": ("divisions", "markers", "place_names")[number % 5 % 3],
        "state": "superseded" if at_end else STATES[number // 100 % len(STATES)],
        "author": ("zhao", "li", "sun")[number % 3],
        "effective": "2020",
        "basis": "",
        "base": 1,
        "created": "2020",
        "updated": f"2026-01-{number % 28 + 1:02d}T00:00:00Z",
        "version": None,
        "counts": {"added": 1},
        "keys": [district + "001"] * 40,
        "scope": [district + "001"],
        "findings": {"open_errors": number % 12} if number % 2 else None,
        "history": [],
        "original": None,
        **more,
    }


@pytest.fixture(scope="module")
def full(
    tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Office]:
    """An office with very many drafts and jobs."""
    made = office(tmp_path_factory.mktemp("lists"))
    many = 10_000 if request.config.getoption("--full") else 700
    with made.registry.store.write() as tx:
        for number in range(many):
            document = draft(number)
            tx.put(DRAFTS, document["id"], document, parent=document["layer"])
            ended = number % 500
            job = {
                "id": f"J{number:06d}", "kind": ("export", "check")[number % 2],
                "subject": "D1", "actor": ("zhao", "li")[number % 2], "steps": {},
                "state": "done" if ended else "failed",
                "finished": f"2026-01-01T00:00:{number % 60:02d}.000Z",
                "cancel": False, "error": None, "result": None,
            }  # fmt: skip
            ledger.put(tx, job)
            export = {
                "id": f"E{number:06d}", "actor": ("zhao", "planner")[number % 2],
                "job": job["id"], "requested": "2026-01-01T00:00:00Z", "made": None,
                "within": None, "scope": "", "layer": "divisions",
            }  # fmt: skip
            tx.put("exports", export["id"], export, parent=export["actor"])
    yield made
    made.registry.close()


@contextlib.contextmanager
def counted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Count the documents that are read."""
    read: list[str] = []
    real = reader._document

    def notice(key: str, rev: int, doc: str) -> dict[str, Any]:
        read.append(key)
        return real(key, rev, doc)

    with monkeypatch.context() as patched:
        patched.setattr(reader, "_document", notice)
        yield read


@pytest.mark.parametrize("actor", ["zhao", "li", "chen"])
def test_the_list_of_drafts_reads_its_page(
    full: Office, monkeypatch: pytest.MonkeyPatch, actor: str
) -> None:
    open_ones = 40 if full.registry.store.count(DRAFTS) > 700 else 15
    for box in BOXES:
        with counted(monkeypatch) as read:
            found = full.registry.draft_list(actor, Wanted(box=box, limit=25))
        assert len(found["rows"]) == min(25, found["total"])
        drafts = [key for key in read if key.startswith("D")]
        assert len(drafts) <= 25 + open_ones, box


def test_the_desk_reads_what_it_shows(
    full: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with counted(monkeypatch) as read:
        desk = full.registry.desk_of("chen")
    shown = sum(len(desk[part]) for part in ("mine", "waiting", "approved", "jobs"))
    assert desk["waiting"]
    assert len([key for key in read if key[0] in "DJ"]) <= 2 * shown + 10


def test_jobs_and_exports_read_their_page(
    full: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = full.registry
    many = registry.job_count("root", everybody=True)
    assert registry.job_count("li") == many // 2
    with counted(monkeypatch) as read:
        last = registry.jobs("li", start=100, limit=10)
        following = registry.jobs("li", before=last[-1]["id"], limit=10)
        failed = registry.jobs("root", everybody=True, only=("state:failed",), limit=3)
    assert len([key for key in read if key.startswith("J")]) == 20 + len(failed)
    ids = [job["id"] for job in [*last, *following]]
    assert ids == sorted(ids, reverse=True)
    assert {job["state"] for job in failed} == {"failed"}
    with counted(monkeypatch) as read:
        page = registry.exports("planner", start=20, limit=10)
    assert registry.export_count("planner") == many // 2
    assert len([key for key in read if key.startswith("E")]) == len(page) == 10


@pytest.mark.parametrize("sort", SORTS)
def test_lists_say_what_going_through_all_says(full: Office, sort: str) -> None:
    """By filters, order and page, for a subtree and for the whole country."""
    for actor in ("li", "chen"):
        user = full.registry.user(actor)
        row = review.verb("view_draft")
        every = [
            document
            for document in full.registry.store.find(DRAFTS)
            if not review.outside(user, row, document["scope"], document["layer"])
            and user.roles & row.on(document["layer"])
        ]
        assert [each["id"] for each in full.registry.drafts(actor)] == [
            each["id"] for each in every
        ]
        wanted = Wanted(
            state="superseded", author="li", since="2026-01-05", until="2026-01-20",
            sort=sort, limit=100, start=2,
        )  # fmt: skip
        fits = [
            each
            for each in every
            if (each["state"], each["author"]) == ("superseded", "li")
            and "2026-01-05" <= each["updated"][:10] <= "2026-01-20"
        ]
        fits.sort(key=lambda each: _rank(each, sort), reverse=True)
        found = full.registry.draft_list(actor, wanted)
        assert found["total"] == len(fits)
        assert [each["id"] for each in found["rows"]] == [
            each["id"] for each in fits[2:102]
        ]
        assert found["counts"]["all"] == len(every)
        assert sum(found["states"].values()) == len(every)


def _rank(document: dict[str, Any], sort: str) -> tuple[Any, str]:
    if sort == "errors":
        return (document["findings"] or {}).get("open_errors", -1), document["id"]
    return document[sort], document["id"]


def test_old_jobs_are_forgotten_by_when_they_ended(tmp_path: Path) -> None:
    made = office(tmp_path)
    with made.registry.store.write() as tx:
        for name, state, finished in (
            ("J1", "done", "2020-01-01T00:00:00.000Z"),
            ("J2", "failed", "2999-01-01T00:00:00.000Z"),
            ("J3", "waiting", None),
        ):
            ledger.put(
                tx,
                {"id": name, "kind": "check", "actor": "li", "state": state,
                 "finished": finished},
            )  # fmt: skip
    assert ledger.forget(made.registry.store, days=1) == 1
    assert [job["id"] for job in made.registry.store.find("jobs")] == ["J2", "J3"]
    made.registry.close()


@pytest.mark.parametrize(
    ("roles", "layer", "scope", "seen"),
    [
        (["surveyor:120101"], "divisions", ["120101001", "120101002"], True),
        (["surveyor:120101"], "divisions", ["120101001", "120102001"], False),
        (["surveyor:120000"], "divisions", ["120101001", "120102001"], True),
        (["surveyor:120101001"], "divisions", ["120101"], False),
        (["surveyor:120101"], "markers", ["120101001|120102001"], True),
        (["surveyor:120103"], "markers", ["120101001|120102001"], False),
        (["surveyor:120101", "surveyor:120102"], "divisions",
         ["120101001", "120102001"], True),
        (["surveyor:120101", "surveyor:120102"], "divisions",
         ["120101001", "120103001"], False),
        (["surveyor:120101", "surveyor:130100"], "divisions",
         ["120101001", "130102001"], True),
        (["surveyor:120101001", "surveyor:120101002"], "divisions",
         ["120101001001", "120101002001"], True),
        (["surveyor:120101", "surveyor:120103"], "markers",
         ["120101001|120102001", "120102002|120103001"], True),
        (["surveyor:120101", "surveyor:130102"], "markers",
         ["120101001|130101001", "120102001|130102001"], True),
        (["surveyor"], "divisions", [""], True),
        (["surveyor:120000"], "divisions", [""], False),
        (["surveyor:120000"], "divisions", ["junk"], False),
        (["surveyor:120101"], "divisions", [], True),
        (["surveyor:120101"], "place_names", ["120101001"], False),
        (["name_staff:120101"], "place_names", ["120101001"], True),
        (["name_staff:120101"], "divisions", ["120101001"], False),
    ],
)  # fmt: skip
def test_labels_say_who_sees_a_draft_as_the_table_does(
    desk: Office, roles: list[str], layer: str, scope: list[str], seen: bool
) -> None:
    registry = desk.registry
    registry.add_user("root", "mo")
    registry.set_roles("keeper", "mo", roles)
    user, row = registry.user("mo"), review.verb("view_draft")
    held = bool(user.roles & row.on(layer))
    assert seen == (held and not review.outside(user, row, scope, layer))
    with registry.store.write() as tx:
        tx.put(DRAFTS, "D1", draft(1, id="D1", layer=layer, scope=scope), parent=layer)
    assert [each["id"] for each in registry.drafts("mo")] == (["D1"] if seen else [])


def test_what_is_found_by_its_key_alone_has_no_labels() -> None:
    assert labelled("sessions", {"user": "li"}) == ((), "")
    assert visible(User("nobody")) == [[]]


def test_other_labels_have_another_name() -> None:
    """Whoever changes what is returned here gives ``making`` another word."""
    job = {"actor": "li", "kind": "check", "state": "waiting", "finished": None}
    waiver = {"draft": "D1", "expires": "2027-01-01"}
    export = {"within": ["viewer"], "requested": "2026-01-01"}
    made = [
        labelled("drafts", draft(1, scope=["120101001"])),
        labelled("jobs", job),
        labelled("waivers", waiver),
        labelled("exports", export),
    ]
    told = [(sorted(words), at) for words, at in made]
    digest = hashlib.sha256(json.dumps(told).encode()).hexdigest()[:12]
    assert (labelled.making, digest) == ("1", "769368a0e8e6")
