"""A set of tiles in a folder, made when first asked for and then only read."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import os
import re
import tempfile
import threading
from collections import OrderedDict
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import brotli
import numpy as np
import shapely

from geodata.tiles.mvt import Layer, bounds, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

FULL_ZOOM = 12
"""From here on nothing is simplified: one pixel is under 20 m."""
MAX_ZOOM = 15
"""Deeper zooms draw these tiles enlarged; a grid unit is then about 0.3 m."""
KEPT_ZOOMS = 8
"""Prepared zooms a tile set keeps in memory."""

_DIGEST = re.compile(r"[0-9a-f]{16,64}")


class Tile(NamedTuple):
    """What a server needs to answer: bytes (gzip), and their strong ETag."""

    body: bytes
    etag: str


class TileSet:
    """Tiles of one state of the data under ``folder``, named by its content.

    Parameters
    ----------
    folder
        Where the files go: ``folder/z/x/y.mvt.gz`` and ``.br``. May be deleted at any
        time.
    prepare
        Returns the layers to draw at a zoom, simplified for it, in EPSG:4490.
    levels
        The same for one level alone, at whatever zoom.
    """

    def __init__(
        self,
        folder: Path,
        prepare: Callable[[int], Sequence[Layer]],
        levels: Mapping[int, Callable[[int], Sequence[Layer]]] | None = None,
    ) -> None:
        self.folder = folder
        self.levels = {
            level: TileSet(folder / level_folder(level), alone)
            for level, alone in (levels or {}).items()
        }
        """Tiles with one level's units alone, for the zooms at which the tiles of
        all levels leave it out."""
        self.complete: frozenset[int] = frozenset()
        """Zooms whose every tile was made: one without a file is empty."""
        self.lost = False
        """Whether a tile that was made could not be written."""
        self._prepare = prepare
        self._zooms: OrderedDict[int, tuple[_Indexed, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def tile(self, z: int, x: int, y: int) -> Tile:
        """Return a tile, from its file or made now; an empty tile has no bytes.

        Nothing is kept of an empty one: there are as many as there are addresses,
        and whoever asks for them all would fill the disk.
        """
        kept = kept_tile(self.folder, z, x, y)
        if kept is not None:
            return kept
        if z in self.complete and self.folder.is_dir():
            return _told(gzip.compress(b"", 9, mtime=0))
        drawn = self._make(z, x, y)
        body = gzip.compress(drawn, 9, mtime=0)
        if drawn:
            path = _path(self.folder, z, x, y)
            packed = brotli.compress(drawn, quality=9)
            if not (_write(path.with_suffix(".br"), packed) and _write(path, body)):
                self.lost = True
        return _told(body)

    def prebuild(
        self,
        box: tuple[float, float, float, float],
        zooms: Iterable[int],
        *,
        margin: int = 0,
    ) -> int:
        """Make the tiles over ``box`` (degrees) at these zooms; return how many.

        ``margin`` tiles around them too: what lies at the edge of one reaches a
        little into the next.
        """
        count = 0
        for z in zooms:
            over = np.array(tiles_over(box, z))
            low, high = over.min(axis=0) - margin, over.max(axis=0) + margin
            (west, north), (east, south) = np.clip((low, high), 0, 2**z - 1).tolist()
            for x in range(west, east + 1):
                for y in range(north, south + 1):
                    self.tile(z, x, y)
                    count += 1
        return count

    def _make(self, z: int, x: int, y: int) -> bytes:
        box = shapely.box(*bounds(z, x, y))
        layers = [indexed.within(box) for indexed in self._at(z)]
        return encode([layer for layer in layers if len(layer.geometries)], z, x, y)

    def _at(self, z: int) -> tuple[_Indexed, ...]:
        level = min(z, FULL_ZOOM)
        with self._lock:  # a second request for the same zoom waits for the first
            if level not in self._zooms:
                self._zooms[level] = tuple(map(_Indexed, self._prepare(level)))
                while len(self._zooms) > KEPT_ZOOMS:
                    self._zooms.popitem(last=False)
            self._zooms.move_to_end(level)
            return self._zooms[level]


class _Indexed:
    def __init__(self, layer: Layer) -> None:
        self._layer = layer
        self._tree = shapely.STRtree(layer.geometries)

    def within(self, box: shapely.Polygon) -> Layer:
        return self._layer.take(np.sort(self._tree.query(box)))


def kept_tile(folder: Path, z: int, x: int, y: int) -> Tile | None:
    """Return a tile that was made before, None where there is no file of it."""
    try:
        return _told(_path(folder, z, x, y).read_bytes())
    except OSError:  # not made yet, or a folder that cannot be used
        return None


def level_folder(level: int) -> str:
    """Return the folder of a level's own tiles inside that of its state."""
    return f"level{level}"


def _path(folder: Path, z: int, x: int, y: int) -> Path:
    return folder / str(z) / str(x) / f"{y}.mvt.gz"


def _told(body: bytes) -> Tile:
    return Tile(body, hashlib.sha256(body).hexdigest()[:32])


def tiles_over(box: tuple[float, float, float, float], z: int) -> list[tuple[int, int]]:
    """Return the addresses (x, y) of the tiles a box in degrees touches."""
    west, south, east, north = box
    count = 2**z
    columns = [
        min(max(int((lon + 180) / 360 * count), 0), count - 1) for lon in (west, east)
    ]
    rows = [
        min(
            max(int((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * count), 0),
            count - 1,
        )
        for lat in (north, south)
    ]
    return [
        (x, y)
        for x in range(columns[0], columns[1] + 1)
        for y in range(rows[0], rows[1] + 1)
    ]


def valid_digest(text: str) -> bool:
    """Return whether this can be the name of a tile set (and of nothing else)."""
    return _DIGEST.fullmatch(text) is not None


def _write(path: Path, body: bytes) -> bool:
    """Put a file in place whole or not at all; a full disk only costs the cache."""
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(body)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
        return True
    return False
