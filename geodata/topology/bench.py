"""The layer as it stands while repairs are done, row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import shapely

from geodata.errors import GeometryError, Text
from geodata.topology.kernels import splicing

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from geodata.topology.metres import Metres

TOUCH_M = 0.002
"""What lies this near to each other touches."""

Ring: TypeAlias = "NDArray[np.float64]"
"""Closed; two ordinates."""


@dataclass(frozen=True)
class Drawn:
    """A unit as rings: of every part the outer one first."""

    parts: tuple[tuple[Ring, ...], ...]
    multi: bool

    @classmethod
    def of(cls, shape: Any) -> Drawn:
        """Take a (multi)polygon apart."""
        parts = shapely.get_parts(shape)
        rings, part = shapely.get_rings(parts, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        bounds = np.searchsorted(ring, np.arange(len(rings) + 1)).tolist()
        drawn: list[list[Ring]] = [[] for _ in range(len(parts))]
        for at, owner in enumerate(part.tolist()):
            drawn[owner].append(xy[bounds[at] : bounds[at + 1]])
        multi = bool(shapely.get_type_id(shape) == shapely.GeometryType.MULTIPOLYGON)
        return cls(tuple(map(tuple, drawn)), multi)

    def shape(self) -> Any:
        """Put the (multi)polygon together; one part of what was several stays so."""
        made = []
        for outer, *inner in self.parts:
            shell: Any = shapely.linearrings(outer)
            holes: Any = [shapely.linearrings(ring) for ring in inner] or None
            made.append(shapely.polygons(shell, holes))
        if len(made) == 1 and not self.multi:
            return made[0]
        return shapely.multipolygons(made)

    def rings(self) -> list[Ring]:
        """Return all rings, one after the other."""
        return [ring for part in self.parts for ring in part]

    def flat(self) -> tuple[Ring, NDArray[np.int64], NDArray[np.bool_]]:
        """Return all vertices, where each ring starts, and whether it is a hole."""
        rings = self.rings()
        if not rings:
            return np.empty((0, 2)), np.zeros(1, np.int64), np.zeros(0, bool)
        start = np.zeros(len(rings) + 1, np.int64)
        np.cumsum([len(ring) for ring in rings], out=start[1:])
        hole = [at > 0 for part in self.parts for at in range(len(part))]
        return np.ascontiguousarray(np.concatenate(rings)), start, np.array(hole, bool)

    def with_ring(self, number: int, ring: Ring | None) -> Drawn:
        """Return the unit with another ring in place of one, or without it.

        Without its outer ring a part is gone, and what was a hole goes with it.
        """
        parts, at = [], 0
        for part in self.parts:
            if not at <= number < at + len(part):
                parts.append(part)
            elif ring is not None:
                mine = number - at
                parts.append((*part[:mine], ring, *part[mine + 1 :]))
            elif number > at:
                mine = number - at
                parts.append((*part[:mine], *part[mine + 1 :]))
            at += len(part)
        return Drawn(tuple(parts), self.multi)


Changes: TypeAlias = "dict[int, Drawn | None]"
"""What becomes of rows; None: the row is dropped."""


@dataclass(frozen=True)
class Cost:
    """What a repair moves; ``shifted`` are points of borders that may be left.

    Vertices that are gone, and one of each stretch that is drawn otherwise.
    """

    told: dict[str, Any]
    shifted: NDArray[np.float64]


class Bench:
    """Units by row, and what is near the places that are mended."""

    def __init__(
        self,
        shapes: NDArray[Any],
        keys: Sequence[str],
        metres: Metres,
        places: NDArray[Any],
        noise_m: float = 0.0,
    ) -> None:
        self.shapes = shapes
        self.keys = tuple(keys)
        self.metres = metres
        self.touch = metres.units(max(TOUCH_M, noise_m))
        self.now: dict[int, Drawn | None] = {}
        """Rows as repairs left them; the others are as they were."""
        self._was: dict[int, Drawn] = {}
        self._rows = {key: row for row, key in enumerate(self.keys)}
        # Units grow by no more than a finding's place, which they touch already.
        self.tree = shapely.STRtree(shapes)
        self._places = places
        middle = shapely.bounds(places).reshape(-1, 2, 2).mean(axis=1)
        middle = np.where(np.isfinite(middle), middle, 0.0)
        self._middle, self._scale = middle, metres.scale(middle)

    def row(self, key: str) -> int:
        """Return the row of a unit; raise GeometryError when it is not there."""
        row = self._rows.get(key)
        if row is None or self.shapes[row] is None or self.is_gone(row):
            raise GeometryError(
                Text(f"{key} 已不在图层中。", f"{key} is no longer there.")
            )
        return row

    def rows(self, keys: Iterable[str]) -> list[int]:
        """Return the rows of those units that are still there."""
        rows = [self._rows[key] for key in keys if key in self._rows]
        return [row for row in rows if not self.is_gone(row)]

    def is_gone(self, row: int) -> bool:
        """Return whether a row was dropped."""
        return row in self.now and self.now[row] is None

    def drawn(self, row: int) -> Drawn:
        """Return a row as it stands."""
        found = self.now.get(row) or self._was.get(row)
        if found is None:
            found = self._was[row] = Drawn.of(self.shapes[row])
        return found

    def shape(self, row: int) -> Any:
        """Return a row's polygon as it stands."""
        return self.was(row, self.now[row]) if row in self.now else self.shapes[row]

    def around(self, number: int) -> list[int]:
        """Return the rows that touch the place of this number."""
        place = self._places[number]
        rows = self.tree.query(place, predicate="dwithin", distance=self.touch)
        return [row for row in sorted(rows.tolist()) if not self.is_gone(row)]

    def scale(self, number: int) -> NDArray[np.float64]:
        """Return metres, east and north, in one unit at the place of this number."""
        return np.asarray(self._scale[number])

    def require_ground(self, after: Changes) -> None:
        """Raise GeometryError when a unit would be left without ground."""
        for row, drawn in after.items():
            if drawn is not None and not drawn.parts:
                raise GeometryError(
                    Text(
                        f"修复后 {self.keys[row]} 会变空，未执行。",
                        f"It would leave {self.keys[row]} empty.",
                    )
                )

    def cost(self, after: Changes, number: int) -> Cost:
        """Return what it takes to get to other shapes at the place of this number."""
        moved, shift = 0, 0.0
        gained: dict[str, float] = {}
        lost: dict[str, float] = {}
        shifted = [np.empty((0, 2))]
        east, north = self._scale[number].tolist()
        for row, drawn in after.items():
            if drawn is None:
                whole = self.metres.area_m2(self.shape(row))
                lost[self.keys[row]] = round(float(whole[0]), 3)
                continue
            old, start, hole = self.drawn(row).flat()
            new, begin, its = drawn.flat()
            gone, cut = splicing.lost(old, start, new, begin)
            come, _ = splicing.lost(new, begin, old, start)
            moved += len(gone)
            # A ring that goes or comes as a whole leads from nowhere to nowhere: what
            # goes closes up over its place, what comes is another unit's border.
            left, closed = _part_of_rings(gone, start)
            led, _ = _part_of_rings(come, begin)
            if closed:
                shift = max(shift, self._width(number))
            off = splicing.farthest(old[left], new, begin, east, north)
            onto = splicing.farthest(new[led], old, start, east, north)
            shift = max(shift, off.max(initial=0.0), onto.max(initial=0.0))
            pieces = splicing.middles(old, cut, new[come], self.touch)
            shifted += [old[gone], pieces]
            x, y = self._middle[number].tolist()
            change = splicing.area(new, begin, its, x, y)
            change -= splicing.area(old, start, hole, x, y)
            change = round(change * east * north, 3)
            if change > 0:
                gained[self.keys[row]] = change
            elif change < 0:
                lost[self.keys[row]] = -change
        told = {
            "vertices_moved": moved,
            "largest_shift_m": round(float(shift), 4),
            "area_gained_m2": gained,
            "area_lost_m2": lost,
        }
        return Cost(told, np.concatenate(shifted))

    def _width(self, number: int) -> float:
        """Return the mean width of the place of this number."""
        place = self._places[number]
        if place is None or place.area == 0:
            return 0.0
        return float(self.metres.width_m(place)[0])

    def put(self, after: Mapping[int, Drawn | None]) -> None:
        """Take over what becomes of rows."""
        self.now.update(after)

    def was(self, row: int, drawn: Drawn | None) -> Any:
        """Return the polygon of a row drawn in some way, heights and all."""
        if drawn is None or drawn is self._was.get(row):
            return None if drawn is None else self.shapes[row]
        return _risen(drawn, self.shapes[row])

    def finished(self) -> NDArray[Any]:
        """Return the polygons of all rows as they stand, None where one is gone."""
        made = self.shapes.copy()
        for row, drawn in self.now.items():
            made[row] = self.was(row, drawn)
        return made


