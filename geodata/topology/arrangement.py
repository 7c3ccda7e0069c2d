"""The places that unmatched edges enclose, and how many units cover each."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.topology import measure
from geodata.topology.kernels import arranging, boxes, simple, tracing

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.topology.metres import Metres

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
        shapes, doubt = self._filled(faces)
        within = np.zeros(len(self.area), bool)
        within[list(self.inside)] = True
        for place in np.flatnonzero(within[faces]).tolist():
            cycles = np.array(self.inside[int(faces[place])], np.intp)
            holes = shapely.make_valid(shapely.reverse(self._filled(cycles)[0]))
            whole = shapely.make_valid(shapes[place])
            shapes[place] = shapely.difference(whole, shapely.union_all(holes))
            doubt[place] = True
        asked = np.flatnonzero(doubt)
        for place in asked[
            ~shapely.is_valid(shapes[asked])
        ].tolist():  # few: a face that touches itself at a node
            fixed = shapely.make_valid(
                shapes[place], method="structure", keep_collapsed=False
            )
            shapes[place] = fixed
        return shapes

    def beside(
        self, faces: NDArray[np.intp], right: NDArray[np.bool_]
    ) -> list[tuple[int, ...]]:
        """Return for each face the units that draw its edges with it on their left.

        Or with it on their ``right``, where that is so.
        """
        if not len(faces):
            return []
        place = np.full(len(self.area) + 1, -1)
        place[faces] = np.arange(len(faces))
        most = int(self.unit.max(initial=0)) + 1
        marks = []
        for way in (False, True):
            at = place[self.face[2 * self.edge + way]]
            mine = (at >= 0) & (right[at] == way)
            marks.append(at[mine] * most + self.unit[mine])
        rows = distinct(np.concatenate(marks))
        bounds = np.searchsorted(rows, np.arange(len(faces) + 1) * most).tolist()
        values = (rows % most).tolist()
        return [tuple(values[low:high]) for low, high in itertools.pairwise(bounds)]

    def measured(
        self, metres: Metres
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the length and about the mean width of every cycle in metres."""
        scale = metres.scale(tracing.middles(self.xy, self.a, self.b))
        asked = self.xy, self.a, self.b, self.cycle, scale, len(self.area)
        around, factor = tracing.lengths(*asked)
        area = np.abs(self.area) / 2 * factor
        return around, measure.strip_width(area, around)

    def _filled(
        self, cycles: NDArray[np.intp]
    ) -> tuple[NDArray[Any], NDArray[np.bool_]]:
        """Return cycles as polygons, and which of them may touch themselves."""
        if not len(cycles):
            return np.empty(0, dtype=object), np.zeros(0, bool)
        xy, ring = tracing.walk(self.first[cycles], self.after, self.a, self.b, self.xy)
        start = np.searchsorted(ring, np.arange(len(cycles) + 1))
        rings = shapely.linearrings(xy, indices=ring)
        return np.asarray(shapely.polygons(rings)), simple.doubtful(xy, start)


