"""Facilities for programs: list, one, what lies in a box, editing, merging."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from boundaries.services.listing import SORTS, STANDINGS, Wish
from boundaries.services.words import Domain, FacilityType, Ownership
from geodata.errors import Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.api.markers import Box, Edit, box_of, plain
from webmap.api.schemas import Arguments, Part, Query, sorting
from webmap.session import actor, registry

facilities = ApiBlueprint("facilities", Text("设施", "Facilities"))


def _word(kind: Any) -> fields.String:
    values = [word.value for word in kind]
    return fields.String(load_default="", validate=validate.OneOf(["", *values]))


class FacilityWish(Query):
    """Which facilities."""

    q = fields.String(load_default="")
    type = _word(FacilityType)
    standing = fields.String(load_default="", validate=validate.OneOf(["", *STANDINGS]))
    ownership = _word(Ownership)
    domain = _word(Domain)
    under = fields.String(
        load_default="", metadata={"description": "code of a division"}
    )
    beds = fields.String(load_default="", metadata={"description": "at least"})


class FacilitiesInBox(Box, FacilityWish):
    """Which facilities, and where."""


class FacilityList(FacilityWish, Part):
    """What of the register is asked for, page by page."""

    sort = sorting(SORTS)


class NewSite(Arguments):
    """The new site of a facility."""

    record = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "attributes by our names; `lon`, `lat` in degrees"},
    )
    effective = fields.String(required=True)
    basis = fields.String(load_default="")


class Merge(Arguments):
    """From when two records are one."""

    effective = fields.String(required=True)
    basis = fields.String(load_default="")


@facilities.get(
    "", Text("列出或查找设施", "List or find facilities"), query=FacilityList
)
@policy.signed_in
def index(query: dict[str, Any]) -> Any:
    """Return a part of the register, with counts and sums by kind of bed."""
    wish = Wish.of(query)
    start, limit = query["start"], query["limit"]
    return registry().facilities_page(actor(), wish, start, limit)


@facilities.get(
    "/points", Text("范围内的设施", "Facilities in a box"), query=FacilitiesInBox
)
@policy.signed_in
def points(query: dict[str, Any]) -> Any:
    """Return GeoJSON."""
    box, zoom = box_of(query.pop("bbox")), query.pop("zoom")
    return registry().records_in(actor(), "facilities", box, query, zoom=zoom)


@facilities.get("/<facility>", Text("一处设施", "One facility"))
@policy.signed_in
def one(facility: str) -> Any:
    """Return one facility, with the sites it moved between."""
    return registry().facility(actor(), facility)


@facilities.get("/<facility>/history", Text("设施的历史", "A facility's history"))
@policy.signed_in
def history(facility: str) -> Any:
    """Return every state of a facility, oldest first."""
    return {"items": plain(registry().history(actor(), facility, "facilities"))}


@facilities.post(
    "", Text("把设施改动放入草稿", "Put a facility into a draft"), body=Edit
)
@policy.may("stage")
def save(body: dict[str, Any]) -> Any:
    """Stage one facility; one with a known code is changed, else it is new."""
    record = body.pop("record")
    return registry().edit_record(actor(), "facilities", record, **body)


@facilities.post(
    "/<facility>/relocate",
    Text("异地还建：原址与新址", "Build anew elsewhere: old site and new"),
    body=NewSite,
)
@policy.may("stage")
def relocate(body: dict[str, Any], facility: str) -> Any:
    """Stage the new site, and that the old one moved there."""
    record = body.pop("record")
    return registry().relocate_facility(actor(), facility, record, **body)


@facilities.post(
    "/<facility>/merge/<other>",
    Text("把两条记录合为一处设施", "Make two records one facility"),
    body=Merge,
)
@policy.may("stage")
def merge(body: dict[str, Any], facility: str, other: str) -> Any:
    """Stage that ``other`` ends and ``facility`` stays, with what only one says."""
    return registry().merge_facilities(actor(), facility, other, **body)
