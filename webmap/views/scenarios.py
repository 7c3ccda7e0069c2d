"""Scenarios: the list, one with its figures and its way, several side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import (
    Blueprint,
    Response,
    flash,
    redirect,
    render_template,
    request,
    url_for,
)
from flask_babel import gettext

from boundaries.registry.scenario_books import FORMATS
from boundaries.services.coverage import SERVING_TYPES
from boundaries.services.profiles import Group
from boundaries.services.scenario_tables import FIGURES, LABELS, moves
from boundaries.services.tree import LEVEL_WORDS
from boundaries.services.words import FacilityType
from geodata.errors import ForbiddenError, NotFoundError, QuhuaError
from webmap import languages, policy
from webmap.downloads import written
from webmap.session import actor, registry

if TYPE_CHECKING:
    from collections.abc import Callable

scenarios = Blueprint("scenarios", __name__, url_prefix="/scenarios")

SHOWN = ("reached", "share", "unreached", "circle_share", "minutes", "facilities",
         "beds", "beds_per_thousand", "roomed", "unroomed", "roomed_share",
         "per_thousand")  # fmt: skip
"""Figures of tables on pages; workbooks hold all."""
BETTER = {
    "reached": 1, "share": 1, "unreached": -1, "circle_share": 1, "minutes": -1,
    "roomed": 1, "unroomed": -1, "roomed_share": 1, "per_thousand": 1,
}  # fmt: skip
"""Whether more of a figure is better."""


@scenarios.get("")
@policy.may("view")
def index() -> str:
    """List what was saved; choose some to compare."""
    return render_template(
        "scenarios/index.html", rows=registry().scenarios(actor()), phases=_phases()
    )


@scenarios.get("/compare")
@policy.may("view")
def compare() -> Any:
    """Show scenarios beside each other."""
    names = [name for part in request.args.getlist("ids") for name in part.split(",")]
    names = [name for name in names if name]
    if not names:
        flash(gettext("Choose the scenarios to compare."))
        return redirect(url_for(".index"), 303)
    found = registry().compare_scenarios(actor(), names)
    return render_template(
        "scenarios/compare.html", found=found, figures=_figures(), better=BETTER,
        group=_group(found["scenarios"][0]), level=_level(found["level"]),
    )  # fmt: skip


@scenarios.get("/compare/file")
@policy.may("export")
def download_comparison() -> Response:
    """Hand out scenarios side by side as a workbook; recorded."""
    names = [name for name in request.args.get("ids", "").split(",") if name]
    name, content = registry().export_comparison(actor(), names, languages.chosen())
    return written(content, name)


@scenarios.post("/phases")
@policy.may("plan", api="scenarios.phase")
def phase() -> Any:
    """Keep as a scenario what is planned or being built up to a year."""
    try:
        made = registry().phase_scenario(actor(), request.form.get("until", ""), {})
    except QuhuaError as error:
        if error.code not in ("input", "not_found"):
            raise
        flash(error.text(languages.chosen()), "error")
        return redirect(url_for(".index"), 303)
    flash(gettext("Saved."), "success")
    return redirect(url_for(".record", scenario=made["id"]), 303)


@scenarios.get("/<scenario>")
@policy.may("view")
def record(scenario: str) -> str:
    """Show one scenario."""
    found = registry().scenario(actor(), scenario)
    figures = found["figures"]
    before = figures["before"]
    changed = [unit for unit in figures["units"] if unit["code"] in before]
    return render_template(
        "scenarios/record.html", found=found, figures=_figures(), better=BETTER,
        changed=changed, before=before, total=figures["total"], group=_group(found),
        level=_level(found["base"]["level"]), formats=FORMATS, types=_types(found),
        moved=[row for row in figures.get("indicators", ()) if moves(row)],
        steps=[_step(step) for step in reversed(found["history"])],
    )  # fmt: skip


@scenarios.post("/<scenario>/title")
@policy.may("plan", api="scenarios.rename")
def rename(scenario: str) -> Any:
    """Give it another title."""
    sent = request.form
    return _done(
        scenario,
        lambda: registry().rename_scenario(
            actor(), scenario, sent.get("title", ""), sent.get("note")
        ),
        gettext("Saved."),
    )


@scenarios.post("/<scenario>/comments")
@policy.may("plan", api="scenarios.comment")
def comment(scenario: str) -> Any:
    """Say something about it."""
    text = request.form.get("text", "")
    return _done(
        scenario,
        lambda: registry().comment_scenario(actor(), scenario, text),
        gettext("Comment kept."),
    )


@scenarios.post("/<scenario>/submit")
@policy.may("submit", api="scenarios.submit")
def submit(scenario: str) -> Any:
    """Hand it to review."""
    return _moved(scenario, "submit", gettext("Submitted for review."))


@scenarios.post("/<scenario>/withdraw")
@policy.may("withdraw", api="scenarios.withdraw")
def withdraw(scenario: str) -> Any:
    """Take it back."""
    return _moved(scenario, "withdraw", gettext("Withdrawn."))


@scenarios.post("/<scenario>/discard")
@policy.may("discard", api="scenarios.discard")
def discard(scenario: str) -> Any:
    """Give it up; it stays on record."""
    return _moved(scenario, "discard", gettext("Discarded. It stays on record."))


@scenarios.post("/<scenario>/approve")
@policy.may("approve", api="scenarios.approve")
def approve(scenario: str) -> Any:
    """Approve it as it stands."""
    return _moved(scenario, "approve", gettext("Approved."))


@scenarios.post("/<scenario>/return")
@policy.may("return", api="scenarios.return_")
def send_back(scenario: str) -> Any:
    """Return it to its author with the reason."""
    return _moved(scenario, "return", gettext("Returned to the author."))


@scenarios.get("/<scenario>/file")
@policy.may("export")
def download(scenario: str) -> Response:
    """Hand it out as a workbook, or its facilities as a GeoPackage; recorded."""
    driver = request.args.get("driver", "XLSX")
    name, content = registry().export_scenario(
        actor(), scenario, driver, languages.chosen()
    )
    return written(content, name)


def _moved(scenario: str, verb: str, words: str) -> Any:
    note, rev = request.form.get("note", ""), request.form.get("rev", type=int)
    return _done(
        scenario,
        lambda: registry().move_scenario(actor(), scenario, verb, note, rev),
        words,
    )


def _done(scenario: str, do: Callable[[], Any], words: str) -> Any:
    """Do it and show the scenario again; what is wrong is told there."""
    try:
        made = do()
    except QuhuaError as error:
        if error.code not in ("input", "conflict"):
            raise
        flash(error.text(languages.chosen()), "error")
    else:
        flash(words, "success")
        if made.get("state") == "discarded":
            return redirect(url_for(".index"), 303)
    return redirect(url_for(".record", scenario=scenario), 303)


def _phases() -> list[dict[str, Any]]:
    """Return the phases of planned facilities, none for who may not plan."""
    try:
        return registry().phases(actor())
    except (ForbiddenError, NotFoundError):
        return []


def _figures() -> list[tuple[str, Any]]:
    return [(name, LABELS[name]) for name in FIGURES if name in SHOWN]


def _types(found: dict[str, Any]) -> list[Any]:
    """Return the words of the types of facility that count; none: all of eldercare."""
    types = tuple(found["base"]["types"])
    if types == SERVING_TYPES:
        return []
    return [FacilityType.of(each).label for each in types]


def _group(found: Any) -> Any:
    return Group(found["base"]["group"]).label


def _level(word: str) -> Any:
    return LEVEL_WORDS[word].label


def _step(step: Any) -> dict[str, Any]:
    return {"state": step["state"], "by": step["actor"], "when": step["when"],
            "note": step["note"]}  # fmt: skip
