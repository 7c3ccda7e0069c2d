"""The application: one factory, security headers, errors in both languages."""

from __future__ import annotations

import ipaddress
import logging
import os
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

from flask import Flask, Response, abort, g, jsonify, render_template, request
from werkzeug.exceptions import HTTPException

from geodata.errors import (
    ConflictError,
    FileRefusedError,
    ForbiddenError,
    GeometryError,
    InputError,
    LimitError,
    NotFoundError,
    QuhuaError,
    SignInError,
    StateError,
    Text,
)
from webmap import (
    api,
    basemaps,
    compression,
    forms,
    languages,
    limits,
    policy,
    session,
    shell,
)
from webmap.api.problems import ArgumentsError, arguments_error
from webmap.immutable import Immutable, digest_of_folder
from webmap.published import Published
from webmap.views import BLUEPRINTS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from boundaries.registry import Registry

log = logging.getLogger(__name__)

STATUS: tuple[tuple[type[QuhuaError], int], ...] = (
    (ArgumentsError, 422),
    (NotFoundError, 404),
    (SignInError, 401),
    (ForbiddenError, 403),
    (StateError, 409),
    (ConflictError, 409),
    (LimitError, 413),
    (FileRefusedError, 422),
    (GeometryError, 422),
    (InputError, 400),
)
"""The first class that matches gives the status; 500 for the rest."""

CODES: dict[str, int] = {
    "disk_full": 507,
    "busy": 503,
    "retry": 503,
    "unreachable": 503,
}
"""What the code of an error says more exactly than its class."""

_WORDS = {
    400: Text(
        "请求有误，或页面已过期；请刷新后重试。",
        "The request is not right, or the page is too old: load it again.",
    ),
    403: Text("无权访问。", "You may not see this."),
    404: Text("没有这个页面。", "There is no such page."),
    405: Text("不支持这种请求方式。", "This method is not supported here."),
    429: Text(
        "请求过于频繁，请稍后再试。", "Too many requests; please try again later."
    ),
    500: Text(
        "程序出错，已记入日志；数据不受影响。",
        "Something broke and has been logged; no data is affected.",
    ),
}


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
    app.extensions["registry"] = registry
    folder = cache or cache_beside(registry.store.url)
    app.extensions["published"] = Published(registry.store, folder)
    languages.install(app)
    basemaps.install(app)
    for blueprint in BLUEPRINTS:
        app.register_blueprint(blueprint)
    api.install(app)
    app.before_request(_draw_nonce)
    known = {"localhost", *(name.lower() for name in names)}
    app.before_request(lambda: _require_known_host(known))
    session.install(app, folder.with_suffix(".key"))
    policy.install(app)
    limits.install(app)
    forms.install(app)
    shell.install(app)
    app.after_request(_protect)
    compression.install(app)
    app.register_error_handler(QuhuaError, _told)
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, _broken)
    layer = Immutable(app.wsgi_app, cache=folder, static=static, prefix=prefix)
    app.wsgi_app = layer  # type: ignore[method-assign]
    return app


def cache_beside(url: str) -> Path:
    """Return the folder of prepared tiles for a store.

    ``store.tiles`` beside ``store.sqlite``; for a server's store ``QUHUA_CACHE`` or
    this user's own cache folder.
    """
    named = os.environ.get("QUHUA_CACHE")
    if named:
        return Path(named)
    if url.startswith(("postgresql:", "postgres:")):
        place = urlparse(url)
        name = f"{place.hostname or 'local'}-{place.path.strip('/') or 'quhua'}"
        home = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
        folder = Path(home) if home else Path.home() / ".cache"
        return folder / "quhua" / f"{name}.tiles"
    return Path(url.removeprefix("sqlite:///")).with_suffix(".tiles")


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
    response.headers.setdefault("Cache-Control", "private, no-cache")
    return response


def _told(error: QuhuaError) -> Any:
    status = CODES.get(error.code) or next(
        (code for kind, code in STATUS if isinstance(error, kind)), 500
    )
    if status >= 500:
        log.error("%s: %s", type(error).__name__, error, exc_info=error)
    return _answer(status, error.message, error.hint, error.to_dict())


def _refused(error: HTTPException) -> Any:
    if error.response is not None or (error.code or 500) < 400:
        return error
    said = getattr(error, "data", {}).get("messages")
    if said is not None:
        return _told(arguments_error(said))
    status = error.code or 500
    words = _WORDS.get(status, _WORDS[400])
    return _answer(status, words, None, QuhuaError(words, code="http").to_dict())


def _broken(error: Exception) -> Any:
    log.error("unhandled", exc_info=error)
    words = _WORDS[500]
    return _answer(500, words, None, QuhuaError(words, code="bug").to_dict())


def _answer(
    status: int, message: Text, hint: Text | None, document: dict[str, object]
) -> tuple[Any, int]:
    if policy.wants_json():
        return jsonify(document), status
    language = languages.chosen()
    words = {
        "status": status,
        "message": message.to(language),
        "hint": hint.to(language) if hint else "",
    }
    return render_template("error.html", **words), status
