"""The application: one factory, security headers, errors in both languages."""

from __future__ import annotations

import ipaddress
import logging
import secrets
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlparse

from flask import Flask, Response, abort, g, request

from boundaries.jobs.places import tiles_beside
from webmap import (
    api,
    basemaps,
    compression,
    forms,
    languages,
    limits,
    policy,
    refusals,
    session,
    shell,
)
from webmap.care import CareMap
from webmap.immutable import Immutable, digest_of_folder
from webmap.published import Published
from webmap.views import BLUEPRINTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from boundaries.registry import Registry

log = logging.getLogger(__name__)

MOST_SENT = 4 << 20
"""Bytes of a form or of JSON that are read; files come in parts, with a bound of their
own. It holds for all routes: what is parsed lies in memory several times over."""


def create_app(
    registry: Registry, *, cache: Path | None = None, names: Iterable[str] = ()
) -> Flask:
    """Return the application over an open registry.

    Parameters
    ----------
    registry
        The page reads published versions through its store.
    cache
        Where prepared tiles are kept; beside the store by default. Its content may
        be deleted at any time. The key that signs cookies lies beside it.
    names
        Host names this server may be asked by, besides ``localhost`` and numbers.
        A page elsewhere can have a name of its own point to this machine and so
        read what is shown here; it cannot do so with a number.
    """
    static = Path(__file__).parent / "static"
    prefix = f"/static/{digest_of_folder(static)}"
    app = Flask("webmap", static_folder=str(static), static_url_path=prefix)
    app.json.ensure_ascii = False  # type: ignore[attr-defined]
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = 0
    app.config["MAX_CONTENT_LENGTH"] = MOST_SENT
    app.extensions["registry"] = registry
    folder = cache or tiles_beside(registry.store.url)
    app.extensions["published"] = Published(registry.store, folder)
    app.extensions["care"] = CareMap(folder)
    languages.install(app)
    basemaps.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    api.install(app)
    app.before_request(_draw_nonce)
    known = {"localhost", *(name.lower() for name in names)}
    app.before_request(lambda: _require_known_host(known))
    app.before_request(_require_text)
    session.install(app, folder.with_suffix(".key"))
    policy.install(app)
    limits.install(app)
    forms.install(app)
    shell.install(app)
    app.after_request(_protect)
    compression.install(app)
    refusals.install(app)
    layer = Immutable(app.wsgi_app, cache=folder, static=static, prefix=prefix)
    app.wsgi_app = layer  # type: ignore[method-assign]
    return app


def _require_known_host(known: set[str]) -> None:
    """Refuse a request that came by a name this server does not have."""
    name = ""
    try:
        name = urlparse(f"//{request.headers.get('Host', '')}").hostname or ""
        ipaddress.ip_address(name)
    except ValueError:
        if name.lower() not in known:
            log.warning("refused a request for the host %r", name)
            abort(400)


def _require_text() -> None:
    """Refuse an address with a zero in it: PostgreSQL has no text that holds one."""
    if "\x00" in request.path or b"%00" in request.query_string:
        abort(400)


def _draw_nonce() -> None:
    g.nonce = secrets.token_urlsafe(16)


def _protect(response: Response) -> Response:
    nonce = g.get("nonce", "")
    policy = (
        "default-src 'self'",
        f"script-src 'self' 'nonce-{nonce}'",
        f"style-src 'self' 'nonce-{nonce}'",
        "img-src 'self' data: blob:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
    response.headers["Content-Security-Policy"] = "; ".join(policy)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["X-Frame-Options"] = "DENY"
    response.headers["Referrer-Policy"] = "same-origin"
    response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
    response.headers["Cross-Origin-Resource-Policy"] = "same-origin"
    response.headers["Permissions-Policy"] = "geolocation=(self), camera=()"
    seen_by_one = g.get("private", False) and "ETag" not in response.headers
    how = "private, no-store" if seen_by_one else "private, no-cache"
    response.headers.setdefault("Cache-Control", how)
    return response
