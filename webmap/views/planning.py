"""The planner's map: what a new, moved or closed site would change."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, render_template, request

from boundaries.services.room import Supply
from boundaries.services.words import Domain, FacilityType
from geodata.errors import Text
from webmap import policy
from webmap.session import registry

planning = Blueprint("planning", __name__)

GROUPS = (
    ("aged_60", Text("60 岁及以上", "aged 60 and over")),
    ("aged_65", Text("65 岁及以上", "aged 65 and over")),
    ("aged_80", Text("80 岁及以上", "aged 80 and over")),
    ("total", Text("全部人口", "everybody")),
)
LEVELS = (
    ("street", Text("街道（乡镇）", "street or town")),
    ("community", Text("社区（村）", "community or village")),
    ("district", Text("区县", "district")),
)
USUAL = ("DAY", "COM", "REG")
"""What counts as reached unless the planner says otherwise: a place to go by day."""


@planning.get("/planning")
@policy.may("plan")
def index() -> Any:
    """Show the map; its script opens a session and asks for every change."""
    types = [item for item in FacilityType if item.domain is Domain.ELDERCARE]
    return render_template(
        "planning/index.html",
        types=[(item.value, item.label) for item in types],
        usual=request.args.getlist("type") or USUAL,
        groups=GROUPS,
        supplies=[(item.value, item.label) for item in Supply],
        levels=LEVELS,
        settings=registry().settings.services,
        scenario=request.args.get("scenario", ""),
        siting=request.args.get("siting", ""),
    )
