"""People: roles in subtrees, three administrators apart, passwords, locks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyotp
import pytest

from boundaries import accounts
from boundaries.accounts import LOCAL, Grant, User
from boundaries.registry import Registry, open_registry, sessions
from boundaries.settings import Access
from boundaries.vocabulary import Role
from geodata.errors import (
    ConflictError,
    ForbiddenError,
    InputError,
    NotFoundError,
    StoreError,
    Text,
)
from tests.support.registries import PEOPLE, Office, office, streets

GOOD = "Heping-2026!"


@pytest.mark.parametrize(
    ("text", "grant"),
    [
        ("surveyor:120101", Grant(Role.SURVEYOR, "120101")),
        ("测绘员:120101001", Grant(Role.SURVEYOR, "120101001")),
        ("boundary_manager", Grant(Role.BOUNDARY_MANAGER)),
        ("viewer:*", Grant(Role.VIEWER)),
        ("planner:000000", Grant(Role.PLANNER)),
    ],
)
def test_grants_are_written_role_and_code(text: str, grant: Grant) -> None:
    assert Grant.parse(text) == grant
    assert Grant.parse(str(grant)) == grant


@pytest.mark.parametrize(
    "password", ["", accounts.hash_password(GOOD)], ids=["none", "one"]
)
def test_a_wrong_password_is_looked_at_once(
    monkeypatch: pytest.MonkeyPatch, password: str
) -> None:
    """An account without a password costs what one with a password costs."""
    import argon2

    accounts.verify_password(User("x"), "warm")
    asked: list[str] = []
    for name in ("hash", "verify"):
        real = getattr(argon2.PasswordHasher, name)
        monkeypatch.setattr(
            argon2.PasswordHasher,
            name,
            lambda *given, real=real, name=name: asked.append(name) or real(*given),
        )
    assert not accounts.verify_password(User("x", password=password), "wrong")
    assert asked == ["verify"]


@pytest.mark.parametrize("text", ["king", "surveyor:12", "surveyor:abc", "surveyor:1"])
def test_grants_that_are_none(text: str) -> None:
    with pytest.raises(InputError):
        Grant.parse(text)


@pytest.mark.parametrize(
    "roles",
    [
        ["system_admin", "security_admin"],
        ["audit_admin", "boundary_manager:120101"],
        ["security_admin", "viewer"],
    ],
)
def test_three_administrators_stay_apart(desk: Office, roles: list[str]) -> None:
    with pytest.raises(InputError):
        desk.registry.add_user("root", "neu", roles)
    with pytest.raises(InputError):
        desk.registry.set_roles("keeper", "li", roles)
    assert desk.registry.users("root")[0]["name"] == "auditor"


def test_a_store_may_say_what_its_data_are(tmp_path: Path, desk: Office) -> None:
    assert desk.registry.notice() == ""
    registry = open_registry(str(tmp_path / "demo.sqlite"), create=True)
    registry.init("root", notice="示例数据（虚构）")
    assert registry.notice() == "示例数据（虚构）"
    registry.close()


def test_init_only_once(desk: Office) -> None:
    with pytest.raises(ConflictError):
        desk.registry.init("second")


@pytest.mark.parametrize("name", ["", "a b", "public", LOCAL, "x" * 65, "a/b"])
def test_names_an_account_cannot_have(desk: Office, name: str) -> None:
    with pytest.raises(InputError):
        desk.registry.add_user("root", name)


def test_nobody_grants_to_themselves(desk: Office) -> None:
    with pytest.raises(ForbiddenError):
        desk.registry.set_roles("keeper", "keeper", ["system_admin"])
    desk.registry.set_roles("keeper", "watcher", ["auditor"])
    assert desk.registry.user("watcher").roles == {Role.AUDITOR}


def test_granting_is_the_security_administrators_once_there_is_one(
    desk: Office,
) -> None:
    """In a new store nobody else can: ``root`` gave ``keeper`` the role."""
    for attempt in (
        lambda: desk.registry.set_roles("root", "li", ["viewer"]),
        lambda: desk.registry.add_user("root", "neu", ["viewer"]),
        lambda: desk.registry.add_user("keeper", "neu"),
        lambda: desk.registry.set_password("keeper", "li", GOOD),
        lambda: desk.registry.reset_codes("root", "li"),
    ):
        with pytest.raises(ForbiddenError):
            attempt()
    desk.registry.add_user("root", "neu")
    desk.registry.set_roles("keeper", "neu", ["viewer"])
    assert desk.registry.user("neu").roles == {Role.VIEWER}


@pytest.mark.parametrize("name", ["root", "keeper"])
def test_the_last_administrators_stay(desk: Office, name: str) -> None:
    other = {"root": "keeper", "keeper": "root"}[name]
    for attempt in (
        lambda: desk.registry.set_active(name, name, active=False),
        lambda: desk.registry.set_active(other, name, active=False),
    ):
        with pytest.raises(ForbiddenError) as refused:
            attempt()
        assert refused.value.code == "last_administrator"
    desk.registry.add_user("root", "second")
    role = {"root": "system_admin", "keeper": "security_admin"}[name]
    desk.registry.set_roles("keeper", "second", [role])
    desk.registry.set_active(other, name, active=False)
    with pytest.raises(ForbiddenError):
        desk.registry.set_active("second", "second", active=False)


def test_the_last_system_administrator_keeps_the_role(desk: Office) -> None:
    with pytest.raises(ForbiddenError) as refused:
        desk.registry.set_roles("keeper", "root", ["audit_admin"])
    assert refused.value.code == "last_administrator"


@pytest.mark.parametrize("who", sorted(set(PEOPLE) - {"keeper"}))
def test_who_may_not_manage_users(desk: Office, who: str) -> None:
    for attempt in (
        lambda: desk.registry.add_user(who, "neu"),
        lambda: desk.registry.set_roles(who, "li", ["viewer"]),
        lambda: desk.registry.set_active(who, "li", active=False),
        lambda: desk.registry.set_password(who, "root", GOOD),
    ):
        with pytest.raises(ForbiddenError):
            attempt()


def test_a_closed_account_keeps_its_past(desk: Office) -> None:
    draft = desk.stage()["id"]
    desk.registry.set_active("root", "zhao", active=False)
    with pytest.raises(ForbiddenError):
        desk.registry.submit("zhao", draft)
    assert desk.registry.draft("chen", draft)["author"] == "zhao"
    desk.registry.set_active("root", "zhao", active=True)
    desk.registry.submit("zhao", draft)


@pytest.mark.parametrize(
    "password",
    ["short1!", "alllowercase", "NoDigitsHere", "li-Heping-26", "1234567890"],
)
def test_weak_passwords(desk: Office, password: str) -> None:
    with pytest.raises(InputError):
        desk.registry.set_password("li", "li", password)


def test_log_in(desk: Office) -> None:
    desk.registry.set_password("root", "li", GOOD)
    assert desk.registry.authenticate("li", GOOD)["must_change"]
    desk.registry.set_password("li", "li", GOOD + "x")
    assert not desk.registry.authenticate("li", GOOD + "x")["must_change"]
    kept = desk.registry.store.get("users", "li")
    assert kept is not None
    assert kept["password"].startswith("$argon2id$")
    assert "password" not in desk.registry.users("root")[0]


def test_wrong_passwords_lock_and_say_the_same(desk: Office) -> None:
    desk.registry.set_password("root", "li", GOOD)
    words = set()
    for name, password in [("li", "x"), ("nobody", "x"), ("sun", "x"), ("li", "")]:
        with pytest.raises(ForbiddenError) as refused:
            desk.registry.authenticate(name, password)
        words.add(refused.value.message)
    assert len(words) == 1
    for _ in range(3):
        with pytest.raises(ForbiddenError):
            desk.registry.authenticate("li", "x")
    with pytest.raises(ForbiddenError) as locked:
        desk.registry.authenticate("li", GOOD)
    assert locked.value.code == "locked"
    failed = [e for e in desk.registry.store.journal() if e.verb == "log_in_failed"]
    assert [e.subject for e in failed] == ["li", "", "sun", "li", "li", "li", "li"]
    assert [e.detail.get("locked") for e in failed][-2:] == [False, True]
    desk.registry.unlock("keeper", "li")
    assert desk.registry.authenticate("li", GOOD)["name"] == "li"


def test_what_is_tried_while_locked_does_not_lift_the_lock(desk: Office) -> None:
    """Two who guess at once both came past the first look: the lock must stand."""
    registry = desk.registry
    registry.set_password("root", "li", GOOD)
    for _ in range(registry.settings.access.failures + 1):
        until = registry.count("li", right=False).locked_until
    assert until
    with pytest.raises(ForbiddenError):
        registry.change_password("li", "wrong", GOOD + "x")
    assert registry.count("li", right=True).locked_until == until
    with pytest.raises(ForbiddenError):
        registry.authenticate("li", GOOD)


def test_a_right_password_forgives_no_wrong_codes(desk: Office) -> None:
    """Else whoever knows the password guesses codes without end."""
    registry = desk.registry
    registry.set_password("root", "li", GOOD)
    registry.set_password("li", "li", GOOD + "x")
    registry.propose_codes("li", GOOD + "x")
    proposed = registry.proposed_codes("li")
    assert proposed is not None
    registry.accept_codes("li", pyotp.TOTP(proposed["secret"]).now())
    for _ in range(registry.settings.access.failures):
        secret = registry.sign_in("li", GOOD + "x")["secret"]
        with pytest.raises(ForbiddenError):
            registry.confirm_sign_in(secret, "nonsense")
    with pytest.raises(ForbiddenError) as locked:
        registry.sign_in("li", GOOD + "x")
    assert locked.value.code == "locked"
    with pytest.raises(ForbiddenError):  # nor does one code more lift the lock
        registry.confirm_sign_in(secret, "nonsense")
    with pytest.raises(ForbiddenError):
        registry.sign_in("li", GOOD + "x")


def test_a_full_disk_stops_nobody_who_reads(
    desk: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Sessions and tokens note their use; where they cannot, they hold all the same."""
    registry = desk.registry
    secret = registry.start_session("li")
    grants = registry.user("li").grants
    token = registry.create_token("li", "batch", grants, days=1)["token"]

    def full(_: str) -> None:
        raise StoreError(Text("磁盘已满。", "The disk is full."), code="disk_full")

    monkeypatch.setattr(registry, "_touch", full)
    monkeypatch.setattr(registry, "_used", full)
    monkeypatch.setattr(sessions, "TOUCH", dt.timedelta(0))
    assert registry.session(secret) is not None
    assert registry.token(token) is not None


