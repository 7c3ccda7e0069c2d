"""From the faces between unmatched edges to overlaps, gaps and borders that differ."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.topology.arrangement import Arrangement, arrange, distinct
from geodata.topology.cutting import Cutter
from geodata.topology.enclosing import enclosed
from geodata.topology.kernels import boxes, matching
from geodata.topology.noise import LEAST_M, noise_m

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from geodata.topology.cutting import Piece
    from geodata.topology.survey import Survey
    from geodata.topology.units import Units

WIDE = 2.0
"""Faces narrower than so many times the noise on average are not on the ground."""
THROUGH = 0.01
"""An overlap of this share of a unit may be crossed by borders of others."""


@dataclass(frozen=True)
class Faces:
    """Places that not exactly one unit covers; all arrays are parallel.

    ``units`` are those that cover an overlap, or that surround a gap. ``share`` is
    the area in square units of the coordinates; ``cycle`` the face in the
    arrangement, -1 for a place that GEOS worked out.
    """

    polygons: NDArray[Any]
    count: NDArray[np.intp]
    share: NDArray[np.float64]
    cycle: NDArray[np.intp]
    units: list[tuple[int, ...]]
    around: NDArray[np.float64]
    """Length of the border in metres, NaN where it was not measured."""

    @cached_property
    def size(self) -> NDArray[np.intp]:
        """How many units each place has."""
        return np.fromiter(map(len, self.units), np.intp, len(self.units))

    @cached_property
    def rows(self) -> NDArray[np.intp]:
        """The units of all places, one place after the other."""
        every = itertools.chain.from_iterable(self.units)
        return np.fromiter(every, np.intp, int(self.size.sum()))

    def smallest(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the smallest value of the units of each place, inf without any."""
        size, rows = self.size, self.rows
        least = np.full(len(size), np.inf)
        some = size > 0
        if len(rows):
            begin = (np.cumsum(size) - size)[some]
            least[some] = np.minimum.reduceat(values[rows], begin)
        return least


def unmatched(survey: Survey) -> tuple[NDArray[np.intp], NDArray[np.int32]]:
    """Return the edges that no other unit draws backwards, and the unit of each."""
    rings = survey.rings
    twin = matching.match(rings.xy.view(np.uint64), rings.start, survey.skip)
    edge = np.flatnonzero(twin == -1)
    ring = np.searchsorted(rings.start, edge, side="right") - 1
    return edge, rings.unit[ring]


def arranged(
    units: Units,
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    unit: NDArray[np.int32],
) -> Arrangement:
    """Return the arrangement of a layer's unmatched edges, each from ``a`` to ``b``."""
    if units.noise_m is None:
        units.noise_m = noise_m(units, a)
    return arrange(a, b, unit, units.metres.units(units.noise_m))


def wide_m(units: Units) -> float:
    """Return the mean width in metres below which a face is noise."""
    return WIDE * (LEAST_M if units.noise_m is None else units.noise_m)


def faces_of(units: Units, survey: Survey, made: Arrangement) -> Faces:
    """Return the overlaps and gaps of a layer that are wider than noise."""
    bounded = (made.area > 0) & ~made.wrong & (made.count != 1)
    around, width = made.measured(units.metres)
    chosen = np.flatnonzero(bounded & (width >= wide_m(units)))
    count = np.maximum(made.count[chosen], 0).astype(np.intp)
    found = Faces(
        made.polygons(chosen),
        count,
        made.area[chosen] / 2,
        chosen,
        made.beside(chosen, count == 0),
        np.where(np.isin(chosen, list(made.inside)), np.nan, around[chosen]),
    )
    shapes = Shapes(units, survey)
    found = _with_hosts(shapes, found)
    found = _cut_through(shapes, found)
    return _tangled(shapes, made, found)


