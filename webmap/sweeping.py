"""Old tiles and documents go when they are neither shown nor lately asked for."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import time
from typing import TYPE_CHECKING

from geodata.tiles.folders import valid_digest
from webmap.immutable import DOCUMENTS

if TYPE_CHECKING:
    from collections.abc import Callable, Collection
    from pathlib import Path

log = logging.getLogger(__name__)

KEPT = 24
"""Folders of tiles kept besides those in use, the last used ones."""
KEPT_DOCUMENTS = 100
GRACE_S = 3600.0
"""What was used so lately stays: a page that shows it may still be open."""
GONE = ".gone-"


def used(folder: Path) -> None:
    """Note that a folder of tiles, or a document, is used now."""
    with contextlib.suppress(OSError):
        os.utime(folder)


def sweep(cache: Path, in_use: Collection[str], *, now: float | None = None) -> int:
    """Delete what nobody shows any more; return how many folders and documents.

    A folder is first renamed, so that nobody ever finds half of one; whoever asks
    for a tile of it then finds none, or has it made again.
    """
    now = time.time() if now is None else now
    gone = 0
    for folder in _oldest(cache, KEPT, valid_digest):
        if folder.name in in_use or now - folder.stat().st_mtime < GRACE_S:
            continue
        away = folder.with_name(f"{GONE}{folder.name}")
        with contextlib.suppress(OSError):
            folder.rename(away)
            gone += 1
    for left in cache.glob(f"{GONE}*"):
        shutil.rmtree(left, ignore_errors=True)
    documents = cache / DOCUMENTS
    for path in _oldest(documents, KEPT_DOCUMENTS, lambda n: n.endswith(".json")):
        if now - path.stat().st_mtime < GRACE_S:
            continue
        for part in (path, *(path.with_name(path.name + s) for s in (".gz", ".br"))):
            part.unlink(missing_ok=True)
        gone += 1
    if gone:
        log.info("swept %d folders and documents of old tiles", gone)
    return gone


def _oldest(folder: Path, keep: int, wanted: Callable[[str], bool]) -> list[Path]:
    """Return what is in a folder, without the ``keep`` last used."""
    try:
        found = [path for path in folder.iterdir() if wanted(path.name)]
        found.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    except OSError:
        return []
    return found[keep:]
