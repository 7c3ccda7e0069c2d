"""``worker``, ``jobs`` and ``exports``: long work, done, looked at, cancelled."""

from __future__ import annotations

import logging
from typing import Any

import click

from boundaries.accounts import LOCAL
from boundaries.console import (
    Argument,
    Command,
    Group,
    Option,
    Result,
    Run,
    command,
    group,
)
from boundaries.jobs.model import JobState
from boundaries.labels import OPEN_LABEL
from geodata.errors import Text

_SHOWN = 20


@command(
    "worker",
    Text(
        "办理排队的任务（读取、建草稿、检查、发布……）。\n\nquhua serve 会自动启动；"
        "只在另设处理进程时使用。按 Ctrl+C 停止。",
        "Do the jobs that are queued (read, stage, check, publish …).\n\nquhua serve "
        "starts one by itself; use this to run it elsewhere. Ctrl+C ends it.",
    ),
)
def worker(run: Run) -> Result:
    """Work until told to stop."""
    from boundaries.jobs.runner import serve

    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    logging.getLogger("huey").setLevel(logging.WARNING)
    registry = run.registry(local=False)
    run.say(Text("正在等待任务，按 Ctrl+C 停止。", "Waiting for jobs; Ctrl+C ends."))
    serve(registry)
    return Result({"worker": "stopped"}, [Text("已停止。", "Stopped.")])


def _all() -> Option:
    return Option(
        ["--all", "everybody"],
        Text("所有人的（管理员）", "everybody's, for administrators"),
        is_flag=True,
    )


def _limit() -> Option:
    return Option(
        ["--limit"],
        Text("最多多少条", "at most this many"),
        type=click.IntRange(min=1),
        default=_SHOWN,
    )


@command(
    "list",
    Text("列出任务，最新的在前。", "List jobs, the newest first."),
    _all(),
    Option(
        ["--state"],
        Text("只看该状态；open 为未完成", "in this state only; open: not finished"),
        type=click.Choice([OPEN_LABEL, *(state.value for state in JobState)]),
    ),
    _limit(),
)
def list_(run: Run, everybody: bool, state: str | None, limit: int) -> Result:  # noqa: FBT001
    """List one's jobs; on the server itself everybody's."""
    only = (
        () if state is None else (state if state == OPEN_LABEL else f"state:{state}",)
    )
    found = run.registry().jobs(
        run.reader,
        everybody=everybody or run.reader == LOCAL,
        only=only,
        limit=limit,
    )
    lines = [_line(job) for job in found]
    return Result({"jobs": found}, lines or [Text("没有任务。", "No jobs.")])


@command(
    "show",
    Text(
        "查看任务：进度、结果或失败原因。", "Show how far a job is, or why it failed."
    ),
    Argument(["job"], Text("任务编号", "the job's number")),
)
def show(run: Run, job: str) -> Result:
    """Show one job."""
    found = run.registry().job(run.reader, job)
    lines = [_line(found), Text(**found["message"])]
    if found["error"]:
        lines.append(Text(**found["error"]["message"]))
    return Result({"job": found}, lines)


@command(
    "cancel",
    Text("取消任务；已写入的内容保留。", "Cancel a job; what it has written stays."),
    Argument(["job"], Text("任务编号", "the job's number")),
    writes=True,
)
def cancel(run: Run, job: str) -> Result:
    """Cancel one's own job, or anybody's as a system administrator."""
    found = run.registry().cancel_job(run.actor, job)
    return Result({"job": found}, [_line(found)])


@command(
    "exports",
    Text("列出导出记录，最新的在前。", "List who exported what, the newest first."),
    _all(),
    _limit(),
)
def exports(run: Run, everybody: bool, limit: int) -> Result:  # noqa: FBT001
    """List one's exports; on the server itself everybody's."""
    found = run.registry().exports(
        run.reader, everybody=everybody or run.reader == LOCAL, limit=limit
    )
    lines = [
        f"{each['id']}  {each['requested']}  {each['actor']}  {each['name']}  "
        f"{each['state']}"
        for each in found
    ]
    return Result({"exports": found}, lines or [Text("没有导出。", "No exports.")])


def _line(job: dict[str, Any]) -> Text:
    title, state = Text(**job["title"]), Text(**job["state_label"])
    about = job.get("about") or job["subject"]
    percent = f"{job['progress']:.0%}"
    return Text(
        f"{job['id']}  {job['actor']}  {title.zh} {about}：{state.zh} {percent}",
        f"{job['id']}  {job['actor']}  {title.en} {about}: {state.en} {percent}",
    )


JOBS_GROUP: Group = group(
    "jobs", Text("任务：查看与取消。", "Jobs: look and cancel."), [list_, show, cancel]
)
COMMANDS: tuple[Command | Group, ...] = (worker, JOBS_GROUP, exports)
"""Every command of this module."""
