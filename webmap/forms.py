"""Forms, and the two guards every writing request passes: its origin and its token.

Write ``{{ form.hidden_tag() }}`` (or ``{{ form.csrf_token }}``) into every form;
labels are ``lazy_gettext("English")`` with the Chinese in the catalog. Scripts send the
token of ``<meta name="csrf-token">`` as the header ``X-CSRFToken``. A program that
sends a bearer token has no cookie a foreign page could misuse and needs neither.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import abort, request
from flask_wtf import CSRFProtect, FlaskForm

from webmap.session import BEARER

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger(__name__)

WRITING = frozenset({"POST", "PUT", "PATCH", "DELETE"})
FOREIGN = frozenset({"cross-site", "same-site"})
TOKEN_HEADER = "X-CSRFToken"  # noqa: S105 - the header's name


class Form(FlaskForm):  # type: ignore[misc]
    """Base of all forms."""

    def complaints(self) -> list[tuple[str, str]]:
        """Return what is wrong, each with the id of its field, for a summary."""
        return [(field.id, str(word)) for field in self for word in field.errors]


class _Guard(CSRFProtect):  # type: ignore[misc]
    """Flask-WTF's guard, looking at the header before it reads a large body."""

    def _get_csrf_token(self) -> str | None:
        return request.headers.get(TOKEN_HEADER) or super()._get_csrf_token()


def install(app: Flask) -> None:
    """Guard every writing route of an application, after its policy was asked."""
    app.config["WTF_CSRF_CHECK_DEFAULT"] = False
    app.config["WTF_CSRF_TIME_LIMIT"] = None  # it lives as long as the session
    guard = _Guard(app)

    def protect() -> None:
        if request.method in WRITING and request.endpoint is not None:
            if request.headers.get("Authorization", "").startswith(BEARER):
                return
            require_own_origin()
            guard.protect()

    app.before_request(protect)


def require_own_origin() -> None:
    """Refuse a request that a page of another origin sent."""
    site = request.headers.get("Sec-Fetch-Site", "")
    origin = request.headers.get("Origin")
    if site in FOREIGN or (origin and urlsplit(origin).netloc != request.host):
        log.warning("refused a request from %r (%s)", origin, site)
        abort(400)
