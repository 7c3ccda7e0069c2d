"""Writing processes that start at once: forked from a server that is warm."""

from __future__ import annotations

import multiprocessing
import multiprocessing.forkserver
import os
import signal
from pathlib import Path
from typing import Any

from tests.support import store_writer

ROOT = Path(__file__).resolve().parents[2]
CONTEXT = multiprocessing.get_context("forkserver")
CONTEXT.set_forkserver_preload(["tests.support.store_warm", "psycopg"])


class Writer:
    """One writing process and the file it says its acknowledgements to."""

    def __init__(self, folder: Path, url: str, name: str, **options: Any) -> None:
        self.said = folder / f"{name}.acks"
        _ensure_running()
        self.process = CONTEXT.Process(
            target=_write, args=(str(self.said), url, name, options)
        )
        self.process.start()

    def lines(self) -> list[dict[str, Any]]:
        """Return what was acknowledged so far."""
        content = self.said.read_bytes() if self.said.exists() else b""
        return store_writer.lines_in(content)

    def kill(self) -> None:
        """End the process as a power cut would."""
        assert self.process.pid is not None
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.join(30)
        assert self.process.exitcode == -signal.SIGKILL
        self.process.close()

    def running(self) -> bool:
        """Whether the process still writes."""
        return self.process.is_alive()

    def wait(self) -> int | None:
        """Wait for the process to end by itself; return its status."""
        self.process.join(300)
        code = self.process.exitcode
        self.process.close()
        return code


def _write(said: str, url: str, name: str, options: dict[str, Any]) -> None:
    output = os.open(said, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    store_writer.write_until_killed(url, name, output, **options)


def _ensure_running() -> None:
    """Start the server with our folder on its path (it does not inherit ours)."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(ROOT)
    multiprocessing.forkserver.ensure_running()
    if before is None:
        del os.environ["PYTHONPATH"]
    else:
        os.environ["PYTHONPATH"] = before
