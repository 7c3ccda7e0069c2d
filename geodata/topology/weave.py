"""Polygons of all levels woven of shared borders, each border stored once.

A border (*arc*) is a longest run of edges with the same units to its left and the
same to its right, whatever their level; where that changes is a *junction*. Units
are kept as lists of arcs, so a moved arc moves every unit drawn with it, to the
bit, and what is drawn with other arcs keeps its bits.

Why nothing can come to overlap: how many units of a level cover a point follows
from the directed edges that meet no reverse of theirs. Moving arcs moves an edge
and its reverse together, so the count stays everywhere as long as each unit
remains a valid polygon whose rings keep their direction.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely

from geodata.topology.arcs import cut

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

Coordinates: TypeAlias = "NDArray[np.float64]"
Step: TypeAlias = tuple[int, bool]
"""An arc and whether it is walked the way it is stored."""
Polygon: TypeAlias = tuple[tuple[Step, ...], ...]
"""The rings of one polygon, the outer one first; each as its arcs in order."""


@dataclass(frozen=True)
class Weave:
    """Units as arcs. ``left`` and ``right`` name the units beside each arc."""

    keys: tuple[str, ...]
    levels: tuple[int, ...]
    arcs: tuple[Coordinates, ...]
    units: tuple[tuple[Polygon, ...], ...]
    left: tuple[frozenset[int], ...]
    right: tuple[frozenset[int], ...]

    @property
    def place(self) -> dict[str, int]:
        """Where each unit stands in ``keys``."""
        return {key: at for at, key in enumerate(self.keys)}

    def arcs_of(self, unit: int) -> list[int]:
        """Return the arcs a unit is drawn with, in order, each once."""
        steps = (arc for part in self.units[unit] for ring in part for arc, _ in ring)
        return list(dict.fromkeys(steps))

    def beside(self, arc: int) -> frozenset[int]:
        """Return the units on either side of an arc."""
        return self.left[arc] | self.right[arc]

    def is_shared(self, arc: int) -> bool:
        """Tell whether two units of one level meet at an arc."""
        return bool(
            {self.levels[unit] for unit in self.left[arc]}
            & {self.levels[unit] for unit in self.right[arc]}
        )

    def drawn(self, unit: int) -> Any:
        """Return a unit's multipolygon, outer rings anticlockwise."""
        parts = [self._polygon(part) for part in self.units[unit]]
        return shapely.multipolygons(parts)

    def with_arcs(self, changed: Mapping[int, Coordinates]) -> Weave:
        """Return the same weave with other coordinates for some arcs."""
        arcs = [changed.get(at, arc) for at, arc in enumerate(self.arcs)]
        return replace(self, arcs=tuple(arcs))

    def _polygon(self, rings: Polygon) -> Any:
        drawn: Any = [shapely.linearrings(self.ring(ring)) for ring in rings]
        return shapely.polygons(drawn[0], drawn[1:] or None)

    def ring(self, steps: Sequence[Step]) -> Coordinates:
        """Return a ring's coordinates, closed."""
        runs = [
            self.arcs[arc] if ahead else self.arcs[arc][::-1] for arc, ahead in steps
        ]
        return np.concatenate([*(run[:-1] for run in runs), runs[-1][-1:]])


def weave(shapes: NDArray[Any], keys: Iterable[str], levels: Iterable[int]) -> Weave:
    """Return valid (multi)polygons as arcs; borders are shared where bits are."""
    oriented = shapely.orient_polygons(np.asarray(shapes, dtype=object))
    parts, unit_of_part = shapely.get_parts(oriented, return_index=True)
    rings, part_of_ring = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    again = np.r_[False, (xy[1:] == xy[:-1]).all(axis=1) & (ring[1:] == ring[:-1])]
    xy, ring = xy[~again] + 0.0, ring[~again]
    bounds = np.searchsorted(ring, np.arange(len(rings) + 1))
    unit = unit_of_part[part_of_ring]
    found = cut(xy, bounds, unit, np.ones(len(rings), bool))
    steps = list(zip(found.arc.tolist(), found.ahead.tolist(), strict=True))
    at = np.searchsorted(found.ring, np.arange(len(rings) + 1)).tolist()
    polygons: list[list[tuple[Step, ...]]] = [[] for _ in range(len(parts))]
    for part, (low, high) in zip(part_of_ring.tolist(), pairwise(at), strict=True):
        polygons[part].append(tuple(steps[low:high]))
    units: list[list[Polygon]] = [[] for _ in range(len(oriented))]
    for owner, polygon in zip(unit_of_part.tolist(), polygons, strict=True):
        units[owner].append(tuple(polygon))
    left, right = _sides(units, len(found))
    return Weave(
        tuple(keys),
        tuple(int(level) for level in levels),
        tuple(np.split(found.xy, found.bounds[1:-1])) if len(found) else (),
        tuple(tuple(polygon) for polygon in units),
        left,
        right,
    )


def name_of(arc: Coordinates) -> str:
    """Return a name for an arc that is the same whichever way it is walked."""
    forward, backward = arc.tobytes(), np.ascontiguousarray(arc[::-1]).tobytes()
    return hashlib.sha256(min(forward, backward)).hexdigest()[:24]


def _sides(
    units: Sequence[Sequence[Polygon]], count: int
) -> tuple[tuple[frozenset[int], ...], tuple[frozenset[int], ...]]:
    left: list[set[int]] = [set() for _ in range(count)]
    right: list[set[int]] = [set() for _ in range(count)]
    for unit, parts in enumerate(units):
        for part in parts:
            for ring in part:
                for arc, ahead in ring:
                    (left if ahead else right)[arc].add(unit)
    return tuple(map(frozenset, left)), tuple(map(frozenset, right))
