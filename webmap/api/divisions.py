"""Divisions for programs: the list with ended ones, lineage, documents, export."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

from boundaries.divisions.directory import SORTS, Wish
from boundaries.vocabulary import Kind, Level
from geodata.errors import Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.api.schemas import MOST, Arguments, Query
from webmap.languages import chosen
from webmap.session import actor, registry

divisions = ApiBlueprint("divisions", Text("区划", "Divisions"))


class ListFilter(Query):
    """What of the directory is asked for."""

    q = fields.String(
        load_default="", metadata={"description": "name, former name, code or pinyin"}
    )
    level = fields.Integer(
        load_default=None, validate=validate.OneOf([int(one) for one in Level])
    )
    kind = fields.String(load_default="", validate=validate.OneOf(["", *Kind]))
    under = fields.String(
        load_default="", metadata={"description": "a division's code"}
    )
    on = fields.String(
        load_default="", metadata={"description": "in force on this date; empty: today"}
    )
    ended = fields.Boolean(
        load_default=False, metadata={"description": "also those no longer in force"}
    )
    sort = fields.String(
        load_default="code",
        validate=validate.OneOf([*SORTS, *(f"-{name}" for name in SORTS)]),
    )


class ListPart(ListFilter):
    """Which part of the list."""

    start = fields.Integer(load_default=0, validate=validate.Range(min=0))
    limit = fields.Integer(load_default=100, validate=validate.Range(min=1, max=MOST))


class ListExport(Arguments):
    """A list to be exported, and as what."""

    filter = fields.Nested(ListFilter, load_default=dict)
    driver = fields.String(required=True, metadata={"description": "XLSX, CSV, GPKG …"})


@divisions.get(
    "/list",
    Text(
        "列出或查找区划（含已撤销和曾用名）",
        "List or find divisions, ended ones and former names too",
    ),
    query=ListPart,
)
@policy.signed_in
def index(query: dict[str, Any]) -> Any:
    """Return a part of the list of divisions."""
    directory = registry().directory(actor())
    return directory.page(Wish.of(query), query["start"], query["limit"])


@divisions.get(
    "/<code>/lineage",
    Text("前身与后继", "What a division came from and what became of it"),
)
@policy.signed_in
def lineage(code: str) -> Any:
    """Return predecessors and successors."""
    return registry().lineage(actor(), code)


@divisions.get(
    "/<code>/documents",
    Text("各版本的依据与原件", "What its versions rest on, and the files handed in"),
)
@policy.signed_in
def documents(code: str) -> Any:
    """Return the documents of a division, newest first."""
    return {"items": registry().division_documents(actor(), code)}


@divisions.post(
    "/export",
    Text("导出筛选后的列表", "Export the list as filtered"),
    body=ListExport,
    status=202,
)
@policy.may("export")
def export(body: dict[str, Any]) -> Any:
    """Queue an export; ask its address until it is made."""
    wish = Wish.of(body["filter"])
    return registry().export_divisions(actor(), wish, body["driver"], language=chosen())
