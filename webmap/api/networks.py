"""Street networks: versions with their reports, streets for a map, drawn lines."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, fields, validate

from geodata.errors import InputError, Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.api.schemas import Arguments, Job
from webmap.session import actor, registry

networks = ApiBlueprint("networks", Text("路网", "Street networks"))


class Build(Arguments):
    """Which uploaded streets become a network, and how."""

    upload = fields.String(
        required=True,
        metadata={"description": "an upload begun with purpose network, and finished"},
    )
    title = fields.String(load_default="", validate=validate.Length(max=200))
    effective = fields.String(
        load_default="", metadata={"description": "2026, 2026-06 or 2026-06-08; today"}
    )
    remark = fields.String(load_default="", validate=validate.Length(max=4000))
    layer = fields.String(
        load_default=None, allow_none=True, metadata={"description": "the file's"}
    )
    crs = fields.Integer(
        load_default=None, allow_none=True, metadata={"description": "EPSG code"}
    )
    snap_m = fields.Float(
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, 20),
        metadata={"description": "of a road layer: ends this near are one"},
    )
    fields_ = fields.Dict(
        keys=fields.String(),
        values=fields.String(allow_none=True, validate=validate.Length(max=200)),
        load_default=dict,
        data_key="fields",
        attribute="fields",
        metadata={"description": "of a road layer: {class, oneway, level …: field}"},
    )
    lines = fields.Boolean(
        load_default=True,
        metadata={"description": "work in the links and barriers drawn by hand"},
    )
    heights_of = fields.Integer(
        load_default=None,
        allow_none=True,
        metadata={
            "description": "of a raster of heights (GeoTIFF): the version of the "
            "network it is for; a new version walks up and down as it says"
        },
    )


class Line(Schema):
    """A link or a barrier."""

    kind = fields.String(required=True, validate=validate.OneOf(["link", "barrier"]))
    points = fields.List(
        fields.List(fields.Float(), validate=validate.Length(equal=2)),
        required=True,
        metadata={"description": "[[longitude, latitude], …]"},
    )
    remark = fields.String(load_default="", validate=validate.Length(max=500))


class Lines(Arguments):
    """The whole list of links and barriers, as it is to be."""

    base = fields.Integer(
        required=True, strict=True, metadata={"description": "the version drawn on"}
    )
    lines = fields.List(fields.Nested(Line), required=True)
    note = fields.String(load_default="", validate=validate.Length(max=1000))


class Sketch(Arguments):
    """Lines that somebody is drawing."""

    lines = fields.List(fields.Nested(Line), required=True)


class Reason(Arguments):
    """Why."""

    reason = fields.String(required=True, validate=validate.Length(1, 1000))


class Box(Schema):
    """A place on the map."""

    box = fields.String(
        required=True, metadata={"description": "west,south,east,north in degrees"}
    )


@networks.get("", Text("列出路网版本", "List networks, newest first"))
@policy.may("view")
def index() -> Any:
    """Return every version without its report."""
    return {"items": registry().networks(actor()), "next": None}


@networks.post(
    "",
    Text("由上传的道路建立路网", "Build a network from uploaded streets"),
    body=Build,
    answer=Job,
    status=202,
)
@policy.may("add_network")
def build(body: dict[str, Any]) -> Any:
    """Queue the building; the job's result names the network."""
    return registry().build_network(actor(), body.pop("upload"), body)


@networks.get("/<int:network>", Text("查看一个路网版本", "See a network"))
@policy.may("view")
def show(network: int) -> Any:
    """Return a version with its build report."""
    return registry().network_document(actor(), network)


@networks.get(
    "/<int:network>/streets",
    Text("一处的道路（GeoJSON）", "The streets of a place (GeoJSON)"),
    query=Box,
)
@policy.may("view")
def streets(query: dict[str, Any], network: int) -> Any:
    """Return the streets that meet a box; none, and ``more``, where they are many."""
    return registry().network_streets(actor(), network, _box(query["box"]))


@networks.post(
    "/<int:network>/amend",
    Text("按现有手工线生成新版本", "Make a version with the lines as they stand"),
    answer=Job,
    status=202,
)
@policy.may("add_network")
def amend(network: int) -> Any:
    """Queue it; the job's result names the new network."""
    return registry().start_amending(actor(), network)


@networks.post(
    "/<int:network>/withdraw",
    Text("停用一个路网版本", "Withdraw a network"),
    body=Reason,
)
@policy.may("withdraw_network")
def withdraw(body: dict[str, Any], network: int) -> Any:
    """Take it out of use; it stays on record."""
    return registry().withdraw_network(actor(), network, body["reason"])


@networks.post(
    "/<int:network>/fit",
    Text("核对手绘线是否接得上道路", "See whether drawn lines meet streets"),
    body=Sketch,
)
@policy.may("draw_network")
def fit(body: dict[str, Any], network: int) -> Any:
    """Return which lines meet no street, with why; nothing is kept."""
    return {"left": registry().lines_left_out(actor(), network, body["lines"])}


@networks.get("/lines", Text("手工连接线与阻隔线", "Links and barriers drawn by hand"))
@policy.may("view")
def lines() -> Any:
    """Return them as they stand, with their version."""
    return registry().network_lines(actor())


@networks.put(
    "/lines",
    Text("保存手工连接线与阻隔线", "Keep links and barriers"),
    body=Lines,
    also={409: Text("他人已先保存", "Somebody kept others meanwhile")},
)
@policy.may("draw_network")
def draw(body: dict[str, Any]) -> Any:
    """Keep a new version of the whole list."""
    return registry().draw_network_lines(
        actor(), body["lines"], base=body["base"], note=body["note"]
    )


def _box(text: str) -> tuple[float, float, float, float]:
    try:
        west, south, east, north = (float(part) for part in text.split(","))
    except ValueError:
        west = south = east = north = float("nan")
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise InputError(
            Text("范围应写成 西,南,东,北（度）。",
                 "A box is west,south,east,north in degrees."),
        )  # fmt: skip
    return west, south, east, north
