"""The front page: what waits for whoever is signed in; the public map for others."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, url_for

from webmap import policy
from webmap.session import actor, identity, registry

home = Blueprint("home", __name__)


@home.get("/")
@policy.published
def front() -> Any:
    """Show the desk of who is signed in; send everybody else to the public map."""
    if identity() is None:
        return redirect(url_for("public.page"), 302)
    return render_template("home/desk.html", desk=registry().desk_of(actor()))