def test_the_lock_ends(tmp_path: Path) -> None:
    made = office(tmp_path, access=Access(failures=1, lock_minutes=0))
    made.registry.set_password("root", "li", GOOD)
    with pytest.raises(ForbiddenError):
        made.registry.authenticate("li", "x")
    assert made.registry.authenticate("li", GOOD)["name"] == "li"
    made.registry.close()


def test_unknown_people(desk: Office) -> None:
    with pytest.raises(ForbiddenError):
        desk.registry.stage("nobody", streets(), effective="2020")
    with pytest.raises(NotFoundError):
        desk.registry.set_roles("keeper", "nobody", ["viewer"])


def test_the_local_operator_reads_and_writes_nothing(desk: Office) -> None:
    draft = desk.stage()["id"]
    with pytest.raises(ForbiddenError):
        desk.registry.draft(LOCAL, draft)  # a web process is never local
    local = Registry(desk.registry.store, local=True)
    assert local.draft(LOCAL, draft)["moves"] == []
    assert local.users(LOCAL)
    assert local.audit(LOCAL)
    for attempt in (
        lambda: local.stage(LOCAL, streets(), effective="2020"),
        lambda: local.submit(LOCAL, draft),
        lambda: local.approve(LOCAL, draft),
        lambda: local.publish(LOCAL),
        lambda: local.waive(LOCAL, draft, "x", "y"),
        lambda: local.add_user(LOCAL, "neu"),
        lambda: local.discard(LOCAL, draft),
    ):
        with pytest.raises(ForbiddenError):
            attempt()


def test_subtrees_of_roles() -> None:
    user = User("li", grants=(Grant(Role.SURVEYOR, "120101"), Grant(Role.VIEWER)))
    assert user.subtrees({Role.SURVEYOR}) == ("120101",)
    assert user.subtrees({Role.VIEWER, Role.SURVEYOR}) == ("",)
    assert user.subtrees({Role.PLANNER}) == ()
    assert User.from_document(user.to_document()) == user


def test_verify_takes_no_hash_for_a_password() -> None:
    assert not accounts.verify_password(User("li"), "")
    assert not accounts.verify_password(User("li", password="junk"), "junk")  # noqa: S106
