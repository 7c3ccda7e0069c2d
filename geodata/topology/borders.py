"""A layer as borders stored once, and back again to the bit.

``polygons(borders(frame))`` is the frame: the same bits, rings, start vertices, part
order, rows and columns, whether the layer tiles or not. A border that two units draw
alike is one line here, so drawing it anew draws both.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import length_m
from geodata.topology.drawing import Drawing, beside, put_together, take_apart
from geodata.topology.metres import Metres
from geodata.topology.units import levels_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geodata.topology.arcs import Arcs


@dataclass(frozen=True)
class Borders:
    """Lines, and how the units are drawn with them.

    ``lines``: ``left`` and ``right`` (tuples of the keys of the units there, empty
    outside all), ``level`` (the topmost that differs across the line), ``outer``,
    ``length_m`` (on the ellipsoid), geometry in the CRS of the units.
    ``tripoints``: where three or more lines end: ``units`` and ``lines`` (tuples),
    ``outer``. ``units``: the frame's rows and columns with ``geometry`` None, but
    for rows that have no borders (no polygon, not finite, a ring without extent),
    which are kept there as they are.
    """

    lines: gpd.GeoDataFrame
    tripoints: gpd.GeoDataFrame
    units: gpd.GeoDataFrame
    drawing: Drawing
    """The rings of every row as steps along the lines, in columns."""


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
    arcs, drawing = take_apart(shapes)
    keys = np.asarray(frame.index if key is None else frame[key], dtype=object)
    sides = _sides(len(arcs), drawing)
    kept = shapes.copy()
    kept[drawing.types >= 0] = None
    return Borders(
        lines=_lines(arcs, sides, keys, _ranks(frame, level, above), frame.crs),
        tripoints=_tripoints(arcs, sides, keys, frame.crs),
        units=frame.set_geometry(gpd.GeoSeries(kept, index=frame.index, crs=frame.crs)),
        drawing=drawing,
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
    flat = bool(found.drawing.flat[found.drawing.types >= 0].all())
    lines = np.asarray(found.lines.geometry.to_numpy(), dtype=object)
    xy, line = shapely.get_coordinates(lines, include_z=not flat, return_index=True)
    bounds = np.searchsorted(line, np.arange(len(lines) + 1))
    shapes = put_together(found.drawing, xy, bounds)
    alone = found.drawing.types < 0
    shapes[alone] = found.units.geometry.to_numpy()[alone]
    column = gpd.GeoSeries(shapes, index=found.units.index, crs=found.units.crs)
    return found.units.set_geometry(column)


@dataclass(frozen=True)
class _Sides:
    """The units beside each arc; each array a tuple of row numbers an arc."""

    left: NDArray[Any]
    right: NDArray[Any]


def _sides(count: int, drawing: Drawing) -> _Sides:
    unit, to_left = beside(drawing)
    line = drawing.steps["line"].to_numpy()
    found = []
    for chosen in (to_left, ~to_left):
        pairs = np.unique(np.stack([line[chosen], unit[chosen]]), axis=1)
        found.append(_grouped(pairs[0], pairs[1], count))
    return _Sides(*found)


def _ranks(
    frame: gpd.GeoDataFrame, level: str | None, above: Sequence[str]
) -> tuple[NDArray[np.int64], ...]:
    """Return numbers by row: its level, then what is above it, from the top."""
    own = np.zeros(len(frame), np.int64)
    if level is not None:
        own = levels_of(frame, level)
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
            "length_m": _lengths_m(drawn, crs),
        }
    )
    table = table.astype({"level": np.int64, "outer": bool})
    return gpd.GeoDataFrame(table, geometry=drawn, crs=crs)


def _lengths_m(lines: NDArray[Any], crs: Any) -> NDArray[np.float64]:
    bounds = shapely.total_bounds(lines) if len(lines) else np.zeros(4)
    metres = Metres.of(crs, bounds)
    if metres.degrees:
        return length_m(lines)
    xy, line = shapely.get_coordinates(lines, return_index=True)
    return metres.length_m(xy, line, len(lines))


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
            "units": _named(_grouped(pairs[0], pairs[1], count), keys),
            "lines": _grouped(ending[0], ending[1], count),
            "outer": outer,
        }
    )
    return gpd.GeoDataFrame(table, geometry=shapely.points(xy), crs=crs)


def _grouped(
    owner: NDArray[np.intp], value: NDArray[np.intp], count: int
) -> NDArray[Any]:
    """Return for each owner the sorted tuple of its values."""
    order = np.lexsort((value, owner))
    bounds = np.searchsorted(owner[order], np.arange(count + 1))
    values = value[order].tolist()
    groups = np.empty(count, dtype=object)
    groups[:] = [
        tuple(values[low:high]) for low, high in itertools.pairwise(bounds.tolist())
    ]
    return groups
