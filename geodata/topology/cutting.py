"""Overlaps cut along the borders of others that run through them.

Such borders are matched, hence no edges of a layer's arrangement: here all edges
around one overlap are arranged. Whoever covers one of its faces is told by a point;
for the others it follows from whose edges lie between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.topology.arrangement import Arrangement, CrowdedError, overlay
from geodata.topology.kernels import cutting, tidying
from geodata.topology.units import rings_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.topology.metres import Metres

    Piece = tuple[Any, float, tuple[int, ...]]
    """Polygon, area in square units, and who covers it."""


class Cutter:
    """The rings of all units around some overlaps, valid, interior to the left."""

    def __init__(self, rows: NDArray[np.intp], shapes: NDArray[Any]) -> None:
        """Take the rows of units, ascending, and their shapes."""
        raw, _ = rings_of(shapes)
        self.rows = rows
        self.xy = np.empty_like(raw.xy)
        self.start, *_ = tidying.tidy(raw.xy, raw.start, raw.hole, self.xy)
        self.first = np.searchsorted(raw.unit, np.arange(len(rows) + 1))

    def pieces(
        self,
        polygon: Any,
        count: int,
        rows: NDArray[np.intp],
        eps: float,
        width: tuple[Metres, float],
    ) -> list[Piece]:
        """Return an overlap of ``count`` units in pieces that the same ones cover.

        Empty when nothing runs through it. ``rows`` are the units around, ``width``
        what is narrower than so many metres on average is noise.
        """
        at = np.searchsorted(self.rows, rows)
        box = shapely.bounds(polygon)
        x, y = shapely.get_coordinates(shapely.point_on_surface(polygon))[0]
        edge, near, inside = cutting.around(
            self.xy,
            self.start,
            self.first,
            at,
            box + eps * np.array([-4, -4, 4, 4]),
            x,
            y,
        )
        who = frozenset(rows[inside].tolist())
        if len(who) != count:
            return []
        try:
            made, weight, forward = overlay(
                self.xy[edge], self.xy[edge + 1], rows[near].astype(np.int32), eps
            )
        except CrowdedError:
            return []
        here = int(cutting.face_at(made.xy, made.a, made.b, made.face, x, y))
        if here < 0:
            return []
        found = _flooded(made, weight, forward, here, who)
        if len(set(found.values())) < 2:
            return []
        faces = np.array([face for face, units in found.items() if len(units) > 1])
        metres, least = width
        faces = faces[made.measured(metres)[1][faces] >= least] if len(faces) else faces
        polygons = made.polygons(faces)
        return [
            (shape, float(made.area[face]) / 2, tuple(sorted(found[face])))
            for shape, face in zip(polygons, faces.tolist(), strict=True)
        ]


def _flooded(
    made: Arrangement,
    weight: NDArray[np.int32],
    forward: NDArray[np.bool_],
    here: int,
    who: frozenset[int],
) -> dict[int, frozenset[int]]:
    """Return who covers the faces that only matched edges part from one."""
    face, past, before = cutting.beyond(made.face, weight, here, len(made.area))
    row = np.full(len(weight), -1)
    row[past >> 1] = np.arange(len(past))
    whose = row[made.edge]
    drawn = np.flatnonzero(whose >= 0)
    won: list[set[int]] = [set() for _ in past]
    lost: list[set[int]] = [set() for _ in past]
    # Half-edge 2 e has the side that is left behind to its left.
    away = forward[drawn] == (past[whose[drawn]] & 1 == 0)
    for number, unit, gone in zip(
        whose[drawn].tolist(), made.unit[drawn].tolist(), away.tolist(), strict=True
    ):
        (lost if gone else won)[number].add(unit)
    found = {here: who}
    for number, (at, origin) in enumerate(
        zip(face.tolist(), before.tolist(), strict=True)
    ):
        if not lost[number] <= found[origin] or won[number] & found[origin]:
            return {}  # drawn in a way that contradicts itself
        found[at] = (found[origin] - lost[number]) | won[number]
    return found