class Shapes:
    """The usable units as valid polygons, made when asked for."""

    def __init__(self, units: Units, survey: Survey) -> None:
        self.units, self.survey = units, survey
        self._known: dict[int, Any] = dict(survey.repaired)

    def of(self, rows: Iterable[int]) -> NDArray[Any]:
        """Return the valid shapes of some units."""
        rows = list(rows)
        fresh = sorted({row for row in rows if row not in self._known})
        if fresh:
            made = shapely.force_2d(self.units.shapes(np.array(fresh)))
            self._known.update(zip(fresh, made, strict=True))
        found = np.empty(len(rows), dtype=object)
        found[:] = [self._known[row] for row in rows]
        return found

    def near(self, places: NDArray[Any]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return pairs of unit and place of which the boxes meet."""
        box, asked = self.survey.boxes, shapely.bounds(places).reshape(-1, 4)
        unit, place = boxes.meeting(box, *self.survey.packed, asked)
        return unit.astype(np.intp), place.astype(np.intp)

    def covering(self, places: NDArray[Any]) -> list[tuple[int, ...]]:
        """Return for each place the units that cover a point within it."""
        if not len(places):
            return []
        inside = shapely.point_on_surface(places)
        unit, place = self.near(inside)
        xy = shapely.get_coordinates(inside)
        known = self.of(np.unique(unit).tolist())
        at = np.searchsorted(np.unique(unit), unit)
        shapely.prepare(known)
        holds = shapely.contains_xy(known[at], xy[place, 0], xy[place, 1])
        found: list[list[int]] = [[] for _ in places]
        for row, where in zip(unit[holds].tolist(), place[holds].tolist(), strict=True):
            found[where].append(row)
        return [tuple(sorted(rows)) for rows in found]


def _with_hosts(shapes: Shapes, found: Faces) -> Faces:
    """Name also the units that cover an overlap without drawing an edge of it."""
    few = np.flatnonzero((found.count > 1) & (found.size < found.count))
    if not len(few):
        return found
    units = list(found.units)
    for place, more in zip(
        few.tolist(), shapes.covering(found.polygons[few]), strict=True
    ):
        units[place] = tuple(sorted({*units[place], *more}))
    return replace(found, units=units)


def _cut_through(shapes: Shapes, found: Faces) -> Faces:
    """Cut large overlaps along matched borders that run through them."""
    units, area = shapes.units, shapes.survey.area
    least = found.smallest(area)
    places = np.flatnonzero((found.count > 1) & (found.share > THROUGH * least))
    large = places.tolist()
    if not large:
        return found
    unit, at = shapes.near(found.polygons[large])
    order = np.lexsort((unit, at))
    bound = np.searchsorted(at[order], np.arange(len(large) + 1))
    rows = distinct(unit)
    cutter = Cutter(rows, shapes.of(rows.tolist()))
    eps = units.metres.units(units.noise_m or LEAST_M)
    gone: list[int] = []
    more: list[Piece] = []
    for number, place in enumerate(large):  # few: that matter beside their units
        near = unit[order[bound[number] : bound[number + 1]]]
        who, count = found.units[place], int(found.count[place])
        if len(near) == count and set(near.tolist()) <= set(who):
            continue
        width = units.metres, wide_m(units)
        pieces = cutter.pieces(found.polygons[place], count, near, eps, width)
        if pieces:
            gone.append(place)
            more += pieces
    return _replaced(found, gone, more)


def _replaced(found: Faces, gone: list[int], more: list[Piece]) -> Faces:
    if not gone and not more:
        return found
    kept = np.delete(np.arange(len(found.units)), gone)
    shapes = np.empty(len(more), dtype=object)
    shapes[:] = [shape for shape, _, _ in more]
    counts = np.array([len(units) for _, _, units in more], np.intp)
    share = np.array([area for _, area, _ in more], float)
    return Faces(
        np.concatenate([found.polygons[kept], shapes]),
        np.concatenate([found.count[kept], counts]),
        np.concatenate([found.share[kept], share]),
        np.concatenate([found.cycle[kept], np.full(len(more), -1)]),
        [found.units[place] for place in kept.tolist()] + [who for _, _, who in more],
        np.concatenate([found.around[kept], np.full(len(more), np.nan)]),
    )


def _tangled(shapes: Shapes, made: Arrangement, found: Faces) -> Faces:
    """Let GEOS work out the pieces of which the counts contradict each other."""
    edges = np.flatnonzero(made.wrong[made.cycle[::2]])
    if not len(edges):
        return found
    ends = np.stack([made.xy[made.a[edges]], made.xy[made.b[edges]]], axis=1)
    places = enclosed(np.asarray(shapely.linestrings(ends)))
    places = places[shapes.units.metres.width_m(places) >= wide_m(shapes.units)]
    if not len(places):
        return found
    covered = shapes.covering(places)
    gaps = [place for place, units in enumerate(covered) if not units]
    unit, at = shapes.near(places[gaps])
    around: dict[int, list[int]] = {}
    touch = shapely.dwithin(
        shapes.of(unit.tolist()),
        places[gaps][at],
        shapes.units.metres.units(wide_m(shapes.units)),
    )
    for row, place in zip(unit[touch].tolist(), at[touch].tolist(), strict=True):
        around.setdefault(gaps[place], []).append(row)
    share = shapely.area(places).tolist()
    more = list(zip(places, share, covered, strict=True))
    overlaps = [piece for piece in more if len(piece[2]) > 1]
    found = _replaced(found, [], overlaps)
    holes = [
        (places[place], share[place], tuple(sorted(around.get(place, ()))))
        for place in gaps
    ]
    both = _replaced(found, [], holes)
    both.count[len(found.count) :] = 0
    return both
