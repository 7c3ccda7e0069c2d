"""What an administrator of a closed intranet does from a shell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from boundaries.registry import Registry, open_registry
from boundaries.registry.desk import USERS
from geodata.errors import ForbiddenError, NotFoundError
from tests.support.commands import quhua
from tests.support.registries import Office, office


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The store of an office where something waits to be done."""
    for name in ("QUHUA_STORE", "QUHUA_USER", "QUHUA_SETTINGS", "QUHUA_DEBUG"):
        monkeypatch.delenv(name, raising=False)
    made = office(tmp_path)
    registry = made.registry
    made.commit()
    registry.publish("chen")
    registry.request_export("planner")
    registry.start_job("chen", "check", "D0001", {})
    registry.create_token("li", "batch", registry.user("li").grants, days=9)
    registry.create_token("li", "nightly", registry.user("li").grants, days=9)
    with registry.store.write() as tx:
        user = tx.get(USERS, "li")
        assert user is not None
        tx.put(USERS, "li", {**user, "locked_until": "2999-01-01T00:00:00Z"})
    registry.close()
    return made.path


def said(place: Path, *words: object, lang: str = "zh", status: int = 0) -> str:
    """Run a command on the store and return what it prints."""
    ran = quhua(*words, "--store", place, "--lang", lang)
    assert ran.status == status, ran.out + ran.err
    return ran.out + ran.err


def kept(place: Path) -> Registry:
    return open_registry(str(place))


def test_jobs_are_looked_at_and_cancelled(place: Path) -> None:
    listed = said(place, "jobs", "list")  # on the server: everybody's
    assert "planner" in listed
    assert "chen" in listed
    assert "等待中" in listed
    assert "chen" not in said(place, "jobs", "list", "--as", "planner")
    said(place, "jobs", "list", "--all", "--as", "planner", status=2)
    assert "waiting" in said(place, "jobs", "show", "J000002", lang="en")
    said(place, "jobs", "cancel", "J000002", "--as", "planner", status=2)
    assert "cancelled" in said(
        place, "jobs", "cancel", "J000002", "--as", "root", lang="en"
    )
    assert "J000002" not in said(place, "jobs", "list", "--state", "open")
    assert "J000002" in said(place, "jobs", "list", "--state", "cancelled")
    one = said(place, "jobs", "list", "--limit", "1").strip().splitlines()
    assert len(one) == 1


def test_exports_are_listed(place: Path) -> None:
    assert "planner" in said(place, "exports")
    assert "E000001" in said(place, "exports", "--as", "planner")
    assert "没有导出" in said(place, "exports", "--as", "chen")
    assert "E000001" in said(place, "exports", "--all", "--as", "auditor")
    said(place, "exports", "--all", "--as", "chen", status=2)


def test_an_account_is_unlocked(place: Path) -> None:
    said(place, "user", "unlock", "li", "--as", "chen", status=2)
    said(place, "user", "unlock", "li", "--as", "root")
    registry = kept(place)
    assert not registry.account_document("root", "li")["locked"]
    assert registry.store.journal()[-1].verb == "unlock"
    registry.close()


def test_tokens_are_listed_and_revoked(place: Path) -> None:
    listed = said(place, "user", "tokens", "li", lang="en")
    assert "batch" in listed
    assert "quhua_" not in listed
    said(place, "user", "tokens", "li", "--as", "chen", status=2)
    said(place, "user", "revoke", "li", "--as", "chen", status=2)
    said(place, "user", "revoke", "li", "none", "--as", "root", status=2)
    first = listed.split()[0]
    assert "1" in said(place, "user", "revoke", "li", first, "--as", "li")
    assert "1" in said(place, "user", "revoke", "li", "--as", "keeper")
    assert "没有令牌" in said(place, "user", "tokens", "li")
    registry = kept(place)
    told = [(e.actor, e.detail) for e in registry.store.journal()[-2:]]
    assert told[0][0] == "li"
    assert told[1] == ("keeper", {"user": "li"})
    registry.close()


def test_the_last_help_for_a_lost_device_is_on_the_server(place: Path) -> None:
    said(place, "user", "codes", "li", "--as", "root", status=2)
    said(place, "user", "codes", "keeper", "--as", "keeper")


def test_tokens_of_others_are_nobodys_but_theirs(desk: Office) -> None:
    made: dict[str, Any] = desk.registry.create_token(
        "li", "batch", desk.registry.user("li").grants, days=9
    )
    for attempt in (
        lambda: desk.registry.revoke_tokens("chen", "li"),
        lambda: desk.registry.account_tokens("chen", "li"),
    ):
        with pytest.raises(ForbiddenError):
            attempt()
    with pytest.raises(NotFoundError):
        desk.registry.revoke_tokens("root", "li", "x")
    assert desk.registry.token(made["token"]) is not None
    assert desk.registry.revoke_tokens("root", "li") == 1
    assert desk.registry.token(made["token"]) is None
