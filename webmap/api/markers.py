"""Markers and inspections for programs: list, one, what lies in a box, editing."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from boundaries.lines.register import SORTS, STANDINGS, Wish
from geodata.errors import InputError, Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.api.schemas import Arguments, Part, Query, sorting
from webmap.session import actor, registry

markers = ApiBlueprint("markers", Text("界桩", "Markers"))


class Box(Query):
    """A box on the map."""

    bbox = fields.String(
        required=True, metadata={"description": "west,south,east,north in degrees"}
    )
    zoom = fields.Float(
        load_default=None,
        validate=validate.Range(min=0, max=24),
        metadata={"description": "of the map: many points close together become one"},
    )


class MarkerWish(Query):
    """Which markers."""

    q = fields.String(load_default="")
    state = fields.String(load_default="")
    form = fields.String(load_default="")
    under = fields.String(load_default="")
    standing = fields.String(load_default="", validate=validate.OneOf(["", *STANDINGS]))


class MarkersInBox(Box, MarkerWish):
    """Which markers, and where."""


class MarkerList(MarkerWish, Part):
    """What of the register is asked for, page by page."""

    sort = sorting(SORTS, "marker")


class Edit(Arguments):
    """One record, and the draft its change goes into."""

    record = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "attributes by our names; `lon`, `lat` in degrees"},
    )
    effective = fields.String(required=True)
    basis = fields.String(load_default="")
    draft = fields.String(
        load_default=None, allow_none=True, metadata={"description": "None: a new one"}
    )
    new = fields.Boolean(load_default=False)


@markers.get("", Text("列出或查找界桩", "List or find markers"), query=MarkerList)
@policy.signed_in
def index(query: dict[str, Any]) -> Any:
    """Return a part of the register."""
    wish = Wish.of(query)
    found = registry().marker_register(actor())
    return found.page(wish, query["start"], query["limit"])


@markers.get("/points", Text("范围内的界桩", "Markers in a box"), query=MarkersInBox)
@policy.signed_in
def points(query: dict[str, Any]) -> Any:
    """Return GeoJSON; never to anybody who is not signed in."""
    box, zoom = box_of(query.pop("bbox")), query.pop("zoom")
    return registry().records_in(actor(), "markers", box, query, zoom=zoom)


@markers.get("/<number>", Text("一个界桩及其检查", "A marker and its inspections"))
@policy.signed_in
def one(number: str) -> Any:
    """Return one marker."""
    return registry().marker(actor(), number)


@markers.get("/<number>/history", Text("界桩的历史", "A marker's history"))
@policy.signed_in
def history(number: str) -> Any:
    """Return every state of a marker, oldest first."""
    return {"items": plain(registry().history(actor(), number, "markers"))}


@markers.post("", Text("把界桩改动放入草稿", "Put a marker into a draft"), body=Edit)
@policy.may("stage")
def save(body: dict[str, Any]) -> Any:
    """Stage one marker."""
    record = body.pop("record")
    return registry().edit_record(actor(), "markers", record, **body)


@markers.post(
    "/inspections",
    Text("把检查记录放入草稿", "Put an inspection into a draft"),
    body=Edit,
)
@policy.may("stage")
def inspect(body: dict[str, Any]) -> Any:
    """Stage one inspection."""
    record = body.pop("record")
    return registry().edit_record(actor(), "inspections", record, **body)


def box_of(text: str) -> tuple[float, float, float, float]:
    """Return the box written ``west,south,east,north``."""
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError as error:
        raise InputError(
            Text("bbox 应写作 西,南,东,北。", "bbox is west,south,east,north.")
        ) from error
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InputError(Text("bbox 超出范围。", "bbox is out of range."))
    return west, south, east, north


def plain(states: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return states with GeoJSON geometry."""
    return [
        {
            **state,
            "geometry": state["geometry"].__geo_interface__
            if state["geometry"]
            else None,
        }
        for state in states
    ]
