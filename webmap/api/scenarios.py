"""Scenarios for programs: save, compare, comment, review, export."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from boundaries.registry.scenario_books import FORMATS, MOST_COMPARED
from boundaries.services.edits import MOST_EDITS
from geodata.errors import Text
from webmap import languages, policy
from webmap.api.frame import ApiBlueprint
from webmap.api.planning import PlanBase, PlanEdit
from webmap.api.schemas import Arguments, Query
from webmap.downloads import written
from webmap.session import actor, registry

scenarios = ApiBlueprint("scenarios", Text("方案", "Scenarios"))


class ScenarioSaved(Arguments):
    """A scenario to keep."""

    title = fields.String(required=True)
    note = fields.String(load_default="")
    base = fields.Nested(PlanBase, load_default=dict)
    edits = fields.List(
        fields.Nested(PlanEdit), required=True, validate=validate.Length(1, MOST_EDITS)
    )


class ScenarioChanged(ScenarioSaved):
    """A scenario in place of another state of it."""

    rev = fields.Integer(required=True, metadata={"description": "it came from"})


class ScenarioNamed(Arguments):
    """Another title, other words."""

    title = fields.String(required=True)
    note = fields.String(load_default=None, allow_none=True)


class ScenarioMoved(Arguments):
    """Why, where that is needed; and what it was when it was looked at."""

    note = fields.String(load_default="")
    rev = fields.Integer(load_default=None, allow_none=True)


class ScenarioComment(Arguments):
    """A comment."""

    text = fields.String(required=True)


class ScenariosCompared(Query):
    """Which scenarios."""

    ids = fields.String(
        required=True,
        metadata={"description": f"up to {MOST_COMPARED}, with commas between"},
    )


class ScenarioPhases(Query):
    """Of which date."""

    as_of = fields.String(load_default=None, allow_none=True)


class ScenarioPhase(Arguments):
    """Up to when planned facilities are opened."""

    until = fields.String(required=True, metadata={"description": "a year"})
    title = fields.String(load_default="")
    base = fields.Nested(PlanBase, load_default=dict)


class ScenarioExport(Query):
    """In which format."""

    driver = fields.String(load_default="XLSX", validate=validate.OneOf([*FORMATS]))


@scenarios.get("", Text("列出方案", "List scenarios"))
@policy.may("view")
def index() -> Any:
    """Return every scenario that was not discarded."""
    return {"items": registry().scenarios(actor())}


@scenarios.post("", Text("保存方案", "Save a scenario"), body=ScenarioSaved, status=201)
@policy.may("plan")
def save(body: dict[str, Any]) -> Any:
    """Keep a plan with its figures."""
    return registry().save_scenario(
        actor(), body["title"], body["base"], body["edits"], note=body["note"]
    )


@scenarios.get(
    "/compare", Text("并列比较", "Compare scenarios"), query=ScenariosCompared
)
@policy.may("view")
def compare(query: dict[str, Any]) -> Any:
    """Return scenarios beside each other."""
    names = [name for name in query["ids"].split(",") if name]
    return registry().compare_scenarios(actor(), names)


@scenarios.get(
    "/compare/file",
    Text("导出并列比较", "Export compared scenarios"),
    query=ScenariosCompared,
    content="application/octet-stream",
)
@policy.may("export")
def export_comparison(query: dict[str, Any]) -> Any:
    """Return scenarios beside each other as a workbook."""
    names = [name for name in query["ids"].split(",") if name]
    name, content = registry().export_comparison(actor(), names, languages.chosen())
    return written(content, name)


@scenarios.get(
    "/phases", Text("规划分期", "Phases of planned facilities"), query=ScenarioPhases
)
@policy.may("plan")
def phases(query: dict[str, Any]) -> Any:
    """Return when what is planned or being built is to open."""
    return {"items": registry().phases(actor(), query["as_of"])}


@scenarios.post(
    "/phases",
    Text("按分期建立方案", "Make a scenario of phases"),
    body=ScenarioPhase,
    status=201,
)
@policy.may("plan")
def phase(body: dict[str, Any]) -> Any:
    """Keep as a scenario what is to open up to a year."""
    return registry().phase_scenario(
        actor(), body["until"], body["base"], body["title"]
    )


@scenarios.get("/<scenario>", Text("一个方案", "One scenario"))
@policy.may("view")
def one(scenario: str) -> Any:
    """Return a scenario whole."""
    return registry().scenario(actor(), scenario)


@scenarios.put(
    "/<scenario>", Text("修改方案", "Change a scenario"), body=ScenarioChanged
)
@policy.may("plan")
def change(body: dict[str, Any], scenario: str) -> Any:
    """Replace what a scenario does."""
    return registry().change_scenario(
        actor(), scenario, rev=body["rev"], title=body["title"], base=body["base"],
        edits=body["edits"], note=body["note"],
    )  # fmt: skip


@scenarios.post(
    "/<scenario>/title", Text("改名", "Rename a scenario"), body=ScenarioNamed
)
@policy.may("plan")
def rename(body: dict[str, Any], scenario: str) -> Any:
    """Give it another title."""
    return registry().rename_scenario(actor(), scenario, body["title"], body["note"])


@scenarios.post(
    "/<scenario>/comments", Text("留言", "Comment"), body=ScenarioComment, status=201
)
@policy.may("plan")
def comment(body: dict[str, Any], scenario: str) -> Any:
    """Say something about it."""
    return registry().comment_scenario(actor(), scenario, body["text"])


def _mover(verb: str, words: Text) -> None:
    """Declare the route of one move of the table of verbs."""

    def move(body: dict[str, Any], scenario: str) -> Any:
        """Move it on by the table of verbs."""
        return registry().move_scenario(actor(), scenario, verb, **body)

    move.__name__ = {"return": "return_"}.get(verb, verb)
    route = scenarios.post(f"/<scenario>/{verb}", words, body=ScenarioMoved)
    route(policy.may(verb)(move))


for _verb, _words in (
    ("submit", Text("提交方案", "Submit a scenario")),
    ("withdraw", Text("撤回方案", "Withdraw a scenario")),
    ("discard", Text("作废方案", "Discard a scenario")),
    ("approve", Text("批准方案", "Approve a scenario")),
    ("return", Text("退回方案", "Return a scenario")),
):
    _mover(_verb, _words)


@scenarios.get(
    "/<scenario>/file",
    Text("导出方案", "Export a scenario"),
    query=ScenarioExport,
    content="application/octet-stream",
)
@policy.may("export")
def export(query: dict[str, Any], scenario: str) -> Any:
    """Return it as a workbook, or its facilities as a GeoPackage."""
    name, content = registry().export_scenario(
        actor(), scenario, query["driver"], languages.chosen()
    )
    return written(content, name)
