"""The divisions as JSON: states, changes, tree, search, one division."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import Blueprint, current_app, jsonify, request

from geodata.errors import InputError, NotFoundError, Text
from webmap import divisions
from webmap.pointer import state_document, transition_document

if TYPE_CHECKING:
    from webmap.published import Edition, Published
    from webmap.states import State

api = Blueprint("api", __name__, url_prefix="/api/v1")

LONGEST_QUERY = 100
"""Characters of a search that are looked at."""


@api.get("/dates/<date>")
def date_state(date: str) -> Any:
    """Return what to draw for the state in force on a date."""
    edition = _edition()
    found = edition.state(edition.at(date))
    return _answer(state_document(found)) if found else _later()


@api.get("/changes/<old>/<new>")
def changes(old: str, new: str) -> Any:
    """Return what changed between two dates."""
    edition = _edition()
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


@api.get("/divisions")
def children() -> Any:
    """Return the divisions directly under ``parent``, or the topmost ones."""
    found = _state()
    if found is None:
        return _later()
    return _answer(divisions.children(found, request.args.get("parent") or None))


@api.get("/table")
def table() -> Any:
    """Return a page of all divisions in the order of their codes."""
    found = _state()
    if found is None:
        return _later()
    return _answer(divisions.page(found, request.args.get("after") or ""))


@api.get("/search")
def search() -> Any:
    """Return divisions by name, code or first letters of the name's pinyin."""
    found = _state()
    if found is None:
        return _later()
    query = (request.args.get("q") or "")[:LONGEST_QUERY]
    return _answer(divisions.search(found, query))


@api.get("/divisions/<code>")
def division(code: str) -> Any:
    """Return one division on a date, its neighbours and its history."""
    edition = _edition()
    found = _state()
    if found is None:
        return _later()
    registry = current_app.extensions["registry"]
    return _answer(divisions.detail(registry.store, edition, found, code))


def _edition() -> Edition:
    published: Published = current_app.extensions["published"]
    edition = published.edition()
    if edition is None or not edition.dates:
        raise NotFoundError(
            Text("还没有发布任何区划。", "Nothing is published yet."),
            Text(
                "先导入、批准并发布一份边界文件。",
                "Import, approve and publish a file.",
            ),
        )
    return edition


def _state() -> State | None:
    edition = _edition()
    return edition.state(edition.at(request.args.get("date") or None))


def _answer(document: Any) -> Any:
    response = jsonify(document)
    response.add_etag()
    return response.make_conditional(request)


def _later() -> Any:
    """Tell the page to ask again: the state is being prepared."""
    response = jsonify({"state": "preparing"})
    response.headers["Retry-After"] = "1"
    return response, 202
