"""Sessions: who has signed in, kept in the store so that they can be ended there.

A session is known by a random secret that only the browser has; the store keeps its
hash. Whoever reads the store or a backup of it cannot sign in with what is there.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import logging
import secrets
from typing import TYPE_CHECKING, Any

from boundaries.accounts import User
from boundaries.registry.desk import SESSIONS, TOKENS, USERS, Desk, now, since
from geodata.errors import (
    ForbiddenError,
    NotFoundError,
    SignInError,
    StoreError,
    Text,
)

if TYPE_CHECKING:
    from geodata.store.protocol import Transaction

log = logging.getLogger(__name__)

TOUCH = dt.timedelta(minutes=1)
"""A session's last use is written no oftener than this: reading stays reading."""
LONGEST_AGENT = 200
SHOWN = 12
"""Characters of a session's key by which people and the audit name it."""


class Sessions(Desk):
    """Begin, look up and end sessions."""

    def start_session(
        self, name: str, *, address: str = "", agent: str = "", pending: bool = False
    ) -> str:
        """Begin a session of an account and return its secret.

        Parameters
        ----------
        pending
            The password was right and a one-time code is still asked for.
        """
        secret = secrets.token_urlsafe(32)
        document = {
            "user": name,
            "started": now(),
            "seen": now(),
            "address": address,
            "agent": agent[:LONGEST_AGENT],
            "pending": pending,
        }
        with self.store.write(lock=[SESSIONS]) as tx:
            for old in tx.find(SESSIONS, parent=name):
                single = self.settings.access.single_session and not pending
                if single or self._ended(old):
                    tx.delete(SESSIONS, old["key"])
            tx.put(SESSIONS, fingerprint(secret), document, parent=name, rev=0)
            if not pending:
                self.record(tx, name, "sign_in", name, address=address)
        return secret

    def renew_session(self, secret: str) -> str:
        """Give a session another secret, as after a change of the password."""
        fresh = secrets.token_urlsafe(32)
        with self.store.write(lock=[SESSIONS]) as tx:
            document = tx.get(SESSIONS, fingerprint(secret))
            if document is None or self._ended(document):
                raise SignInError(Text("请先登录。", "Please sign in first."))
            tx.delete(SESSIONS, document["key"])
            body = {k: v for k, v in document.items() if k not in {"key", "rev"}}
            parent = document["user"]
            tx.put(SESSIONS, fingerprint(fresh), body, parent=parent, rev=0)
        return fresh

    def session(self, secret: str) -> dict[str, Any] | None:
        """Return a session that has not ended, or None; note that it was used."""
        document = self.store.get(SESSIONS, fingerprint(secret))
        if document is None or self._ended(document):
            return None
        if since(document["seen"]) >= TOUCH:
            try:
                self._touch(document["key"])
            except StoreError as error:  # a full disk must not stop who only reads
                log.warning("the use of a session is not noted: %s", error)
        return document

    def session_user(self, document: dict[str, Any]) -> User | None:
        """Return the account of a session or token, None when it is closed."""
        found = self.store.get(USERS, document["user"])
        user = User.from_document(found) if found else None
        return user if user and user.active else None

    def end_session(self, secret: str) -> None:
        """End a session: from now on its secret opens nothing."""
        key = fingerprint(secret)
        with self.store.write(lock=[SESSIONS]) as tx:
            document = tx.get(SESSIONS, key)
            if document is not None:
                tx.delete(SESSIONS, key)
                if not document["pending"]:
                    self.record(tx, document["user"], "sign_out", document["user"])

    def sessions(self, actor: str) -> list[dict[str, Any]]:
        """Return one's own sessions, the latest first; ``id`` names them.

        Not to a token: where its owner signs in from is none of a program's business.
        """
        self.in_person()
        found = self.store.find(SESSIONS, parent=actor)
        shown = [
            {
                "id": doc["key"][:SHOWN],
                **{k: doc[k] for k in ("started", "seen", "address", "agent")},
            }
            for doc in found
            if not doc["pending"] and not self._ended(doc)
        ]
        return sorted(shown, key=lambda doc: doc["seen"], reverse=True)

    def revoke_session(self, actor: str, session: str) -> None:
        """End one of one's own sessions, such as one left open elsewhere."""
        self.in_person()
        with self.store.write(lock=[SESSIONS]) as tx:
            own = tx.find(SESSIONS, parent=actor)
            found = [doc for doc in own if doc["key"][:SHOWN] == session]
            if not found:
                raise NotFoundError(
                    Text("会话已结束。", "That session has ended already.")
                )
            tx.delete(SESSIONS, found[0]["key"])
            self.record(tx, actor, "revoke_session", actor, session=session)

    def in_person(self) -> None:
        """Refuse a token what only the person themselves may do.

        Raises
        ------
        ForbiddenError
            When the registry is used through an API token.
        """
        if self.within is not None:
            raise ForbiddenError(
                Text(
                    "接口令牌不能办理账号事务。",
                    "An API token cannot change accounts.",
                ),
                Text("请登录后在页面办理。", "Sign in and do it there."),
            )

    def _touch(self, key: str) -> None:
        with self.store.write(lock=[SESSIONS]) as tx:
            document = tx.get(SESSIONS, key)
            if document is not None:  # ended meanwhile: it must not come back
                document["seen"] = now()
                tx.put(SESSIONS, key, document, parent=document["user"])

    def _ended(self, document: dict[str, Any]) -> bool:
        access = self.settings.access
        idle = dt.timedelta(minutes=access.idle_minutes)
        longest = dt.timedelta(hours=access.session_hours)
        if document["pending"]:
            longest = dt.timedelta(minutes=access.code_minutes)
        return since(document["seen"]) > idle or since(document["started"]) > longest


def fingerprint(secret: str) -> str:
    """Return the key under which a secret is kept; the secret cannot be told from it.

    The secrets are long and random, so a plain digest is enough.
    """
    return hashlib.sha256(secret.encode()).hexdigest()


def end_all(tx: Transaction, name: str, *, keep: str = "") -> int:
    """End an account's sessions, inside a transaction that holds their lock."""
    ended = [doc for doc in tx.find(SESSIONS, parent=name) if doc["key"] != keep]
    for document in ended:
        tx.delete(SESSIONS, document["key"])
    return len(ended)


def end_tokens(tx: Transaction, name: str) -> int:
    """Forget an account's tokens, inside a transaction that holds their lock."""
    found = tx.find(TOKENS, parent=name)
    for token in found:
        tx.delete(TOKENS, token["key"])
    return len(found)
