"""The page itself, and whether the server is well."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, jsonify, redirect, render_template, url_for
from markupsafe import Markup

from webmap import policy
from webmap.maps import shell

if TYPE_CHECKING:
    from webmap.published import Published

pages = Blueprint("pages", __name__)

_IMPORTED = re.compile(r'from "\./([\w./-]+\.js)"')


@pages.get("/map")
@policy.signed_in
def map_page() -> str:
    """Return the map of the published divisions; its data come after it."""
    published: Published = current_app.extensions["published"]
    if published.edition() is None:
        return render_template("empty.html")
    return render_template("map.html", **map_parts("main.js"))


def map_parts(entry: str) -> dict[str, Any]:
    """Return what a template needs to show the big map with a script of ours."""
    parts = shell()
    return {
        "styles": parts.styles,
        "scripts": parts.scripts,
        "entry": entry,
        "modules": modules(entry),
        "body": Markup(parts.body),  # noqa: S704 - constant, see webmap.maps
        "code": Markup(parts.code),  # noqa: S704
    }


@lru_cache(maxsize=8)
def modules(entry: str) -> tuple[str, ...]:
    """Return the modules a script imports, so that the browser fetches them at once."""
    folder = Path(__file__).parent.parent / "static" / "js"
    found: list[str] = []
    left = [entry]
    while left:
        name = left.pop()
        if name in found:
            continue
        found.append(name)
        left += _IMPORTED.findall((folder / name).read_text("utf-8"))
    return tuple(sorted(found))


@pages.get("/health")
@policy.may("see_health")
def health() -> Any:
    """Lead to the state of the server, which stands among the administration."""
    return redirect(url_for("admin.health"), 302)


@pages.get("/healthz")
@policy.public
def alive() -> Any:
    """Answer quickly whether the server and its store are there."""
    published: Published = current_app.extensions["published"]
    edition = published.edition()
    number = edition.version.number if edition else None
    return jsonify({"ok": True, "published": number})