def distinct(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return each whole number once, in order: faster than numpy's for many."""
    values = np.sort(values)
    if not len(values):
        return values
    return values[np.r_[True, values[1:] != values[:-1]]]


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
    node, xy, moved = arranging.nodes_of(np.concatenate([start, end]), eps, count)
    several = np.zeros(len(xy), bool)
    several[node[moved]] = True
    noisy = distinct(np.concatenate([unit, unit])[several[node]])
    a, b = node[:count], node[count:]
    alive = arranging.cancel(a, b) == -1
    a, b, unit = a[alive], b[alive], unit[alive]
    drawn = np.concatenate([a, b]), np.concatenate([unit, unit])
    original = len(xy)
    xy, a, b, owner = _noded(xy, a, b, eps)
    partner = arranging.cancel(a, b)
    lacking = _lacking(a, b, owner, unit, partner)
    alive = partner == -1
    a, b, unit = a[alive], b[alive], unit[owner[alive]]
    mine, lead = _merged(a, b)
    weight = np.bincount(mine, minlength=len(lead)).astype(np.int32)
    given = {"original": original, "edge": mine, "unit": unit, "drawn": drawn}
    given.update(noisy=noisy, lacking=lacking)
    return _traced(xy, a[lead], b[lead], weight, given)


def overlay(
    start: NDArray[np.float64],
    end: NDArray[np.float64],
    unit: NDArray[np.int32],
    eps: float,
) -> tuple[Arrangement, NDArray[np.int32], NDArray[np.bool_]]:
    """Return the arrangement of edges with those kept that others draw backwards.

    Returns
    -------
    tuple
        The arrangement; for each of its edges how many more units lie to its left
        than to its right by that edge; parallel to ``unit`` in it, whether that
        unit lies to the left.

    Raises
    ------
    CrowdedError
        When more edges cross than any layer of borders has.
    """
    count = len(start)
    node, xy, _ = arranging.nodes_of(np.concatenate([start, end]), eps, count)
    a, b = node[:count], node[count:]
    alive = a != b
    a, b, unit = a[alive], b[alive], unit[alive]
    # Each edge once before it is cut: two cuts at one crossing would be two nodes.
    drawn, lead = _merged(np.minimum(a, b), np.maximum(a, b))
    ahead = a < b
    original = len(xy)
    xy, a, b, owner = _noded(xy, np.minimum(a, b)[lead], np.maximum(a, b)[lead], eps)
    mine, lead = _merged(np.minimum(a, b), np.maximum(a, b))
    # Every piece for every unit that draws the edge it is of.
    order = np.argsort(owner, kind="stable")
    begin = np.searchsorted(owner[order], np.arange(drawn.max(initial=-1) + 2))
    many = (begin[1:] - begin[:-1])[drawn]
    whose = np.repeat(np.arange(len(drawn)), many)
    within = np.arange(len(whose)) - np.repeat(np.cumsum(many) - many, many)
    piece = order[begin[drawn[whose]] + within]
    forward = ahead[whose] == (a < b)[piece]
    edge = mine[piece]
    net = np.bincount(edge, np.where(forward, 1, -1), minlength=len(lead))
    weight = net.astype(np.int32)
    low, high = np.minimum(a, b)[lead], np.maximum(a, b)[lead]
    none = np.zeros(0, np.int32)
    given = {"original": original, "edge": edge, "unit": unit[whose]}
    given.update(drawn=(none, none), noisy=none, lacking=np.zeros((0, 3), np.int64))
    return _traced(xy, low, high, weight, given), weight, forward


def _noded(
    xy: NDArray[np.float64], a: NDArray[np.int32], b: NDArray[np.int32], eps: float
) -> tuple[
    NDArray[np.float64], NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]
]:
    """Cut edges where they meet; return nodes, pieces, and the edge of each piece."""
    reach = np.abs(xy[a] - xy[b]).max(axis=1) if len(a) else np.ones(1)
    cell = max(2 * float(reach.mean()), FINEST * eps)
    most = LEAST_WORK + MOST_WORK * len(a)
    fine, edge, share, at, new = arranging.cuts(xy, a, b, cell, 2 * eps, most)
    if not fine:
        raise CrowdedError
    a, b, owner = arranging.cut_up(a, b, edge, share, at)
    return np.concatenate([xy, new]), a, b, owner


def _merged(
    a: NDArray[np.int32], b: NDArray[np.int32]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return for each edge the number of those between its nodes, and one of each."""
    first, _ = tracing.merge(a, b)
    lead = np.flatnonzero(first == np.arange(len(first)))
    number = np.zeros(len(first), np.intp)
    number[lead] = np.arange(len(lead))
    return number[first], lead


def _traced(
    xy: NDArray[np.float64],
    a: NDArray[np.int32],
    b: NDArray[np.int32],
    weight: NDArray[np.int32],
    given: dict[str, Any],
) -> Arrangement:
    """Return the faces between edges that meet only at their ends."""
    traced = tracing.trace(xy, a, b, weight)
    cycle, begin, after, area, part, relative, outer, wrong = traced
    made = Arrangement(
        xy=xy,
        a=a,
        b=b,
        cycle=cycle,
        face=cycle.astype(np.intp),
        part=part,
        count=relative,
        area=area,
        first=begin,
        after=after,
        inside={},
        wrong=wrong[part] if len(part) else wrong,
        **given,
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
    at, piece = boxes.meeting(box, *boxes.packed(box), np.concatenate([points] * 2, 1))
    other = made.part[faces[at]] != piece
    at, piece = at[other], piece[other]
    some, place = np.unique(at, return_inverse=True)
    shapes, _ = made._filled(faces[some])
    shapely.prepare(shapes)
    holds = shapely.contains_xy(shapes[place], points[piece, 0], points[piece, 1])
    return faces[at[holds]], piece[holds]
