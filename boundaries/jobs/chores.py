"""What the worker does besides jobs, every minute: sweeping."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING

from boundaries.jobs import ledger

if TYPE_CHECKING:
    from boundaries.registry import Registry

log = logging.getLogger(__name__)

_EVERY_S = 60.0
_backing_up = threading.Lock()
_last: dict[str, float] = {}


def do(registry: Registry) -> None:
    """Do what is due; cheap when nothing is."""
    url = registry.store.url
    if time.monotonic() - _last.get(url, -_EVERY_S) < _EVERY_S:
        return
    _last[url] = time.monotonic()
    registry.beat()
    registry.sweep_uploads()
    threading.Thread(target=_back_up, args=(registry,), name="backup").start()
    ledger.forget(registry.store, days=registry.settings.jobs.keep_days)


def _back_up(registry: Registry) -> None:
    """Make the scheduled backup beside the rest, one at a time."""
    if not _backing_up.acquire(blocking=False):
        return
    try:
        made = registry.back_up_when_due()
        if made is not None:
            log.info("backed up to %s", made)
    except Exception:
        log.exception("the scheduled backup failed; tried again in a minute")
    finally:
        _backing_up.release()
