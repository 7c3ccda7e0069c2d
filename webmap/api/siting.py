"""Siting for programs: ask, fetch the answer, plan on from it, hand it out."""

from __future__ import annotations

from typing import Any

from flask import Response
from marshmallow import fields, validate

from boundaries.registry.siting import FORMATS
from boundaries.services.profiles import Group
from boundaries.services.siting import Source
from boundaries.services.siting.candidates import MOST_CANDIDATES
from boundaries.services.siting.question import DRAWN, FILE, MOST_DRAWN, MOST_SECONDS
from boundaries.services.tree import LEVEL_WORDS
from boundaries.services.words import Model
from geodata.errors import Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.api.schemas import Arguments, Query
from webmap.downloads import written
from webmap.session import actor, registry

siting = ApiBlueprint("siting", Text("选址", "Siting"))

SOURCES = (*(each.value for each in Source), DRAWN, FILE)


class SitingPoint(Arguments):
    """A candidate drawn on the map."""

    name = fields.String(load_default="")
    lon = fields.Float(required=True, metadata={"description": "degrees, EPSG:4490"})
    lat = fields.Float(required=True, metadata={"description": "degrees, EPSG:4490"})
    beds = fields.Float(load_default=None, allow_none=True)
    price = fields.Float(load_default=None, allow_none=True)


def _number(words: str) -> fields.Float:
    return fields.Float(
        load_default=None, allow_none=True, metadata={"description": words}
    )


class SitingQuestion(Arguments):
    """What is asked; what is left out is as the settings have it."""

    model = fields.String(
        load_default="mclp", validate=validate.OneOf([each.value for each in Model])
    )
    number = fields.Integer(
        load_default=None,
        allow_none=True,
        metadata={"description": "how many new ones; lscp: at most"},
    )
    budget = _number("instead of a number; every candidate needs a price then")
    types = fields.List(
        fields.String(), load_default=list, validate=validate.Length(max=40)
    )
    group = fields.String(
        load_default="aged_60", validate=validate.OneOf([each.value for each in Group])
    )
    level = fields.String(
        load_default="street", validate=validate.OneOf([*LEVEL_WORDS])
    )
    as_of = fields.String(load_default=None, allow_none=True)
    minutes = _number("instead of the profile's limits")
    source = fields.String(load_default="nodes", validate=validate.OneOf(SOURCES))
    points = fields.List(
        fields.Nested(SitingPoint),
        load_default=list,
        validate=validate.Length(max=MOST_DRAWN),
    )
    upload = fields.String(
        load_default="",
        metadata={
            "description": "an upload begun with purpose candidates, and finished"
        },
    )
    most = fields.Integer(
        load_default=1000,
        validate=validate.Range(1, MOST_CANDIDATES),
        metadata={"description": "junctions taken at most"},
    )
    within = fields.String(
        load_default=None,
        allow_none=True,
        metadata={"description": "only people and candidates of this division"},
    )
    room = _number("people a candidate without beds can serve")
    price = _number("of a candidate that says none")
    keep = fields.Boolean(
        load_default=True, metadata={"description": "what serves already stays"}
    )
    seconds = fields.Float(load_default=10.0, validate=validate.Range(1, MOST_SECONDS))


class SitingUse(Query):
    """How sites become facilities."""

    kind = fields.String(load_default=None, allow_none=True)
    beds = fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(0, 100_000)
    )


class SitingSaved(Arguments):
    """A scenario of an answer."""

    title = fields.String(required=True)
    note = fields.String(load_default="")
    kind = fields.String(
        load_default=None,
        allow_none=True,
        metadata={"description": "type of what is built anew"},
    )
    beds = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(0, 100_000),
        metadata={"description": "of sites that say none"},
    )


class SitingExport(Query):
    """In which format and language."""

    driver = fields.String(load_default="XLSX", validate=validate.OneOf([*FORMATS]))
    language = fields.String(load_default="zh", validate=validate.OneOf(["zh", "en"]))


@siting.get("", Text("列出选址问题", "List siting questions"))
@policy.may("view")
def index() -> Any:
    """Return the newest questions, without their answers."""
    return {"items": registry().sitings(actor())}


@siting.post(
    "", Text("提出选址问题", "Ask where to build"), body=SitingQuestion, status=202
)
@policy.may("plan")
def ask(body: dict[str, Any]) -> Any:
    """Return the question's record; its ``job`` answers it when nobody has yet."""
    upload = body.pop("upload")
    return registry().ask_siting(actor(), body, upload)


@siting.get("/<siting>", Text("一个选址问题", "One siting question"))
@policy.may("view")
def one(siting: str) -> Any:
    """Return a question with its ``answer``, or the ``refusal`` that says why none."""
    return registry().siting_record(actor(), siting)


@siting.get(
    "/<siting>/plan", Text("选址结果作为推演", "An answer as a plan"), query=SitingUse
)
@policy.may("plan")
def plan(query: dict[str, Any], siting: str) -> Any:
    """Return what a plan of the answer stands on and does; nothing is saved."""
    return registry().siting_plan(actor(), siting, query["kind"], query["beds"])


@siting.post(
    "/<siting>/scenario",
    Text("选址结果存为方案", "Keep an answer as a scenario"),
    body=SitingSaved,
    status=201,
)
@policy.may("plan")
def save(body: dict[str, Any], siting: str) -> Any:
    """Return the scenario: it is compared and reviewed like any other."""
    return registry().siting_scenario(
        actor(), siting, body["title"], body["kind"], body["beds"], body["note"]
    )


@siting.get(
    "/<siting>/file",
    Text("导出选址结果", "Export an answer"),
    query=SitingExport,
    content="application/octet-stream",
)
@policy.may("export")
def export(query: dict[str, Any], siting: str) -> Any:
    """Return sites, units and what they stand on as a file; recorded."""
    return handed_out(siting, **query)


def handed_out(siting: str, driver: str, language: str) -> Response:
    """Return an answer as a file to keep."""
    name, content = registry().export_siting(actor(), siting, driver, language)
    return written(content, name)
