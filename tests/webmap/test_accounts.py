"""Signing in: what opens a session, what ends it, and what guessing comes to."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING, Any

import pyotp
import pytest

from boundaries.registry import Registry
from boundaries.registry.desk import SESSIONS, USERS
from boundaries.registry.second_factor import STEP, matching_step
from boundaries.settings import Access, Settings
from tests.support.registries import Office, office, streets
from tests.support.signed import (
    PASSWORD,
    add_user,
    client_as,
    give_password,
    quick_hash,
)
from tests.support.stores import ON_BOTH
from webmap import create_app, policy
from webmap.session import COOKIE, secret_key

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient

NEW = "Hongqiao-2027?"
OFTEN = "100000 per minute"


@pytest.fixture
def desk(tmp_path: Path, usual_url: str) -> Iterator[Office]:
    often = Access(sign_in_rate=OFTEN, account_rate=OFTEN)
    made = office(tmp_path, usual_url, access=often)
    give_password(made.registry, "li")
    yield made
    made.registry.close()


@pytest.fixture
def app(desk: Office) -> Flask:
    return create_app(desk.registry)


def token_in(page: Any) -> str:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


def sign_in(
    client: FlaskClient, name: str, password: str = PASSWORD, **more: Any
) -> Any:
    """Sign in through the form, as a browser does."""
    token = token_in(client.get("/sign-in"))
    sent = {"name": name, "password": password, "csrf_token": token, **more}
    return client.post("/sign-in", data=sent)


def signed_in(client: FlaskClient) -> bool:
    return client.get("/account").status_code == 200


def cookie(client: FlaskClient) -> str:
    found = client.get_cookie(COOKIE)
    return found.value if found else ""


def lately(registry: Registry, **changes: str) -> None:
    """Change the times of every session in the store."""
    with registry.store.write(lock=[SESSIONS]) as tx:
        for document in tx.find(SESSIONS):
            tx.put(
                SESSIONS,
                document["key"],
                {**document, **changes},
                parent=document["user"],
            )


@ON_BOTH
def test_the_form_signs_in_and_out(app: Flask, desk: Office) -> None:
    client = app.test_client()
    answer = sign_in(client, "li", next="/map?at=9/39/117")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/map?at=9/39/117")
    set_cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in set_cookie
    assert "SameSite=Lax" in set_cookie
    assert "Secure" not in set_cookie
    assert signed_in(client)
    copied = cookie(client)
    client.post("/sign-out", data={"csrf_token": token_in(client.get("/account"))})
    assert not signed_in(client)
    thief = app.test_client()
    thief.set_cookie(COOKIE, copied)
    assert not signed_in(thief), "a copy of the cookie is worth nothing"
    assert desk.verbs()[-2:] == ["sign_in", "sign_out"]
    entry = desk.registry.store.journal()[-1]
    assert entry.account.endswith("127.0.0.1")


def test_the_cookie_is_secure_over_tls(app: Flask) -> None:
    client = app.test_client()
    page = client.get("/sign-in", base_url="https://localhost")
    assert "; Secure" in page.headers["Set-Cookie"]


def test_no_browser_keeps_what_is_shown_to_one_person(app: Flask) -> None:
    """After signing out, 'back' shows nothing."""
    client = client_as(app, "li")
    for address in ("/account", "/account/tokens", "/api/v1/account"):
        assert client.get(address).headers["Cache-Control"] == "private, no-store"


@ON_BOTH
def test_signing_in_changes_the_session(app: Flask, desk: Office) -> None:
    """Whoever planted a cookie before does not own the session after."""
    client = app.test_client()
    planted_page = client.get("/sign-in")
    planted, old_token = cookie(client), token_in(planted_page)
    sign_in(client, "li")
    thief = app.test_client()
    thief.set_cookie(COOKIE, planted)
    assert not signed_in(thief)
    stale = client.post("/sign-out", data={"csrf_token": old_token})
    assert stale.status_code == 400, "the token changed with the session"
    kept = desk.registry.store.find(SESSIONS)
    assert all(value not in str(kept) for value in (cookie(client),))


@pytest.mark.parametrize(
    "ago", [{"seen": "2020-01-01T00:00:00Z"}, {"started": "2020-01-01T00:00:00Z"}]
)
def test_sessions_end_by_idling_and_in_any_case(
    app: Flask, desk: Office, ago: dict[str, str]
) -> None:
    client = client_as(app, "li")
    assert signed_in(client)
    lately(desk.registry, **ago)
    assert not signed_in(client)


def test_reading_does_not_write_to_the_store_each_time(
    app: Flask, desk: Office
) -> None:
    client = client_as(app, "li")
    before = desk.registry.store.find(SESSIONS)
    for _ in range(3):
        assert signed_in(client)
    assert desk.registry.store.find(SESSIONS) == before


@ON_BOTH
def test_what_ends_the_sessions_of_an_account(app: Flask, desk: Office) -> None:
    registry = desk.registry
    for change in (
        lambda: registry.set_password("root", "li", NEW),
        lambda: registry.set_roles("keeper", "li", ["viewer"]),
        lambda: registry.set_active("keeper", "li", active=False),
    ):
        client = client_as(app, "li")
        assert client.get("/account").status_code in (200, 303)
        change()
        assert client.get("/api/v1/account").status_code == 401


def test_a_single_session_if_so_set(tmp_path: Path) -> None:
    made = office(tmp_path, access=Access(single_session=True))
    app = create_app(made.registry)
    first, second = client_as(app, "li"), client_as(app, "li")
    assert not signed_in(first)
    assert signed_in(second)
    made.registry.close()


@pytest.mark.parametrize(
    ("wish", "goes"),
    [
        ("/drafts?x=1", "/drafts?x=1"),
        ("//elsewhere.example/", "/"),
        ("https://elsewhere.example/", "/"),
        ("/\\elsewhere.example", "/"),
        ("/\t/elsewhere.example", "/"),
        ("javascript:alert(1)", "/"),
        ("", "/"),
        (None, "/"),
    ],
)
def test_the_way_back_stays_here(wish: str | None, goes: str) -> None:
    assert policy.own_path(wish) == goes


@ON_BOTH
def test_the_sixth_wrong_password_finds_the_account_locked(
    app: Flask, desk: Office
) -> None:
    client = app.test_client()
    pages = [sign_in(client, "li", "wrong") for _ in range(5)]
    pages.append(sign_in(client, "li"))  # right, but too late
    pages += [sign_in(client, "nobody"), sign_in(client, "sun")]
    words = {re.sub(r'(nonce|value)="[^"]*"', "", page.text) for page in pages}
    assert {page.status_code for page in pages} == {403}
    assert len(words) == 1, "the page says the same whatever is wrong"
    again = create_app(Registry(desk.registry.store, Settings())).test_client()
    assert sign_in(again, "li").status_code == 403, "a restart does not unlock"
    desk.registry.unlock("keeper", "li")
    assert sign_in(client, "li").status_code == 303


@pytest.mark.alone
def test_an_unknown_name_takes_as_long_as_a_known_one(desk: Office) -> None:
    """With the usual hash, not the quick one of the tests."""
    desk.registry.set_password("root", "sun", NEW)
    taken: dict[str, list[float]] = {"sun": [], "nobody": []}
    for _ in range(3):
        for name, times in taken.items():
            started = time.perf_counter()
            with pytest.raises(Exception, match="Wrong"):
                desk.registry.authenticate(name, "wrong")
            times.append(time.perf_counter() - started)
    fast, slow = sorted(min(times) for times in taken.values())
    assert slow < fast * 2


def test_too_many_attempts_from_one_address(tmp_path: Path) -> None:
    made = office(tmp_path, access=Access(sign_in_rate="3 per minute"))
    client = create_app(made.registry).test_client()
    pages = [sign_in(client, f"guess{n}", "x") for n in range(4)]
    assert [page.status_code for page in pages] == [403, 403, 403, 429]
    assert int(pages[-1].headers["Retry-After"]) > 0
    assert "请求过于频繁" in pages[-1].text
    english = client.post("/sign-in?lang=en", data={})
    assert "Too many requests" in english.text
    made.registry.close()


def test_a_first_password_is_changed_before_anything_else(
    app: Flask, desk: Office
) -> None:
    desk.registry.set_password("root", "li", NEW)
    client = app.test_client()
    sign_in(client, "li", NEW)
    assert client.get("/account").headers["Location"] == "/account/password"
    assert client.get("/api/v1/account").json["error"] == "must_change"
    page = client.get("/account/password")
    sent = {"csrf_token": token_in(page), "old": NEW, "new": NEW, "again": NEW}
    same = client.post("/account/password", data=sent)
    assert "最近 5 次" in same.text
    weak = {**sent, "new": "Password123!", "again": "Password123!"}
    assert "容易被猜到" in client.post("/account/password", data=weak).text
    before = cookie(client)
    good = {**sent, "new": PASSWORD + "2", "again": PASSWORD + "2"}
    assert client.post("/account/password", data=good).status_code == 303
    assert signed_in(client)
    thief = app.test_client()
    thief.set_cookie(COOKIE, before)
    assert not signed_in(thief), "the session has another secret now"


def test_a_password_grows_old_if_so_set(tmp_path: Path) -> None:
    made = office(tmp_path, access=Access(password_days=30))
    with made.registry.store.write(lock=[USERS]) as tx:
        document = tx.get(USERS, "li")
        assert document is not None
        old = {"password": quick_hash(PASSWORD), "changed": "2020-01-01T00:00:00Z"}
        tx.put(USERS, "li", {**document, **old})
    assert made.registry.authenticate("li", PASSWORD)["must_change"]
    made.registry.close()


@ON_BOTH
def test_one_time_codes(app: Flask, desk: Office) -> None:
    client = client_as(app, "li")
    client.post("/account/second-factor", data={"password": PASSWORD})
    picture = client.get("/account/second-factor.svg")
    assert picture.mimetype == "image/svg+xml"
    proposed = desk.registry.proposed_codes("li")
    assert proposed is not None
    secret = proposed["secret"]
    assert secret in client.get("/account/second-factor").text
    wrong = client.post("/account/second-factor/confirm", data={"code": "000000"})
    assert "不正确" in wrong.text
    done = client.post(
        "/account/second-factor/confirm", data={"code": pyotp.TOTP(secret).now()}
    )
    recovery = re.findall(r"<li>([0-9a-f]{10})</li>", done.text)
    assert len(recovery) == 8
    assert client.get("/account/second-factor.svg").status_code == 404
    assert secret not in client.get("/account/second-factor").text

    other = app.test_client()
    assert sign_in(other, "li").headers["Location"].startswith("/sign-in/code")
    assert not signed_in(other), "the password alone opens nothing"
    used = {
        "code": pyotp.TOTP(secret).now(),
        "csrf_token": token_in(other.get("/sign-in/code")),
    }
    assert other.post("/sign-in/code", data=used).status_code == 403, "used already"
    used["code"] = pyotp.TOTP(secret).at(int(time.time()) + STEP)
    assert other.post("/sign-in/code", data=used).status_code == 303
    assert signed_in(other)

    third = app.test_client()
    for expected in (303, 403):
        sign_in(third, "li")
        lost = {"code": recovery[0], "csrf_token": token_in(third.get("/sign-in/code"))}
        assert third.post("/sign-in/code", data=lost).status_code == expected
        third = app.test_client()
    desk.registry.reset_codes("keeper", "li")
    assert sign_in(app.test_client(), "li").headers["Location"] == "/"


def test_a_code_belongs_to_one_step() -> None:
    secret = pyotp.random_base32()
    now = int(time.time())
    assert matching_step(secret, pyotp.TOTP(secret).at(now)) == now // STEP
    assert matching_step(secret, pyotp.TOTP(secret).at(now - 10 * STEP)) == 0
    assert matching_step(secret, "１２３四五六") == 0


def test_administrators_must_have_codes_if_so_set(tmp_path: Path) -> None:
    made = office(tmp_path, access=Access(require_totp=True))
    app = create_app(made.registry)
    keeper = client_as(app, "keeper")
    assert keeper.get("/admin/users").headers["Location"] == "/account/second-factor"
    assert keeper.get("/account/second-factor").status_code == 200
    assert signed_in(client_as(app, "li"))
    made.registry.close()


@ON_BOTH
def test_a_token_is_less_than_its_owner(app: Flask, desk: Office) -> None:
    add_user(desk.registry, "bao", ["surveyor:120000", "boundary_manager:120101"])
    client = client_as(app, "bao")
    chosen = {
        "name": "脚本",
        "roles": "surveyor:120000",
        "subtree": "120101",
        "days": 5,
    }
    page = client.post("/account/tokens", data=chosen)
    found = re.search(r"quhua_[\w-]{40,}", page.text)
    assert found is not None
    secret = found[0]
    assert secret not in client.get("/account/tokens").text
    assert secret not in str(desk.registry.store.find("tokens"))

    program = app.test_client()
    header = {"Authorization": f"Bearer {secret}"}
    me = program.get("/api/v1/account", headers=header).json
    assert (me["name"], me["roles"]) == ("bao", ["surveyor:120101"])
    assert program.get("/api/v1/users", headers=header).status_code == 403
    more = {"name": "x", "roles": ["surveyor:120101"], "days": 1}
    refused = program.post("/api/v1/account/tokens", json=more, headers=header)
    assert refused.status_code == 403, (
        "a token makes no tokens, and needs no CSRF token"
    )
    desk.registry.set_roles("keeper", "bao", ["boundary_manager:120101"])
    me = program.get("/api/v1/account", headers=header).json
    assert me["roles"] == [], "a role taken from the owner is gone from the token"

    wide = {"name": "x", "roles": ["boundary_manager:120000"], "days": 1}
    client = client_as(app, "bao")
    assert client.post("/api/v1/account/tokens", json=wide).status_code == 403
    desk.registry.set_active("keeper", "bao", active=False)
    assert program.get("/api/v1/account", headers=header).status_code == 401


def test_the_audit_knows_user_and_token(desk: Office) -> None:
    desk.commit()
    renamed = streets(A="南开街道")
    draft = desk.registry.stage("li", renamed, effective="2022", basis="甲")["id"]
    made = desk.registry.create_token("li", "脚本", ["surveyor:120101"], days=1)
    acting = desk.registry.acting("token x", within=("li", ()))
    with pytest.raises(Exception, match="surveyor"):
        acting.withdraw("li", draft)
    lent = create_app(desk.registry).test_client()
    header = {"Authorization": f"Bearer {made['token']}"}
    answer = lent.post(
        f"/api/v1/drafts/{draft}/discard", json={"name": draft}, headers=header
    )
    assert answer.status_code == 200, answer.json
    entry = desk.registry.store.journal()[-1]
    assert (entry.actor, entry.verb) == ("li", "discard")
    assert entry.account == f"token {made['id']} 127.0.0.1"


def test_a_revoked_or_foreign_token_opens_nothing(app: Flask, desk: Office) -> None:
    made = desk.registry.create_token("li", "x", ["surveyor:120101"], days=1)
    header = {"Authorization": f"Bearer {made['token']}"}
    client = client_as(app, "li")
    client.post(f"/account/tokens/{made['id']}/revoke")
    for sent in (
        header,
        {"Authorization": "Bearer quhua_x"},
        {"Authorization": "Bearer "},
    ):
        assert app.test_client().get("/api/v1/account", headers=sent).status_code == 401
    forged = client.post("/api/v1/account/tokens", json={}, headers=header, csrf=False)
    assert forged.status_code == 401, "with a token the cookie counts for nothing"


def test_an_administrator_stops_the_program_of_another(
    app: Flask, desk: Office
) -> None:
    made = [
        desk.registry.create_token("li", f"程序 {n}", ["surveyor:120101"], days=1)
        for n in range(2)
    ]
    page = "/admin/users/li"
    keeper = client_as(app, "keeper")
    text = keeper.get(page).text
    assert all(each["name"] in text and each["token"] not in text for each in made)
    assert "程序 0" not in client_as(app, "watcher").get(page).text
    refused = client_as(app, "li").post(f"{page}/tokens/{made[0]['id']}/revoke")
    assert refused.status_code == 403
    answer = keeper.post(f"{page}/tokens/{made[0]['id']}/revoke")
    assert (answer.status_code, answer.location) == (303, page)
    listed = keeper.get("/api/v1/users/li/tokens").json["items"]
    assert [each["id"] for each in listed] == [made[1]["id"]]
    gone = keeper.delete(f"/api/v1/users/li/tokens/{made[1]['id']}")
    assert gone.status_code == 204
    for each in made:
        header = {"Authorization": f"Bearer {each['token']}"}
        said = app.test_client().get("/api/v1/account", headers=header)
        assert said.status_code == 401
    entry = desk.registry.store.journal()[-1]
    assert (entry.actor, entry.verb) == ("keeper", "revoke_token")
    assert keeper.delete("/api/v1/users/li/tokens/none").status_code == 404


def test_administrators_on_the_users_pages(app: Flask, desk: Office) -> None:
    first = "root"
    root, keeper = client_as(app, first), client_as(app, "keeper")
    made = {"name": "neu", "display": "新人", "password": NEW}
    assert root.post("/admin/users/add", data=made).status_code == 303
    granted = {"role": ["surveyor", ""], "subtree": ["120101", ""]}
    assert root.post("/admin/users/neu/roles", data=granted).status_code == 403
    assert keeper.post("/admin/users/neu/roles", data=granted).status_code == 303
    assert desk.registry.account_document("root", "neu")["roles"] == ["surveyor:120101"]
    both = {"role": ["surveyor", "audit_admin"], "subtree": ["", ""]}
    page = keeper.post("/admin/users/neu/roles", data=both)
    assert page.status_code == 400
    assert "三员不得互兼" in page.text
    last = root.post(f"/admin/users/{first}/active", data={"active": "0"})
    assert last.status_code == 403
    assert "最后一名" in last.text
    assert "neu" in root.get("/admin/users?q=新人").text
    assert "neu" not in root.get("/admin/users?role=planner").text
    own = root.put(f"/api/v1/users/{first}/password", json={"password": NEW})
    assert own.status_code == 403


def test_an_administrators_password_is_not_the_system_administrators(
    app: Flask,
) -> None:
    root, keeper = client_as(app, "root"), client_as(app, "keeper")
    form = 'action="/admin/users/{}/password"'
    assert form.format("li") in root.get("/admin/users/li").text
    assert form.format("watcher") in keeper.get("/admin/users/watcher").text
    for page in (root.get("/admin/users/watcher"), keeper.get("/admin/users/keeper")):
        assert "/password" not in page.text.split("<main", 1)[1]
        assert "quhua user passwd" in page.text
    sent = {"password": NEW}
    refused = root.post("/admin/users/watcher/password", data=sent)
    assert refused.status_code == 403
    assert "只由安全管理员重置" in refused.text
    asked = root.put("/api/v1/users/keeper/password", json=sent)
    assert asked.json["error"] == "administrator"
    assert keeper.post("/admin/users/watcher/password", data=sent).status_code == 303


def test_the_key_is_made_once_for_its_owner(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "store.key"
    key = secret_key(path)
    assert len(key) == 32
    assert secret_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_key_is_kept_where_files_cannot_be_linked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise PermissionError(1, "no links here")

    monkeypatch.setattr("os.link", refuse)
    key = secret_key(tmp_path / "store.key")
    assert secret_key(tmp_path / "store.key") == key
    assert [each.name for each in tmp_path.iterdir()] == ["store.key"]
