"""Several sources near each node: entries leave a heap by seconds, then by source.

Seeds are those of :mod:`geodata.network.kernels.searching`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.compiling import unlocked
from geodata.network.kernels.heap import drop, push


@unlocked
def k_nearest(
    indptr: Any, head: Any, cost_s: Any, seed_ptr: Any, seed_node: Any, seed_s: Any,
    limit_s: float, k: int,
) -> tuple[Any, Any]:  # fmt: skip
    """Return the ``k`` nearest sources of each node, (n, k), and the seconds."""
    count = len(indptr) - 1
    best = np.full((count, k), np.inf)
    owner = np.full((count, k), -1, np.int32)
    held = np.zeros(count, np.int32)
    room = len(head) + len(seed_node) + 1
    keys, values, ranks = (
        np.empty(room),
        np.empty(room, np.int32),
        np.empty(room, np.int32),
    )
    size = 0
    for source in range(len(seed_ptr) - 1):
        for at in range(seed_ptr[source], seed_ptr[source + 1]):
            if seed_s[at] <= limit_s:
                size = push(
                    keys, ranks, values, size, seed_s[at], source, seed_node[at]
                )
    while size:
        way, source, here = keys[0], ranks[0], values[0]
        size = drop(keys, ranks, values, size)
        if held[here] == k or _holds(owner[here], held[here], source):
            continue
        best[here, held[here]], owner[here, held[here]] = way, source
        held[here] += 1
        for arc in range(indptr[here], indptr[here + 1]):
            there = head[arc]
            new = way + cost_s[arc]
            if (
                new > limit_s
                or held[there] == k
                or _holds(owner[there], held[there], source)
            ):
                continue
            if size == room:
                room *= 2
                keys, values, ranks = (
                    _grown(keys, room), _grown(values, room), _grown(ranks, room)
                )  # fmt: skip
            size = push(keys, ranks, values, size, new, source, there)
    return owner, best


@unlocked
def _holds(owner: Any, held: int, source: int) -> bool:
    at = 0
    while at < held and owner[at] != source:
        at += 1
    return at < held


@unlocked
def _grown(array: Any, size: int) -> Any:
    larger = np.empty(size, array.dtype)
    larger[: len(array)] = array
    return larger
