"""One attempt at a job, in a process that may be killed at any moment.

It has limits of its own on memory and processor time: a polygon that makes GEOS
explode ends this process and the job fails with words; the worker goes on.
"""

from __future__ import annotations

import logging
import os
import shutil
import signal
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from geodata.errors import CancelledError, QuhuaError, Text

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from boundaries.settings import Settings

log = logging.getLogger(__name__)

TOLD, DONE, ERROR, CANCELLED, AGAIN = "told", "done", "error", "cancelled", "again"
"""What an attempt sends: how far it is, and how it ended."""
_POLITE = 10
"""Steps below the server: pages are answered first where processors are few."""
_PASSING = frozenset({"busy", "retry", "unreachable", "job_lost"})
"""Errors that another attempt may not meet."""


@dataclass(frozen=True)
class Task:
    """What a process is given to attempt: plain values only."""

    url: str
    settings: Settings
    job: dict[str, Any]


def main(task: Task, voice: Connection, worker: int) -> None:
    """Do the job and say how it ended; the whole life of the process."""
    _settle(task.settings, worker)
    try:
        result = _do(task, voice)
        message: tuple[Any, ...] = (DONE, result)
    except CancelledError:
        message = (CANCELLED,)
    except QuhuaError as error:
        log.info("job %s: %s", task.job["id"], error)
        message = (AGAIN if error.code in _PASSING else ERROR, error.to_dict())
    except Exception as error:
        log.exception("job %s", task.job["id"])
        message = (ERROR, _unforeseen(error, task.settings).to_dict())
    voice.send(message)
    voice.close()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(0)  # leave without destructors, as the guarded processes do


def out_of(settings: Settings, name: str) -> QuhuaError:
    """Return the words for a job that used up what ``jobs.<name>`` allows."""
    allowed = getattr(settings.jobs, name)
    what, unit = _OF[name]
    return QuhuaError(
        Text(
            f"处理超出了{what.zh}上限（{allowed} {unit}），已停止；原始文件完好。",
            f"The work used more {what.en} than allowed ({allowed} {unit}) and was "
            "stopped; what was handed in is kept.",
        ),
        Text(
            "请检查是否有反复自相交的图形，拆分或精简后再试；"
            f"或由管理员调整设置 jobs.{name}。",
            "Look for polygons that cross themselves again and again, split or reduce "
            f"the data, or let the administrator raise the setting jobs.{name}.",
        ),
        code="limit",
    )


_OF = {
    "memory_mb": (Text("内存", "memory"), "MB"),
    "cpu_s": (Text("处理器时间", "processor time"), "s"),
    "wall_s": (Text("总时间", "time"), "s"),
}


def died(settings: Settings, code: int) -> QuhuaError | None:
    """Return the words for a process that ended without any; None: try again.

    A process killed from outside may do better next time; one that crashed or used
    up its limits will not.
    """
    if code == -signal.SIGXCPU:
        return out_of(settings, "cpu_s")
    if code == -signal.SIGKILL:
        return None
    return QuhuaError(
        Text(
            "处理程序在办理此任务时崩溃；原始文件完好，什么也没有写入。",
            "The program crashed on this job; what was handed in is kept and nothing "
            "was written.",
        ),
        Text(
            "多半是图形过于复杂或已损坏；请检查后再试。",
            "Most likely a polygon is too intricate or damaged; look at it and try "
            "again.",
        ),
        code="crashed",
    )


def _settle(settings: Settings, worker: int) -> None:
    """Leave the worker's group, end when it ends, and hold to the limits."""
    from geodata.guard import reaping

    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if sys.platform != "win32":
        os.setsid()
        os.nice(_POLITE)
        # the fork server is our parent; it ends when the worker does
        reaping.die_with_parent(signal.SIGKILL, os.getppid())
        _limit(settings)
        if not Path(f"/proc/{worker}").exists() and Path("/proc/self").exists():
            os._exit(1)


def _limit(settings: Settings) -> None:
    import resource

    wanted = (
        (resource.RLIMIT_AS, settings.jobs.memory_mb << 20),
        (resource.RLIMIT_CPU, settings.jobs.cpu_s),
        (resource.RLIMIT_CORE, 0),
    )
    for which, value in wanted:
        _, hard = resource.getrlimit(which)
        most = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (most, hard))


def _do(task: Task, voice: Connection) -> dict[str, Any]:
    from boundaries.accounts import Grant
    from boundaries.jobs.kinds import kind_of
    from boundaries.jobs.work import Work
    from boundaries.registry import open_registry

    job = task.job
    desk = open_registry(task.url, settings=task.settings)
    within = job["within"]
    grants = None if within is None else tuple(Grant.parse(text) for text in within)
    registry = desk.acting(
        job["account"], within=None if grants is None else (job["actor"], grants)
    )
    registry.claimed = (job["id"], job["holder"]["token"])
    folder = Path(tempfile.mkdtemp(prefix="quhua-job-"))
    work = Work(
        registry,
        job,
        folder,
        lambda progress, words: voice.send((TOLD, progress, tuple(words))),
    )
    try:
        return kind_of(job["kind"]).run(work)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        desk.close()


def _unforeseen(error: Exception, settings: Settings) -> QuhuaError:
    from geodata.guard import limiting

    if limiting.out_of_memory(error):
        return out_of(settings, "memory_mb")
    name = type(error).__name__
    return QuhuaError(
        Text(
            f"程序出错（{name}），已记入服务器日志；数据不受影响。",
            f"Something broke ({name}) and is in the server's log; no data is "
            "affected.",
        ),
        Text("请把任务编号告诉管理员。", "Tell the administrator the job's number."),
        code="bug",
    )
