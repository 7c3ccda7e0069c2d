"""A layer as borders stored once, and back again to the bit.

``polygons(borders(frame))`` is the frame: the same bits, rings, start vertices, part
order, rows and columns, whether the layer tiles or not. A border that two units draw
alike is one line here, so drawing it anew draws both.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.errors import GeometryError, Text
from geodata.topology import lonlat
from geodata.topology.arcs import Arcs, counted, cut
from geodata.topology.conflicts import grouped
from geodata.topology.rings import MULTIPOLYGON, Drawn, drawn_rings

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Borders:
    """Lines, and how the units are drawn with them.

    ``lines``: ``left`` and ``right`` (tuples of the keys of the units there, empty
    outside all), ``level`` (the topmost that differs across the line), ``outer``,
    ``length_m`` (on the ellipsoid), geometry in the CRS of the units.
    ``tripoints``: where three or more lines end: ``units`` and ``lines`` (tuples),
    ``outer``. ``units``: the frame's rows and columns with ``geometry`` None, but
    for rows that have no borders (no polygon, not finite, a ring without extent),
    which are kept there as they are. ``rings``: ``unit`` (row), ``part``, ``ring``,
    ``start`` (vertices along its first step), ``size``; ``steps``: ``ring``,
    ``line``, ``ahead``, in order. ``repeats``: vertices drawn twice in a row.
    """

    lines: gpd.GeoDataFrame
    tripoints: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    rings: pd.DataFrame
    steps: pd.DataFrame
    repeats: pd.DataFrame
    types: NDArray[np.int64]
    """Of each row: 3 polygon, 6 multipolygon, else -1; 3 or 6 with borders only."""
    flat: NDArray[np.bool_]
    """Of each row: drawn without a third ordinate."""


def borders(
    frame: gpd.GeoDataFrame,
    *,
    key: str | None = None,
    level: str | None = None,
    above: Sequence[str] = (),
) -> Borders:
    """Return the borders of a frame's units, each stored once.

    Parameters
    ----------
    frame
        (Multi)polygons of one or several levels in any CRS. They need not tile:
        what two units draw with different vertices is two lines.
    key
        Column of the units' keys; None: the index.
    level
        Column with a number for each row, smaller is higher; None: all one level.
    above
        Columns that name the units above each row, the topmost first: a line's
        ``level`` is then the place of the first that differs across it, and
        ``len(above)`` where none does.
    """
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    drawn = drawn_rings(shapes)
    arcs = cut(drawn.xy, drawn.bounds, drawn.unit, drawn.left)
    keys = np.asarray(frame.index if key is None else frame[key], dtype=object)
    sides = _sides(arcs, drawn)
    lines = _lines(arcs, sides, keys, _ranks(frame, level, above), frame.crs)
    kept = np.full(len(frame), None, dtype=object)
    kept[~drawn.whole] = shapes[~drawn.whole]
    rings = pd.DataFrame(
        {
            "unit": drawn.unit,
            "part": drawn.part,
            "ring": drawn.number,
            "start": arcs.start,
            "size": np.diff(drawn.bounds) - 1,
        }
    )
    steps = {"ring": arcs.ring, "line": arcs.arc, "ahead": arcs.ahead}
    return Borders(
        lines=lines,
        tripoints=_tripoints(arcs, sides, keys, frame.crs),
        units=frame.set_geometry(gpd.GeoSeries(kept, index=frame.index, crs=frame.crs)),
        rings=rings,
        steps=pd.DataFrame(steps),
        repeats=drawn.repeats,
        types=np.where(drawn.whole, shapely.get_type_id(shapes), -1).astype(np.int64),
        flat=~np.asarray(shapely.has_z(shapes)),
    )


def polygons(found: Borders) -> gpd.GeoDataFrame:
    """Return the units drawn with their borders.

    Lines may have been drawn anew (``lines`` with other geometries, same rows):
    all units beside them follow. A ring whose number of vertices changed begins as
    near to its old start as it can.

    Raises
    ------
    GeometryError
        When lines that should meet do not, or a ring has fewer than three vertices.
    """
    shapes = np.asarray(found.units.geometry.to_numpy(), dtype=object).copy()
    rows = np.flatnonzero(found.types >= 0)
    if len(rows):
        shapes[rows] = _rebuilt(found, rows)
    column = gpd.GeoSeries(shapes, index=found.units.index, crs=found.units.crs)
    return found.units.set_geometry(column)


def _rebuilt(found: Borders, rows: NDArray[np.intp]) -> NDArray[Any]:
    flat = bool(found.flat[rows].all())
    shapes = np.asarray(found.lines.geometry.to_numpy(), dtype=object)
    xy, line = shapely.get_coordinates(shapes, include_z=not flat, return_index=True)
    bounds = np.searchsorted(line, np.arange(len(shapes) + 1))
    walked, ring = _walked(found, bounds)
    _require_meeting(found, xy, bounds)
    size = np.bincount(ring, minlength=len(found.rings))
    first = np.cumsum(size) - size
    start = found.rings["start"].to_numpy() % np.maximum(size, 1)
    # A closed ring: its vertices from its start, and the first once more.
    again = np.repeat(np.arange(len(size)), size + 1)
    place = first[again] + (counted(size + 1) + start[again]) % size[again]
    xy, ring = xy[walked[place]], again
    repeats = found.repeats[
        (found.rings["size"].to_numpy() == size)[found.repeats["ring"]]
    ]
    at = (first + np.arange(len(size)))[repeats["ring"]] + repeats["at"].to_numpy()
    # In one ring, further repeats of one vertex stand at the same place.
    xy, ring = np.insert(xy, at, xy[at], axis=0), np.insert(ring, at, ring[at])
    _require_extent(found, size)
    drawn: Any = shapely.linearrings(xy, indices=ring)
    unit, part = found.rings["unit"].to_numpy(), found.rings["part"].to_numpy()
    begins = np.r_[True, (unit[1:] != unit[:-1]) | (part[1:] != part[:-1])]
    parts: Any = shapely.polygons(drawn, indices=np.cumsum(begins) - 1)
    owner = unit[begins]
    several = found.types[owner] == MULTIPOLYGON
    result = np.empty(len(found.types), dtype=object)
    result[owner[~several]] = parts[~several]
    if several.any():
        those, place = np.unique(owner[several], return_inverse=True)
        result[those] = shapely.multipolygons(parts[several], indices=place)
    result = result[rows]
    thin = found.flat[rows]
    if not flat and thin.any():
        result[thin] = shapely.force_2d(result[thin])
    return result


def _walked(
    found: Borders, bounds: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the vertices of all rings, open, as places in the lines, and the ring."""
    line, ahead = found.steps["line"].to_numpy(), found.steps["ahead"].to_numpy()
    length = np.diff(bounds)[line] - 1  # without its last vertex
    step = np.repeat(np.arange(len(line)), length)
    along = counted(length)
    low, high = bounds[:-1][line], bounds[1:][line] - 1
    place = np.where(ahead[step], low[step] + along, high[step] - along)
    return place, found.steps["ring"].to_numpy()[step]


