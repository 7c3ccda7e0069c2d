"""The places that unmatched edges enclose, and how many units cover each."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.topology.kernels import arranging, tracing

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_WORK = 400
"""Comparisons of edges, per edge, that a layer may take."""
LEAST_WORK = 20_000_000
FINEST = 4
"""Cells are at least this many tolerances wide."""


class CrowdedError(ArithmeticError):
    """Too many edges cross each other to work every place out."""


@dataclass(frozen=True)
class Arrangement:
    """Edges that meet only at their ends, each once, and the faces between them.

    Half-edge ``2 e`` runs from ``a[e]`` to ``b[e]`` with its units to the left;
    ``face`` is the face left of every half-edge, -1 outside of everything. Faces
    are numbered by cycle; ``count`` is how many units cover each, ``area`` twice
    its area without what lies in it, in square units.
    """

    xy: NDArray[np.float64]
    original: int
    """Nodes from this number on are crossings."""
    a: NDArray[np.int32]
    b: NDArray[np.int32]
    edge: NDArray[np.intp]
    """Parallel to ``unit``: the units that draw each edge."""
    unit: NDArray[np.int32]
    cycle: NDArray[np.int32]
    face: NDArray[np.intp]
    drawn: tuple[NDArray[np.int32], NDArray[np.int32]]
    """Nodes and units that have a vertex there, before edges were cut."""
    part: NDArray[np.int32]
    """Connected piece of every cycle."""
    count: NDArray[np.int32]
    area: NDArray[np.float64]
    first: NDArray[np.int32]
    after: NDArray[np.int32]
    inside: dict[int, list[int]]
    """Outer cycles of the pieces that lie directly within a face."""
    wrong: NDArray[np.bool_]
    """Cycles of pieces of which the counts contradict each other."""
    noisy: NDArray[np.int32]
    """Units with vertices that were moved, within the tolerance."""
    lacking: NDArray[np.int64]
    """Rows of node, unit that lacks it there, and unit that has it."""

    def polygons(self, faces: Any) -> NDArray[Any]:
        """Return faces as polygons, what lies in them taken out."""
        faces = np.asarray(faces, dtype=np.intp)
        shapes = self._filled(faces)
        for place, face in enumerate(faces.tolist()):
            if face in self.inside:
                cycles = np.array(self.inside[face], np.intp)
                holes = shapely.make_valid(shapely.reverse(self._filled(cycles)))
                whole = shapely.make_valid(shapes[place])
                shapes[place] = shapely.difference(whole, shapely.union_all(holes))
        for place in np.flatnonzero(
            ~shapely.is_valid(shapes)
        ).tolist():  # few: a face that touches itself at a node
            fixed = shapely.make_valid(
                shapes[place], method="structure", keep_collapsed=False
            )
            shapes[place] = fixed
        return shapes

    def beside(self, way: int) -> dict[int, tuple[int, ...]]:
        """Return by face the units that draw its edges.

        ``way`` 0: with the face on their left, 1: on their right.
        """
        face = self.face[2 * self.edge + way]
        rows = np.stack([face, self.unit.astype(np.int64)], axis=1)[face >= 0]
        if not len(rows):
            return {}
        rows = rows[np.lexsort((rows[:, 1], rows[:, 0]))]
        rows = rows[np.r_[True, (rows[1:] != rows[:-1]).any(axis=1)]]
        bounds = np.flatnonzero(np.r_[True, rows[1:, 0] != rows[:-1, 0], True]).tolist()
        faces, values = rows[:, 0].tolist(), rows[:, 1].tolist()
        return {
            faces[low]: tuple(values[low:high])
            for low, high in itertools.pairwise(bounds)
        }

    def _filled(self, cycles: NDArray[np.intp]) -> NDArray[Any]:
        if not len(cycles):
            return np.empty(0, dtype=object)
        xy, ring = tracing.walk(self.first[cycles], self.after, self.a, self.b, self.xy)
        return np.asarray(shapely.polygons(shapely.linearrings(xy, indices=ring)))


def arrange(
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    unit: NDArray[np.int32],
    eps: float,
) -> Arrangement:
    """Return the arrangement of directed edges with a unit to the left of each.

    ``eps``: positions this near are one, in units of the coordinates.

    Raises
    ------
    CrowdedError
        When more edges cross than any layer of borders has.
    """
    count = len(start)
    node, xy, moved = arranging.nodes_of(np.concatenate([start, end]), eps)
    several = np.zeros(len(xy), bool)
    several[node[moved]] = True
    noisy = np.unique(np.concatenate([unit, unit])[several[node]])
    a, b = node[:count], node[count:]
    alive = arranging.cancel(a, b) == -1
    a, b, unit = a[alive], b[alive], unit[alive]
    drawn = np.concatenate([a, b]), np.concatenate([unit, unit])
    reach = np.abs(xy[a] - xy[b]).max(axis=1) if len(a) else np.ones(1)
    cell = max(2 * float(reach.mean()), FINEST * eps)
    most = LEAST_WORK + MOST_WORK * len(a)
    fine, edge, share, at, new = arranging.cuts(xy, a, b, cell, 2 * eps, most)
    if not fine:
        raise CrowdedError
    original = len(xy)
    xy = np.concatenate([xy, new])
    order = np.lexsort((at, share, edge))
    edge, at = edge[order], at[order]
    a, b, owner = arranging.cut_up(a, b, edge, at)
    partner = arranging.cancel(a, b)
    lacking = _lacking(a, b, owner, unit, partner)
    alive = partner == -1
    a, b, unit = a[alive], b[alive], unit[owner[alive]]
    first, weight = tracing.merge(a, b)
    lead = np.flatnonzero(first == np.arange(len(first)))
    number = np.zeros(len(first), np.intp)
    number[lead] = np.arange(len(lead))
    mine = number[first]
    a, b, weight = a[lead], b[lead], weight[lead]
    traced = tracing.trace(xy, a, b, weight)
    cycle, begin, after, area, part, relative, outer, wrong = traced
    made = Arrangement(
        xy=xy,
        original=original,
        a=a,
        b=b,
        edge=mine,
        unit=unit,
        cycle=cycle,
        face=cycle.astype(np.intp),
        drawn=drawn,
        part=part,
        count=relative,
        area=area,
        first=begin,
        after=after,
        inside={},
        wrong=wrong[part] if len(part) else wrong,
        noisy=noisy,
        lacking=lacking,
    )
    return _placed(made, outer)


def _lacking(
    a: NDArray[np.int32],
    b: NDArray[np.int32],
    owner: NDArray[np.int32],
    unit: NDArray[np.int32],
    partner: NDArray[np.int32],
) -> NDArray[np.int64]:
    """Return the nodes at which an edge was cut and meets its reverse on both sides."""
    if len(a) < 2:
        return np.zeros((0, 3), np.int64)
    cut = np.flatnonzero((owner[1:] == owner[:-1]) & (b[:-1] == a[1:]))
    cut = cut[(partner[cut] >= 0) & (partner[cut + 1] >= 0)]
    rows = [
        np.stack([b[cut], unit[owner[cut]], unit[owner[partner[cut + side]]]], axis=1)
        for side in (0, 1)
    ]
    found = np.unique(np.concatenate(rows).astype(np.int64), axis=0)
    return np.asarray(found[found[:, 1] != found[:, 2]])


def _placed(made: Arrangement, outer: NDArray[np.int32]) -> Arrangement:
    """Set every piece into the faces of others that it lies in."""
    holder = np.full(len(outer), -1, np.intp)
    lifted = np.zeros(len(outer), np.int64)
    if len(outer) > 1:
        face, piece = _containing(made, outer)
        np.add.at(lifted, piece, made.count[face])
        # The smallest face around a piece is the one that it lies in directly.
        order = np.lexsort((-made.area[face], piece))
        holder[piece[order]] = face[order]
    count = made.count + lifted[made.part]
    alias = np.arange(len(made.area))
    alias[outer] = holder
    inside: dict[int, list[int]] = {}
    for held in np.flatnonzero(holder >= 0).tolist():
        inside.setdefault(int(holder[held]), []).append(int(outer[held]))
    values = {**made.__dict__, "count": count.astype(np.int32), "inside": inside}
    values["face"] = alias[made.face]
    return Arrangement(**values)


def _containing(
    made: Arrangement, outer: NDArray[np.int32]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs of a bounded face and a piece of another that lies in it."""
    points = made.xy[made.a[made.first[outer] >> 1]]
    faces = np.flatnonzero(made.area > 0)
    box = tracing.boxes(made.xy, made.a, made.b, made.cycle, len(made.area))[faces]
    tree = shapely.STRtree(np.asarray(shapely.points(points)))
    at, piece = tree.query(shapely.box(*box.T))
    other = made.part[faces[at]] != piece
    at, piece = at[other], piece[other]
    some, place = np.unique(at, return_inverse=True)
    shapes = made._filled(faces[some])
    shapely.prepare(shapes)
    holds = shapely.contains_xy(shapes[place], points[piece, 0], points[piece, 1])
    return faces[at[holds]], piece[holds]
