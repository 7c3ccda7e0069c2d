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
from typing import TYPE_CHECKING, Any, NamedTuple

import brotli
import numpy as np
import shapely

from geodata.crs import STORAGE
from geodata.tiles.borders import OUTSIDE, borders, chains, rank, segments
from geodata.tiles.mvt import Layer, bounds, encode
from geodata.topology.metres import Metres
from geodata.topology.simplify import thinned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

TILE_PIXELS = 512
FULL_ZOOM = 12
"""From here on nothing is simplified: one pixel is under 20 m."""
MAX_ZOOM = 15
"""Deeper zooms draw these tiles enlarged; a grid unit is then about 0.3 m."""
TOLERANCE_PIXELS = 1.0
SMALLEST_UNIT_PIXELS = 28.0
"""A level of units appears once the middle one of them is this wide."""
FAINT_BELOW = 2
"""So many zooms before its units are readable, a level's own borders are left out."""
KEPT_ZOOMS = 8
"""Prepared zooms a tile set keeps in memory."""
FORMAT = "3"
"""Part of every content hash: change it when tiles come out differently."""

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
    """

    def __init__(self, folder: Path, prepare: Callable[[int], Sequence[Layer]]) -> None:
        self.folder = folder
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


def tolerance(z: int) -> float:
    """Return the degrees by which a border may move at a zoom, 0 from FULL_ZOOM."""
    return 0.0 if z >= FULL_ZOOM else TOLERANCE_PIXELS * 360 / 2**z / TILE_PIXELS


def full_zoom(geometries: NDArray[np.object_]) -> int:
    """Return the zoom from which borders are drawn with every point they have.

    Where the points lie further apart than a pixel, leaving some out gains nothing.
    """
    points, part = shapely.get_coordinates(geometries, return_index=True)
    if len(points) < 2:
        return 0
    steps = np.hypot(*np.diff(points, axis=0).T)[part[1:] == part[:-1]]
    usual = float(np.median(steps)) if len(steps) else 1.0
    fine = [z for z in range(FULL_ZOOM) if tolerance(z) <= usual]
    return fine[0] if fine else FULL_ZOOM


def first_zoom(geometries: NDArray[np.object_]) -> int:
    """Return the zoom from which units of this size are worth drawing."""
    middle = float(np.median(np.sqrt(shapely.area(geometries)))) or 1e-9
    zoom = np.ceil(np.log2(SMALLEST_UNIT_PIXELS * 360 / TILE_PIXELS / middle))
    return int(np.clip(zoom, 0, FULL_ZOOM))


def by_level(frame: gpd.GeoDataFrame) -> list[tuple[int, gpd.GeoDataFrame]]:
    """Return the rows of each level: every level is a coverage of its own."""
    levels = sorted({int(level) for level in frame["level"]})
    return [(level, frame[frame["level"] == level]) for level in levels]


def digest_of(frame: gpd.GeoDataFrame, columns: Sequence[str]) -> str:
    """Return the content hash a state's tiles are kept under."""
    total = hashlib.sha256(FORMAT.encode())
    for column in columns:
        total.update(column.encode())
        total.update("\x1f".join(map(str, frame[column])).encode())
    for blob in shapely.to_wkb(frame.geometry.to_numpy()):
        total.update(blob or b"")
        total.update(b"\x1e")
    return total.hexdigest()[:40]


def coverage_tiles(
    frame: gpd.GeoDataFrame, folder: Path, *, prefixes: Sequence[int]
) -> TileSet:
    """Return the tiles of a layer of polygons that tile the ground.

    Parameters
    ----------
    frame
        Indexed by key, EPSG:4490, with ``level`` (integer; each level is a
        coverage of its own), ``name``, ``colour``, ``zoom`` (the first zoom to
        draw it at), ``natural`` (the zoom at which it has a readable size),
        ``label_x``, ``label_y`` and ``room`` (degrees free around it).
    prefixes
        See :func:`geodata.tiles.borders.rank`.

    Returns
    -------
    TileSet
        With layers ``area`` (k, c, l), ``edge`` (a, b, r, l) and ``label``
        (k, n, l, s): key, colour, level; the two keys, rank, level; key, name,
        level, room in millionths of a degree.
    """
    present = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    full = full_zoom(present.geometry.to_numpy())

    def prepare(zoom: int) -> list[Layer]:
        shown = present[present["zoom"] <= zoom]
        degrees = 0.0 if zoom >= full else tolerance(zoom)
        layers: list[Layer] = []
        levels = shown["level"].to_numpy().astype(np.int64)
        drawn = simplified(shown.geometry.to_numpy(), levels, degrees)
        for level, group in by_level(shown):
            shapes = drawn[levels == level]
            layers.append(_areas(group, shapes, level))
            edges = _edges(group, shapes, level, prefixes)
            if zoom < int(group["natural"].max()) - FAINT_BELOW:
                edges = _without_finest(edges)
            layers.append(edges)
        merged = [_merge("area", layers[0::2]), _merge("edge", layers[1::2])]
        return [*merged, _labels(shown)]

    return TileSet(folder, prepare)