def _require_meeting(found: Borders, xy: Any, bounds: NDArray[np.intp]) -> None:
    """Raise unless each step ends where the next one of its ring begins."""
    line, ahead = found.steps["line"].to_numpy(), found.steps["ahead"].to_numpy()
    ring = found.steps["ring"].to_numpy()
    first, last = bounds[:-1][line], bounds[1:][line] - 1
    begin, end = np.where(ahead, first, last), np.where(ahead, last, first)
    new = np.r_[True, ring[1:] != ring[:-1]]
    follows = np.arange(1, len(line) + 1)
    ends = np.r_[new[1:], True]
    follows[ends] = np.flatnonzero(new)
    apart = np.flatnonzero((xy[end, :2] != xy[begin[follows], :2]).any(axis=1))
    if len(apart):
        x, y = xy[end[apart[0]]][:2]
        raise GeometryError(
            Text(
                f"界线 {line[apart[0]]} 的端点与下一段不相接（{x:.6f}, {y:.6f}）。",
                f"Line {line[apart[0]]} does not meet the next at {x:.6f}, {y:.6f}.",
            ),
            Text(
                "移动交汇点时，须同时移动在此相接的所有界线。",
                "Move all lines that end at a junction together with it.",
            ),
        )


def _require_extent(found: Borders, size: NDArray[np.intp]) -> None:
    changed = size != found.rings["size"].to_numpy()
    thin = np.flatnonzero((size < 3) & changed)
    if len(thin):
        row = int(found.rings["unit"].iloc[thin[0]])
        name = found.units.index[row]
        raise GeometryError(
            Text(
                f"{name} 的一个环不足三个点。",
                f"A ring of {name} has fewer than three vertices.",
            )
        )


@dataclass(frozen=True)
class _Sides:
    """The units beside each arc; each array a tuple of row numbers an arc."""

    left: NDArray[Any]
    right: NDArray[Any]


