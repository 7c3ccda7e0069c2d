"""Fewer vertices for maps and tiles: borders stay shared, levels stay nested."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.topology.arcs import identified
from geodata.topology.drawing import Drawing, beside, put_together, take_apart
from geodata.topology.metres import Metres
from geodata.topology.sizes import require_tolerance
from geodata.topology.soundness import sound
from geodata.topology.units import levels_of

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.topology.arcs import Arcs

ROUNDS = 8
"""Of giving back vertices to units that came to cross themselves; few need two."""


def simplify(
    frame: gpd.GeoDataFrame, tolerance_m: float, *, level: str | None = None
) -> gpd.GeoDataFrame:
    """Return the frame with simplified polygons that still share their borders.

    Parameters
    ----------
    frame
        (Multi)polygons in any CRS. Conflicts are tolerated: borders that are not
        shared are simplified one by one. Other rows are returned as they are.
    tolerance_m
        Root of the area that may be cut off at a vertex, in metres.
    level
        Column with a number for each row; None: all are of one level. What units
        of several levels draw alike stays alike.

    Returns
    -------
    GeoDataFrame
        Same index and columns. Each border keeps some of its vertices, to the bit,
        and both its ends. Invalid polygons are repaired on the way; no unit becomes
        empty or invalid: one that would keeps more of its vertices.

    Raises
    ------
    InputError
        When the tolerance is negative or no number.
    """
    require_tolerance(tolerance_m, zero=True)
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    checked = sound(shapes)
    mine = np.flatnonzero(checked.usable)
    if not len(mine) or tolerance_m == 0:
        return frame
    units = np.asarray(checked.polygons[mine], dtype=object)
    levels = np.zeros(len(mine), np.int64)
    if level is not None:
        levels = levels_of(frame, level)[mine]
    metres = Metres.of(frame.crs, shapely.total_bounds(units))
    result = shapes.copy()
    result[mine] = thinned(units, levels, tolerance_m, metres)
    return frame.set_geometry(
        type(frame.geometry)(result, index=frame.index, crs=frame.crs)
    )


def thinned(
    units: NDArray[Any], levels: Any, tolerance_m: float, metres: Metres
) -> NDArray[Any]:
    """Return polygons of one or several levels with fewer vertices.

    Those that are valid stay so.

    Parameters
    ----------
    levels
        A number for each unit; what is drawn by a higher number decides how a
        border it shares with a lower one is simplified.
    tolerance_m
        As for :func:`simplify`.
    """
    arcs, drawing = take_apart(units)
    vertex = identified(arcs.xy)
    line = np.repeat(np.arange(len(arcs)), np.diff(arcs.bounds))
    kept = _kept(np.asarray(levels), arcs, drawing, vertex, tolerance_m, metres)
    kept[arcs.bounds[:-1]] = kept[arcs.bounds[1:] - 1] = True
    unit, _ = beside(drawing)
    for _ in range(ROUNDS):
        kept |= _thin(drawing, kept, arcs)[line]
        bounds = np.r_[0, np.cumsum(kept)][arcs.bounds]
        shapes = put_together(drawing, arcs.xy[kept], bounds)
        broken = _broken(units, shapes)
        if not broken.any():
            break
        restored = np.zeros(len(arcs), bool)
        restored[drawing.steps["line"].to_numpy()[broken[unit]]] = True
        kept |= restored[line]
    else:
        shapes[broken] = units[broken]
    alone = drawing.types < 0
    shapes[alone] = units[alone]
    return shapes


def _kept(
    levels: NDArray[np.int64],
    arcs: Arcs,
    drawing: Drawing,
    vertex: NDArray[np.int64],
    tolerance_m: float,
    metres: Metres,
) -> NDArray[np.bool_]:
    """Return which vertices of the arcs stay, by the lowest level that has the arc.

    Simplified in an equal-area plane, with the number of each vertex as its third
    ordinate, since GEOS hands on that and returns some of the vertices it is given.
    """
    unit, _ = beside(drawing)
    step = drawing.steps["line"].to_numpy()
    deciding = np.full(len(arcs), levels.min(initial=0))
    np.maximum.at(deciding, step, levels[unit])
    kept = np.zeros(len(arcs.xy), bool)
    line = np.repeat(np.arange(len(arcs)), np.diff(arcs.bounds))
    plane = np.column_stack([_equal_area(arcs.xy[:, :2], metres), vertex])
    for level in np.unique(deciding):
        arc = deciding == level
        rows = np.unique(unit[arc[step] & (levels[unit] == level)])
        drawn = put_together(_of_rows(drawing, rows), plane, arcs.bounds)[rows]
        simple = shapely.coverage_simplify(drawn, tolerance_m)
        stays = np.zeros(int(vertex.max()) + 1, bool)
        numbers = shapely.get_coordinates(simple, include_z=True)[:, 2]
        stays[numbers.astype(np.int64)] = True
        mine = arc[line]
        kept[mine] = stays[vertex[mine]]
    return kept


def _broken(before: NDArray[Any], after: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which polygons were valid and are no more."""
    broken = ~shapely.is_missing(after) & ~shapely.is_valid(after)
    broken[broken] = shapely.is_valid(before[broken])
    return np.asarray(broken)


def _of_rows(drawing: Drawing, rows: NDArray[np.intp]) -> Drawing:
    """Return the drawing of some rows only, with a third ordinate."""
    ring = np.isin(drawing.rings["unit"].to_numpy(), rows)
    number = np.cumsum(ring) - 1
    steps = drawing.steps[ring[drawing.steps["ring"].to_numpy()]]
    types = np.full(len(drawing.types), -1)
    types[rows] = drawing.types[rows]
    return Drawing(
        rings=drawing.rings[ring].reset_index(drop=True),
        steps=steps.assign(ring=number[steps["ring"].to_numpy()]),
        repeats=drawing.repeats.iloc[:0],
        types=types,
        flat=np.zeros(len(types), bool),
    )


def _equal_area(xy: NDArray[np.float64], metres: Metres) -> NDArray[np.float64]:
    """Return positions in a plane that keeps areas, in metres."""
    if not metres.degrees:
        return xy * metres.unit_m
    middle = xy[:, 0].mean() if len(xy) else 0.0
    scale = metres.scale(xy)
    return np.column_stack([(xy[:, 0] - middle) * scale[:, 0], xy[:, 1] * scale[:, 1]])


def _thin(drawing: Drawing, kept: NDArray[np.bool_], arcs: Arcs) -> NDArray[np.bool_]:
    """Return the arcs of rings that would have fewer than three vertices."""
    total = np.r_[0, np.cumsum(kept)][arcs.bounds]
    line, ring = drawing.steps["line"].to_numpy(), drawing.steps["ring"].to_numpy()
    size = np.bincount(ring, weights=np.diff(total)[line] - 1)
    again = np.zeros(len(arcs), bool)
    again[line[size[ring] < 3]] = True
    return again
