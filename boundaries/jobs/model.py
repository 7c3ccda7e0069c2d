"""What a job is: its states, its document, and who holds it."""

from __future__ import annotations

import datetime as dt
import os
import secrets
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from boundaries.vocabulary import Word
from geodata.errors import Text

JOBS = "jobs"
PULSES = "pulses"
"""Progress and heartbeat, apart from the job: written every few seconds by one
process, while transactions of another write the job itself."""


class JobState(Word):
    """Where a job stands."""

    WAITING = "waiting", "等待中", "waiting"
    RUNNING = "running", "进行中", "running"
    DONE = "done", "已完成", "done"
    FAILED = "failed", "失败", "failed"
    CANCELLED = "cancelled", "已取消", "cancelled"


OPEN = frozenset({JobState.WAITING, JobState.RUNNING})


@dataclass(frozen=True)
class Holder:
    """The worker process that holds a job; ``token`` is drawn for each attempt."""

    host: str
    pid: int
    born: str
    token: str

    @classmethod
    def here(cls) -> Holder:
        """Return this process as the holder of one attempt."""
        pid = os.getpid()
        return cls(socket.gethostname(), pid, born(pid), secrets.token_hex(8))

    def to_dict(self) -> dict[str, Any]:
        """Return plain JSON values."""
        return {
            "host": self.host,
            "pid": self.pid,
            "born": self.born,
            "token": self.token,
        }


def is_dead(holder: dict[str, Any]) -> bool:
    """Return whether a holder on this machine is known to have ended."""
    if holder["host"] != socket.gethostname() or not Path("/proc/self").exists():
        return False
    return bool(born(holder["pid"]) != holder["born"])


def born(pid: int) -> str:
    """Return when a process began, in the kernel's own count; ``""`` for none."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return ""
    state, *fields = stat.rpartition(")")[2].split()
    return "" if state in {"Z", "X"} else fields[18]


def newborn(
    job: str, kind: str, subject: str, actor: str, parameters: dict[str, Any]
) -> dict[str, Any]:
    """Return the document of a job nobody has begun."""
    return {
        "id": job,
        "kind": kind,
        "subject": subject,
        "actor": actor,
        "parameters": parameters,
        "state": JobState.WAITING.value,
        "attempts": 0,
        "created": instant(),
        "started": None,
        "finished": None,
        "steps": {},
        "cancel": False,
        "holder": None,
        "result": None,
        "error": None,
    }


def instant(days_ago: float = 0) -> str:
    """Return the UTC instant, ISO 8601 to the millisecond with ``Z``."""
    now = dt.datetime.now(dt.UTC) - dt.timedelta(days=days_ago)
    return now.strftime("%Y-%m-%dT%H:%M:%S.") + f"{now.microsecond // 1000:03d}Z"


def age_s(when: str | None) -> float:
    """Return the seconds since an instant, infinite for None."""
    if not when:
        return float("inf")
    then = dt.datetime.fromisoformat(when.replace("Z", "+00:00"))
    return (dt.datetime.now(dt.UTC) - then).total_seconds()


QUEUED = Text("等待处理", "waiting for its turn")
IDLE = Text("等待处理；任务进程没有运行，请告知系统管理员",
            "waiting; the process that does jobs is not running: "
            "tell the administrator")  # fmt: skip
BEGUN = Text("已开始", "begun")
AGAIN = Text("处理进程中断，已重新排队", "the worker stopped; the job is queued again")
