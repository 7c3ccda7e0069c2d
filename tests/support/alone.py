"""Turns of tests that run in several processes: together, or one by itself."""

from __future__ import annotations

import contextlib
import os
import tempfile
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

try:
    import fcntl
except ImportError:  # Windows: there tests run in one process
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator


PATIENCE_S = 1800.0
"""How long a test waits for its turn before it runs regardless: no test lasts so
long, so whoever holds the room has hung, and one must not stop all."""


@contextlib.contextmanager
def turn(*, apart: bool) -> Iterator[None]:
    """Hold the room for one test: shared, or with ``apart`` to itself.

    Everybody passes the door one after the other, and who wants the room alone
    keeps it shut while waiting; otherwise they would wait for ever. The locks are
    those of the process (``lockf``): a child left behind by a test holds none.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None or fcntl is None:
        yield
        return
    folder = Path(tempfile.gettempdir())
    names = [folder / f"quhua-tests-{run}.{part}" for part in ("door", "room")]
    with names[0].open("a+") as door, names[1].open("a+") as room:
        until = time.monotonic() + PATIENCE_S
        _take(door, fcntl.LOCK_EX, until)
        _take(room, fcntl.LOCK_EX if apart else fcntl.LOCK_SH, until)
        fcntl.lockf(door, fcntl.LOCK_UN)
        yield


def _take(file: IO[str], kind: int, until: float) -> None:
    """Wait for a lock, but not for ever."""
    while True:
        try:
            fcntl.lockf(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return
            time.sleep(0.01)
        else:
            return
