"""The divisions as JSON: states, changes, tree, search, one division."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import current_app, jsonify, request
from marshmallow import fields, validate

from geodata.errors import InputError, NotFoundError, Text
from webmap import divisions, policy
from webmap.api.frame import ApiBlueprint
from webmap.api.schemas import Query
from webmap.divisions import SORTS
from webmap.pointer import state_document, transition_document

if TYPE_CHECKING:
    from boundaries.states import State
    from webmap.published import Edition, Published

published = ApiBlueprint(
    "published",
    Text("已发布的区划", "The published divisions"),
    url_prefix="/api/v1",
)

LONGEST_QUERY = 100
"""Characters of a search that are looked at."""
PREPARING = {
    202: Text("正在准备，请稍后再问", "being prepared: ask again in a second"),
}


class Known(Query):
    """What had been entered by when: recorded time."""

    known = fields.String(
        load_default="",
        validate=validate.Regexp(r"(\d{4}-\d{2}-\d{2}(T[\d:.]{8,15}Z)?)?\Z"),
        metadata={"description": "as known at the end of this day or instant, UTC"},
    )


class OnDate(Known):
    """The date a state is asked for."""

    date = fields.String(
        load_default=None, metadata={"description": "YYYY, YYYY-MM or YYYY-MM-DD"}
    )


class Children(OnDate):
    """Whose children are asked for."""

    parent = fields.String(load_default=None)


class Rows(OnDate):
    """Where a page of the table begins."""

    after = fields.String(load_default="")
    sort = fields.String(
        load_default="code",
        validate=validate.OneOf(
            [f"{way}{name}" for name in SORTS for way in ("", "-")]
        ),
        metadata={"description": "a column, with - before it from the last"},
    )
    offset = fields.Integer(load_default=0, validate=validate.Range(min=0))


class Wanted(OnDate):
    """What is searched for."""

    q = fields.String(load_default="")


@published.get(
    "/dates/<date>",
    Text("某日的状态：版本、级别、范围", "The state on a date: what to draw"),
    query=Known,
    also=PREPARING,
)
@policy.signed_in
def date_state(query: dict[str, Any], date: str) -> Any:
    """Return what to draw for the state in force on a date."""
    edition = _edition(query)
    found = edition.state(edition.at(date))
    return _answer(state_document(found)) if found else _later()


@published.get(
    "/changes/<old>/<new>",
    Text("两个日期之间的变化", "What changed between two dates"),
    query=Known,
    also=PREPARING,
)
@policy.signed_in
def changes(query: dict[str, Any], old: str, new: str) -> Any:
    """Return what changed between two dates."""
    edition = _edition(query)
    old, new = edition.at(old), edition.at(new)
    if old == new:
        raise InputError(
            Text("两个日期之间没有变化。", "Nothing changed between these dates.")
        )
    found = edition.transition(old, new)
    before, after = edition.state(old), edition.state(new)
    if found is None or before is None or after is None:
        return _later()
    return _answer(transition_document(found, before, after))


@published.get(
    "/divisions",
    Text("某单位的下级区划", "The divisions directly under one"),
    query=Children,
    also=PREPARING,
)
@policy.signed_in
def children(query: dict[str, Any]) -> Any:
    """Return the divisions directly under ``parent``, or the topmost ones."""
    found = _state(query)
    if found is None:
        return _later()
    return _answer(divisions.children(found, query["parent"] or None))


@published.get(
    "/table",
    Text("全部区划，按代码分页", "All divisions by code, page by page"),
    query=Rows,
    also=PREPARING,
)
@policy.signed_in
def table(query: dict[str, Any]) -> Any:
    """Return a page of all divisions in the order of their codes."""
    found = _state(query)
    if found is None:
        return _later()
    return _answer(
        divisions.page(
            found, query["after"], sort=query["sort"], offset=query["offset"]
        )
    )


@published.get(
    "/search",
    Text("按名称、代码或拼音首字母查找", "Find by name, code or pinyin initials"),
    query=Wanted,
    also=PREPARING,
)
@policy.signed_in
def search(query: dict[str, Any]) -> Any:
    """Return divisions by name, code or first letters of the name's pinyin."""
    found = _state(query)
    if found is None:
        return _later()
    return _answer(divisions.search(found, query["q"][:LONGEST_QUERY]))


@published.get(
    "/divisions/<code>",
    Text(
        "一个区划：属性、相邻单位、沿革",
        "One division: attributes, neighbours, history",
    ),
    query=OnDate,
    also=PREPARING,
)
@policy.signed_in
def division(query: dict[str, Any], code: str) -> Any:
    """Return one division on a date, its neighbours and its history."""
    edition = _edition(query)
    found = _state(query)
    if found is None:
        return _later()
    registry = current_app.extensions["registry"]
    return _answer(divisions.detail(registry.store, edition, found, code))


def _edition(query: dict[str, Any]) -> Edition:
    published: Published = current_app.extensions["published"]
    known = query["known"]
    edition = published.known(known) if known else published.edition()
    if edition is None or not edition.dates:
        raise NotFoundError(
            Text("还没有发布任何区划。", "Nothing is published yet."),
            Text(
                "先导入、批准并发布一份边界文件。",
                "Import, approve and publish a file.",
            ),
        )
    return edition


def _state(query: dict[str, Any]) -> State | None:
    edition = _edition(query)
    return edition.state(edition.at(query["date"] or None))


def _answer(document: Any) -> Any:
    response = jsonify(document)
    response.add_etag()
    return response.make_conditional(request)


def _later() -> Any:
    """Tell the page to ask again: the state is being prepared."""
    response = jsonify({"state": "preparing"})
    response.headers["Retry-After"] = "1"
    return response, 202
