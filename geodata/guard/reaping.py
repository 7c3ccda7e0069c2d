"""Nothing outlives its guard: a process between us and the guarded one.

A guarded process may leave its session (``setsid``) and fork away from its parent;
killing its group would miss what it left behind. Orphans fall to the nearest
"subreaper" above them, so the guarded process runs below one: a fork of itself
from before anything was loaded, which touches no input, hears when it must end or
when its own parent died, and then kills whatever is below it until nothing is.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36
_PATIENCE_S = 5.0
_CORE = 0


def possible() -> bool:
    """Return whether this system has subreapers (Linux)."""
    return sys.platform.startswith("linux") and Path("/proc/self/stat").exists()


def die_with_parent(number: int, parent: int = 0) -> None:
    """Ask for a signal when the parent dies; at once if ``parent`` is gone already."""
    if not sys.platform.startswith("linux"):
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, number, 0, 0, 0)
    if parent and os.getppid() != parent:
        os.kill(os.getpid(), number)


def stand_between() -> None:
    """Fork: the child returns and does the work, the parent guards and never does.

    Call it before any thread is started and before anything is read.
    """
    if not possible():
        return
    above = os.getppid()
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
    die_with_parent(signal.SIGTERM, above)
    me = os.getpid()
    child = os.fork()
    if child == 0:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
        die_with_parent(signal.SIGKILL, me)
        return
    _guard(child)


def _guard(child: int) -> None:
    """Wait for the child, end all that is left below, and end as it ended."""
    os.dup2(2, 1)  # who reads the child's words must see them end with the child
    status: int | None = None
    asked = {signal.SIGTERM, signal.SIGCHLD}
    signal.pthread_sigmask(signal.SIG_BLOCK, asked)
    while status is None:
        found: Any = signal.sigtimedwait(asked, 1.0)
        if found is not None and found.si_signo == signal.SIGTERM:
            break
        status = _reaped(child)
    end_descendants()
    if status is None:
        os._exit(128 + signal.SIGTERM)
    if os.WIFSIGNALED(status):
        _end_by(os.WTERMSIG(status))
    os._exit(os.WEXITSTATUS(status))


def _reaped(child: int) -> int | None:
    """Return the child's status when it has ended; reap orphans on the way."""
    found = None
    with contextlib.suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid == child:
                found = status
    return found


def end_descendants() -> None:
    """Kill everything below this process, however it hid, until nothing is left."""
    until = time.monotonic() + _PATIENCE_S
    while time.monotonic() < until:
        for pid in descendants(os.getpid()):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return  # no child, so no orphan either: all fall to us
        time.sleep(0.005)


def descendants(root: int) -> list[int]:
    """Return the processes below one, as the kernel lists them now."""
    below: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal():
            continue
        with contextlib.suppress(OSError, ValueError, IndexError):
            stat = (entry / "stat").read_text(encoding="utf-8", errors="replace")
            parent = int(stat.rpartition(")")[2].split()[1])
            below.setdefault(parent, []).append(int(entry.name))
    found, queue = [], [root]
    while queue:
        children = below.get(queue.pop(), [])
        found += children
        queue += children
    return found


def _end_by(number: int) -> None:
    """End by the same signal, so that the caller sees why, leaving no core."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        _, hard = resource.getrlimit(resource.RLIMIT_CORE)
        resource.setrlimit(resource.RLIMIT_CORE, (_CORE, hard))
    signal.signal(number, signal.SIG_DFL) if number != signal.SIGKILL else None
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {number})
    os.kill(os.getpid(), number)
    os._exit(128 + number)
