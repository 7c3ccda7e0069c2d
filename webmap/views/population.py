"""Population: the list of units with their counts, one with its history."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from boundaries.registry.desk import today
from boundaries.services.counts import COUNTS, FIELD_WORDS, Method
from boundaries.services.population import Wish
from boundaries.vocabulary import Level
from boundaries.words import words_of
from geodata.errors import InputError, NotFoundError, Text
from webmap import policy, register_words
from webmap.languages import chosen
from webmap.register_pages import PAGE
from webmap.register_pages import words as choices
from webmap.session import actor, registry

population = Blueprint("population", __name__, url_prefix="/population")

LAYER = "population"
FORMATS = ("XLSX", "CSV")
"""Counts have no shape: they are handed out as tables."""
_HOME = Text("人口", "Population")
_PAPERS = ("counted_on", "source", "method", "settlement", "remark")
_SETTLED = (
    ("", Text("全部", "all")),
    ("urban", Text("城镇", "urban")),
    ("rural", Text("乡村", "rural")),
)


@population.get("")
@policy.signed_in
def index() -> Any:
    """Show the list that the address asks for."""
    wish = Wish.of(request.args, today())
    page = max(request.args.get("page", 1, type=int), 1)
    try:
        found = registry().population_page(actor(), wish, (page - 1) * PAGE, PAGE)
    except NotFoundError:
        return render_template("population/nothing.html")
    return render_template(
        "population/index.html",
        wish=wish,
        found=found,
        page=page,
        size=PAGE,
        standings=_standings(found["levels"]),
        districts=[("", Text("全部区县", "all districts")), *found["districts"]],
        methods=choices(Method, Text("全部来历", "counted any way")),
        settled=_SETTLED,
        formats=FORMATS,
        counted=COUNTS,
        labels=FIELD_WORDS,
        level_words=_level_words,
        shown=register_words.shown,
    )


@population.get("/<code>")
@policy.signed_in
def record(code: str) -> Any:
    """Show one unit: counts, how they were come by, history."""
    on = request.args.get("on") or None
    found = registry().population_of(actor(), code, on)
    states = registry().history(actor(), code, LAYER)
    standing = [state for state in states if state["superseded_by"] is None]
    return render_template(
        "population/record.html",
        found=found,
        labels=words_of(LAYER),
        counted=COUNTS,
        papers=register_words.facts(LAYER, found, _PAPERS),
        history=register_words.changes(LAYER, standing),
        crumbs=[(_HOME, url_for("population.index"))],
    )


@population.post("/export")
@policy.may("export", api="population.export")
def export() -> Any:
    """Ask for the list as it is filtered, as a file; the exports page hands it out."""
    asked = request.form.to_dict()
    driver = asked.get("driver", "")
    if driver not in FORMATS:
        raise InputError(Text("没有这种格式。", "There is no such format."))
    registry().export_population(
        actor(), Wish.of(asked, today()), driver, language=chosen()
    )
    flash(gettext("The export has begun; it can be fetched here when it is done."))
    return redirect(url_for("exports.index"), 303)


def _standings(levels: dict[int, int]) -> list[tuple[str, Text, int]]:
    found = [("", Text("全部", "all"), sum(levels.values()))]
    return found + [(str(n), _level_words(n), count) for n, count in levels.items()]


def _level_words(number: int) -> Text:
    return Level(number).label if number else Text("其他", "other")
