"""The worker kept running beside a server: started, started again, stopped with it."""

from __future__ import annotations

import contextlib
import logging
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

log = logging.getLogger(__name__)

_LEAST_S, _MOST_S = 0.5, 30.0
_STEADY_S = 60.0
_END_S = 15.0


class Supervisor:
    """Keeps one worker process alive for a store.

    Parameters
    ----------
    url
        The store's address; it goes by the environment, where a password is not
        seen in the list of processes.
    settings
        The settings file, if any.
    tiles
        Where the server looks for tiles, when not in the usual place.
    """

    def __init__(
        self, url: str, settings: Path | None = None, *, tiles: Path | None = None
    ) -> None:
        self._environment = {**os.environ, "QUHUA_STORE": url}
        if tiles is not None:
            self._environment["QUHUA_TILES"] = str(tiles)
        if settings is not None:
            self._environment["QUHUA_SETTINGS"] = str(settings)
        self._stopping = threading.Event()
        self._process: subprocess.Popen[bytes] | None = None
        # one thread starts every worker: a worker ends when the thread that
        # started it does
        self._thread = threading.Thread(target=self._keep, name="worker", daemon=True)

    def start(self) -> None:
        """Start the worker, and start it again whenever it ends."""
        self._thread.start()

    def stop(self) -> None:
        """Let the worker give back what it has in hand, and end."""
        self._stopping.set()
        self._thread.join(_END_S + 5)

    @property
    def pid(self) -> int | None:
        """The worker's process, None while there is none."""
        process = self._process
        return process.pid if process is not None and process.poll() is None else None

    def _keep(self) -> None:
        pause = _LEAST_S
        while not self._stopping.is_set():
            began = time.monotonic()
            command = [sys.executable, "-m", "boundaries.jobs", str(os.getpid())]
            self._process = subprocess.Popen(command, env=self._environment)  # noqa: S603 - our own interpreter and module
            while self._process.poll() is None and not self._stopping.is_set():
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self._process.wait(0.2)
            if self._stopping.is_set():
                break
            steady = time.monotonic() - began > _STEADY_S
            pause = _LEAST_S if steady else min(pause * 2, _MOST_S)
            log.error(
                "the worker ended (%s); started again in %.1f s",
                self._process.returncode, pause,
            )  # fmt: skip
            self._stopping.wait(pause)
        self._end()

    def _end(self) -> None:
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.terminate()
        try:
            process.wait(_END_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
