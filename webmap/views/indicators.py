"""Indicators: the dashboard, one of them, networks, checks, and what is entered."""

from __future__ import annotations

from typing import Any

from flask import (
    Blueprint,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext

from boundaries.services.indicators.gap_words import CHECKS, WHY
from boundaries.services.indicators.workbook import HOW
from boundaries.services.tree import LEVEL_WORDS
from boundaries.services.words import FacilityType
from boundaries.vocabulary import Level
from geodata.errors import Text
from webmap import policy
from webmap.indicators import chart_of, trend_drawing, workbook_of
from webmap.session import actor, registry

indicators = Blueprint("indicators", __name__, url_prefix="/indicators")

LEVELS = {
    "city": Text("市", "city"),
    "district": Text("区（县）", "districts"),
    "street": Text("街道（乡镇）", "streets and towns"),
    "community": Text("社区（村）", "communities and villages"),
}
_BELOW = {2: "district", 1: "district", 3: "street", 4: "community", 5: "community"}
_LOOKS = {
    "reached": ("green", "check"),
    "missed": ("amber", "warning"),
    "no_value": ("", "info"),
    "no_target": ("", None),
    "by_people": ("", "pen"),
}


def asked() -> dict[str, Any]:
    """Return what the address asks for: date, level, unit."""
    level = request.args.get("level", "")
    return {
        "as_of": request.args.get("as_of") or None,
        "level": level if level in LEVEL_WORDS else "district",
        "scope": request.args.get("scope", ""),
    }


def page(name: str, /, **more: Any) -> str:
    """Render one of these pages with the words all of them use."""
    return render_template(
        f"indicators/{name}.html",
        asked=asked(),
        levels=list(LEVELS.items()),
        below=_BELOW,
        looks=_LOOKS,
        how=HOW,
        why=WHY,
        **more,
    )


@indicators.get("")
@policy.may("view")
def index() -> str:
    """Show every indicator with its target, and the units."""
    found = registry().indicators(actor(), **asked())
    groups: dict[str, list[Any]] = {}
    for row in found["indicators"]:
        groups.setdefault(row["group"]["zh"], []).append(row)
    return page("index", found=found, groups=groups)


@indicators.get("/plan")
@policy.may("view")
def plan() -> str:
    """Show the sixteen of the plan."""
    return page("plan", found=registry().indicators(actor(), **asked()))


@indicators.get("/checks")
@policy.may("view")
def checks() -> str:
    """Show facilities that fall short of options or standard."""
    when = asked()
    found = registry().facility_checks(actor(), when["as_of"], when["scope"])
    return page("checks", found=found, words=CHECKS)


@indicators.get("/templates")
@policy.may("view")
def templates() -> str:
    """Show the network templates."""
    return page("templates", rows=registry().network_templates(actor()), types=_types())


@indicators.get("/templates/<template>")
@policy.may("view")
def template(template: str) -> str:
    """Show how a template is met, and who lacks what."""
    when = asked()
    found = registry().template_fit(actor(), template, when["as_of"], when["scope"])
    return page("template", found=found, types=_types(), level_words=Level)


@indicators.get("/workbook")
@policy.may("export")
def workbook() -> Any:
    """Hand out the workbook of what the address asks for."""
    return workbook_of(asked())


@indicators.get("/<indicator>")
@policy.may("view")
def one(indicator: str) -> str:
    """Show one indicator: trend, units, gaps, what was left out."""
    found = registry().indicator(actor(), indicator, **asked())
    drawing = trend_drawing(found["trend"], found["target"])
    return page("one", found=found, drawing=drawing)


@indicators.get("/<indicator>/chart.<form>")
@policy.may("export")
def chart(indicator: str, form: str) -> Any:
    """Hand out a picture."""
    what = request.args.get("chart", "trend")
    return chart_of(indicator, {**asked(), "chart": what, "form": form})


@indicators.post("/plan")
@policy.may("enter_indicators", api="indicators.adopt")
def adopt() -> Any:
    """Enter the plan's targets where none stand."""
    scope = request.form.get("scope", "").strip()
    done = registry().adopt_plan(actor(), scope)
    flash(
        gettext(
            "%(added)s targets entered, %(kept)s stood already",
            added=done["added"], kept=done["kept"],
        ),
        "success",
    )  # fmt: skip
    return redirect(url_for(".plan"), 303)


@indicators.post("/reach")
@policy.may("view", api="indicators.compute_reach")
def compute_reach() -> Any:
    """Queue the computing of who is within reach."""
    sent = request.form
    scope = sent.get("scope", "")
    asked_for = {"as_of": sent.get("as_of") or None, "scope": scope}
    registry().start_job(actor(), "indicator_reach", scope, asked_for)
    where: dict[str, Any] = {**asked_for, "level": sent.get("level") or None}
    return redirect(url_for(".index", **where), 303)


@indicators.post("/<indicator>/trend")
@policy.may("view", api="indicators.compute_trend")
def compute_trend(indicator: str) -> Any:
    """Queue the computing of every indicator's trend in a unit."""
    sent = request.form
    scope = sent.get("scope", "")
    asked_for = {"as_of": sent.get("as_of") or None, "scope": scope}
    job = registry().start_job(actor(), "indicator_trend", scope, asked_for)
    where: dict[str, Any] = {**asked_for, "job": job["id"]}
    where["level"] = sent.get("level") or None
    return redirect(url_for(".one", indicator=indicator, **where), 303)


def _types() -> dict[str, Text]:
    return {word.value: word.label for word in FacilityType}
