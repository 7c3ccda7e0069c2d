"""Trying out plans: facility ids and positions in, changed figures out."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from boundaries.services.edits import MOST_EDITS, Do
from boundaries.services.words import Supply
from geodata.errors import Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.api.schemas import Arguments
from webmap.session import actor, registry

planning = ApiBlueprint("planning", Text("推演", "Planning"))


class PlanBase(Arguments):
    """What a plan stands on; what is not said is as published now."""

    as_of = fields.String(load_default=None, allow_none=True)
    group = fields.String(load_default="aged_60")
    level = fields.String(load_default="street")
    types = fields.List(fields.String(), load_default=list)
    versions = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        load_default=dict,
        metadata={"description": "divisions, facilities, population, network"},
    )
    profile = fields.Dict(
        keys=fields.String(),
        load_default=dict,
        metadata={"description": "minutes and speeds other than the settings"},
    )
    supply = fields.String(
        load_default=Supply.BEDS.value,
        validate=validate.OneOf([each.value for each in Supply]),
        metadata={"description": "what is counted as room"},
    )
    need_per_thousand = fields.Float(
        load_default=None,
        allow_none=True,
        metadata={"description": "people in need of a place; the setting"},
    )
    scope = fields.String(
        load_default="",
        metadata={"description": "a division: whose indicators; all"},
    )


class PlanEdit(Arguments):
    """What is done to one facility."""

    do = fields.String(
        required=True, validate=validate.OneOf([each.value for each in Do])
    )
    facility = fields.String(required=True)
    lon = fields.Float(metadata={"description": "degrees, EPSG:4490"})
    lat = fields.Float(metadata={"description": "degrees, EPSG:4490"})
    type = fields.String()
    name = fields.String()
    beds = fields.Integer()
    note = fields.String()


class PlanAsked(Arguments):
    """A plan as it stands: always with all its edits."""

    session = fields.String(
        required=True,
        validate=validate.Length(1, 60),
        metadata={"description": "a word of your own; other words are other plans"},
    )
    base = fields.Nested(PlanBase, load_default=dict)
    edits = fields.List(
        fields.Nested(PlanEdit),
        load_default=list,
        validate=validate.Length(max=MOST_EDITS),
    )
    whole = fields.Boolean(
        load_default=False,
        metadata={"description": "also every unit and the facilities as recorded"},
    )
    indicators = fields.Boolean(
        load_default=False,
        metadata={"description": "also the indicators that facilities move"},
    )


class PlanIndicators(Arguments):
    """A plan as it stands, to ask for indicators alone."""

    session = fields.String(required=True, validate=validate.Length(1, 60))
    base = fields.Nested(PlanBase, load_default=dict)
    edits = fields.List(
        fields.Nested(PlanEdit),
        load_default=list,
        validate=validate.Length(max=MOST_EDITS),
    )


@planning.post(
    "", Text("推演设施变动", "Try out changes of facilities"), body=PlanAsked
)
@policy.may("plan")
def plan(body: dict[str, Any]) -> Any:
    """Return the figures with these edits, and where they differ from those without."""
    return registry().plan(
        actor(), body["session"], body["base"], body["edits"], whole=body["whole"],
        indicators=body["indicators"],
    )  # fmt: skip


@planning.post(
    "/indicators",
    Text("推演设施变动后的指标", "Indicators of changed facilities"),
    body=PlanIndicators,
)
@policy.may("plan")
def indicators(body: dict[str, Any]) -> Any:
    """Return the indicators that facilities move, before these edits and after them."""
    return registry().plan_indicators(
        actor(), body["session"], body["base"], body["edits"]
    )
