"""The public view: published divisions without sign-in, under their own addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, abort, current_app, jsonify, render_template, request

from boundaries.accounts import ANONYMOUS
from geodata.errors import NotFoundError, Text
from geodata.tiles.folders import valid_digest
from webmap import policy, public
from webmap.immutable import DOCUMENTS
from webmap.session import base
from webmap.views.pages import map_parts
from webmap.views.tiles import packed, place_of

if TYPE_CHECKING:
    from flask import Response

    from webmap.published import Edition, Published

public_view = Blueprint("public", __name__, url_prefix="/public")

SHORT = "public, max-age=60"
"""For what changes when a version is published or the view is closed."""
HELD = "private, no-store"
"""For the preview of somebody signed in while the view is closed."""


@public_view.get("")
@policy.published
def page() -> Any:
    """Show the public map; while it is closed, who is signed in sees a preview."""
    site = base().public()
    words = {**map_parts("public.js"), "site": site}
    response = _kept(current_app.make_response(render_template("public.html", **words)))
    response.vary.add("Cookie")  # of the language
    return response


@public_view.get("/current.json")
@policy.published
def current() -> Any:
    """Return which version is published, its dates and what each rests on."""
    site = base().public()
    document = public.pointer(_published().edition(), site, base().notice())
    return told(document)


@public_view.get("/dates/<date>")
@policy.published
def date_state(date: str) -> Any:
    """Return where the state in force on a date is to be had."""
    edition = _edition()
    allowed = public.dates_of(edition)
    asked = edition.at(date)
    if asked not in allowed:
        raise NotFoundError(
            Text("该日期尚无公开的区划。", "Nothing is public for that date.")
        )
    found = edition.state(asked)
    if found is None:
        response = jsonify({"state": "preparing"})
        response.headers["Retry-After"] = "1"
        response.headers["Cache-Control"] = HELD
        return response, 202
    digest = public.publish_state(_published().cache, found)
    return told({"state": "ready", "date": asked, "document": digest})


@public_view.get("/d/<name>.json")
@policy.published
def document(name: str) -> Any:
    """Return a document of a state; the layer before Flask answers from then on."""
    if not valid_digest(name):
        abort(404)
    try:
        body = (_published().cache / DOCUMENTS / f"{name}.json").read_bytes()
    except OSError:
        abort(404)
    response = current_app.response_class(body, mimetype="application/json")
    return _for_ever(response, name)


@public_view.get("/names")
@policy.published
def names() -> Any:
    """Return the public place names that fit what is typed, the best first."""
    words = request.args.get("q", "")[: public.LONGEST_QUERY]
    try:
        found = base().find_names(ANONYMOUS, words, limit=public.NAMES)
    except NotFoundError:  # no names are published
        found = {"items": [], "total": 0}
    return told(public.names_document(found))


@public_view.get("/t/<digest>/<path:address>")
@policy.published
def tile(digest: str, address: str) -> Any:
    """Return a tile of a public state; nothing of a change between two."""
    if not valid_digest(digest) or not public.is_public(_published().cache, digest):
        abort(404)
    made = _published().tile(digest, *place_of(address))
    if made is None:
        abort(404)
    response = packed(made.body)
    tag = made.etag if response.content_encoding else f"{made.etag}-id"
    return _for_ever(response, tag)


def _published() -> Published:
    found: Published = current_app.extensions["published"]
    return found


def _edition() -> Edition:
    edition = _published().edition()
    if edition is None or not edition.dates:
        raise NotFoundError(Text("还没有公开的区划。", "Nothing is public yet."))
    return edition


def told(document: Any) -> Any:
    """Return a document that others may keep for a minute."""
    response = jsonify(document)
    response.add_etag()
    return _kept(response).make_conditional(request)


def _kept(response: Response) -> Response:
    response.headers["Cache-Control"] = SHORT if policy.public_is_on() else HELD
    return response


def _for_ever(response: Response, tag: str) -> Any:
    on = policy.public_is_on()
    response.headers["Cache-Control"] = (
        "public, max-age=31536000, immutable" if on else HELD
    )
    response.set_etag(tag)
    return response.make_conditional(request)
