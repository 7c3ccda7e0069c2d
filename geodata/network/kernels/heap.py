"""A heap of four children to a node over flat arrays; entries may be outdated.

Of equal keys the lower rank comes first.
"""

from __future__ import annotations

from typing import Any

from geodata.compiling import unlocked


@unlocked
def push(
    keys: Any, ranks: Any, values: Any, size: int, key: float, rank: int, value: int
) -> int:
    """Add an entry to the ``size`` there are; return how many there are now."""
    at = size
    while at > 0:
        above = (at - 1) >> 2
        if keys[above] < key or (keys[above] == key and ranks[above] <= rank):
            break
        keys[at] = keys[above]
        ranks[at] = ranks[above]
        values[at] = values[above]
        at = above
    keys[at] = key
    ranks[at] = rank
    values[at] = value
    return size + 1


@unlocked
def drop(keys: Any, ranks: Any, values: Any, size: int) -> int:
    """Take out the first of ``size`` entries; return how many are left."""
    size -= 1
    key, rank, value = keys[size], ranks[size], values[size]
    at = 0
    while True:
        least = 4 * at + 1
        if least >= size:
            break
        for child in range(least + 1, min(least + 4, size)):
            if keys[child] < keys[least] or (
                keys[child] == keys[least] and ranks[child] < ranks[least]
            ):
                least = child
        if keys[least] > key or (keys[least] == key and ranks[least] >= rank):
            break
        keys[at] = keys[least]
        ranks[at] = ranks[least]
        values[at] = values[least]
        at = least
    keys[at] = key
    ranks[at] = rank
    values[at] = value
    return size
