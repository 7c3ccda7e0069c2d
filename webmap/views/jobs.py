"""Jobs: what the worker does for me, how far it is, what came of it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for

from boundaries import review
from geodata.errors import Text
from webmap import policy
from webmap.languages import say
from webmap.session import actor, identity, registry
from webmap.shell import link

jobs = Blueprint("jobs", __name__, url_prefix="/jobs")

SIZE = 50


@jobs.get("")
@policy.signed_in
def index() -> Any:
    """List jobs, newest first; everybody's for whoever may see them."""
    may_all = _may_all()
    everybody = may_all and request.args.get("all") == "1"
    number = max(request.args.get("page", 1, type=int), 1)
    shown = registry().jobs(
        actor(), everybody=everybody, start=(number - 1) * SIZE, limit=SIZE
    )
    for job in shown:
        job["href"] = _about(job)
    return render_template(
        "jobs/index.html",
        jobs=shown,
        total=registry().job_count(actor(), everybody=everybody),
        size=SIZE,
        page=number,
        everybody=everybody,
        may_all=may_all,
    )


@jobs.get("/<job>")
@policy.signed_in
def show(job: str) -> Any:
    """Show a job; with ``go`` go on to what it made as soon as it is done."""
    found = registry().job(actor(), job)
    target = _made(found)
    if "go" in request.args and found["state"] == "done" and target:
        return redirect(target["href"], 303)
    return render_template(
        "jobs/job.html",
        job=found,
        target=target,
        about=_about(found),
        crumbs=[(Text("任务", "Jobs"), url_for("jobs.index"))],
    )


@jobs.post("/<job>/cancel")
@policy.own("jobs.cancel")
def cancel(job: str) -> Any:
    """Cancel a job."""
    registry().cancel_job(actor(), job)
    done = Text("已取消；已写入的内容保留。", "Cancelled; what is written stays.")
    flash(say(done), "success")
    return redirect(url_for("jobs.show", job=job), 303)


def _may_all() -> bool:
    found = identity()
    return found is not None and review.holds("see_jobs", found.user)


def _made(job: dict[str, Any]) -> dict[str, Any] | None:
    """Return where to see what a job made, also when it failed half-way."""
    result, steps = job["result"] or {}, job["steps"]
    draft = result.get("draft") or steps.get("stage") or steps.get("restage")
    if job["kind"] in {"check", "repair"}:
        draft = job["subject"]
    if draft:
        words = Text(f"查看草稿 {draft}", f"See draft {draft}")
        return _link(words, "drafts.show", draft=draft)
    if job["kind"] == "read":
        words = Text("查看读取结果", "See how it was understood")
        return _link(words, "uploads.show", upload=job["subject"])
    if result.get("network"):
        words = Text("查看路网", "See the network")
        return _link(words, "networks.show", network=result["network"])
    if job["kind"] == "siting":
        words = Text("查看选址结果", "See the answer")
        return _link(words, "siting.record", siting=job["subject"])
    if job["kind"] == "export":
        return _link(Text("到导出记录下载", "Download it"), "exports.index")
    return None


def _about(job: dict[str, Any]) -> str | None:
    """Return the page of what a job is about."""
    if job["kind"] in {"read", "stage"}:
        return link("uploads.show", upload=job["subject"])
    if job["kind"] in {"check", "repair"}:
        return link("drafts.show", draft=job["subject"])
    if job["kind"] == "network":
        return link("networks.new", upload=job["subject"])
    if job["kind"] == "siting":
        return link("siting.record", siting=job["subject"])
    if job["kind"] == "amend_network":
        return link("networks.show", network=int(job["subject"]))
    return None


def _link(words: Text, endpoint: str, **values: Any) -> dict[str, Any] | None:
    href = link(endpoint, **values)
    return {"words": words, "href": href} if href else None
