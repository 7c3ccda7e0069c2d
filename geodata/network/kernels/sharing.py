"""Places shared among people, pair by pair."""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.compiling import unlocked


@unlocked
def shares(
    starts: Any, target: Any, weight: Any, rooms: Any, people: Any
) -> tuple[Any, Any]:
    """Return rooms a weighted person of each source, and their sums by target."""
    ratio = np.zeros(len(rooms))
    score = np.zeros(len(people))
    for source in range(len(rooms)):
        coming = 0.0
        for at in range(starts[source], starts[source + 1]):
            coming += weight[at] * people[target[at]]
        if coming > 0.0:
            each = rooms[source] / coming
            ratio[source] = each
            for at in range(starts[source], starts[source + 1]):
                score[target[at]] += weight[at] * each
    return ratio, score


@unlocked
def banded(seconds: Any, limits: Any, weights: Any) -> Any:
    """Return the weight of the first limit not exceeded, 0 beyond the last."""
    found = np.empty(len(seconds))
    of = np.zeros(len(weights) + 1)
    of[:-1] = weights
    for at in range(len(seconds)):
        band = 0
        for limit in limits:  # all of them: a jump guessed wrong costs more
            band += seconds[at] > limit
        found[at] = of[band]
    return found


@unlocked
def filled(order: Any, source: Any, target: Any, room: Any, people: Any) -> Any:
    """Return the people of each pair; ``room`` and ``people`` become what is left."""
    flow = np.zeros(len(order))
    for at in range(len(order)):
        pair = order[at]
        taken = min(room[source[pair]], people[target[pair]])
        if taken > 0.0:
            flow[pair] = taken
            room[source[pair]] -= taken
            people[target[pair]] -= taken
    return flow
