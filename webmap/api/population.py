"""Population for programs: list, one unit, its history, export."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from boundaries.registry.desk import today
from boundaries.services.counts import Method
from boundaries.services.population import SETTLEMENTS, SORTS, Wish
from geodata.errors import Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.api.markers import plain
from webmap.api.schemas import Arguments, Part, Query, sorting
from webmap.languages import chosen
from webmap.session import actor, registry

population = ApiBlueprint("population", Text("人口", "Population"))

_ON = {"description": "as on this date; empty: today"}


class PopulationWish(Query):
    """Which units."""

    q = fields.String(load_default="", metadata={"description": "name or code"})
    on = fields.String(load_default="", metadata=_ON)
    level = fields.String(
        load_default="", validate=validate.OneOf(["", "1", "2", "3", "4", "5"])
    )
    under = fields.String(
        load_default="", metadata={"description": "code of a division"}
    )
    settlement = fields.String(
        load_default="", validate=validate.OneOf(["", *SETTLEMENTS])
    )
    method = fields.String(
        load_default="", validate=validate.OneOf(["", *(each.value for each in Method)])
    )


class PopulationList(PopulationWish, Part):
    """What is asked for, page by page."""

    sort = sorting(SORTS)


class Day(Query):
    """On which date."""

    on = fields.String(load_default="", metadata=_ON)


class PopulationExport(Arguments):
    """A list to be exported, and as what."""

    filter = fields.Nested(PopulationWish, load_default=dict)
    driver = fields.String(required=True, validate=validate.OneOf(["XLSX", "CSV"]))


@population.get("", Text("各单位人口", "Population by unit"), query=PopulationList)
@policy.signed_in
def index(query: dict[str, Any]) -> Any:
    """Return a part of the list, with sums by level; few people are kept back."""
    start, limit = query["start"], query["limit"]
    wish = Wish.of(query, today())
    return registry().population_page(actor(), wish, start, limit)


@population.get("/<code>", Text("一个单位的人口", "Population of one unit"), query=Day)
@policy.signed_in
def one(query: dict[str, Any], code: str) -> Any:
    """Return the counts of a unit on a date."""
    return registry().population_of(actor(), code, query["on"] or None)


@population.get(
    "/<code>/history", Text("一个单位的人口变化", "History of a unit's population")
)
@policy.signed_in
def history(code: str) -> Any:
    """Return every state of a unit's counts, oldest first."""
    return {"items": plain(registry().history(actor(), code, "population"))}


@population.post(
    "/export",
    Text("导出筛选后的人口表", "Export population as filtered"),
    body=PopulationExport,
    status=202,
)
@policy.may("export")
def export(body: dict[str, Any]) -> Any:
    """Queue an export of the units a list shows."""
    wish = Wish.of(body["filter"], today())
    return registry().export_population(
        actor(), wish, body["driver"], language=chosen()
    )
