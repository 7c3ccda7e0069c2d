"""Turns of tests that run in several processes: together, or one by itself."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

try:
    import fcntl
except ImportError:  # Windows: there tests run in one process
    fcntl = None  # type: ignore[assignment]

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextlib.contextmanager
def turn(*, apart: bool) -> Iterator[None]:
    """Hold the room for one test: shared, or with ``apart`` to itself.

    Everybody passes the door one after the other, and who wants the room alone
    keeps it shut while waiting; otherwise they would wait for ever.
    """
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None or fcntl is None:
        yield
        return
    folder = Path(tempfile.gettempdir())
    names = [folder / f"quhua-tests-{run}.{part}" for part in ("door", "room")]
    with names[0].open("w") as door, names[1].open("w") as room:
        fcntl.flock(door, fcntl.LOCK_EX)
        fcntl.flock(room, fcntl.LOCK_EX if apart else fcntl.LOCK_SH)
        fcntl.flock(door, fcntl.LOCK_UN)
        yield
