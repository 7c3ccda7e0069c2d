"""The queue that wakes the worker: a convenience, never the truth.

huey deletes a task before it runs, so a task carries nothing but "look". A queue
file that is lost, full or broken costs a few seconds: the worker looks by itself.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from boundaries.jobs import places

if TYPE_CHECKING:
    from collections.abc import Callable

log = logging.getLogger(__name__)

FILE = "queue.sqlite"


def opened(url: str) -> Any:
    """Return the huey of a store's queue, made when there is none."""
    from huey import SqliteHuey

    folder = places.made(places.folder_beside(url))
    return SqliteHuey(
        "quhua", filename=str(folder / FILE), results=False, store_none=False, timeout=2
    )


def look(huey: Any, wake: Callable[[], None]) -> Any:
    """Return the one task, ``look``, which wakes whoever runs the queue."""

    @huey.task(name="look")  # type: ignore[untyped-decorator]
    def look() -> None:
        wake()

    return look


def knock(url: str) -> None:
    """Tell the worker that there is something to do; it may go unheard."""
    try:
        huey = opened(url)
        try:
            look(huey, _nothing)()
        finally:
            huey.storage.close()
    except Exception as error:  # noqa: BLE001 - the job is in the store already
        log.warning("the worker could not be woken (it looks by itself): %s", error)


def _nothing() -> None:
    """Stand for the task's work where it is only asked for."""
