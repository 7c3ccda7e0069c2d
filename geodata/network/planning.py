"""What if: one facility added, moved or closed, and only what it changes computed.

Each facility's pairs are kept. A change searches the streets once, from the facility
itself; the places it gains or loses are settled from the pairs there are. The arrays
are those of a computation from nothing, to the bit: costs along a path are summed in
the same order, and of facilities equally near the lower number counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import InputError, NotFoundError, Text
from geodata.network.graph import Pairs, Spots
from geodata.network.reach import Places
from geodata.network.siting import kernels

if TYPE_CHECKING:
    import numpy.typing as npt

    from geodata.network.graph import Floats, Graph, Ints

_ROOM = 1.5
"""How much more than needed is taken when the pairs outgrow their room."""


class Planning:
    """The nearest facility of every place, kept while facilities change.

    Parameters
    ----------
    graph
        How people travel to a facility (``network.graph(…).reverse()``).
    places
        Where people are; or places hung on the graph already, to be shared by
        several plans.
    limit_s
        (p,) seconds the people of each place may take.

    Attributes
    ----------
    source, cost_s
        (p,) number of the nearest facility within the limit (-1: none) and seconds
        to it (inf). Numbers are given in order and never again to another.
    """

    def __init__(
        self, graph: Graph, places: Spots | Places, limit_s: npt.ArrayLike
    ) -> None:
        self.places = places if isinstance(places, Places) else Places(graph, places)
        count = len(self.places.targets)
        self.limit_s: Floats = np.broadcast_to(
            np.asarray(limit_s, np.float64), (count,)
        )
        self.source: Ints = np.full(count, -1, np.int32)
        self.cost_s: Floats = np.full(count, np.inf)
        self._begin = np.zeros(0, np.int64)
        self._size = np.zeros(0, np.int64)
        self._target, self._cost = np.empty(0, np.int32), np.empty(0)
        self._used = 0
        self._flag = np.zeros(count, bool)
        self._own: list[float] = []

    def __len__(self) -> int:
        return len(self._own)

    def add(self, spots: Spots, own_s: npt.ArrayLike = -1.0) -> range:
        """Add facilities and return their numbers.

        Parameters
        ----------
        spots
            Where they are; those that are nowhere (edge -1) reach nobody.
        own_s
            Seconds that hold for a facility instead of its places' limits; below 0:
            theirs hold.
        """
        own = np.broadcast_to(np.asarray(own_s, np.float64), (len(spots),))
        return self.hold(self.places.pairs(spots, self.farthest(own)), own)

    def hold(self, found: Pairs, own_s: npt.ArrayLike = -1.0) -> range:
        """Add facilities of which it is known already whom they reach.

        Parameters
        ----------
        found
            Facility to place, at least as far as :meth:`farthest` of ``own_s``.
        own_s
            As of :meth:`add`.
        """
        first, more = len(self), len(found)
        self._own += np.broadcast_to(np.asarray(own_s, np.float64), (more,)).tolist()
        self._begin = np.concatenate((self._begin, np.zeros(more, np.int64)))
        self._size = np.concatenate((self._size, np.zeros(more, np.int64)))
        for at in range(more):
            row = slice(found.indptr[at], found.indptr[at + 1])
            self._hold(first + at, found.target[row], found.cost_s[row])
        return range(first, len(self))

    def move(self, number: int, spot: Spots) -> None:
        """Put a facility somewhere else."""
        self.close(number)
        own = self._own[number]
        found = self.places.pairs(spot, self.farthest(np.array([own])))
        self._hold(number, found.target, found.cost_s)

    def close(self, number: int) -> None:
        """Take a facility away; it may be moved back."""
        if not 0 <= number < len(self):
            raise NotFoundError(
                Text(f"没有编号为 {number} 的设施。", f"There is no facility {number}.")
            )
        begin, size = self._begin[number], self._size[number]
        lost = self._target[begin : begin + size].copy()
        self._size[number] = 0
        kernels.release(
            number, lost, self._begin, self._size, self._target, self._cost,
            self.source, self.cost_s, self._flag,
        )  # fmt: skip

    def reached_by(self, number: int) -> tuple[Ints, Floats]:
        """Return the places a facility reaches, nearest or not, and the seconds."""
        begin = self._begin[number]
        row = slice(begin, begin + self._size[number])
        return self._target[row].copy(), self._cost[row].copy()

    def pairs(self) -> Pairs:
        """Return which places each facility reaches now."""
        size, begin = self._size, self._begin
        rows = [np.arange(b, b + s) for b, s in zip(begin, size, strict=True)]
        use = np.concatenate(rows or [np.empty(0, np.int64)]).astype(np.int64)
        indptr = np.concatenate(([0], np.cumsum(size))).astype(np.int64)
        return Pairs(indptr, self._target[use], self._cost[use])

    def copy(self) -> Planning:
        """Return the same state, to be changed apart; places are shared."""
        other = Planning(self.places.graph, self.places, self.limit_s)
        other.source, other.cost_s = self.source.copy(), self.cost_s.copy()
        other._begin, other._size = self._begin.copy(), self._size.copy()
        other._target, other._cost = self._target.copy(), self._cost.copy()
        other._used, other._own = self._used, list(self._own)
        return other

    def farthest(self, own: Floats) -> float:
        """Return the seconds a search from facilities must go: ``own`` as of add."""
        if not len(self.limit_s):
            return 0.0
        usual = float(self.limit_s.max()) if (own < 0).any() else 0.0
        return max(usual, float(own.max(initial=0.0)))

    def _hold(self, number: int, target: Ints, cost: Floats) -> None:
        """Keep a facility's pairs and give it the places it is nearest to."""
        near = kernels.allowed(target, cost, self.limit_s, self._own[number])
        target, cost = target[near], cost[near]
        if self._used + len(target) > len(self._target):
            self._make_room(len(target))
        self._begin[number], self._size[number] = self._used, len(target)
        into = slice(self._used, self._used + len(target))
        self._target[into], self._cost[into] = target, cost
        self._used += len(target)
        kernels.take(number, target, cost, self.source, self.cost_s)

    def _make_room(self, more: int) -> None:
        """Put the pairs that still count together, with room for others."""
        kept = self.pairs()
        count = len(kept.target)
        room = int((count + more) * _ROOM) + 1024
        target, cost = np.empty(room, np.int32), np.empty(room)
        target[:count], cost[:count] = kept.target, kept.cost_s
        self._target, self._cost, self._used = target, cost, count
        self._begin = kept.indptr[:-1].copy()


def one(edge: int, along_m: float, snap_m: float) -> Spots:
    """Return one place on an edge."""
    if not (np.isfinite(along_m) and np.isfinite(snap_m) and snap_m >= 0):
        raise InputError(Text("位置不是数。", "The place is no number."))
    return Spots(np.array([edge], np.int32), np.array([along_m]), np.array([snap_m]))
