"""Places shared among people, on numpy alone: see ``kernels.sharing``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from geodata.network.graph import Floats, Ints, Longs


def shares(
    starts: Longs, target: Ints, weight: Floats, rooms: Floats, people: Floats
) -> tuple[Floats, Floats]:
    """Return rooms a weighted person of each source, and their sums by target."""
    count = np.diff(starts)
    source = np.repeat(np.arange(len(rooms)), count)
    coming = np.bincount(source, weight * people[target], minlength=len(rooms))
    ratio = np.divide(rooms, coming, out=np.zeros(len(rooms)), where=coming > 0)
    share = np.repeat(ratio, count) * weight
    return ratio, np.bincount(target, share, minlength=len(people)).astype(np.float64)


def banded(seconds: Floats, limits: Floats, weights: Floats) -> Floats:
    """Return the weight of the first limit not exceeded, 0 beyond the last."""
    found: Floats = np.append(weights, 0.0)[np.searchsorted(limits, seconds)]
    return found


def filled(
    order: Longs, source: Ints, target: Ints, room: Floats, people: Floats
) -> Floats:
    """Return the people of each pair; ``room`` and ``people`` become what is left."""
    flow = np.zeros(len(order))
    for pair in order.tolist():
        at, place = source[pair], target[pair]
        taken = min(room[at], people[place])
        if taken > 0:
            flow[pair] = taken
            room[at] -= taken
            people[place] -= taken
    return flow
