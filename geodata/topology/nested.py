"""Where units and the superiors they make up differ: the same engine, once more.

A superior's edges are drawn the other way round, so that they cancel with those of
its own units; the units of different superiors never meet, because each family's
coordinates are marked before they are compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.topology.arrangement import Arrangement, CrowdedError, arrange
from geodata.topology.coverage import WIDE, Shapes, wide_m
from geodata.topology.findings import Place
from geodata.topology.kernels import matching
from geodata.topology.units import Rings

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.topology.survey import Survey
    from geodata.topology.units import Units


def superiors(units: Units, above: Units, given: Any) -> NDArray[np.intp]:
    """Return the superior of each unit as a row of ``above``, -1 for none.

    As given in a column, else the longest key that the unit's key begins with,
    else the superior in which a point of the unit lies.
    """
    place = {key: row for row, key in enumerate(above.keys)}
    found = np.full(len(units), -1, np.intp)
    if given is not None:
        found[:] = [place.get(str(value), -1) for value in given]
    lengths = sorted({len(key) for key in above.keys}, reverse=True)
    for row in np.flatnonzero(found < 0).tolist():
        key = units.keys[row]
        cut = (place.get(key[:size], -1) for size in lengths if size < len(key))
        found[row] = next((at for at in cut if at >= 0), -1)
    lost = np.flatnonzero(found < 0)
    if len(lost):
        shapes = units.shapes(lost)
        fine = np.isin(shapely.get_type_id(shapes), (3, 6)) & shapely.is_valid(shapes)
        points = shapely.point_on_surface(shapes[fine])
        whole = above.shapes()
        one, other = shapely.STRtree(points).query(whole, predicate="contains")
        found[lost[fine][other]] = one
    return found


def nesting_places(
    shapes: Shapes,
    drawn: Survey,
    above: Units,
    higher: Survey,
    parent: NDArray[np.intp],
) -> list[Place]:
    """Return ground of units outside their superior, and of superiors without unit.

    ``drawn`` has the rings of the units, or what is left of them after edges between
    units of one superior were cancelled.
    """
    units = shapes.units
    both, family, owner = _families(units, drawn, above, higher, parent)
    edge, ring = differing(both, family)
    group = family[ring]
    places: list[Place] = []
    wholes = Shapes(above, higher)
    eps = units.metres.units(wide_m(units) / WIDE)
    for row in np.unique(group).tolist():  # only families that differ
        mine = edge[group == row]
        whose = owner[ring[group == row]]
        try:
            made = arrange(both.xy[mine], both.xy[mine + 1], whose, eps)
        except CrowdedError:
            places.append(_crowded(above, wholes, row))
            continue
        places += _of_family(units, above, shapes, wholes, made, row)
    return places


def differing(
    rings: Rings, family: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the edges that nobody else of the family draws backwards.

    ``family`` is that of each ring, below 0 for rings that take no part; the rings
    of the edges are returned beside them.
    """
    marked = rings.xy.view(np.uint64).copy()
    ring = np.repeat(np.arange(len(family)), np.diff(rings.start))
    marked[:, 0] ^= family.astype(np.uint64)[ring] * np.uint64(0x9E3779B97F4A7C15)
    twin = matching.match(marked, rings.start, family < 0)
    edge = np.flatnonzero(twin == -1)
    return edge, ring[edge]


def _families(
    units: Units, seen: Survey, above: Units, higher: Survey, parent: NDArray[np.intp]
) -> tuple[Rings, NDArray[np.int64], NDArray[np.int32]]:
    """Return the rings of both levels, each with its superior and who draws it.

    Superiors are drawn backwards and numbered after the units.
    """
    one, two = seen.rings, higher.rings
    backwards = np.arange(len(two.xy))
    size = np.diff(two.start)
    begin = np.repeat(two.start[:-1], size)
    backwards = begin + np.repeat(two.start[1:], size) - 1 - backwards
    xy = np.concatenate([one.xy, two.xy[backwards]])
    start = np.concatenate([one.start, two.start[1:] + one.start[-1]])
    unit = np.concatenate([one.unit, two.unit + np.int32(len(units))])
    hole = np.concatenate([one.hole, two.hole])
    childless = ~np.isin(np.arange(len(above)), parent)
    child = np.where(seen.skip, -1, parent[one.unit])
    whole = np.where(higher.skip | childless[two.unit], -1, two.unit)
    family = np.concatenate([child, whole]).astype(np.int64)
    return Rings(xy, start, unit, hole), family, unit


def _of_family(
    units: Units,
    above: Units,
    shapes: Shapes,
    wholes: Shapes,
    made: Arrangement,
    row: int,
) -> list[Place]:
    """Return the places at which one superior and its units differ."""
    pseudo = len(units) + row
    odd = (made.area > 0) & (made.count != 0)
    chosen = np.flatnonzero(odd & (made.measured(units.metres)[1] >= wide_m(units)))
    if not len(chosen):
        return []
    polygons = made.polygons(chosen)
    area = units.metres.area_m2(polygons)
    width = units.metres.width_m(polygons, area)
    whole = wholes.of([row])[0]
    shapely.prepare(whole)
    inside = shapely.contains(whole, shapely.point_on_surface(polygons))
    to_left = made.beside(chosen, np.zeros(len(chosen), bool))
    to_right = made.beside(chosen, np.ones(len(chosen), bool))
    places = []
    for at, face in enumerate(chosen.tolist()):
        sides = {*to_left[at], *to_right[at]}
        children = [unit for unit in sides if unit != pseudo]
        if made.count[face] > 0:
            if inside[at]:
                continue  # units that overlap each other within their superior
            children = [unit for unit in to_left[at] if unit != pseudo]
            children = children or list(shapes.covering(polygons[at : at + 1])[0])
        elif pseudo not in sides:
            continue  # a gap between the units, told as that
        rule = "outside_parent" if made.count[face] > 0 else "parent_residual"
        below = tuple(sorted(units.keys[unit] for unit in children))
        who = tuple(sorted((above.keys[row], *below)))
        size, wide = float(area[at]), float(width[at])
        said = {"above": above.keys[row], "below": below}
        places.append(Place(rule, who, polygons[at], size, wide, detail=said))
    return places


def _crowded(above: Units, wholes: Shapes, row: int) -> Place:
    return Place(
        "unusable",
        (above.keys[row],),
        shapely.point_on_surface(wholes.of([row])[0]),
        detail={
            "why_zh": "与下级单元的边界交叉过多",
            "why_en": "its border and those of its units cross too often",
        },
    )
