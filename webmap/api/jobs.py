"""Work done outside requests: how far it is, what came of it, to cancel it."""

from __future__ import annotations

from typing import Any

from marshmallow import fields

from geodata.errors import Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.api.schemas import Job, Paging, page, page_of
from webmap.session import actor, registry

jobs = ApiBlueprint("jobs", Text("任务", "Jobs"))


class Which(Paging):
    """Whose jobs, and which part of the list."""

    everybody = fields.Boolean(
        load_default=False,
        metadata={"description": "not only mine (for system administrators)"},
    )


@jobs.get(
    "", Text("列出任务", "List jobs"), query=Which, answer=page_of(Job, "JobPage")
)
@policy.signed_in
def index(query: dict[str, Any]) -> Any:
    """Return jobs, newest first."""
    limit = query["limit"]
    found = registry().jobs(
        actor(), everybody=query["everybody"], before=query["after"], limit=limit + 1
    )
    shown = found[:limit]
    return page(shown, shown[-1]["id"] if len(found) > limit else None)


@jobs.get("/<job>", Text("查看任务", "See a job"), answer=Job)
@policy.signed_in
def show(job: str) -> Any:
    """Return a job with its progress, result or error."""
    return registry().job(actor(), job)


@jobs.post("/<job>/cancel", Text("取消任务", "Cancel a job"), answer=Job)
@policy.signed_in
def cancel(job: str) -> Any:
    """Cancel a job; what it has written already stays."""
    return registry().cancel_job(actor(), job)
