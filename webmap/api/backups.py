"""Backups: listed, made and verified by jobs; one comes back by command line."""

from __future__ import annotations

from typing import Any

from geodata.errors import Text
from webmap import policy
from webmap.api.frame import ApiBlueprint
from webmap.api.schemas import Job
from webmap.session import actor, registry

backups = ApiBlueprint("backups", Text("备份", "Backups"))


@backups.get("", Text("已有的备份", "The backups there are"))
@policy.may("backup")
def index() -> Any:
    """Return the backups, newest first."""
    return {"items": registry().backups(actor())}


@backups.post("", Text("开始备份", "Begin a backup"), answer=Job, status=202)
@policy.may("backup")
def make() -> Any:
    """Queue a backup."""
    return registry().start_job(actor(), "backup", "", {})


@backups.post(
    "/<name>/verify",
    Text("开始核验一份备份", "Begin to verify a backup"),
    answer=Job,
    status=202,
)
@policy.may("backup")
def verify(name: str) -> Any:
    """Queue the comparison of every file with the manifest."""
    return registry().start_job(actor(), "verify_backup", name, {})
