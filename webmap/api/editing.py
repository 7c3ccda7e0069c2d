"""Editing on the map: everything the editor's page does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import request
from marshmallow import fields, validate

from boundaries import edits
from geodata.errors import Text
from webmap import policy
from webmap.api.frame import JSON, ApiBlueprint
from webmap.api.schemas import Arguments, Query
from webmap.session import actor, registry

if TYPE_CHECKING:
    from boundaries.registry import Registry

editing = ApiBlueprint("editing", Text("地图编辑", "Editing on the map"))

_STALE = Text("草稿已在别处改动", "the draft was changed elsewhere")
_REFUSED = Text("会重叠、相交或留下空隙", "units would overlap, cross or leave a gap")
_SHAPE = Text(
    "形如 {rev, operation: {op: move | split | merge | assign | attributes, …}}",
    "as {rev, operation: {op: move | split | merge | assign | attributes, …}}",
)


class _Begin(Arguments):
    units = fields.List(
        fields.String(),
        required=True,
        validate=validate.Length(min=1, max=edits.MOST_UNITS),
        metadata={"description": "codes of the divisions to begin with"},
    )
    effective = fields.String(required=True)
    title = fields.String(load_default="", validate=validate.Length(max=200))
    basis = fields.String(load_default="", validate=validate.Length(max=1000))


class _Units(Query):
    units = fields.String(
        load_default="",
        metadata={"description": "codes, with commas; empty: those edited so far"},
    )


class _Rev(Arguments):
    rev = fields.Integer(
        load_default=None,
        allow_none=True,
        metadata={"description": "`rev` of the editor as it was last seen"},
    )


@editing.post("", Text("开始编辑", "Begin to edit"), body=_Begin, status=201)
@policy.may("stage")
def begin(body: dict[str, Any]) -> Any:
    """Open a draft that changes nothing yet."""
    return registry().begin_edit(
        actor(),
        body["units"],
        effective=body["effective"],
        title=body["title"],
        basis=body["basis"],
    )


@editing.get(
    "/<draft>", Text("界线、面积与步骤", "Borders, areas, steps"), query=_Units
)
@policy.may("view_draft")
def show(query: dict[str, Any], draft: str) -> Any:
    """Return what the editor shows."""
    units = [code for code in query["units"].split(",") if code]
    return _sighted(draft).editing(actor(), draft, units)


@editing.post(
    "/<draft>/edits",
    Text(f"编辑一步，{_SHAPE.zh}", f"Do one edit, {_SHAPE.en}"),
    raw=JSON,
    also={409: _STALE, 422: _REFUSED},
)
@policy.may("edit")
def edit(draft: str) -> Any:
    """Do one edit."""
    return _sighted(draft).edit(actor(), draft, _body())


@editing.post(
    "/<draft>/proposals",
    Text("试算一步而不保存", "Try one edit, keeping nothing"),
    raw=JSON,
    also={409: _STALE, 422: _REFUSED},
)
@policy.may("edit")
def propose(draft: str) -> Any:
    """Return what one edit would do."""
    return _sighted(draft).propose_edit(actor(), draft, _body())


@editing.post(
    "/<draft>/undo", Text("撤销一步", "Undo one edit"), body=_Rev, also={409: _STALE}
)
@policy.may("edit")
def undo(body: dict[str, Any], draft: str) -> Any:
    """Take the last edit back."""
    return _sighted(draft).undo_edit(actor(), draft, body["rev"])


@editing.post(
    "/<draft>/redo", Text("重做一步", "Redo one edit"), body=_Rev, also={409: _STALE}
)
@policy.may("edit")
def redo(body: dict[str, Any], draft: str) -> Any:
    """Do again what was taken back."""
    return _sighted(draft).redo_edit(actor(), draft, body["rev"])


def _sighted(draft: str) -> Registry:
    """Return the registry; a draft out of sight is not there, nor whose it is."""
    found = registry()
    found.seen(actor(), draft)
    return found


def _body() -> bytes:
    """Return the bytes sent; no parser has seen them, and there are not too many."""
    request.max_content_length = edits.MOST_BYTES + 1
    return request.get_data(cache=False)
