"""Rooms filled pair by pair."""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.compiling import unlocked


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
