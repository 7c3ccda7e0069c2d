"""The page itself, and whether the server is well."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, jsonify, render_template
from markupsafe import Markup

from webmap import policy
from webmap.health import of_this_server
from webmap.maps import shell

if TYPE_CHECKING:
    from webmap.published import Published

pages = Blueprint("pages", __name__)


@pages.get("/")
@policy.published
def home() -> str:
    """Return the map of the published divisions; its data come after it."""
    published: Published = current_app.extensions["published"]
    if published.edition() is None:
        return render_template("empty.html")
    parts = shell()
    return render_template(
        "map.html",
        styles=parts.styles,
        scripts=parts.scripts,
        modules=modules(),
        body=Markup(parts.body),  # noqa: S704 - constant, see webmap.maps
        code=Markup(parts.code),  # noqa: S704
    )


@lru_cache(maxsize=1)
def modules() -> tuple[str, ...]:
    """Return the page's script modules, so that the browser fetches them at once."""
    folder = Path(__file__).parent.parent / "static" / "js"
    return tuple(sorted(p.name for p in folder.glob("*.js") if p.name != "shell.js"))


@pages.get("/health")
@policy.may("see_health")
def health() -> str:
    """Show an administrator versions, settings and how files are isolated."""
    return render_template("health.html", found=of_this_server())


@pages.get("/healthz")
@policy.public
def alive() -> Any:
    """Answer quickly whether the server and its store are there."""
    published: Published = current_app.extensions["published"]
    edition = published.edition()
    number = edition.version.number if edition else None
    return jsonify({"ok": True, "published": number})
