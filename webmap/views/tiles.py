"""Immutable tiles under the hash of what they draw, and the one mutable pointer."""

from __future__ import annotations

import gzip
import re
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Response, abort, current_app, jsonify, request

from geodata.tiles.folders import MAX_ZOOM, valid_digest
from webmap import basemaps, overlays, policy
from webmap.pointer import pointer
from webmap.session import base

if TYPE_CHECKING:
    from webmap.published import Published

tiles = Blueprint("tiles", __name__, url_prefix="/p")

FOREVER = "private, max-age=31536000, immutable"
"""Private: what is here is for internal use; the public view has its own addresses."""
_WHEN = re.compile(r"\d{4}-\d{2}-\d{2}(T[\d:.]{8,15}Z)?")
_ADDRESS = re.compile(r"(\d{1,2})/(\d{1,7})/(\d{1,7})\.mvt")


@tiles.get("/current.json")
@policy.signed_in
def current() -> Any:
    """Return which version is published, its dates and what each rests on."""
    published: Published = current_app.extensions["published"]
    known = request.args.get("known", "")
    if known and not _WHEN.fullmatch(known):
        abort(400)
    edition = published.known(known) if known else published.edition()
    document = pointer(edition, base().notice())
    document["basemaps"] = basemaps.offered()
    document["overlays"] = overlays.offered(base().store)
    response = jsonify(document)
    response.add_etag()
    return response.make_conditional(request)


@tiles.get("/<digest>/<path:address>")
@policy.signed_in
def tile(digest: str, address: str) -> Any:
    """Return a tile of a state or of a change; one with nothing in it is empty."""
    return _made(digest, address)


@tiles.get("/<digest>/level<int:level>/<path:address>")
@policy.signed_in
def level_tile(digest: str, level: int, address: str) -> Any:
    """Return a tile with the units of one level alone, however small they are."""
    return _made(digest, address, level)


def _made(digest: str, address: str, level: int | None = None) -> Any:
    if not valid_digest(digest):
        abort(404)
    z, x, y = place_of(address)
    published: Published = current_app.extensions["published"]
    made = published.tile(digest, z, x, y, level=level)
    if made is None:
        abort(404)
    response = packed(made.body)
    response.set_etag(made.etag if response.content_encoding else f"{made.etag}-id")
    response.headers["Cache-Control"] = FOREVER
    return response.make_conditional(request)


def place_of(address: str) -> tuple[int, int, int]:
    """Return zoom, column and row of a tile's address; 404 for any other."""
    place = _ADDRESS.fullmatch(address)
    if place is None:
        abort(404)
    z, x, y = (int(number) for number in place.groups())
    if z > MAX_ZOOM or x >= 2**z or y >= 2**z:
        abort(404)
    return z, x, y


def packed(body: bytes) -> Response:
    """Return a tile as the reader takes it: compressed, as it is kept, or plain."""
    kind = "application/vnd.mapbox-vector-tile"
    if request.accept_encodings.quality("gzip") > 0:
        response = Response(body, mimetype=kind)
        response.headers["Content-Encoding"] = "gzip"
    else:
        response = Response(gzip.decompress(body), mimetype=kind)
    response.vary.add("Accept-Encoding")
    return response
