"""Turns at work that is heavy for the process that answers requests."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING

from geodata.errors import StoreError, Text

if TYPE_CHECKING:
    from collections.abc import Iterator


class Turns:
    """So many at a time; the others wait a while, and are then told to come back.

    Without it eight people at once would take all threads of the server, and
    everybody who only reads would wait with them.

    Parameters
    ----------
    at_once, wait_s
        How many at a time, and how long the others wait.
    words
        What is being done for others.
    """

    def __init__(self, at_once: int, wait_s: float, words: Text) -> None:
        self._free = threading.BoundedSemaphore(at_once)
        self._wait_s = wait_s
        self._words = words

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Hold a turn.

        Raises
        ------
        StoreError
            Code ``busy`` when none becomes free soon.
        """
        if not self._free.acquire(timeout=self._wait_s):
            raise StoreError(
                self._words,
                Text("请稍后重试。", "Try again in a moment."),
                code="busy",
            )
        try:
            yield
        finally:
            self._free.release()