def _sides(arcs: Arcs, drawn: Drawn) -> _Sides:
    unit = drawn.unit[arcs.ring]
    to_left = arcs.ahead == drawn.left[arcs.ring]
    found = []
    for chosen in (to_left, ~to_left):
        pairs = np.unique(np.stack([arcs.arc[chosen], unit[chosen]]), axis=1)
        found.append(grouped(pairs[0], pairs[1], len(arcs)))
    return _Sides(*found)


def _ranks(
    frame: gpd.GeoDataFrame, level: str | None, above: Sequence[str]
) -> tuple[NDArray[np.int64], ...]:
    """Return numbers by row: its level, then what is above it, from the top."""
    own = np.zeros(len(frame), np.int64)
    if level is not None:
        own = frame[level].to_numpy().astype(np.int64)
    elif above:
        own = np.full(len(frame), len(above), np.int64)
    return (own, *(pd.factorize(frame[name])[0].astype(np.int64) for name in above))


def _lines(
    arcs: Arcs,
    sides: _Sides,
    keys: NDArray[Any],
    ranks: tuple[NDArray[np.int64], ...],
    crs: Any,
) -> gpd.GeoDataFrame:
    number = np.repeat(np.arange(len(arcs)), np.diff(arcs.bounds))
    drawn: Any = (
        shapely.linestrings(arcs.xy, indices=number)
        if len(arcs)
        else np.empty(0, dtype=object)
    )
    table = pd.DataFrame(
        {
            "left": _named(sides.left, keys),
            "right": _named(sides.right, keys),
            "level": [
                _level(one, other, ranks)
                for one, other in zip(sides.left, sides.right, strict=True)
            ],
            "outer": [
                not (one and other)
                for one, other in zip(sides.left, sides.right, strict=True)
            ],
            "length_m": lonlat.lengths_m(drawn, crs),
        }
    )
    table = table.astype({"level": np.int64, "outer": bool})
    return gpd.GeoDataFrame(table, geometry=drawn, crs=crs)


def _named(rows: NDArray[Any], keys: NDArray[Any]) -> NDArray[Any]:
    """Return tuples of row numbers as tuples of keys."""
    named = np.empty(len(rows), dtype=object)
    named[:] = [tuple(keys[row] for row in each) for each in rows]
    return named


def _level(
    left: tuple[int, ...], right: tuple[int, ...], ranks: tuple[NDArray[np.int64], ...]
) -> int:
    """Return the topmost level on which the units beside a line differ."""
    own, *higher = ranks
    if not (left and right):
        return 0 if higher else int(min(own[row] for row in left + right))
    for place, rank in enumerate(higher):
        if rank[left[0]] != rank[right[0]]:
            return place
    differ = set(left) ^ set(right)
    return int(min(own[row] for row in differ or left))


def _tripoints(
    arcs: Arcs, sides: _Sides, keys: NDArray[Any], crs: Any
) -> gpd.GeoDataFrame:
    """Return the points where three or more lines end."""
    ends = np.r_[arcs.bounds[:-1], arcs.bounds[1:] - 1]
    line = np.tile(np.arange(len(arcs)), 2)
    value = np.ascontiguousarray(arcs.xy[ends, :2]).view(np.complex128).ravel()
    points, node, degree = np.unique(value, return_inverse=True, return_counts=True)
    chosen = degree >= 3
    place = np.cumsum(chosen) - 1
    mine = chosen[node]
    node, line = place[node[mine]], line[mine]
    beside = [sides.left[one] + sides.right[one] for one in line.tolist()]
    unit = np.array([row for each in beside for row in each], np.int64)
    owner = np.repeat(node, [len(each) for each in beside])
    pairs = np.unique(np.stack([owner, unit]), axis=1)
    ending = np.unique(np.stack([node, line]), axis=1)
    count = int(chosen.sum())
    alone = np.array(
        [not (a and b) for a, b in zip(sides.left, sides.right, strict=True)], bool
    )
    outer = np.zeros(count, bool)
    outer[node[alone[line]]] = True
    xy = points[chosen].view(np.float64).reshape(-1, 2)
    table = pd.DataFrame(
        {
            "units": _named(grouped(pairs[0], pairs[1], count), keys),
            "lines": grouped(ending[0], ending[1], count),
            "outer": outer,
        }
    )
    return gpd.GeoDataFrame(table, geometry=shapely.points(xy), crs=crs)
