"""How the worker is woken: huey's consumer rings a bell; a clock does without it."""

from __future__ import annotations

import contextlib
import logging
import os
import threading
from typing import Any

from boundaries.jobs import places, queue

log = logging.getLogger(__name__)


class Doorbell:
    """Rings when the queue holds a task; everybody waiting then looks for a job."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._path = places.folder_beside(url) / queue.FILE
        self._rung = threading.Condition()
        self._count = 0
        self._consumer: Any = None
        self._huey: Any = None
        self._inode: int | None = None

    def ring(self) -> None:
        """Wake everybody who waits."""
        with self._rung:
            self._count += 1
            self._rung.notify_all()

    def wait(self, seconds: float) -> None:
        """Wait for the bell, ``seconds`` at most."""
        with self._rung:
            before = self._count
            self._rung.wait_for(lambda: self._count != before, seconds)

    def open(self) -> None:
        """Listen to the queue; without one the clock must do."""
        from huey.consumer import Consumer

        class Quiet(Consumer):  # type: ignore[misc]
            def _set_signal_handlers(self) -> None:
                """Leave the signals to the worker."""

        try:
            self._huey = queue.opened(self._url)
            queue.look(self._huey, self.ring)
            self._consumer = Quiet(
                self._huey, workers=1, periodic=False, initial_delay=0.05, max_delay=0.4
            )
            self._consumer.start()
            self._inode = self._found()
        except Exception as error:  # noqa: BLE001 - jobs are in the store, not here
            log.warning("no queue; looking every few seconds instead: %s", error)
            self._consumer = None

    def close(self) -> None:
        """Stop listening."""
        if self._consumer is not None:
            self._consumer.stop(graceful=False)
            with contextlib.suppress(Exception):
                self._huey.storage.close()
        self._consumer = None

    def mend(self) -> None:
        """Listen to the new file when the queue's was deleted or replaced."""
        if self._consumer is None or self._found() != self._inode:
            self.close()
            self.open()

    def _found(self) -> int | None:
        try:
            return os.stat(self._path).st_ino  # noqa: PTH116 - the file may be gone
        except OSError:
            return None
