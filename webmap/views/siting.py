"""Where to build: the question, its answer on a map and in tables, and what follows."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext

from boundaries.registry.siting import FORMATS
from boundaries.services.coverage import SERVING_TYPES
from boundaries.services.profiles import Group
from boundaries.services.siting import Source
from boundaries.services.siting.question import command_of
from boundaries.services.siting.using import name_of
from boundaries.services.tree import LEVEL_WORDS
from boundaries.services.words import FacilityType, Model
from geodata.errors import QuhuaError, Text
from webmap import languages, policy
from webmap.api.siting import handed_out
from webmap.session import actor, registry

siting = Blueprint("siting", __name__, url_prefix="/siting")

MEANS = {
    Model.MCLP: Text("在给定数量内，让时限内可达的人最多",
                     "most people within the time, for a given number"),
    Model.LSCP: Text("让候选点能到的人全部覆盖，至少要建几处",
                     "how few it takes so that all who can be reached are"),
    Model.P_MEDIAN: Text("让所有人到最近设施的路程合计最短",
                         "the least way to the nearest, for all together"),
    Model.P_CENTER: Text("让最远的人也尽量近",
                         "the farthest person as near as can be"),
    Model.CAPACITATED: Text("考虑床位有限，让有位可入的人最多",
                            "most people who find room, beds being few"),
}  # fmt: skip
"""What each model asks, in words of people who plan."""
SOURCES = (
    (Source.NODES.value, Text("有人居住处的道路节点", "junctions where people live")),
    (Source.OWNED.value, Source.OWNED.label),
    (Source.LAYER.value, Source.LAYER.label),
    ("points", Text("在地图上标出", "marked on the map")),
    ("file", Text("上传的候选点文件", "a file of candidates")),
)
LEVELS = {
    "street": Text("街道（乡镇）", "street or town"),
    "community": Text("社区（村）", "community or village"),
    "district": Text("区县", "district"),
    "city": Text("市", "city"),
}


@siting.get("")
@policy.may("view")
def index() -> str:
    """Show the form and what was asked before."""
    start = _start()
    countable = registry().countable_types(actor(), asked=start["types"])
    return render_template(
        "siting/index.html",
        models=[(each.value, each.label, words) for each, words in MEANS.items()],
        sources=SOURCES,
        countable=countable,
        counted=start["types"] or countable.usual,
        groups=[(each.value, each.label) for each in Group],
        levels=list(LEVELS.items()),
        start=start,
        settings=registry().settings.services,
        part_mb=min(registry().settings.uploads.part_mb, 1),
        rows=registry().sitings(actor()),
    )


@siting.get("/<siting>")
@policy.may("view")
def record(siting: str) -> str:
    """Show one question: its answer, why there is none, or how far it is."""
    found = registry().siting_record(actor(), siting)
    answer = found["answer"]
    question = found["question"]
    return render_template(
        "siting/record.html",
        found=found,
        answer=answer,
        question=question,
        job=None if answer or found["refusal"] else _job(found["job"]),
        names=[
            name_of(each, at, languages.chosen())
            for at, each in enumerate(answer["opened"], 1)
        ]
        if answer
        else [],
        types=[(kind, FacilityType(kind).label) for kind in question["types"]],
        everything=tuple(question["types"]) == SERVING_TYPES,
        group=Group(question["group"]).label,
        level=LEVELS.get(question["level"], LEVEL_WORDS[question["level"]].label),
        source=dict(SOURCES)[question["source"]],
        formats=FORMATS,
        command=command_of(question),
    )


@siting.post("/<siting>/scenario")
@policy.may("plan", api="siting.save")
def save(siting: str) -> Any:
    """Keep the answer as a scenario and go on to it."""
    sent = request.form
    try:
        made = registry().siting_scenario(
            actor(), siting, sent.get("title", ""), sent.get("kind") or None,
            sent.get("beds", "").strip() or None, sent.get("note", ""),
        )  # fmt: skip
    except QuhuaError as error:
        if error.code not in ("input", "state", "busy", "planning"):
            raise
        flash(error.text(languages.chosen()), "error")
        return redirect(url_for(".record", siting=siting), 303)
    flash(gettext("Saved as a scenario. It can be compared and submitted."), "success")
    return redirect(url_for("scenarios.record", scenario=made["id"]), 303)


@siting.get("/<siting>/file")
@policy.may("export")
def download(siting: str) -> Any:
    """Hand the answer out; recorded."""
    driver = request.args.get("driver", "XLSX")
    return handed_out(siting, driver, languages.chosen())


def _start() -> dict[str, Any]:
    """Return what the form begins with: an earlier question, or the address."""
    copied = request.args.get("copy", "")
    if copied:
        return dict(registry().siting_record(actor(), copied)["question"])
    single = {name: value for name, value in request.args.items() if name != "type"}
    return {**single, "types": request.args.getlist("type")}


def _job(number: str) -> dict[str, Any] | None:
    """Return the job that answers, None when it is another's or forgotten."""
    try:
        return registry().job(actor(), number)
    except QuhuaError as error:
        if error.code != "not_found":
            raise
        return None
