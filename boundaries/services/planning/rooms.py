"""Who finds room while facilities change, from what is known of those that do not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geodata.network.access import catchment, stepped
from geodata.network.graph import Pairs
from geodata.network.siting import kernels

if TYPE_CHECKING:
    from collections.abc import Sequence

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]


class Rooms:
    """Room of facilities shared among the people they reach.

    Parameters
    ----------
    lanes
        For each way to travel whose points, and which of them each facility reaches.
    room
        (f,) places of each facility, NaN where they are not known.
    weight, need
        (p,) people of each point, and those of them in need of a place.

    Notes
    -----
    Pairs are ordered once. An answer goes through them with those of changed
    facilities merged in, and so serves as :func:`geodata.network.access.fill` does.
    """

    def __init__(
        self, lanes: Sequence[tuple[Longs, Pairs]], room: Floats, weight: Floats,
        need: Floats,
    ) -> None:  # fmt: skip
        self.room = np.where(room > 0, room, 0.0)
        self.weight, self.need = weight, need
        found = _together(lanes, len(room))
        shares = catchment(found, self.room, weight, stepped(found))
        self.ratio, self.score = shares.ratio, shares.score
        source = found.source
        order = np.lexsort((found.target, source, found.cost_s))
        self._source, self._target = source[order], found.target[order]
        self._cost = found.cost_s[order]
        self._pairs = found

    def served(self, gone: Sequence[int], changed: Changed) -> tuple[Floats, Floats]:
        """Return (p,) who finds room, and places each person can count on.

        Parameters
        ----------
        gone
            Facilities that are not as they were.
        changed
            What stands instead, or newly.
        """
        skip = np.zeros(len(self.room), bool)
        skip[list(gone)] = True
        people = self.need.copy()
        room = np.concatenate((self.room, changed.room))
        kernels.refill(
            self._source, self._target, self._cost, skip,
            (changed.number + len(self.room)).astype(np.int32),
            changed.rank.astype(np.int32), changed.target.astype(np.int32),
            changed.cost_s, room, people,
        )  # fmt: skip
        return self.need - people, self._score(gone, changed)

    def _score(self, gone: Sequence[int], changed: Changed) -> Floats:
        score = self.score.copy()
        for facility in gone:
            row = slice(*self._pairs.indptr[facility : facility + 2])
            one = _one(self._pairs.target[row], self._pairs.cost_s[row])
            np.subtract.at(score, one.target, stepped(one) * self.ratio[facility])
        for at, room in enumerate(changed.room.tolist()):
            mine = changed.number == at
            one = _one(changed.target[mine], changed.cost_s[mine])
            times = stepped(one)
            coming = float((times * self.weight[one.target]).sum())
            if coming > 0:
                np.add.at(score, one.target, times * (room / coming))
        return score


class Changed:
    """The pairs of facilities that changed, nearest first.

    Parameters
    ----------
    rows
        For each of them where it stands among all facilities, its room, the points
        it reaches and the seconds to each.
    """

    def __init__(self, rows: Sequence[tuple[int, float, Longs, Floats]]) -> None:
        none = np.empty(0, np.int64)
        room = np.array([row[1] for row in rows], np.float64)
        self.room = np.where(room > 0, room, 0.0)
        size = [len(row[2]) for row in rows]
        number = np.repeat(np.arange(len(rows)), size)
        rank = np.repeat(np.array([row[0] for row in rows], np.int64), size)
        target = np.concatenate([none, *(row[2] for row in rows)]).astype(np.int64)
        cost = np.concatenate([np.empty(0), *(row[3] for row in rows)])
        order = np.lexsort((target, rank, cost))
        self.number, self.rank = number[order], rank[order]
        self.target, self.cost_s = target[order], cost[order]


def _one(target: npt.NDArray[np.int32] | Longs, cost: Floats) -> Pairs:
    return Pairs(np.array([0, len(target)]), target.astype(np.int32), cost)


def _together(lanes: Sequence[tuple[Longs, Pairs]], count: int) -> Pairs:
    """Return the pairs of all ways to travel, by facility and point."""
    source: list[Any] = [np.empty(0, np.int64), *(found.source for _, found in lanes)]
    target: list[Any] = [np.empty(0, np.int64)]
    target += [here[found.target] for here, found in lanes]
    cost = [np.empty(0), *(found.cost_s for _, found in lanes)]
    sources, targets = np.concatenate(source), np.concatenate(target)
    order = np.lexsort((targets, sources))
    indptr = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(sources, minlength=count), out=indptr[1:])
    return Pairs(indptr, targets[order].astype(np.int32), np.concatenate(cost)[order])
