"""Indicators for programs: figures, tables, trends, and what is entered for them."""

from __future__ import annotations

from typing import Any

from flask import request
from marshmallow import fields, validate

from boundaries.services.indicators.charts import FORMATS
from boundaries.services.indicators.records import KINDS
from boundaries.services.tree import LEVEL_WORDS
from geodata.errors import Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.api.schemas import Arguments, Query
from webmap.downloads import KINDS as MEDIA
from webmap.indicators import chart_of, workbook_of
from webmap.session import actor, registry

indicators = ApiBlueprint("indicators", Text("养老指标", "Indicators of eldercare"))

_LONGEST = 60


class When(Query):
    """Of which date, unit and level."""

    as_of = fields.String(load_default=None, allow_none=True)
    scope = fields.String(load_default="", validate=validate.Length(max=17))


class Asked(When):
    """What figures are asked for."""

    level = fields.String(
        load_default="district", validate=validate.OneOf(list(LEVEL_WORDS))
    )


class Chart(Asked):
    """Which picture."""

    chart = fields.String(
        load_default="trend", validate=validate.OneOf(["trend", "units"])
    )
    form = fields.String(load_default="svg", validate=validate.OneOf(list(FORMATS)))


class Entry(Arguments):
    """One record, its fields by name."""

    record = fields.Dict(keys=fields.String(), required=True)
    rev = fields.Integer(load_default=None, allow_none=True)


class TemplateWish(Arguments):
    """A network template."""

    name = fields.String(required=True, validate=validate.Length(min=1, max=_LONGEST))
    scope = fields.String(load_default="")
    parts = fields.List(fields.Dict(keys=fields.String()), required=True)
    rev = fields.Integer(load_default=None, allow_none=True)


class Choices(Arguments):
    """Options, and numbers of the standard that are changed."""

    scope = fields.String(load_default="")
    options = fields.Dict(keys=fields.String(), load_default=dict)
    numbers = fields.Dict(keys=fields.String(), load_default=dict)
    rev = fields.Integer(load_default=None, allow_none=True)


class Place(Arguments):
    """For which unit; empty: everywhere."""

    scope = fields.String(load_default="")


class PlaceOfDay(Place):
    """For which unit, on which date."""

    as_of = fields.String(load_default=None, allow_none=True)


class PlaceAsked(Query):
    """Of which unit; empty: everywhere."""

    scope = fields.String(load_default="", validate=validate.Length(max=17))


class TableName(Query):
    """What a table is called."""

    name = fields.String(load_default="table.csv", validate=validate.Length(max=200))


@indicators.get("", Text("全部指标", "Every indicator"), query=Asked)
@policy.may("view")
def index(query: dict[str, Any]) -> Any:
    """Return every indicator with target and verdict, and by unit."""
    return registry().indicators(actor(), **query)


@indicators.get(
    "/workbook",
    Text("导出带公式的工作簿", "A workbook with formulas"),
    query=Asked,
    content=MEDIA[".xlsx"],
)
@policy.may("export")
def workbook(query: dict[str, Any]) -> Any:
    """Hand out the workbook; it is recorded."""
    return workbook_of(query)


@indicators.get("/checks", Text("设施检查", "Facilities that fall short"), query=When)
@policy.may("view")
def checks(query: dict[str, Any]) -> Any:
    """Return facilities below the options or the standard."""
    return registry().facility_checks(actor(), **query)


@indicators.get(
    "/options", Text("指标口径", "Choices of the indicators"), query=PlaceAsked
)
@policy.may("view")
def options(query: dict[str, Any]) -> Any:
    """Return the choices that hold in a unit."""
    return registry().indicator_options(actor(), query["scope"])


@indicators.put(
    "/options",
    Text("修改指标口径", "Change the choices of the indicators"),
    body=Choices,
)
@policy.may("enter_indicators")
def save_options(body: dict[str, Any]) -> Any:
    """Write the choices of a unit."""
    return registry().save_options(
        actor(), body["scope"], body["options"], body["numbers"], rev=body["rev"]
    )


@indicators.get("/templates", Text("网络模板", "Network templates"))
@policy.may("view")
def templates() -> Any:
    """Return the templates."""
    return {"items": registry().network_templates(actor())}


@indicators.get(
    "/templates/<template>",
    Text("模板的达成与缺口", "How a template is met"),
    query=When,
)
@policy.may("view")
def template(query: dict[str, Any], template: str) -> Any:
    """Return shares and gaps of a template."""
    return registry().template_fit(actor(), template, **query)


