"""What tiles show: a layer of polygons that tile the ground, and a change of it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.crs import STORAGE
from geodata.tiles.borders import OUTSIDE, borders, chains, rank, segments
from geodata.tiles.folders import FULL_ZOOM, TileSet
from geodata.tiles.mvt import Layer
from geodata.topology.metres import Metres
from geodata.topology.simplify import thinned

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import geopandas as gpd
    from numpy.typing import NDArray

TILE_PIXELS = 512
TOLERANCE_PIXELS = 1.0
SMALLEST_UNIT_PIXELS = 28.0
"""A level of units appears once the middle one of them is this wide."""
FAINT_BELOW = 2
"""So many zooms before its units are readable, a level's own borders are left out."""
FORMAT = "3"
"""Part of every content hash: change it when tiles come out differently."""


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
        level, room in millionths of a degree. Its ``levels`` have the layer
        ``area`` (k, l), however small the units are drawn.
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

    def alone(level: int, group: gpd.GeoDataFrame) -> Callable[[int], list[Layer]]:
        shapes = group.geometry.to_numpy()

        def drawn(zoom: int) -> list[Layer]:
            degrees = 0.0 if zoom >= full else tolerance(zoom)
            thin = simplified(shapes, np.zeros(len(shapes), np.int64), degrees)
            keys = [str(key) for key in group.index]
            return [Layer("area", thin, {"k": keys, "l": [level] * len(keys)})]

        return drawn

    levels = {level: alone(level, group) for level, group in by_level(present)}
    return TileSet(folder, prepare, levels)


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
