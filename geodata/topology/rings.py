"""The rings of polygons as they are drawn, every vertex of them, in arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

POLYGON, MULTIPOLYGON = 3, 6


@dataclass(frozen=True)
class Drawn:
    """Closed rings in the order drawn, repeated vertices taken out and noted.

    Ring ``r`` is ``xy[bounds[r]:bounds[r + 1]]``; ``unit`` is the row it belongs to,
    ``part`` the polygon of that row, ``number`` its place in the polygon (0: the
    outer one); ``left`` whether the unit lies to its left.
    """

    xy: NDArray[np.float64]
    bounds: NDArray[np.int64]
    unit: NDArray[np.int64]
    part: NDArray[np.int64]
    number: NDArray[np.int64]
    left: NDArray[np.bool_]
    repeats: pd.DataFrame
    """``ring`` and ``at``: the vertex of the ring that is drawn once more."""
    whole: NDArray[np.bool_]
    """Of each row: all of its rings are here; else none is."""


def drawn_rings(shapes: NDArray[Any]) -> Drawn:
    """Return the rings of the rows that have borders."""
    whole = np.isin(shapely.get_type_id(shapes), (POLYGON, MULTIPOLYGON))
    whole &= ~np.asarray(shapely.is_empty(shapes) | shapely.has_m(shapes))
    while True:
        rows = np.flatnonzero(whole)
        parts, owner = shapely.get_parts(shapes[rows], return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        unit = rows[owner[part]] if len(part) else part
        third = bool(shapely.has_z(shapes[rows]).any())
        xy, ring = shapely.get_coordinates(rings, include_z=third, return_index=True)
        if third:
            flat = ~np.asarray(shapely.has_z(shapes))[unit]
            xy[flat[ring], 2] = 0.0  # else not a number
        words = np.ascontiguousarray(xy).view(np.uint64)
        same = (words[1:] == words[:-1]).all(axis=1) & (ring[1:] == ring[:-1])
        again = np.r_[False, same] if len(xy) else np.zeros(0, bool)
        bad = ~np.isfinite(xy).all(axis=1)
        size = np.bincount(ring[~again], minlength=len(rings))
        hopeless = np.unique(
            np.r_[unit[ring[bad]], unit[size < 3], _empty_parts(parts, rows, owner)]
        )
        if not len(hopeless):
            break
        whole[hopeless] = False
    bounds = np.r_[0, np.cumsum(size)].astype(np.int64)
    twice = np.flatnonzero(again)
    opens = np.searchsorted(ring, np.arange(len(rings)))
    before = np.cumsum(again)
    kept_at = twice - opens[ring[twice]] - (before[twice] - before[opens[ring[twice]]])
    repeats = pd.DataFrame({"ring": ring[twice], "at": kept_at})
    xy = xy[~again]
    shell = np.r_[True, part[1:] != part[:-1]] if len(part) else np.zeros(0, bool)
    opening = np.flatnonzero(shell)
    number = np.arange(len(part)) - opening[np.cumsum(shell) - 1]
    ahead = _turns_left(xy, bounds)
    begins = np.r_[0, np.flatnonzero(np.diff(owner)) + 1] if len(owner) else owner
    of_unit = np.arange(len(owner)) - begins[owner] if len(owner) else owner
    return Drawn(
        xy=xy,
        bounds=bounds,
        unit=np.asarray(unit, np.int64),
        part=np.asarray(of_unit[part] if len(part) else part, np.int64),
        number=number,
        left=ahead == shell,
        repeats=repeats,
        whole=whole,
    )


def _empty_parts(parts: Any, rows: Any, owner: Any) -> Any:
    """Return the rows with a part that has no rings."""
    return rows[owner[np.asarray(shapely.is_empty(parts))]]


def _turns_left(xy: NDArray[np.float64], bounds: NDArray[np.int64]) -> Any:
    """Return which closed rings run anticlockwise."""
    if len(bounds) < 2:
        return np.zeros(0, bool)
    size = np.diff(bounds)
    x, y = (xy[:, :2] - np.repeat(xy[bounds[:-1], :2], size, axis=0)).T
    twice = np.zeros(len(xy))
    twice[:-1] = x[:-1] * y[1:] - x[1:] * y[:-1]
    twice[bounds[1:] - 1] = 0.0
    return np.add.reduceat(twice, bounds[:-1]) > 0
