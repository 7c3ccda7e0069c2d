"""Units as rings, led round places, through points and along other lines.

Where a place meets a unit in one stretch its border is led the other way round it,
so that every vertex keeps its bits; only the rest is left to GEOS.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.errors import GeometryError, Text
from geodata.topology.bench import Drawn
from geodata.topology.kernels import splicing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geodata.topology.bench import Bench, Ring


def less(bench: Bench, row: int, drawn: Drawn, place: Any) -> Drawn:
    """Return a unit, drawn in some way, without a place."""
    return _spliced(bench, row, drawn, place, -1.0)


def more(bench: Bench, row: int, drawn: Drawn, place: Any) -> Drawn:
    """Return a unit, drawn in some way, with a place."""
    return _spliced(bench, row, drawn, place, 1.0)


def _spliced(bench: Bench, row: int, was: Drawn, place: Any, sign: float) -> Drawn:
    """Return a unit with or without a place, by its rings where that will do."""
    drawn: Drawn | None = was
    for part in shapely.get_parts(place):
        drawn = None if drawn is None else _along(bench, drawn, part, sign)
    if drawn is not None:
        return drawn
    shape = was.shape()
    if not shapely.is_valid(shape):
        raise GeometryError(
            Text(
                f"{bench.keys[row]} 的图形无效，请先修复该单元。",
                f"{bench.keys[row]} has an invalid shape; mend that first.",
            )
        )
    overlay = shapely.union if sign > 0 else shapely.difference
    return like(overlay(shape, place), was)


def _along(bench: Bench, drawn: Drawn, place: Any, sign: float) -> Drawn | None:
    """Lead a unit's border round a place, or return None where that is not simple."""
    if shapely.get_num_interior_rings(place):
        return None
    edge = shapely.get_coordinates(place)
    if not any(splicing.run(ring, edge, bench.touch)[0] for ring in drawn.rings()):
        return _hollowed(bench, drawn, place, edge) if sign < 0 else None
    found = run_along(drawn, edge, bench.touch)
    if found is None:
        return None
    number, (_, first, last, where, _) = found
    ring = drawn.rings()[number]
    if first < 0:
        near = splicing.run(edge, ring, bench.touch)
        made = drawn.with_ring(number, None) if near[0] and near[1] < 0 else None
    else:
        count = len(edge) - 1
        back = edge[(first - np.arange((first - last) % count + 1)) % count]
        path = walked(ring, where, back)
        made = drawn.with_ring(number, path) if len(path) > 3 else None
    return made if made and _as_expected(bench, drawn, made, place, sign) else None


def _hollowed(bench: Bench, drawn: Drawn, place: Any, edge: Ring) -> Drawn | None:
    """Return a unit with a hole where a place lies within it, touching nothing."""
    for ring in drawn.rings():
        if (splicing.positions(ring, edge, bench.touch) >= 0).any():
            return None
    for at, rings in enumerate(drawn.parts):
        if _within(edge[0], rings):
            hole = turned(edge, clockwise=not _is_clockwise(rings[0]))
            parts = list(drawn.parts)
            parts[at] = (*rings, hole)
            made = Drawn(tuple(parts), drawn.multi)
            return made if _as_expected(bench, drawn, made, place, -1.0) else None
    return None


def _within(point: NDArray[np.float64], rings: Sequence[Ring]) -> bool:
    """Return whether a point lies in a polygon given by its rings."""
    inside = False
    for ring in rings:
        x, y = (ring - point).T
        over = (y[:-1] > 0) != (y[1:] > 0)
        cross = x[:-1] * y[1:] - x[1:] * y[:-1]
        inside ^= bool(((cross > 0) == (y[1:] > y[:-1]))[over].sum() % 2)
    return inside


def _as_expected(
    bench: Bench, was: Drawn, made: Drawn, place: Any, sign: float
) -> bool:
    """Return whether a unit's area changed by that of the place."""
    x, y = shapely.get_coordinates(place)[0].tolist()
    change = splicing.area(*made.flat(), x, y) - splicing.area(*was.flat(), x, y)
    slack = place.length * bench.touch + abs(place.area) * 1e-6
    return bool(abs(change - sign * place.area) <= slack)


def run_along(drawn: Drawn, edge: Ring, touch: float) -> Any:
    """Return the only ring that runs along an edge, and how, or None."""
    found = None
    for number, ring in enumerate(drawn.rings()):
        along = splicing.run(ring, edge, touch)
        if not along[0]:
            continue
        if along[0] > 1 or found is not None:
            return None
        found = number, along
    return found


def walked(ring: Ring, where: NDArray[np.float64], path: Ring) -> Ring:
    """Return a ring with a path in place of a stretch, given by three positions."""
    begin, middle, end = where.tolist()
    count = len(ring) - 1
    if (middle - begin) % count < (end - begin) % count:
        return np.asarray(splicing.spliced(ring, begin, end, path))
    back = np.ascontiguousarray(path[::-1])
    return np.asarray(splicing.spliced(ring, end, begin, back))


def with_vertices(drawn: Drawn, points: Ring, reach: float) -> Drawn:
    """Return a unit with further vertices where its border passes points.

    A vertex that is this near to a point already moves onto it; the same object
    is returned where nothing changes.
    """
    made = drawn
    for number, ring in enumerate(drawn.rings()):
        passing = splicing.through(ring, points, reach)
        if len(passing):
            made = made.with_ring(number, once(passing))
    return made


def rings_of_place(place: Any) -> list[Ring]:
    """Return the rings of a place as coordinates."""
    rings = shapely.get_rings(shapely.get_parts(place))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    bounds = np.searchsorted(ring, np.arange(len(rings) + 1)).tolist()
    return [xy[low:high] for low, high in pairwise(bounds)]


def like(shape: Any, was: Drawn) -> Drawn:
    """Return the polygons of an overlay's result, drawn the way the unit was.

    As one polygon where it was one; rings turn as the unit's did, since overlays
    return them clockwise.
    """
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    clockwise = _is_clockwise(was.parts[0][0])
    parts = shapely.orient_polygons(parts, exterior_cw=clockwise)
    made = Drawn.of(shapely.multipolygons(parts))
    return Drawn(made.parts, was.multi or len(made.parts) > 1)


def turned(ring: Ring, *, clockwise: bool) -> Ring:
    """Return a ring that runs this way."""
    if _is_clockwise(ring) == clockwise:
        return ring
    return np.ascontiguousarray(ring[::-1])


def _is_clockwise(ring: Ring) -> bool:
    xy = ring - ring[0]
    return bool((xy[:-1, 0] * xy[1:, 1] - xy[1:, 0] * xy[:-1, 1]).sum() < 0)


def once(ring: Ring) -> Ring:
    """Return a ring without vertices that repeat the one before."""
    return ring[np.r_[True, (ring[1:] != ring[:-1]).any(axis=1)]]