def _part_of_rings(
    vertices: NDArray[np.int64], start: NDArray[np.int64]
) -> tuple[NDArray[np.int64], bool]:
    """Return those vertices of which the ring has others, and whether some has none."""
    ring = np.searchsorted(start, vertices, side="right") - 1
    many = np.bincount(ring, minlength=len(start) - 1)
    whole = many == np.diff(start) - 1
    return vertices[~whole[ring]], bool((whole & (many > 0)).any())


def _risen(drawn: Drawn, was: Any) -> Any:
    """Return a unit's polygon, with the heights that its vertices had."""
    shape = drawn.shape()
    if was is None or not shapely.has_z(was):
        return shape
    old = shapely.get_coordinates(was, include_z=True)
    known = {(x, y): z for x, y, z in old.tolist()}
    xy = shapely.get_coordinates(shape)
    height = np.array([known.get((x, y), np.nan) for x, y in xy.tolist()])
    fresh = np.flatnonzero(np.isnan(height))
    if len(fresh):  # as high as the nearest vertex that was there
        there: Any = shapely.points(old[:, :2])
        _, near = shapely.STRtree(there).query_nearest(
            shapely.points(xy[fresh]), all_matches=False
        )
        height[fresh] = old[near, 2]
    return shapely.set_coordinates(
        shapely.force_3d(shape), np.column_stack([xy, height])
    )
