"""Base maps: files in a folder the administrator names, or Tianditu by their key.

Pictures reach a page from this server alone, under its own addresses. Tianditu is off
unless both its layers and a key are set; then this server, never a page, asks a fixed
list of hosts, follows no redirect, and hands out pictures of a bounded size only. The
key is in no page and no log.
"""

from __future__ import annotations

import hashlib
import logging
import threading
import urllib.error
import urllib.parse
import urllib.request
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import current_app

from geodata.errors import QuhuaError, Text
from geodata.tiles.archives import (
    LARGEST,
    SUFFIXES,
    Archive,
    Picture,
    inodes,
    open_archive,
    picture,
)
from webmap.session import base

if TYPE_CHECKING:
    from flask import Flask

log = logging.getLogger(__name__)

HOSTS = tuple(f"t{number}.tianditu.gov.cn" for number in range(8))
"""The only hosts outside that are ever asked."""
TIANDITU = {
    "vec": (Text("天地图 矢量", "Tianditu streets"), ("vec", "cva")),
    "img": (Text("天地图 影像", "Tianditu imagery"), ("img", "cia")),
    "ter": (Text("天地图 地形", "Tianditu terrain"), ("ter", "cta")),
}
"""What may be offered: the words, and the service's layers, ground first."""
DEEPEST = 18
TIMEOUT_S = 6.0
KEPT = 400
AT_ONCE, TURN_S = 4, 0.5
"""Pictures fetched from outside at a time, and how long others wait for their turn:
each holds a thread of the server, and a slow service must not hold them all. Whose
turn does not come gets no picture now."""
MOST_FILES = 20


class Basemaps:
    """The archives of one folder, opened once, and Tianditu's recent pictures."""

    def __init__(self) -> None:
        self._folder: str | None = None
        self._archives: dict[str, Archive] = {}
        self._recent: OrderedDict[tuple[str, int, int, int], Picture] = OrderedDict()
        self._lock = threading.Lock()
        self._asking = threading.BoundedSemaphore(AT_ONCE)

    def archives(self) -> dict[str, Archive]:
        """Return the archives of the folder in the settings, by their ids."""
        folder = base().settings.basemap.folder
        with self._lock:
            if folder != self._folder:
                for archive in self._archives.values():
                    archive.close()
                self._archives = _opened(folder) if folder else {}
                self._folder = folder
            return self._archives

    def upstream(self, layer: str, z: int, x: int, y: int) -> Picture | None:
        """Return a picture of Tianditu, None when it gives none."""
        key = (layer, z, x, y)
        with self._lock:
            found = self._recent.get(key)
        if found is None and self._asking.acquire(timeout=TURN_S):
            try:
                found = _fetched(layer, z, x, y, base().settings.basemap.tianditu_key)
            finally:
                self._asking.release()
            if found is not None:
                with self._lock:
                    self._recent[key] = found
                    while len(self._recent) > KEPT:
                        self._recent.popitem(last=False)
        return found


def install(app: Flask) -> None:
    """Give an application its base maps."""
    app.extensions["basemaps"] = Basemaps()


def offered() -> list[dict[str, Any]]:
    """Return what pages offer beside no base map."""
    found: list[dict[str, Any]] = [
        {
            "id": name,
            "label": {"zh": archive.name, "en": archive.name},
            "layers": [_layer(name, archive.zooms)],
        }
        for name, archive in _basemaps().archives().items()
    ]
    for name in enabled():
        words, layers = TIANDITU[name]
        found.append(
            {
                "id": f"tianditu-{name}",
                "label": words._asdict(),
                "layers": [_layer(f"tianditu-{part}", (1, DEEPEST)) for part in layers],
            }
        )
    return found


def enabled() -> list[str]:
    """Return the maps of Tianditu that are switched on; none without a key."""
    settings = base().settings.basemap
    wanted = [part.strip() for part in settings.tianditu.split(",")]
    return [name for name in TIANDITU if name in wanted and settings.tianditu_key]


def outside_hosts() -> list[str]:
    """Return the hosts this server may ask for pictures."""
    return ["t0-t7.tianditu.gov.cn"] if enabled() else []


def tile(name: str, z: int, x: int, y: int) -> Picture | None:
    """Return a picture of one of the base maps offered."""
    archive = _basemaps().archives().get(name)
    if archive is not None:
        return archive.tile(z, x, y)
    layer = name.removeprefix("tianditu-")
    allowed = {part for wanted in enabled() for part in TIANDITU[wanted][1]}
    if name.startswith("tianditu-") and layer in allowed and z <= DEEPEST:
        return _basemaps().upstream(layer, z, x, y)
    return None


def _basemaps() -> Basemaps:
    found: Basemaps = current_app.extensions["basemaps"]
    return found


def _layer(name: str, zooms: tuple[int, int]) -> dict[str, Any]:
    return {
        "url": f"/basemap/{name}/{{z}}/{{x}}/{{y}}",
        "min": zooms[0],
        "max": zooms[1],
    }


def _opened(folder: str) -> dict[str, Archive]:
    """Open what can be opened in a folder; say in the log what cannot."""
    address = base().store.url
    live = Path(address.removeprefix("sqlite:///"))
    never = inodes(live, Path(f"{live}-wal"), Path(f"{live}-shm"))
    found: dict[str, Archive] = {}
    try:
        paths = sorted(p for p in Path(folder).iterdir() if p.suffix in SUFFIXES)
    except OSError as error:
        log.warning("the folder of base maps cannot be read: %s", error)
        return found
    for path in paths[:MOST_FILES]:
        try:
            name = hashlib.sha256(path.name.encode()).hexdigest()[:12]
            found[f"file-{name}"] = open_archive(path, never=never)
        except (QuhuaError, OSError) as error:
            log.warning("base map left out: %s", error)
    return found


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A map service that sends us elsewhere is not followed."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow nothing."""


_OPENER = urllib.request.build_opener(_NoRedirect())


def _fetched(layer: str, z: int, x: int, y: int, key: str) -> Picture | None:
    host = HOSTS[(x + y) % len(HOSTS)]
    address = (
        f"https://{host}/{layer}_w/wmts?SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0"
        f"&LAYER={layer}&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
        f"&TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={urllib.parse.quote(key, safe='')}"
    )
    try:
        with _OPENER.open(address, timeout=TIMEOUT_S) as answer:
            body = answer.read(LARGEST + 1)
    except (OSError, ValueError, urllib.error.HTTPError) as error:
        log.warning("%s gave no tile: %s", host, type(error).__name__)
        return None
    return picture(body) if len(body) <= LARGEST else None
