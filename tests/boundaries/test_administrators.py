"""The three administrators apart, and what a program may not do in a person's place."""

from __future__ import annotations

import pytest

from boundaries.registry import Registry
from geodata.errors import ForbiddenError
from tests.support.registries import Office

GOOD = "Heping-2026!"


@pytest.mark.parametrize(
    ("actor", "name"),
    [
        (actor, name)
        for actor in ("root", "watcher", "auditor", "chen")
        for name in ("root", "keeper", "watcher")
        if actor != name
    ],
)
def test_nobody_else_sets_an_administrators_password(
    desk: Office, actor: str, name: str
) -> None:
    """Whoever could would sign in as one of those who watch over them."""
    assert not desk.registry.resets_password(actor, name)
    with pytest.raises(ForbiddenError) as refused:
        desk.registry.reset_password(actor, name, GOOD)
    assert refused.value.code == "administrator"
    assert f"quhua user passwd {name} --as {name}" in refused.value.text("zh")
    kept = desk.registry.store.get("users", name)
    assert kept is not None
    assert kept["password"] == ""


def test_the_security_administrator_resets_the_others(desk: Office) -> None:
    for name in ("root", "watcher"):
        assert desk.registry.resets_password("keeper", name)
        desk.registry.reset_password("keeper", name, GOOD)
        assert desk.registry.authenticate(name, GOOD)["must_change"]
    assert not desk.registry.resets_password("keeper", "li")
    assert not desk.registry.resets_password("keeper", "keeper")
    assert desk.registry.resets_password("root", "li")


def test_another_security_administrator_resets_ones_password(desk: Office) -> None:
    desk.registry.add_user("root", "second")
    desk.registry.set_roles("keeper", "second", ["security_admin"])
    desk.registry.reset_password("second", "keeper", GOOD)
    assert desk.registry.authenticate("keeper", GOOD)["must_change"]


def test_the_only_one_is_helped_on_the_server(desk: Office) -> None:
    """The command line runs as somebody who has the store anyway; the audit says who.

    Nobody is locked out: neither by a lost password nor by a lost device.
    """
    local = Registry(desk.registry.store, account="root@server", local=True)
    local.set_password("keeper", "keeper", GOOD)
    local.reset_codes("keeper", "keeper")
    told = [(e.verb, e.actor, e.account) for e in desk.registry.store.journal()[-2:]]
    assert told == [
        ("set_password", "keeper", "root@server"),
        ("reset_second_factor", "keeper", "root@server"),
    ]
    with pytest.raises(ForbiddenError):  # but not from a page left open
        desk.registry.reset_codes("keeper", "keeper")


def test_a_store_without_a_security_administrator_has_its_system_administrator(
    desk: Office,
) -> None:
    users = desk.registry.store.get("users", "keeper")
    assert users is not None
    with desk.registry.store.write() as tx:
        tx.put("users", "keeper", {**users, "active": False})
    desk.registry.reset_password("root", "watcher", GOOD)


def test_a_token_does_nothing_to_accounts(desk: Office) -> None:
    """What a program was given must not become more than it was given."""
    for actor in ("root", "keeper"):
        lent = desk.registry.acting(
            "token x", within=(actor, desk.registry.user(actor).grants)
        )
        for attempt in (
            lambda lent=lent, actor=actor: lent.add_user(actor, "neu"),
            lambda lent=lent, actor=actor: lent.set_roles(actor, "li", ["viewer"]),
            lambda lent=lent, actor=actor: lent.set_active(actor, "li", active=False),
            lambda lent=lent, actor=actor: lent.unlock(actor, "li"),
            lambda lent=lent, actor=actor: lent.reset_codes(actor, "li"),
            lambda lent=lent, actor=actor: lent.reset_password(actor, "li", GOOD),
            lambda lent=lent, actor=actor: lent.revoke_session(actor, "x"),
            lambda lent=lent, actor=actor: lent.sessions(actor),
            lambda lent=lent, actor=actor: lent.tokens(actor),
        ):
            with pytest.raises(ForbiddenError, match="API token"):
                attempt()


def test_an_account_opened_again_begins_anew(desk: Office) -> None:
    registry = desk.registry
    token = registry.create_token("li", "batch", registry.user("li").grants, days=9)
    secret = registry.start_session("li")
    registry.set_active("root", "li", active=False)
    registry.set_active("root", "li", active=True)
    assert registry.token(token["token"]) is None
    assert registry.tokens("li") == []
    assert registry.session(secret) is None
