"""Which polygons GEOS may be trusted with, and a sound copy of the broken ones.

A ring of a thousand random points keeps ``make_valid`` busy for minutes; a star of
five thousand spikes takes all memory. Whether a polygon is valid can always be
asked; before anything else is done with an invalid one, its crossings are counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.topology.kernels import simple

if TYPE_CHECKING:
    from numpy.typing import NDArray

MAX_CROSSINGS = 5_000
"""More self-crossings than a mistake makes; the work grows with their number."""
MAX_PARTS = 2_000
"""More parts in an invalid polygon than a unit has islands that went wrong."""
SAMPLE = 256
EXACT = 4_000
"""Edges of which every pair is compared."""


@dataclass(frozen=True)
class Sound:
    """``polygons``: valid (multi)polygons, empty where ``usable`` is False.

    ``valid`` says which were valid as sent; the others are repaired copies.
    """

    polygons: NDArray[Any]
    valid: NDArray[np.bool_]
    usable: NDArray[np.bool_]


def sound(geometries: Any) -> Sound:
    """Return a copy in which every polygon is valid, for topology to work on."""
    given = np.array(geometries, dtype=object).reshape(-1)
    areal = np.isin(shapely.get_type_id(given), (3, 6))
    valid = np.zeros(len(given), bool)
    valid[areal] = shapely.is_valid(given[areal]) & finite(given[areal])
    usable = valid & ~shapely.is_empty(given)
    polygons = given.copy()
    polygons[~usable] = shapely.MultiPolygon()
    for place in np.flatnonzero(areal & ~valid):
        if repairable(given[place]):
            polygons[place] = repaired(given[place])
            usable[place] = not polygons[place].is_empty
    return Sound(shapely.force_2d(polygons), valid, usable)


def repaired(geometry: Any) -> Any:
    """Return the polygon made valid by its rings' structure, lines dropped."""
    fixed = shapely.make_valid(geometry, method="structure", keep_collapsed=False)
    parts = shapely.get_parts(fixed)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return shapely.multipolygons(parts)


def repairable(geometry: Any) -> bool:
    """Return whether repairing the polygon is bounded work with a sane result."""
    if not finite(np.array([geometry], dtype=object))[0]:
        return False
    if shapely.get_num_geometries(geometry) > MAX_PARTS:
        return False
    return crossings(geometry) <= MAX_CROSSINGS


def finite(geometries: NDArray[Any]) -> NDArray[np.bool_]:
    """Return whether every coordinate of each geometry is a finite number."""
    xy, index = shapely.get_coordinates(geometries, return_index=True)
    bad = index[~np.isfinite(xy).all(axis=1)]
    good = np.ones(len(geometries), bool)
    good[bad] = False
    return good


def crossings(geometry: Any) -> int:
    """Return about how often the polygon's edges cross one another.

    Exact up to :data:`EXACT` edges, else from a sample of edges; the count stops
    soon after :data:`MAX_CROSSINGS`.
    """
    start, end = segments(geometry)
    if len(start) <= EXACT:
        return int(simple.crossings(start, end, MAX_CROSSINGS))
    lines = np.asarray(shapely.linestrings(np.stack([start, end], axis=1)))
    tree = shapely.STRtree(lines)
    chosen = sampled(len(start))
    found = 0
    scale = len(start) / max(len(chosen), 1) / 2
    for some in np.array_split(chosen, max(len(chosen) // 32, 1)):
        box = shapely.box(
            *np.minimum(start[some], end[some]).T, *np.maximum(start[some], end[some]).T
        )
        one, other = tree.query(box)
        found += int(cross(start, end, some[one], other).sum())
        if found * scale > MAX_CROSSINGS:
            break
    return int(found * scale)


def cross(
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    one: NDArray[np.intp],
    other: NDArray[np.intp],
) -> NDArray[np.bool_]:
    """Return which pairs of edges cross within both."""

    def side(
        a: NDArray[np.float64], b: NDArray[np.float64], p: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        u, v = b - a, p - a
        return np.sign(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])

    a, b, c, d = start[one], end[one], start[other], end[other]
    apart = side(a, b, c) * side(a, b, d)
    return (apart < 0) & (side(c, d, a) * side(c, d, b) < 0)


def segments(geometry: Any) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return both ends of all edges of the geometry."""
    parts = shapely.get_parts(geometry)
    rings = shapely.get_rings(parts)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    begin = np.flatnonzero(ring[1:] == ring[:-1])
    return xy[begin], xy[begin + 1]


def sampled(count: int) -> NDArray[np.intp]:
    """Return places of edges to look at, the same ones every time."""
    if count <= 4 * SAMPLE:
        return np.arange(count)
    return np.sort(np.random.default_rng(count).choice(count, SAMPLE, replace=False))
