"""Exports: ask for one, follow it, fetch it; who took out what."""

from __future__ import annotations

from typing import Any

from marshmallow import fields
from marshmallow.validate import OneOf

from geodata.errors import Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.api.schemas import Arguments, Paging, page
from webmap.downloads import file_of
from webmap.languages import chosen
from webmap.session import actor, registry

exports = ApiBlueprint("exports", Text("导出", "Exports"))


class ExportWanted(Arguments):
    """What is to go out."""

    layer = fields.String(load_default="divisions")
    driver = fields.String(load_default="GPKG")
    at = fields.String(load_default=None, allow_none=True)
    valid_on = fields.String(load_default=None, allow_none=True)
    known_on = fields.String(load_default=None, allow_none=True)
    scope = fields.String(load_default="")
    fields_ = fields.List(fields.String(), load_default=list, data_key="fields")
    encoding = fields.String(load_default=None, allow_none=True)


class HandbookWanted(Arguments):
    """Which district's handbook is to be made, and how it is stamped."""

    district = fields.String(required=True)
    driver = fields.String(load_default="HANDBOOK-PDF")
    approval = fields.String(load_default="")
    language = fields.String(load_default="zh", validate=OneOf(("zh", "en")))


class Whose(Paging):
    """Whose exports are listed."""

    all = fields.Boolean(load_default=False)


@exports.get("", Text("导出记录", "Exports, newest first"), query=Whose)
@policy.may("export", "see_exports")
def index(query: dict[str, Any]) -> Any:
    """Return one's own exports, or everybody's."""
    limit = query["limit"]
    found = registry().exports(
        actor(), everybody=query["all"], before=query["after"], limit=limit + 1
    )
    shown = found[:limit]
    return page(shown, shown[-1]["id"] if len(found) > limit else None)


@exports.post("", Text("申请导出", "Ask for an export"), body=ExportWanted, status=202)
@policy.may("export")
def request_export(body: dict[str, Any]) -> Any:
    """Queue an export."""
    return registry().request_export(
        actor(), body.pop("layer"), body.pop("driver"),
        fields=body.pop("fields_"), language=chosen(), **body,
    )  # fmt: skip


@exports.post(
    "/handbooks",
    Text("申请编制资源手册", "Ask for a district's eldercare handbook"),
    body=HandbookWanted,
    status=202,
)
@policy.may("export")
def request_handbook(body: dict[str, Any]) -> Any:
    """Queue a handbook; it is among the exports."""
    return registry().request_handbook(actor(), **body)


@exports.get("/<export>", Text("查看一项导出", "See an export"))
@policy.may("export", "see_exports")
def show(export: str) -> Any:
    """Return an export's document."""
    return registry().export_document(actor(), export)


@exports.get(
    "/<export>/file",
    Text("下载导出文件", "Fetch the file of an export"),
    content="application/octet-stream",
)
@policy.may("export", "view_export")
def file(export: str) -> Any:
    """Hand out a finished export; it is recorded."""
    return file_of(export)
