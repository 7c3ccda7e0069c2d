"""Rings cut into arcs, each stored once, for millions of vertices at a time.

An arc is a longest run of edges with the same units to its left and the same to its
right. Two vertices are one when their bits are equal; nothing is moved or rounded,
and every ring can be put together again from its arcs, beginning where it began.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from numpy.typing import NDArray

Ints: TypeAlias = "NDArray[np.int64]"
Bools: TypeAlias = "NDArray[np.bool_]"
Floats: TypeAlias = "NDArray[np.float64]"


@dataclass(frozen=True)
class Arcs:
    """Arcs and the steps along them that draw each ring.

    ``xy[bounds[n]:bounds[n + 1]]`` are the vertices of arc ``n``, both ends included.
    Step ``i`` of ring ``ring[i]`` walks ``arc[i]``, as it is stored where ``ahead[i]``;
    a ring's steps follow each other. ``start[r]`` is how many vertices along its first
    step the ring's first vertex lies.
    """

    xy: Floats
    bounds: Ints
    ring: Ints
    arc: Ints
    ahead: Bools
    start: Ints

    def __len__(self) -> int:
        return len(self.bounds) - 1


def cut(xy: Floats, bounds: Ints, unit: Ints, left: Bools) -> Arcs:
    """Cut closed rings into arcs.

    Parameters
    ----------
    xy
        Vertices of all rings in any units, two or three ordinates; no vertex
        repeats the one before it.
    bounds
        Ring ``r`` is ``xy[bounds[r]:bounds[r + 1]]``, its last vertex its first.
    unit
        The unit that each ring draws, as a number.
    left
        Whether that unit lies to the left of the ring as drawn.
    """
    count = len(bounds) - 1
    if not count:
        none = np.zeros(0, np.int64)
        return Arcs(xy[:0], np.zeros(1, np.int64), none, none, none > 0, none)
    vertex = identified(xy)
    here = _Rings(bounds, vertex)
    turning = _junctions(here, unit, left)
    turning = _with_loops(here, turning, xy)
    return _runs(here, turning, xy)


def identified(xy: Floats) -> Ints:
    """Return a number for each vertex, one for those of equal bits."""
    words = np.ascontiguousarray(xy).view(np.uint64)
    value = words[:, 0]
    for column in range(1, words.shape[1]):
        value = _mix(value, words[:, column])
    number = np.asarray(pd.factorize(value)[0], np.int64)
    first = np.empty(int(number.max(initial=-1)) + 1, np.int64)
    first[number[::-1]] = np.arange(len(number))[::-1]
    if (words != words[first[number]]).any():  # two vertices with one hash
        number = np.unique(words, axis=0, return_inverse=True)[1].reshape(-1)
    return np.asarray(number, np.int64)


class _Rings:
    """The edges of closed rings; edge ``i`` leaves ``tail[i]`` for ``head[i]``."""

    def __init__(self, bounds: Ints, vertex: Ints) -> None:
        rings = np.arange(len(bounds) - 1)
        self.bounds = bounds
        self.first = bounds - np.arange(len(bounds))  # of the ring's edges
        self.size = np.diff(self.first)
        self.ring = np.repeat(rings, self.size)
        place = np.arange(self.first[-1]) + self.ring  # in the closed rings
        self.tail, self.head = vertex[place], vertex[place + 1]
        self.count = int(vertex.max()) + 1

    def before(self) -> Ints:
        """Return for each edge the one before it in its ring."""
        before = np.arange(len(self.ring)) - 1
        before[self.first[:-1]] = self.first[1:] - 1
        return before


def _junctions(here: _Rings, unit: Ints, left: Bools) -> Bools:
    """Return which vertices end an arc: not two edges, or not the same sides."""
    forward = here.tail < here.head
    low = np.where(forward, here.tail, here.head)
    high = np.where(forward, here.head, here.tail)
    edge, known = pd.factorize(low * here.count + high)
    number = (unit + 1).astype(np.uint64)[here.ring]
    one, other = (_mix(number, np.full_like(number, side)) for side in (1, 2))
    to_left = forward == left[here.ring]
    sides, swapped = np.zeros((2, len(known)), np.uint64)
    np.add.at(sides, edge, np.where(to_left, one, other))
    np.add.at(swapped, edge, np.where(to_left, other, one))
    walked = np.where(forward, sides[edge], swapped[edge])
    known = np.asarray(known)
    degree = np.bincount(known // here.count, minlength=here.count)
    degree += np.bincount(known % here.count, minlength=here.count)
    junction = degree != 2
    before = here.before()
    differs = (walked[before] != walked) | (edge[before] == edge)
    junction[here.tail[differs]] = True
    return np.asarray(junction)


def _with_loops(here: _Rings, junction: Bools, xy: Floats) -> Bools:
    """Make the smallest vertex of every ring without a junction one.

    The ring of the unit on its other side then begins there too.
    """
    some = np.bincount(here.ring, weights=junction[here.tail]) > 0
    loose = np.flatnonzero(~some[here.ring])
    if len(loose):
        corner = xy[loose + here.ring[loose]]
        order = np.lexsort((*corner.T[::-1], here.ring[loose]))
        ring = here.ring[loose][order]
        smallest = loose[order[np.r_[True, ring[1:] != ring[:-1]]]]
        junction = junction.copy()
        junction[here.tail[smallest]] = True
    return junction


def _runs(here: _Rings, junction: Bools, xy: Floats) -> Arcs:
    """Return the rings' runs between junctions, equal ones as one arc."""
    cuts = np.flatnonzero(junction[here.tail])
    ring = here.ring[cuts]
    initial = np.flatnonzero(np.r_[True, ring[1:] != ring[:-1]])
    final = np.r_[initial[1:], len(cuts)] - 1
    # The run that holds the ring's first vertex comes first.
    wraps = np.zeros(len(here.size), bool)
    wraps[:] = cuts[initial] != here.first[:-1]
    order = np.arange(len(cuts)) - wraps[ring]
    moved = wraps[ring[initial]]
    order[initial[moved]] = final[moved]
    begin = cuts[order]
    follows = np.arange(1, len(cuts) + 1)
    follows[final] = initial
    end = cuts[follows][order]  # the edge that begins the next run
    size = here.size[ring]
    length = (end - begin - 1) % size + 1
    last = here.first[ring] + (end - here.first[ring] - 1) % size
    one = here.tail[begin] * here.count + here.head[begin]
    other = here.head[last] * here.count + here.tail[last]
    arc, known = pd.factorize(np.minimum(one, other))
    drawn = np.empty(len(known), np.int64)
    drawn[arc[::-1]] = np.arange(len(arc))[::-1]
    start = np.where(wraps, here.first[1:] - cuts[final], 0)
    return Arcs(
        xy=xy[_places(here, begin[drawn], length[drawn])],
        bounds=np.r_[0, np.cumsum(length[drawn] + 1)],
        ring=ring,
        arc=np.asarray(arc, np.int64),
        ahead=one == one[drawn[arc]],
        start=start,
    )


def _places(here: _Rings, begin: Ints, length: Ints) -> Ints:
    """Return where the vertices of runs stand in the closed rings."""
    ring = here.ring[begin]
    run = np.repeat(np.arange(len(begin)), length + 1)
    along = counted(length + 1) + (begin - here.first[ring])[run]
    return np.asarray(here.bounds[ring][run] + along % here.size[ring][run])


def counted(lengths: Any) -> Ints:
    """Return 0, 1, 2… for each length, one after the other."""
    lengths = np.asarray(lengths, np.int64)
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.asarray(np.arange(total) - np.repeat(ends - lengths, lengths), np.int64)


def _mix(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return a 64-bit hash of each pair."""
    h = a * np.uint64(0x9E3779B97F4A7C15)
    h ^= h >> np.uint64(29)
    h = (h + b) * np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(32)
    return h * np.uint64(0x94D049BB133111EB)