def simplified(
    geometries: NDArray[np.object_], levels: Any, degrees: float
) -> NDArray[np.object_]:
    """Return units simplified by so much; what several draw alike stays alike.

    A border between two townships that is also the county's is the same line.
    """
    if not degrees or not len(geometries):
        return geometries
    metres = Metres.of(STORAGE, shapely.total_bounds(geometries))
    _, south, _, north = shapely.total_bounds(geometries)
    pixel = np.sqrt(metres.scale(np.array([[0.0, (south + north) / 2]])).prod())
    return thinned(geometries, levels, degrees * float(pixel), metres)


def _areas(frame: gpd.GeoDataFrame, shapes: NDArray[np.object_], level: int) -> Layer:
    return Layer(
        "area",
        shapes,
        {
            "k": [str(key) for key in frame.index],
            "c": [int(colour) for colour in frame["colour"]],
            "l": [level] * len(frame),
        },
    )


def _edges(
    frame: gpd.GeoDataFrame,
    shapes: NDArray[np.object_],
    level: int,
    prefixes: Sequence[int],
) -> Layer:
    lines = borders(shapes)
    keys = np.array([str(key) for key in frame.index], object)
    left = keys[lines["a"].to_numpy()]
    right = [None if b == OUTSIDE else keys[b] for b in lines["b"].to_numpy()]
    ranks = rank(list(left), right, prefixes)
    return Layer(
        "edge",
        lines.geometry.to_numpy(),
        {
            "a": list(left),
            "b": [key or "" for key in right],
            "r": [int(value) for value in ranks],
            "l": [level] * len(lines),
        },
    )


def _without_finest(edges: Layer) -> Layer:
    ranks = np.array(edges.properties["r"], np.int64)
    return edges.take(np.flatnonzero(ranks < ranks.max(initial=0)))


def _labels(frame: gpd.GeoDataFrame) -> Layer:
    return Layer(
        "label",
        np.asarray(shapely.points(frame["label_x"], frame["label_y"])),
        {
            "k": [str(key) for key in frame.index],
            "n": [str(name) for name in frame["name"]],
            "l": [int(level) for level in frame["level"]],
            "s": [int(room * 1e6) for room in frame["room"]],
        },
    )


def _merge(name: str, layers: Sequence[Layer]) -> Layer:
    if not layers:
        return Layer(name, np.empty(0, object))
    properties = {
        key: [value for layer in layers for value in layer.properties[key]]
        for key in layers[0].properties
    }
    shapes = np.concatenate([layer.geometries for layer in layers])
    return Layer(name, shapes, properties)


def transition_tiles(
    old: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
    moves: gpd.GeoDataFrame,
    folder: Path,
) -> TileSet:
    """Return the tiles of a change: layers ``old``, ``new`` and ``moved``.

    ``old`` are the borders that ended, ``new`` those that came, ``moved`` what
    changed hands (f, t: from and to key, ``""`` for outside; h: hectares; i: row
    of ``moves``). ``moves`` is the frame of :func:`geodata.topology.moves`.
    """
    gone = lines_only_in(old, new)
    come = lines_only_in(new, old)
    shapes = moves.geometry.to_numpy()
    properties: dict[str, list[Any]] = {
        "f": [str(key) if isinstance(key, str) else "" for key in moves["from"]],
        "t": [str(key) if isinstance(key, str) else "" for key in moves["to"]],
        "h": [round(float(area) / 1e4, 4) for area in moves["area_m2"]],
        "i": list(range(len(moves))),
    }

    def prepare(zoom: int) -> list[Layer]:
        degrees = tolerance(zoom) / 2
        return [
            Layer("moved", shapely.simplify(shapes, degrees), properties),
            Layer("old", shapely.simplify(gone, degrees)),
            Layer("new", shapely.simplify(come, degrees)),
        ]

    return TileSet(folder, prepare)


def lines_only_in(
    frame: gpd.GeoDataFrame, other: gpd.GeoDataFrame
) -> NDArray[np.object_]:
    """Return the borders of a state that another state of it does not have."""
    both = np.concatenate([frame.geometry.to_numpy(), other.geometry.to_numpy()])
    parts = segments(both)
    mine = parts.polygon < len(frame)
    theirs = np.zeros(int(parts.edge.max(initial=-1)) + 1, bool)
    theirs[parts.edge[~mine]] = True
    first = np.zeros(len(parts.edge), bool)
    first[np.unique(parts.edge, return_index=True)[1]] = True
    chosen = mine & first & ~theirs[parts.edge]
    lines, _ = chains(parts, chosen, np.zeros(len(parts.edge), np.int64))
    return lines


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
