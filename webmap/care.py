"""The public map of eldercare: one document of what is published, and walks to it.

The document is made once an edition and kept under its hash, so the layer before Flask
answers for it; a walk is a search within 45 minutes on streets that stay in memory.
Every key of the document is named in :mod:`boundaries.services.offered`.
"""

from __future__ import annotations

import hashlib
import json
import logging
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from boundaries.registry.desk import today
from boundaries.registry.recent import Recent
from boundaries.services import offered
from boundaries.services.words import FacilityType, MedicalMode, Ownership
from geodata.errors import NotFoundError
from webmap.immutable import DOCUMENTS, keep
from webmap.sweeping import used

if TYPE_CHECKING:
    from pathlib import Path

    from boundaries.registry import Registry
    from boundaries.services.offered import Offers
    from boundaries.services.walking import Walk, Walks
    from boundaries.vocabulary import Word

log = logging.getLogger(__name__)

DECIMALS = 4
"""Of a position that is asked about: ten metres, so nobody's door is told."""
KEPT = 2000
"""Walks that are remembered."""
NONE: dict[str, Any] = {"state": "empty", "document": None, "count": 0}


@dataclass(frozen=True)
class Edition:
    """One published register: its document's hash, and the walks once they are ready.

    ``numbers`` are the versions of facilities, divisions and streets. ``walks`` is None
    while nobody asked, and holds None without a street network.
    """

    numbers: tuple[int, ...]
    digest: str
    offers: Offers
    walks: Future[Walks | None]


class CareMap:
    """What the public map of eldercare shows now."""

    def __init__(self, cache: Path) -> None:
        self._cache = cache
        self._lock = threading.Lock()
        self._edition: Edition | None = None
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="care")
        self._known = Recent(KEPT)

    def edition(self, registry: Registry) -> Edition | None:
        """Return what is published, None when there is nothing."""
        day = int(today().replace("-", ""))  # a facility opens, another closes
        numbers = (*registry.care_edition(), registry.network_number(), day)
        with self._lock:
            if self._edition is None or self._edition.numbers != numbers:
                self._edition = self._made(registry, numbers)
            return self._edition

    def walk(self, found: Edition, lon: float, lat: float) -> Walk | None:
        """Return what is within a walk of a place; None without streets."""
        lon, lat = round(lon, DECIMALS), round(lat, DECIMALS)
        walks = found.walks.result()
        if walks is None:
            return None
        key = (found.numbers, lon, lat)
        made: Walk = self._known.get(key, lambda: walks.from_place(lon, lat))
        return made

    def _made(self, registry: Registry, numbers: tuple[int, ...]) -> Edition | None:
        try:
            found = registry.care_offers()
        except NotFoundError:
            return None
        body = json.dumps(
            document(found), ensure_ascii=False, separators=(",", ":")
        ).encode()
        digest = hashlib.sha256(body).hexdigest()[:40]
        path = self._cache / DOCUMENTS / f"{digest}.json"
        keep(path, body)
        used(path)
        walks = self._worker.submit(_walks, registry, found)
        return Edition(numbers, digest, found, walks)


def _walks(registry: Registry, found: Offers) -> Walks | None:
    """Return the streets, or None; what is wrong with them is for the log."""
    from boundaries.services.walking import Walks

    try:
        return Walks.to(found, registry.network(), registry.settings.services)
    except NotFoundError:
        return None
    except Exception:
        log.exception("no walking times: the network cannot be used")
        return None


def document(found: Offers) -> dict[str, Any]:
    """Return everything the page shows, words once and facilities by them."""
    types = {row["type"] for row in found.rows}
    return {
        "version": found.version,
        "divisions_version": found.divisions_version,
        "as_of": found.as_of,
        "divisions": dict(found.divisions),
        "groups": [
            {"name": name, "label": label._asdict(), "types": [str(t) for t in members]}
            for name, label, members in offered.GROUPS
            if types & {str(member) for member in members}
        ],
        "types": _labels(FacilityType, types),
        "functions": {name: each._asdict() for name, each in offered.SERVICES.items()},
        "medical": _labels(MedicalMode),
        "ownership": _labels(Ownership),
        "facilities": list(found.rows),
    }


def _labels(
    words: type[Word], among: set[str] | None = None
) -> dict[str, dict[str, str]]:
    return {
        word.value: word.label._asdict()
        for word in words
        if among is None or word.value in among
    }
