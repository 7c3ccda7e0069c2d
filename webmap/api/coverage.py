"""Coverage for programs and for the map: asked for, computed by a job, fetched."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from boundaries.services.profiles import Group, RuralMode
from geodata.errors import Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.api.schemas import Arguments, Job
from webmap.session import actor, registry

coverage = ApiBlueprint("coverage", Text("服务覆盖", "Coverage"))

LONGEST_LIST = 40


class Question(Arguments):
    """What is asked; what is left out is as the settings have it."""

    as_of = fields.String(load_default=None, allow_none=True)
    types = fields.List(
        fields.String(), load_default=list, validate=validate.Length(max=LONGEST_LIST)
    )
    group = fields.String(
        load_default="aged_60", validate=validate.OneOf([each.value for each in Group])
    )
    urban_minutes = fields.Float(load_default=None, allow_none=True)
    rural_minutes = fields.Float(load_default=None, allow_none=True)
    speed_mps = fields.Float(load_default=None, allow_none=True)
    rural_mode = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.OneOf([each.value for each in RuralMode]),
    )


class Asked(Arguments):
    """Where the answer is, and the job that makes it while it is not there."""

    key = fields.String(required=True)
    ready = fields.Boolean(required=True)
    job = fields.Nested(Job, allow_none=True)


class SheetWish(Arguments):
    """Which sheet to print."""

    level = fields.String(load_default="street")
    indicator = fields.String(load_default="share")
    language = fields.String(load_default="zh", validate=validate.OneOf(["zh", "en"]))


@coverage.post(
    "", Text("提出覆盖计算", "Ask for coverage"), body=Question, answer=Asked
)
@policy.signed_in
def ask(body: dict[str, Any]) -> Any:
    """Return the answer's key; a job is begun when it is not computed yet."""
    return registry().ask_coverage(actor(), body)


@coverage.get("/<key>", Text("取得覆盖结果", "Get a coverage result"))
@policy.signed_in
def show(key: str) -> Any:
    """Return figures by level, classes, areas, facilities, omissions and stamp."""
    return registry().coverage_document(actor(), key)


@coverage.post(
    "/<key>/sheet",
    Text("提出打印图件", "Ask for a sheet to print"),
    body=SheetWish,
    answer=Asked,
)
@policy.signed_in
def sheet(body: dict[str, Any], key: str) -> Any:
    """Return the sheet's key; a job is begun when it is not drawn yet."""
    return registry().ask_coverage_sheet(actor(), key, **body)
