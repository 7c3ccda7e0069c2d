"""How often somebody may ask: to sign in, with a token, and in the public view."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request
from flask_limiter import Limiter

from boundaries.registry.sessions import fingerprint
from webmap.session import BEARER, address, base

if TYPE_CHECKING:
    from flask import Flask

GUESSED = ("accounts.sign_in", "accounts.code")
"""Where a password or a code can be guessed."""
SEARCHED = ("public.names", "public_care.walk")
"""What anybody may ask that is computed for each who asks."""


def install(app: Flask) -> None:
    """Limit an application by its settings, counted in this process."""
    limiter = Limiter(
        _token,
        app=app,
        storage_uri="memory://",
        headers_enabled=True,
        default_limits=[lambda: base().settings.access.token_rate],
        default_limits_exempt_when=lambda: not _token(),
    )
    for endpoint in GUESSED:
        by_address = limiter.shared_limit(
            lambda: base().settings.access.sign_in_rate,
            scope="sign-in",
            key_func=address,
            methods=["POST"],
        )
        by_account = limiter.limit(
            lambda: base().settings.access.account_rate,
            key_func=_account,
            methods=["POST"],
        )
        view = app.view_functions[endpoint]
        limited: Any = by_address(by_account(view))
        app.view_functions[endpoint] = limited
    searched = limiter.shared_limit(
        lambda: base().settings.access.public_rate, scope="public", key_func=address
    )
    for endpoint in SEARCHED:
        found: Any = searched(app.view_functions[endpoint])
        app.view_functions[endpoint] = found


def _account() -> str:
    """Return the account somebody tries, as one word however it is written."""
    name = request.form.get("name", "").strip().casefold()
    return fingerprint(name) if name else address()


def _token() -> str:
    header = request.headers.get("Authorization", "")
    return fingerprint(header) if header.startswith(BEARER) else ""
