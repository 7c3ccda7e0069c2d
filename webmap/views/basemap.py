"""Pictures of the base maps, from this server only."""

from __future__ import annotations

import hashlib
from typing import Any

from flask import Blueprint, Response, abort, request

from geodata.tiles.archives import DEEPEST
from webmap import basemaps, policy

basemap = Blueprint("basemap", __name__, url_prefix="/basemap")


@basemap.get("/<name>/<int:z>/<int:x>/<int:y>")
@policy.signed_in
def tile(name: str, z: int, x: int, y: int) -> Any:
    """Return one picture; 404 where the base map has none."""
    if z > DEEPEST or x >= 2**z or y >= 2**z:
        abort(404)
    found = basemaps.tile(name, z, x, y)
    if found is None:
        abort(404)
    response = Response(found.body, mimetype=found.type)
    response.headers["Cache-Control"] = "private, max-age=86400"
    response.set_etag(hashlib.sha256(found.body).hexdigest()[:32])
    return response.make_conditional(request)
