"""Secrets of one-time codes: of no use without the server's key."""

from __future__ import annotations

import json
import time

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from boundaries.registry import Registry
from boundaries.vault import Vault, is_sealed
from geodata.errors import ForbiddenError, StateError
from tests.support.registries import Office

GOOD = "Heping-2026!"
VAULT = Vault(b"one")


@given(st.text())
def test_what_is_sealed_opens_with_its_key_alone(text: str) -> None:
    kept = VAULT.seal(text)
    assert VAULT.open(kept) == text
    if text:
        assert is_sealed(kept)
        assert kept != VAULT.seal(text)
        with pytest.raises(StateError) as refused:
            Vault(b"two").open(kept)
        assert refused.value.code == "other_key"
        assert "quhua user codes" in refused.value.text("en")


def with_codes(desk: Office, name: str = "li") -> tuple[str, list[str]]:
    """Set codes up for an account; return their secret and the recovery codes."""
    registry = desk.registry
    registry.set_password(name, name, GOOD)
    registry.propose_codes(name, GOOD)
    proposed = registry.proposed_codes(name)
    assert proposed is not None
    secret = proposed["secret"]
    return secret, registry.accept_codes(
        name, pyotp.TOTP(secret).at(int(time.time()) - 30)
    )


def test_the_store_does_not_hold_the_secret(desk: Office) -> None:
    registry = desk.registry
    registry.set_password("sun", "sun", GOOD)
    registry.propose_codes("sun", GOOD)
    only_proposed = registry.proposed_codes("sun")
    assert only_proposed is not None
    secret, _ = with_codes(desk)
    kept = json.dumps(registry.store.find("users"))
    assert secret not in kept
    assert only_proposed["secret"] not in kept
    begun = registry.sign_in("li", GOOD)
    assert registry.confirm_sign_in(begun["secret"], pyotp.TOTP(secret).now())


def test_with_another_key_codes_are_refused_in_words_and_recovery_codes_hold(
    desk: Office,
) -> None:
    """As in a store restored without the key file of its server."""
    secret, recovery = with_codes(desk)
    registry = desk.registry
    registry.vault = Vault(b"another server's")
    assert registry.codes_closed() == ["li"]
    begun = registry.sign_in("li", GOOD)
    with pytest.raises(StateError, match="key file"):
        registry.confirm_sign_in(begun["secret"], pyotp.TOTP(secret).now())
    kept = registry.store.get("users", "li")
    assert kept is not None
    assert kept["failures"] == 1  # guessing stays bounded
    assert registry.confirm_sign_in(begun["secret"], recovery[0])
    registry.reset_codes("keeper", "li")
    assert registry.codes_closed() == []
    assert not registry.sign_in("li", GOOD)["pending"]


def test_secrets_of_before_are_sealed_once(desk: Office) -> None:
    secret, _ = with_codes(desk)
    registry = desk.registry
    document = registry.store.get("users", "li")
    assert document is not None
    codes = {**document["codes"], "secret": secret, "step": 0}
    with registry.store.write() as tx:
        tx.put("users", "li", {**document, "codes": codes})
    assert registry.seal_codes() == 1
    assert registry.seal_codes() == 0
    assert secret not in json.dumps(registry.store.find("users"))
    begun = registry.sign_in("li", GOOD)
    assert registry.confirm_sign_in(begun["secret"], pyotp.TOTP(secret).now())
    last = [e for e in registry.store.journal() if e.verb == "seal_second_factor"]
    assert [e.detail for e in last] == [{"accounts": ["li"]}]
    assert registry.verify("auditor") == []


def test_without_a_key_no_codes_are_set_up(desk: Office) -> None:
    bare = Registry(desk.registry.store)
    bare.set_password("li", "li", GOOD)
    with pytest.raises(StateError):
        bare.propose_codes("li", GOOD)
    with pytest.raises(ForbiddenError):
        bare.propose_codes("li", "wrong")
