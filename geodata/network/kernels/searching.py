"""Dijkstra's search from places on edges, as far as a limit.

A source enters the graph by the nodes at the ends of its edge: ``seed_ptr`` says
which of ``seed_node`` and ``seed_s`` are its. A target hangs on nodes the same way:
the hooks of node ``v`` are ``hook_ptr[v]:hook_ptr[v + 1]``.

What waits lies unordered in buckets by its seconds; only the bucket at hand is a
heap, so the heap stays small and nearly all of it in the nearest cache. Everything
beyond the last bucket lies in the last one, which costs time but no exactness.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.compiling import unlocked
from geodata.network.kernels.heap import drop, drop_ranked, push, push_ranked


@unlocked
def spread(
    indptr: Any, head: Any, cost_s: Any, seed_node: Any, seed_s: Any, limit_s: float,
    scale: float, best: Any, keys: Any, values: Any,
    waiting_s: Any, waiting: Any, after: Any, first: Any, node: Any,
) -> int:  # fmt: skip
    """Search from one source; return how many nodes were reached.

    They are written to ``node``, nearest first, and their seconds to ``best``, which
    comes infinite everywhere; the caller puts it back. ``first`` comes and goes -1:
    the first entry of each bucket, of ``1 / scale`` seconds each.
    """
    last = len(first) - 1
    size, used, bucket, highest, count = 0, 0, -1, -1, 0
    for at in range(len(seed_node)):
        start, way = seed_node[at], seed_s[at]
        if way <= limit_s and way < best[start]:
            best[start] = way
            into = int(min(way * scale, last))
            waiting_s[used], waiting[used], after[used] = way, start, first[into]
            first[into] = used
            used += 1
            highest = max(highest, into)
    while True:
        while size == 0 and bucket < highest:
            bucket += 1
            at = first[bucket]
            first[bucket] = -1
            while at >= 0:
                if waiting_s[at] == best[waiting[at]]:
                    size = push(keys, values, size, waiting_s[at], waiting[at])
                at = after[at]
        if size == 0:
            return count
        way, here = keys[0], values[0]
        size = drop(keys, values, size)
        if way > best[here]:
            continue
        node[count] = here
        count += 1
        for arc in range(indptr[here], indptr[here + 1]):
            there = head[arc]
            new = way + cost_s[arc]
            if new <= limit_s and new < best[there]:
                best[there] = new
                into = int(min(new * scale, last))
                if into <= bucket:
                    size = push(keys, values, size, new, there)
                else:
                    waiting_s[used], waiting[used] = new, there
                    after[used] = first[into]
                    first[into] = used
                    used += 1
                    highest = max(highest, into)


@unlocked
def reached(
    indptr: Any, head: Any, cost_s: Any, seed_ptr: Any, seed_node: Any, seed_s: Any,
    limit_s: float, scale: float, begin_at: int, end_at: int,
    best: Any, keys: Any, values: Any, waiting_s: Any, waiting: Any, after: Any,
    first: Any, touched: Any,
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Return for sources ``begin_at`` to ``end_at``: counts, nodes and seconds."""
    counts = np.zeros(end_at - begin_at, np.int64)
    node = np.empty(1024, np.int32)
    seconds = np.empty(1024)
    free = 0
    for source in range(begin_at, end_at):
        begin, end = seed_ptr[source], seed_ptr[source + 1]
        found = spread(
            indptr, head, cost_s, seed_node[begin:end], seed_s[begin:end], limit_s,
            scale, best, keys, values, waiting_s, waiting, after, first, touched,
        )  # fmt: skip
        counts[source - begin_at] = found
        if free + found > len(node):
            size = max(2 * len(node), free + found)
            more, longer = np.empty(size, np.int32), np.empty(size)
            more[:free], longer[:free] = node[:free], seconds[:free]
            node, seconds = more, longer
        for at in range(found):
            here = touched[at]
            node[free] = here
            seconds[free] = best[here]
            best[here] = np.inf
            free += 1
    return counts, node[:free], seconds[:free]


