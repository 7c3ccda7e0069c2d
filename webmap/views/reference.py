"""What programs that come here should know: the API, and what to leave alone."""

from __future__ import annotations

from flask import Blueprint, Response, render_template

from webmap import policy
from webmap.reference import nouns, routes

reference = Blueprint("reference", __name__)


@reference.get("/api")
@policy.signed_in
def listed() -> str:
    """Show the routes of the API by noun."""
    return render_template("reference/api.html", routes=routes(), nouns=nouns())


@reference.get("/robots.txt")
@policy.public
def robots() -> Response:
    """Ask search engines to stay away: they would keep maps that have changed."""
    return Response("User-agent: *\nDisallow: /\n", mimetype="text/plain")
