"""Dividing a piece of land among centres: connected parts of wanted sizes."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from demonstration.atoms import Atoms, Ints


class Neighbours:
    """Which atoms touch, and what it costs to go from one to the other."""

    def __init__(self, atoms: Atoms, cost: NDArray[np.float64]) -> None:
        self.atoms = atoms
        self.lists: list[list[tuple[int, float]]] = [[] for _ in atoms.seeds]
        ok = (atoms.sides >= 0).all(axis=1)
        for (a, b), price in zip(atoms.sides[ok], cost[ok], strict=True):
            if atoms.land[a] and atoms.land[b]:
                self.lists[a].append((int(b), float(price)))
                self.lists[b].append((int(a), float(price)))

    def grow(
        self,
        members: NDArray[np.bool_],
        centres: Sequence[int],
        slowness: NDArray[np.float64],
    ) -> Ints:
        """Return for each member the centre that reaches it first, -1 for others.

        Each centre spreads over its own ground only, at its own ``slowness``, so
        every part is connected.
        """
        owner = np.full(len(members), -1, dtype=np.int64)
        queue = [(0.0, number, atom) for number, atom in enumerate(centres)]
        slow = slowness.tolist()
        inside = members.tolist()
        taken = [-1] * len(inside)
        while queue:
            distance, number, atom = heapq.heappop(queue)
            if taken[atom] >= 0:
                continue
            taken[atom] = number
            for other, price in self.lists[atom]:
                if inside[other] and taken[other] < 0:
                    heapq.heappush(
                        queue, (distance + price * slow[number], number, other)
                    )
        owner[:] = taken
        return owner

    def way(self, start: int, end: int) -> list[int]:
        """Return the atoms on the cheapest way from one atom to another."""
        came = {start: start}
        done: set[int] = set()
        queue = [(0.0, start, start)]
        while queue:
            distance, atom, before = heapq.heappop(queue)
            if atom in done:
                continue
            done.add(atom)
            came[atom] = before
            if atom == end:
                break
            for other, price in self.lists[atom]:
                if other not in done:
                    heapq.heappush(queue, (distance + price, other, atom))
        if end not in done:
            return []
        way = [end]
        while way[-1] != start:
            way.append(came[way[-1]])
        return way[::-1]

    def divide(
        self,
        members: NDArray[np.bool_],
        centres: Sequence[int],
        shares: Sequence[float],
        *,
        rounds: int = 24,
        follow: bool = False,
    ) -> Ints:
        """Return a division of ``members`` whose areas come near ``shares``.

        With ``follow`` centres move to the middle of their part, which makes parts
        compact.
        """
        wanted = np.asarray(shares, dtype=float)
        wanted = wanted / wanted.sum() * self.atoms.area_m2[members].sum()
        slowness = np.ones(len(wanted))
        places = list(centres)
        best, best_error = self.grow(members, places, slowness), np.inf
        for turn in range(rounds):
            owner = self.grow(members, places, slowness)
            area = np.bincount(
                owner[members] + 1, self.atoms.area_m2[members], len(wanted) + 1
            )[1:]
            ratio = np.maximum(area, 1) / wanted
            error = float(np.abs(np.log(ratio)).max())
            if error < best_error:
                best, best_error = owner, error
            slowness *= np.clip(ratio, 0.4, 2.5) ** 0.35
            if follow and turn % 4 == 3 and turn < rounds - 8:
                places = [self._middle(owner == n, p) for n, p in enumerate(places)]
                best_error = np.inf
        return best

    def _middle(self, part: NDArray[np.bool_], otherwise: int) -> int:
        """Return the atom of a part nearest to its middle."""
        inside = np.flatnonzero(part)
        if not len(inside):
            return otherwise
        middle = np.average(
            self.atoms.seeds[inside], axis=0, weights=self.atoms.area_m2[inside]
        )
        gaps = np.hypot(*(self.atoms.seeds[inside] - middle).T)
        return int(inside[gaps.argmin()])

    def spread(
        self, members: NDArray[np.bool_], count: int, rng: np.random.Generator
    ) -> list[int]:
        """Return ``count`` atoms scattered over ``members``, far from each other."""
        inside = np.flatnonzero(members)
        chosen = [int(rng.choice(inside))]
        away = np.hypot(*(self.atoms.seeds[inside] - self.atoms.seeds[chosen[0]]).T)
        while len(chosen) < count:
            score = away * rng.uniform(0.55, 1.0, len(inside))
            chosen.append(int(inside[score.argmax()]))
            gap = np.hypot(*(self.atoms.seeds[inside] - self.atoms.seeds[chosen[-1]]).T)
            away = np.minimum(away, gap)
        return chosen
