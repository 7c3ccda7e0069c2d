"""API tokens: a program acts for a user, within what the token was given.

Only the digest of a token is kept. What it may is what its owner may now and what
it was given have in common; a role taken from the owner is gone from the token too.
"""

from __future__ import annotations

import datetime as dt
import logging
import secrets
from typing import TYPE_CHECKING, Any

from boundaries.accounts import Grant
from boundaries.registry.desk import TOKENS, now, since
from boundaries.registry.second_factor import SecondFactors
from boundaries.registry.sessions import fingerprint
from geodata.errors import (
    ForbiddenError,
    InputError,
    NotFoundError,
    StoreError,
    Text,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from geodata.store.protocol import Transaction

log = logging.getLogger(__name__)

PREFIX = "quhua_"
TOUCH = dt.timedelta(hours=1)
LONGEST_NAME = 60
MOST = 20
"""Tokens one account may have."""


class Tokens(SecondFactors):
    """Make, list, look up and revoke tokens."""

    def create_token(
        self, actor: str, name: str, roles: Iterable[str | Grant], *, days: int
    ) -> dict[str, Any]:
        """Make a token of some of one's roles; its secret is returned this once.

        Raises
        ------
        ForbiddenError
            For a role or a subtree that is not one's own.
        """
        self.in_person()
        name, longest = name.strip(), self.settings.access.token_days
        if not name or len(name) > LONGEST_NAME or not 1 <= days <= longest:
            raise InputError(
                Text(
                    f"令牌须有名称（至多 {LONGEST_NAME} 字），有效期 1–{longest} 天。",
                    f"A token needs a name (up to {LONGEST_NAME} characters) and 1 to "
                    f"{longest} days.",
                )
            )
        wanted = {r if isinstance(r, Grant) else Grant.parse(r) for r in roles}
        secret = PREFIX + secrets.token_urlsafe(32)
        until = dt.datetime.now(dt.UTC) + dt.timedelta(days=days)
        document = {
            "id": secrets.token_hex(4),
            "user": actor,
            "name": name,
            "roles": sorted(map(str, wanted)),
            "created": now(),
            "expires": f"{until:%Y-%m-%dT%H:%M:%SZ}",
            "used": "",
        }
        with self.store.write(lock=[TOKENS]) as tx:
            self._require_own(actor, wanted, tx)
            tx.put(TOKENS, fingerprint(secret), document, parent=actor, rev=0)
            shown = {k: document[k] for k in ("name", "roles", "expires")}
            self.record(tx, actor, "create_token", str(document["id"]), **shown)
        return {**document, "token": secret}

    def tokens(self, actor: str) -> list[dict[str, Any]]:
        """Return one's own tokens, the newest first; never what opens them."""
        self.in_person()
        found = self.store.find(TOKENS, parent=actor)
        shown = [
            {
                **{k: v for k, v in doc.items() if k not in {"key", "rev"}},
                "expired": doc["expires"] <= now(),
            }
            for doc in found
        ]
        return sorted(shown, key=lambda doc: doc["created"], reverse=True)

    def revoke_token(self, actor: str, token: str) -> None:
        """End one of one's own tokens."""
        self.in_person()
        with self.store.write(lock=[TOKENS]) as tx:
            found = [d for d in tx.find(TOKENS, parent=actor) if d["id"] == token]
            if not found:
                raise NotFoundError(
                    Text(f"没有令牌 {token}。", f"There is no token {token}.")
                )
            tx.delete(TOKENS, found[0]["key"])
            self.record(tx, actor, "revoke_token", token)

    def account_tokens(self, actor: str, name: str) -> list[dict[str, Any]]:
        """Return the tokens of an account: one's own, or as who looks after users."""
        if actor != name:
            self.may("see_users", actor)
        return self.tokens(name)

    def revoke_tokens(self, actor: str, name: str, token: str = "") -> int:
        """End one token of an account, or all of them; return how many.

        One's own, or as an administrator those of somebody else: a program that
        misbehaves is stopped without closing the account.
        """
        if actor == name and token:
            self.revoke_token(actor, token)
            return 1
        self.in_person()
        with self.store.write(lock=[TOKENS]) as tx:
            if actor != name:
                self.may("revoke_tokens", actor, reader=tx)
            self.account_of(tx, name)
            found = [
                document
                for document in tx.find(TOKENS, parent=name)
                if token in {"", document["id"]}
            ]
            if token and not found:
                raise NotFoundError(
                    Text(f"没有令牌 {token}。", f"There is no token {token}.")
                )
            for document in found:
                tx.delete(TOKENS, document["key"])
                self.record(tx, actor, "revoke_token", document["id"], user=name)
        return len(found)

    def token(self, secret: str) -> dict[str, Any] | None:
        """Return a token that holds still, or None; note that it is used."""
        document = self.store.get(TOKENS, fingerprint(secret))
        if document is None or document["expires"] <= now():
            return None
        if not document["used"] or since(document["used"]) >= TOUCH:
            try:
                self._used(document["key"])
            except StoreError as error:  # a full disk must not stop what only reads
                log.warning("the use of a token is not noted: %s", error)
        return document

    def _used(self, key: str) -> None:
        with self.store.write(lock=[TOKENS]) as tx:
            document = tx.get(TOKENS, key)
            if document is not None:
                tx.put(
                    TOKENS, key, {**document, "used": now()}, parent=document["user"]
                )

    def _require_own(self, actor: str, wanted: set[Grant], tx: Transaction) -> None:
        user = self.user(actor, tx)
        if not wanted or set(user.narrowed(wanted).grants) != wanted:
            raise ForbiddenError(
                Text(
                    "令牌只能有您自己的角色和辖区，且至少一项。",
                    "A token has some of your own roles and subtrees, at least one.",
                )
            )
        if len(tx.find(TOKENS, parent=actor)) >= MOST:
            raise InputError(
                Text(f"最多 {MOST} 个令牌。", f"There may be {MOST} tokens."),
                Text("请先撤销不用的。", "Revoke those you do not use."),
            )
