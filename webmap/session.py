"""Who is asking: :func:`actor` and :func:`registry` are all that views need.

The browser holds a signed cookie with the random secret of a session kept in the
store (:mod:`boundaries.registry.sessions`); a program sends a token instead. Both are
looked up once a request, so what is ended in the store is ended.
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import flask_login
from flask import current_app, g, request, session
from flask.sessions import SecureCookieSessionInterface
from flask_login import LoginManager, UserMixin

from boundaries.accounts import ANONYMOUS, Grant, User
from boundaries.registry.sessions import SHOWN
from boundaries.vault import Vault
from geodata.errors import QuhuaError

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask, Request, Response

    from boundaries.registry import Registry

log = logging.getLogger(__name__)

SECRET = "secret"  # noqa: S105 - the name of a place
"""Where the cookie keeps the session's secret."""
COOKIE = "quhua"
BEARER = "Bearer "


@dataclass(frozen=True)
class Identity(UserMixin):  # type: ignore[misc]
    """A user who is signed in, and by what."""

    user: User
    session: dict[str, Any] | None = None
    token: dict[str, Any] | None = None

    def get_id(self) -> str:
        """Return the account's name."""
        return self.user.name

    @property
    def name(self) -> str:
        """The account's name."""
        return self.user.name

    @property
    def display(self) -> str:
        """What the person is called, the account's name when nothing is known."""
        return self.user.display or self.user.name


class _Manager(LoginManager):  # type: ignore[misc]
    """Flask-Login without its remember-me cookie, which we do not offer.

    Looking for it opens the session in every answer, and what opened the session
    varies by cookie and cannot be cached.
    """

    def _update_remember_cookie(self, response: Response) -> Response:
        return response


class _Cookie(SecureCookieSessionInterface):
    """The signed cookie, marked secure wherever the page came over TLS."""

    def get_cookie_secure(self, app: Flask) -> bool:  # noqa: ARG002
        return request.is_secure


def install(app: Flask, key_file: Path) -> None:
    """Give an application sessions signed with the key in ``key_file``."""
    app.config["SESSION_COOKIE_NAME"] = COOKIE
    app.config["SESSION_COOKIE_HTTPONLY"] = True
    app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
    app.secret_key = key = secret_key(key_file)
    app.extensions["key_file"] = key_file
    base = app.extensions["registry"]
    base.vault = Vault(key)
    try:
        base.seal_codes()
    except QuhuaError as error:  # nobody is kept from reading by it
        log.warning("secrets of one-time codes stay as they are: %s", error)
    app.session_interface = _Cookie()
    manager = _Manager()
    manager.init_app(app)
    manager.request_loader(_load)


def identity() -> Identity | None:
    """Return who is signed in, None for the anonymous reader."""
    found = flask_login.current_user
    return cast("Identity", found) if found.is_authenticated else None


def actor() -> str:
    """Return the name of who is signed in, or the anonymous reader's."""
    found = identity()
    return found.name if found else ANONYMOUS


def registry() -> Registry:
    """Return the registry as this request's session or token may use it."""
    if "registry" not in g:
        g.registry = _acting(identity())
        g.registry.prompt = True
    made: Registry = g.registry
    return made


def begin(secret: str) -> None:
    """Make this browser's session the one with this secret; forget the old one."""
    forget()
    session[SECRET] = secret


def end() -> None:
    """End this browser's session in the store, and forget it here."""
    secret = session.get(SECRET)
    if secret:
        registry().end_session(secret)
    forget()


def forget() -> None:
    """Drop the cookie's content, with the CSRF token that belonged to it."""
    session.clear()
    g.pop("csrf_token", None)
    g.pop("registry", None)
    g.pop("_login_user", None)


def ignore() -> None:
    """Take the rest of this request for nobody's: the store may not answer."""
    g._login_user = flask_login.AnonymousUserMixin()


def secret_key(path: Path) -> bytes:
    """Return the key that signs cookies, made at the first start for its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _put_key(path, secrets.token_bytes(32))
    path.chmod(0o600)
    return path.read_bytes()


def _put_key(path: Path, key: bytes) -> None:
    """Write a key whole or not at all; the first of two processes has its own kept."""
    part = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(key)
        file.flush()
        os.fsync(file.fileno())
    try:
        with contextlib.suppress(FileExistsError):
            os.link(part, path)
    except OSError:  # a file system without links; nobody else begins just now
        part.replace(path)
    part.unlink(missing_ok=True)


def base() -> Registry:
    """Return the registry nobody acts through yet."""
    made: Registry = current_app.extensions["registry"]
    return made


def secret() -> str:
    """Return the secret of this browser's session, ``""`` without one."""
    return str(session.get(SECRET, ""))


def shown_id() -> str:
    """Return the name of this browser's session in lists and in the audit."""
    found = identity()
    return found.session["key"][:SHOWN] if found and found.session else ""


def address() -> str:
    """Return the address the request came from, as far as the server can know it."""
    return request.remote_addr or ""


def agent() -> str:
    """Return what the browser says it is."""
    return request.user_agent.string


def waiting() -> str:
    """Return the secret of a session that waits for its one-time code, or ``""``."""
    secret = str(session.get(SECRET, ""))
    document = base().session(secret) if secret else None
    return secret if document and document["pending"] else ""


def _acting(found: Identity | None) -> Registry:
    if found is None:
        return base().acting(f"web {address()}")
    if found.token is not None:
        within = (found.name, found.user.grants)
        return base().acting(f"token {found.token['id']} {address()}", within=within)
    return base().acting(f"session {shown_id()} {address()}")


def _load(asked: Request) -> Identity | None:
    header = asked.headers.get("Authorization", "")
    if header.startswith(BEARER):
        return _lent(header.removeprefix(BEARER).strip())
    secret = session.get(SECRET)
    document = base().session(secret) if secret else None
    if document is None or document["pending"]:
        return None
    user = base().session_user(document)
    return Identity(user, session=document) if user else None


def _lent(secret: str) -> Identity | None:
    """Return who lent a program this token, with what the token may at most."""
    document = base().token(secret)
    user = base().session_user(document) if document else None
    if document is None or user is None or user.must_change:
        return None
    grants = map(Grant.parse, document["roles"])
    return Identity(user.narrowed(grants), token=document)
