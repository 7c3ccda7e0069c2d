"""Place names for programs: finding, list, one, rules while typing, editing."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from boundaries.gazetteer.listing import SORTS, Wish
from boundaries.registry.registers import LONGEST
from geodata.errors import Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.api.markers import Box, Edit, box_of, plain
from webmap.api.schemas import Arguments, Part, Query, sorting
from webmap.session import actor, registry

names = ApiBlueprint("names", Text("地名", "Place names"))


class Words(Query):
    """What is typed."""

    q = fields.String(required=True, validate=validate.Length(max=100))
    limit = fields.Integer(load_default=12, validate=validate.Range(min=1, max=50))


class NameWish(Query):
    """Which names."""

    q = fields.String(load_default="")
    category = fields.String(load_default="")
    status = fields.String(load_default="")
    under = fields.String(load_default="")
    unconfirmed = fields.String(load_default="")


class NamesInBox(Box, NameWish):
    """Which names, and where."""


class NameList(NameWish, Part):
    """What of the register is asked for, page by page."""

    sort = sorting(SORTS)


class Typed(Arguments):
    """A name as far as it is typed."""

    name = fields.String(required=True, validate=validate.Length(max=LONGEST))
    category = fields.String(load_default="")
    romanised = fields.String(load_default="")
    romanised_confirmed = fields.Boolean(load_default=False)
    division = fields.String(load_default="")
    place = fields.String(load_default="")
    lon = fields.Float(load_default=None, allow_none=True)
    lat = fields.Float(load_default=None, allow_none=True)


@names.get("", Text("列出地名", "List place names"), query=NameList)
@policy.signed_in
def index(query: dict[str, Any]) -> Any:
    """Return a part of the register."""
    start, limit = query["start"], query["limit"]
    return registry().names_page(actor(), Wish.of(query), start, limit)


@names.get("/search", Text("查找地名", "Find place names"), query=Words)
@policy.published
def search(query: dict[str, Any]) -> Any:
    """Return the names that fit, the best first; the public sees public ones."""
    return registry().find_names(actor(), query["q"], limit=query["limit"])


@names.get("/points", Text("范围内的地名", "Place names in a box"), query=NamesInBox)
@policy.published
def points(query: dict[str, Any]) -> Any:
    """Return GeoJSON; the public sees public ones."""
    box, zoom = box_of(query.pop("bbox")), query.pop("zoom")
    return registry().records_in(actor(), "place_names", box, query, zoom=zoom)


@names.post(
    "/check",
    Text("录入时检查地名", "What the rules say of a name being typed"),
    body=Typed,
)
@policy.may("stage")
def check(body: dict[str, Any]) -> Any:
    """Return findings and the spelling suggested; nothing is kept."""
    return registry().name_hints(actor(), body)


@names.get("/<place>", Text("一个地名", "A place name"))
@policy.signed_in
def one(place: str) -> Any:
    """Return one name."""
    return registry().place_name(actor(), place)


@names.get("/<place>/history", Text("地名的历史", "A place name's history"))
@policy.signed_in
def history(place: str) -> Any:
    """Return every state of a name, oldest first."""
    return {"items": plain(registry().history(actor(), place, "place_names"))}


@names.post("", Text("把地名改动放入草稿", "Put a place name into a draft"), body=Edit)
@policy.may("stage")
def save(body: dict[str, Any]) -> Any:
    """Stage one name."""
    record = body.pop("record")
    return registry().edit_record(actor(), "place_names", record, **body)
