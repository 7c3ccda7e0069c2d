"""A page that lists every route of the API, made from its own description."""

from __future__ import annotations

from flask import Blueprint, render_template

from webmap import policy
from webmap.api.document import routes

reference = Blueprint("reference", __name__)


@reference.get("/api")
@policy.signed_in
def listed() -> str:
    """Show the routes of the API by noun."""
    return render_template("reference/api.html", routes=routes())