@unlocked
def paired(
    indptr: Any, head: Any, cost_s: Any, seed_ptr: Any, seed_node: Any, seed_s: Any,
    hook_ptr: Any, hook_target: Any, hook_s: Any,
    straight_ptr: Any, straight_target: Any, straight_s: Any,
    limit_s: float, scale: float, begin_at: int, end_at: int,
    best: Any, keys: Any, values: Any, waiting_s: Any, waiting: Any, after: Any,
    first: Any, touched: Any, least: Any, found: Any,
) -> tuple[Any, Any, Any]:  # fmt: skip
    """Return for sources ``begin_at`` to ``end_at``: counts, targets, seconds.

    ``straight`` are the targets of each source on its own edge. Targets ascend.
    """
    counts = np.zeros(end_at - begin_at, np.int64)
    target = np.empty(1024, np.int32)
    seconds = np.empty(1024)
    free = 0
    for source in range(begin_at, end_at):
        begin, end = seed_ptr[source], seed_ptr[source + 1]
        nodes = spread(
            indptr, head, cost_s, seed_node[begin:end], seed_s[begin:end], limit_s,
            scale, best, keys, values, waiting_s, waiting, after, first, touched,
        )  # fmt: skip
        size = 0
        for at in range(straight_ptr[source], straight_ptr[source + 1]):
            size = _meet(
                straight_target[at], straight_s[at], limit_s, least, found, size
            )
        for at in range(nodes):
            here = touched[at]
            way = best[here]
            best[here] = np.inf
            for hook in range(hook_ptr[here], hook_ptr[here + 1]):
                size = _meet(
                    hook_target[hook], way + hook_s[hook], limit_s, least, found, size
                )
        counts[source - begin_at] = size
        if free + size > len(target):
            room = max(2 * len(target), free + size)
            more, longer = np.empty(room, np.int32), np.empty(room)
            more[:free], longer[:free] = target[:free], seconds[:free]
            target, seconds = more, longer
        found[:size].sort()
        for at in range(size):
            there = found[at]
            target[free] = there
            seconds[free] = least[there]
            least[there] = np.inf
            free += 1
    return counts, target[:free], seconds[:free]


@unlocked
def _meet(
    there: int, way: float, limit_s: float, least: Any, found: Any, size: int
) -> int:
    if way <= limit_s and way < least[there]:
        if least[there] == np.inf:
            found[size] = there
            size += 1
        least[there] = way
    return size


@unlocked
def nearest(
    indptr: Any, head: Any, cost_s: Any, seed_ptr: Any, seed_node: Any, seed_s: Any,
    limit_s: float, scale: float, buckets: int,
) -> tuple[Any, Any]:  # fmt: skip
    """Return the nearest source of each node (-1: none) and the seconds.

    Of equally near ones the first: entries leave the heap by seconds, then source.
    """
    count = len(indptr) - 1
    best = np.full(count, np.inf)
    owner = np.full(count, -1, np.int32)
    room = len(head) + len(seed_node) + 1
    keys, values = np.empty(room), np.empty(room, np.int32)
    ranks = np.empty(room, np.int32)
    waiting_s, waiting = np.empty(room), np.empty(room, np.int32)
    waiting_rank, after = np.empty(room, np.int32), np.empty(room, np.int32)
    first = np.full(buckets, -1, np.int32)
    last = buckets - 1
    size, used, bucket, highest = 0, 0, -1, -1
    for source in range(len(seed_ptr) - 1):
        for at in range(seed_ptr[source], seed_ptr[source + 1]):
            start, way = seed_node[at], seed_s[at]
            if way <= limit_s and way < best[start]:
                best[start], owner[start] = way, source
                into = int(min(way * scale, last))
                waiting_s[used], waiting[used], waiting_rank[used] = way, start, source
                after[used] = first[into]
                first[into] = used
                used += 1
                highest = max(highest, into)
    while True:
        while size == 0 and bucket < highest:
            bucket += 1
            at = first[bucket]
            while at >= 0:
                here = waiting[at]
                if waiting_s[at] == best[here] and waiting_rank[at] == owner[here]:
                    size = push_ranked(
                        keys, ranks, values, size, waiting_s[at], waiting_rank[at], here
                    )
                at = after[at]
        if size == 0:
            return owner, best
        way, source, here = keys[0], ranks[0], values[0]
        size = drop_ranked(keys, ranks, values, size)
        if way > best[here] or source != owner[here]:
            continue
        for arc in range(indptr[here], indptr[here + 1]):
            there = head[arc]
            new = way + cost_s[arc]
            if new <= limit_s and (
                new < best[there] or (new == best[there] and source < owner[there])
            ):
                best[there], owner[there] = new, source
                into = int(min(new * scale, last))
                if into <= bucket:
                    size = push_ranked(keys, ranks, values, size, new, source, there)
                else:
                    waiting_s[used], waiting[used] = new, there
                    waiting_rank[used] = source
                    after[used] = first[into]
                    first[into] = used
                    used += 1
                    highest = max(highest, into)


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
                size = push_ranked(
                    keys, ranks, values, size, seed_s[at], source, seed_node[at]
                )
    while size:
        way, source, here = keys[0], ranks[0], values[0]
        size = drop_ranked(keys, ranks, values, size)
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
            size = push_ranked(keys, ranks, values, size, new, source, there)
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
