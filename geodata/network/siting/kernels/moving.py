"""A facility more or less: what changes for the places it reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.compiling import compiled

if TYPE_CHECKING:
    from geodata.network.siting.kernels.words import Bounds, Flags, Floats, Ints


@compiled
def allowed(target: Ints, cost: Floats, limit: Floats, own: float) -> Flags:
    """Return which pairs are within the place's limit, or the facility's own (≥ 0)."""
    found = np.empty(len(target), np.bool_)
    for at in range(len(target)):
        most = own if own >= 0 else limit[target[at]]
        found[at] = cost[at] <= most
    return found


@compiled
def take(
    slot: int, target: Ints, cost: Floats, source: Ints, best: Floats
) -> None:  # fmt: skip
    """Give a facility the places it is nearest to; of equals the lower number is."""
    for at in range(len(target)):
        place = target[at]
        nearer = cost[at] < best[place]
        if nearer or (cost[at] == best[place] and slot < source[place]):
            best[place], source[place] = cost[at], slot


@compiled
def release(
    slot: int, lost: Ints, begin: Bounds, size: Bounds, target: Ints, cost: Floats,
    source: Ints, best: Floats, flag: Flags,
) -> None:  # fmt: skip
    """Take a facility's places from it and give each to the next nearest."""
    some = False
    for place in lost:
        if source[place] == slot:
            source[place], best[place] = -1, np.inf
            flag[place] = some = True
    if some:
        for other in range(len(begin)):
            if other == slot:
                continue
            for at in range(begin[other], begin[other] + size[other]):
                place = target[at]
                if not flag[place]:
                    continue
                nearer = cost[at] < best[place]
                if nearer or (cost[at] == best[place] and other < source[place]):
                    best[place], source[place] = cost[at], other
    for place in lost:
        flag[place] = False


@compiled
def refill(
    source: Ints, target: Ints, cost: Floats, gone: Flags,
    other: Ints, rank: Ints, other_target: Ints, other_cost: Floats,
    room: Floats, people: Floats,
) -> None:  # fmt: skip
    """Serve the nearest pair first; ``room`` and ``people`` become what is left.

    Two lists of pairs, each by seconds, facility and place: those of facilities that
    are as they were (``gone``: not so), and of the others, which stand by ``rank``
    among facilities equally near.
    """
    at = by = 0
    while at < len(source) or by < len(other):
        if at < len(source) and gone[source[at]]:
            at += 1
            continue
        first = by >= len(other)
        if not first and at < len(source):
            if cost[at] != other_cost[by]:
                first = cost[at] < other_cost[by]
            else:
                first = source[at] < rank[by]
        if first:
            facility, place = source[at], target[at]
            at += 1
        else:
            facility, place = other[by], other_target[by]
            by += 1
        taken = min(room[facility], people[place])
        if taken > 0.0:
            room[facility] -= taken
            people[place] -= taken