@indicators.put(
    "/templates/<template>",
    Text("修改网络模板", "Change a network template"),
    body=TemplateWish,
)
@policy.may("enter_indicators")
def save_template(body: dict[str, Any], template: str) -> Any:
    """Write a template."""
    rev = body.pop("rev")
    return registry().save_template(actor(), template, body, rev=rev)


@indicators.delete(
    "/templates/<template>",
    Text("删除网络模板", "Take a network template away"),
    status=204,
)
@policy.may("enter_indicators")
def drop_template(template: str) -> Any:
    """Take a template away, or back to how it is built in."""
    registry().drop_template(actor(), template)
    return {}


@indicators.post(
    "/plan", Text("采用专栏1的指标与目标", "Adopt the targets of the plan"), body=Place
)
@policy.may("enter_indicators")
def adopt(body: dict[str, Any]) -> Any:
    """Enter the plan's targets where none stand."""
    return registry().adopt_plan(actor(), body["scope"])


@indicators.post(
    "/reach",
    Text("计算服务圈指标", "Compute who is within reach"),
    body=PlaceOfDay,
    status=202,
)
@policy.may("view")
def compute_reach(body: dict[str, Any]) -> Any:
    """Queue it; the answer is the job."""
    return registry().start_job(actor(), "indicator_reach", body["scope"], body)


@indicators.post(
    "/trends",
    Text("计算指标趋势", "Compute the trend of indicators"),
    body=PlaceOfDay,
    status=202,
)
@policy.may("view")
def compute_trend(body: dict[str, Any]) -> Any:
    """Queue it; the answer is the job."""
    return registry().start_job(actor(), "indicator_trend", body["scope"], body)


@indicators.get("/records/<kind>", Text("填报的记录", "Records entered"))
@policy.may("view")
def records(kind: str) -> Any:
    """Return the records of a kind, with their history."""
    return {"items": registry().indicator_records(actor(), kind)}


@indicators.post(
    "/records/<kind>", Text("填报一条记录", "Enter a record"), body=Entry, status=201
)
@policy.may("enter_indicators")
def save_record(body: dict[str, Any], kind: str) -> Any:
    """Write one record."""
    return registry().save_indicator_record(
        actor(), kind, body["record"], rev=body["rev"]
    )


@indicators.delete(
    "/records/<kind>/<path:key>", Text("删除一条记录", "Take a record away"), status=204
)
@policy.may("enter_indicators")
def drop_record(kind: str, key: str) -> Any:
    """Take a record away; its history stays."""
    registry().drop_indicator_record(actor(), kind, key)
    return {}


@indicators.post(
    "/tables/<kind>",
    Text("导入一张表", "Import a table"),
    query=TableName,
    raw="application/octet-stream",
    status=202,
)
@policy.may("enter_indicators")
def import_table(query: dict[str, Any], kind: str) -> Any:
    """Keep a table (XLSX or CSV) and queue its reading; the answer is the job."""
    return registry().request_indicator_table(
        actor(), kind, request.get_data(), query["name"]
    )


@indicators.get("/kinds", Text("可填报的表", "What may be entered"))
@policy.may("view")
def kinds() -> Any:
    """Return the kinds of record and their fields."""
    return {
        "items": [
            {
                "kind": kind.name,
                "label": kind.label._asdict(),
                "fields": [
                    {
                        "name": item.name,
                        "label": item.label._asdict(),
                        "required": item.required,
                        "kind": item.kind,
                    }
                    for item in kind.fields
                ],
            }
            for kind in KINDS.values()
        ]
    }


@indicators.get("/<indicator>", Text("一项指标", "One indicator"), query=Asked)
@policy.may("view")
def one(query: dict[str, Any], indicator: str) -> Any:
    """Return an indicator's figure, units, gaps and trend."""
    return registry().indicator(actor(), indicator, **query)


@indicators.get(
    "/<indicator>/trend", Text("指标的趋势", "An indicator's trend"), query=When
)
@policy.may("view")
def trend(query: dict[str, Any], indicator: str) -> Any:
    """Return an indicator year by year."""
    return registry().indicator_trend(actor(), indicator, **query)


@indicators.get(
    "/<indicator>/chart",
    Text("指标图", "A picture of an indicator"),
    query=Chart,
    content="image/svg+xml",
)
@policy.may("export")
def chart(query: dict[str, Any], indicator: str) -> Any:
    """Hand out the picture; it is recorded."""
    return chart_of(indicator, query)
