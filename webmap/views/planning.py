"""The planner's map: what a new, moved or closed site would change."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from boundaries.services.profiles import Group
from boundaries.services.words import Domain, FacilityType, Supply
from geodata.errors import Text
from webmap import policy
from webmap.session import actor, registry

planning = Blueprint("planning", __name__)

GROUPS = tuple(
    (each.value, each.label)
    for each in (
        Group.AGED_60,
        Group.AGED_65,
        Group.AGED_80,
        Group.TOTAL,
        Group.DISABLED,
    )
)
LEVELS = (
    ("street", Text("街道（乡镇）", "street or town")),
    ("community", Text("社区（村）", "community or village")),
    ("district", Text("区县", "district")),
)


@planning.get("/planning")
@policy.may("plan")
def index() -> Any:
    """Show the map; its script opens a session and asks for every change."""
    asked = request.args.getlist("type")
    offered = [item.value for item in FacilityType if item.domain is Domain.ELDERCARE]
    countable = registry().countable_types(actor(), asked=[*offered, *asked])
    return render_template(
        "planning/index.html",
        countable=countable,
        counted=asked or countable.usual,
        groups=GROUPS,
        supplies=[(item.value, item.label) for item in Supply],
        levels=LEVELS,
        asked=request.args,
        settings=registry().settings.services,
        scenario=request.args.get("scenario", ""),
        siting=request.args.get("siting", ""),
    )
