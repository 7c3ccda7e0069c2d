"""Clients that are signed in, without the time a password takes to check."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from argon2 import PasswordHasher
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer

from boundaries.accounts import Grant, User
from boundaries.registry.desk import USERS, now
from webmap.forms import TOKEN_HEADER, WRITING
from webmap.session import SECRET

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flask import Flask

    from boundaries.registry import Registry

PASSWORD = "Heping-2026!"  # noqa: S105
QUICK = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Hashes that are checked at once; the parameters are part of the hash."""
_CSRF = "0123456789abcdef"


class SignedClient(FlaskClient):
    """A client that sends the CSRF token with every writing request.

    ``client.post(…, csrf=False)`` leaves it out.
    """

    def open(self, *args: Any, csrf: bool = True, **options: Any) -> Any:
        """Ask, with the token unless told otherwise."""
        if csrf and str(options.get("method", "GET")).upper() in WRITING:
            headers = dict(options.pop("headers", None) or {})
            headers.setdefault(TOKEN_HEADER, csrf_token(self.application))
            options["headers"] = headers
        return super().open(*args, **options)


def csrf_token(app: Flask) -> str:
    """Return the token that goes with the cookies made here."""
    signer = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token")
    return str(signer.dumps(_CSRF))


def sign_in(client: FlaskClient, name: str = "viewer") -> str:
    """Give a client a session of an account; return the session's secret."""
    registry = client.application.extensions["registry"]
    add_user(registry, name)
    secret = registry.start_session(name)
    with client.session_transaction() as cookie:
        cookie.clear()
        cookie.update({SECRET: secret, "csrf_token": _CSRF})
    return str(secret)


def client_as(app: Flask, name: str = "viewer") -> SignedClient:
    """Return a client of an application that is signed in."""
    client = SignedClient(app, app.response_class)
    sign_in(client, name)
    return client


def cookie_of(app: Flask, name: str = "viewer") -> str:
    """Return the value of the cookie of a new session, for a real browser."""
    registry = app.extensions["registry"]
    add_user(registry, name)
    signer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    document = {SECRET: registry.start_session(name), "csrf_token": _CSRF}
    return str(signer.dumps(document))


def add_user(
    registry: Registry,
    name: str,
    roles: Sequence[str] = ("viewer",),
    *,
    password: str = PASSWORD,
) -> None:
    """Add an account straight to the store, unless it is there."""
    if registry.store.get(USERS, name) is not None:
        return
    grants = tuple(Grant.parse(role) for role in roles)
    user = User(
        name, grants=grants, password=quick_hash(password), created=now()
    ).to_document()
    with registry.store.write(lock=[USERS]) as tx:
        tx.put(USERS, name, user, rev=0)
        registry.record(tx, "root", "add_user", name, roles=list(map(str, grants)))


def give_password(registry: Registry, name: str, password: str = PASSWORD) -> None:
    """Let an account sign in with a password that is quick to check."""
    with registry.store.write(lock=[USERS]) as tx:
        document = tx.get(USERS, name)
        assert document is not None
        tx.put(USERS, name, {**document, "password": quick_hash(password)})


def quick_hash(password: str) -> str:
    """Return a hash that costs next to nothing to check."""
    return QUICK.hash(password)
