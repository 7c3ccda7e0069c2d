"""The audit: search, verify, anchor, take out."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from flask import Response, stream_with_context
from marshmallow import fields, validate

from geodata.errors import Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.api.schemas import MOST, Job, Query, page
from webmap.audit_table import LARGEST, as_csv, wanted
from webmap.session import actor, registry

audit = ApiBlueprint("audit", Text("审计", "The audit"))


class Filters(Query):
    """Which links are wanted."""

    who = fields.String(load_default="")
    verb = fields.String(load_default="")
    subject = fields.String(
        load_default="", metadata={"description": "what the subject begins with"}
    )
    since = fields.String(load_default="", metadata={"description": "YYYY-MM-DD"})
    until = fields.String(load_default="", metadata={"description": "YYYY-MM-DD"})


class Search(Filters):
    """Which page of the links that are wanted."""

    before = fields.Integer(
        load_default=None, allow_none=True, validate=validate.Range(min=0, max=LARGEST)
    )
    limit = fields.Integer(load_default=100, validate=validate.Range(min=1, max=MOST))


@audit.get(
    "", Text("查询审计记录，新的在前", "Links that fit, newest first"), query=Search
)
@policy.may("read_audit")
def index(query: dict[str, Any]) -> Any:
    """Return a page of links."""
    limit = query["limit"]
    found = registry().search_audit(
        actor(), **wanted(query), before=query["before"], limit=limit + 1
    )
    following = found[limit - 1].seq if len(found) > limit else None
    return page([asdict(entry) for entry in found[:limit]], following)


@audit.post(
    "/verify",
    Text("开始核验审计链", "Begin to verify the chain"),
    answer=Job,
    status=202,
)
@policy.may("verify_audit")
def verify() -> Any:
    """Queue the recomputation of the whole chain."""
    return registry().start_job(actor(), "verify", "", {})


@audit.post("/anchor", Text("导出链头", "Export the heads of the chains"))
@policy.may("verify_audit")
def anchor() -> Any:
    """Return the heads, to be kept elsewhere."""
    return registry().anchor(actor())


@audit.post(
    "/export",
    Text("导出所选审计记录（CSV）", "Take the links that fit out as CSV"),
    query=Filters,
    content="text/csv",
)
@policy.may("read_audit")
def export(query: dict[str, Any]) -> Any:
    """Return the links that fit as a table; it is recorded."""
    pages = registry().export_audit(actor(), **wanted(query))
    return Response(stream_with_context(as_csv(pages)), mimetype="text/csv")
