"""The public map of eldercare: where help is, without sign-in."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, jsonify, render_template, request

from geodata.errors import InputError, Text
from webmap import care, policy
from webmap.session import base
from webmap.views.pages import map_parts
from webmap.views.public import HELD, told

if TYPE_CHECKING:
    from webmap.care import CareMap

public_care = Blueprint("public_care", __name__, url_prefix="/public/eldercare")


@public_care.get("")
@policy.published
def page() -> Any:
    """Show the map and the list; closed, who is signed in sees a preview."""
    site = base().public()
    words = {**map_parts("care.js"), "site": site}
    response = current_app.make_response(render_template("public/care.html", **words))
    response.headers["Cache-Control"] = "no-cache" if policy.public_is_on() else HELD
    response.vary.add("Cookie")  # of the language
    return response


@public_care.get("/current.json")
@policy.published
def current() -> Any:
    """Return which document holds what is published now."""
    site = base().public()
    number = site["approval_number"] if site["on"] else ""
    said = {"approval_number": number, "notice": base().notice()}
    found = _map().edition(base())
    if found is None:
        return told({**care.NONE, **said})
    return told(
        {
            "state": "ready",
            "document": found.digest,
            "count": len(found.offers.rows),
            **said,
        }
    )


@public_care.get("/walk")
@policy.published
def walk() -> Any:
    """Return how long it takes to walk from a place to what is around it."""
    lon, lat = _degrees("lon", 180.0), _degrees("lat", 90.0)
    found = _map().edition(base())
    if found is None:
        return _answer({"state": "empty", "times": []})
    if not found.walks.done():
        response = _answer({"state": "preparing"})
        response.headers["Retry-After"] = "1"
        return response, 202
    made = _map().walk(found, lon, lat)
    walks = found.walks.result()
    if made is None or walks is None:
        return _answer({"state": "no_network", "times": []})
    return _answer(
        {
            "state": "ready" if made.snap_m is not None else "no_street",
            "times": [[key, round(seconds / 60, 1)] for key, seconds in made.times],
            "snap_m": None if made.snap_m is None else round(made.snap_m),
            "limit_minutes": round(walks.limit_s / 60),
            "metres_per_second": walks.speed_mps,
        }
    )


def _map() -> CareMap:
    found: CareMap = current_app.extensions["care"]
    return found


def _answer(document: Any) -> Any:
    """Return an answer that nobody keeps: it is about where somebody is."""
    response = jsonify(document)
    response.headers["Cache-Control"] = HELD
    return response


def _degrees(name: str, most: float) -> float:
    try:
        value = float(request.args.get(name, ""))
    except ValueError:
        value = math.nan
    if not abs(value) <= most:
        raise InputError(
            Text("请给出经度和纬度（度）。", "Give longitude and latitude in degrees.")
        )
    return value
