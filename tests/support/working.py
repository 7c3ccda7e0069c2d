"""A worker beside a test's store, and what tests wait for."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from boundaries.jobs import attempt, ledger
from boundaries.jobs.model import Holder
from geodata.errors import QuhuaError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from boundaries.registry import Registry

QUICK = {
    "QUHUA_JOBS_LOOK_S": "0.2",
    "QUHUA_JOBS_HEARTBEAT_S": "0.3",
    "QUHUA_BACKUP_EVERY_HOURS": "0",
}


@contextmanager
def worker(url: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run a worker for the block; yields its process, which a test may kill."""
    process = begin(url, **environment)
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def begin(url: str, **environment: str) -> subprocess.Popen[bytes]:
    """Start a worker."""
    return subprocess.Popen(
        [sys.executable, "-m", "boundaries.jobs"],
        env={**os.environ, **QUICK, "QUHUA_STORE": url, **environment},
    )


def finished(
    registry: Registry, actor: str, job: str, seconds: float = 240
) -> dict[str, Any]:
    """Wait for a job's end and return it."""
    found: dict[str, Any] = until(
        lambda: _closed(registry.job(actor, job)), seconds, what=job
    )
    return found


def until(ask: Callable[[], Any], seconds: float = 30, *, what: str = "") -> Any:
    """Ask until there is an answer."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = ask()
        if found:
            return found
        time.sleep(0.05)
    message = f"{what or ask} is never ready"
    raise AssertionError(message)


def _closed(job: dict[str, Any]) -> dict[str, Any] | None:
    return None if job["open"] else job


def inline(registry: Registry) -> None:
    """Be the worker, in this process, until nothing waits."""
    store, settings = registry.store, registry.settings
    voice = type("Mute", (), {"send": lambda *_: None})()
    while held := ledger.claim(store, Holder.here()):
        job, token = held["id"], held["holder"]["token"]
        try:
            task = attempt.Task(store.url, settings, held)
            ledger.finish(store, job, token, attempt._do(task, voice))
        except QuhuaError as error:
            ledger.fail(store, job, token, error)
