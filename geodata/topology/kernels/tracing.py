"""The faces between edges that meet only at their ends, and what covers each.

Crossing an edge from its right to its left, one more unit covers the ground, so the
count of every face of a connected piece follows from the outer one's.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.compiling import compiled
from geodata.topology.kernels.matching import hashed


@compiled
def merge(a: Any, b: Any) -> tuple[Any, Any]:
    """Return for each edge the first edge between the same nodes, and how many."""
    size = 64
    while size < 2 * len(a):
        size *= 2
    mask = np.uint64(size - 1)
    known = np.full(size, -1, np.int32)
    first = np.empty(len(a), np.int32)
    count = np.zeros(len(a), np.int32)
    for at in range(len(a)):
        slot = hashed(np.uint64(a[at]), np.uint64(b[at])) & mask
        head = known[slot]
        while head >= 0 and (a[at] != a[head] or b[at] != b[head]):
            slot = (slot + np.uint64(1)) & mask
            head = known[slot]
        if head < 0:
            known[slot] = head = at
        first[at] = head
        count[head] += 1
    return first, count


@compiled
def trace(
    xy: Any, a: Any, b: Any, weight: Any
) -> tuple[Any, Any, Any, Any, Any, Any, Any, Any]:
    """Return the cycles around faces, counted from outside.

    Half-edge ``2 e`` is edge e from a to b, ``2 e + 1`` the way back; the cycle of
    a half-edge bounds the face on its left.

    Returns
    -------
    tuple
        Cycle of each half-edge; first half-edge of each cycle; next half-edge of
        each; twice the area of each cycle; component
        of each cycle; count of units relative to the outer face of the component;
        the outer cycle of each component (-1: not exactly one); whether counts
        contradict each other in it.
    """
    edges = len(a)
    nodes = len(xy)
    begin = np.zeros(nodes + 1, np.int64)
    for e in range(edges):
        begin[a[e] + 1] += 1
        begin[b[e] + 1] += 1
    for n in range(nodes):
        begin[n + 1] += begin[n]
    fill = begin[:-1].copy()
    around = np.empty(2 * edges, np.int32)
    angle = np.empty(2 * edges)
    for h in range(2 * edges):
        e = h >> 1
        n, m = (a[e], b[e]) if h & 1 == 0 else (b[e], a[e])
        place = fill[n]
        fill[n] += 1
        if begin[n + 1] - begin[n] < 3:  # most: two are in order either way round
            around[place] = h
            continue
        value = np.arctan2(xy[m, 1] - xy[n, 1], xy[m, 0] - xy[n, 0])
        while place > begin[n] and angle[around[place - 1]] > value:
            around[place] = around[place - 1]
            place -= 1
        around[place] = h
        angle[h] = value
    where = np.empty(2 * edges, np.int64)
    for place in range(2 * edges):
        where[around[place]] = place
    after = np.empty(2 * edges, np.int32)
    for h in range(2 * edges):
        back = h ^ 1
        e = h >> 1
        n = b[e] if h & 1 == 0 else a[e]
        place = where[back] - 1
        if place < begin[n]:
            place = begin[n + 1] - 1
        after[h] = around[place]
    return _cycles(xy, a, b, weight, after)


@compiled
def _cycles(
    xy: Any, a: Any, b: Any, weight: Any, after: Any
) -> tuple[Any, Any, Any, Any, Any, Any, Any, Any]:
    halves = len(after)
    cycle = np.full(halves, -1, np.int32)
    first = np.empty(halves, np.int32)
    area = np.empty(halves)
    cycles = 0
    for h in range(halves):
        if cycle[h] >= 0:
            continue
        n = a[h >> 1] if h & 1 == 0 else b[h >> 1]
        x0, y0 = xy[n, 0], xy[n, 1]
        total = 0.0
        g = h
        while cycle[g] < 0:
            cycle[g] = cycles
            e = g >> 1
            n, m = (a[e], b[e]) if g & 1 == 0 else (b[e], a[e])
            total += (xy[n, 0] - x0) * (xy[m, 1] - y0) - (xy[m, 0] - x0) * (
                xy[n, 1] - y0
            )
            g = after[g]
        first[cycles] = h
        area[cycles] = total
        cycles += 1
    part = np.full(cycles, -1, np.int32)
    count = np.zeros(cycles, np.int32)
    outer = np.full(cycles, -1, np.int32)
    wrong = np.zeros(cycles, np.bool_)
    stack = np.empty(cycles, np.int32)
    parts = 0
    for c in range(cycles):
        if part[c] >= 0:
            continue
        top = 1
        stack[0] = c
        part[c] = parts
        lowest, negative = c, 0
        while top:
            top -= 1
            here = stack[top]
            if area[here] < 0:
                negative += 1
            if area[here] < area[lowest]:
                lowest = here
            g = first[here]
            while True:
                other = cycle[g ^ 1]
                # an edge a→b has its unit on the left: of half-edge 2 e
                step = weight[g >> 1]
                there = count[here] - step if g & 1 == 0 else count[here] + step
                if part[other] < 0:
                    part[other] = parts
                    count[other] = there
                    stack[top] = other
                    top += 1
                elif count[other] != there:
                    wrong[parts] = True
                g = after[g]
                if g == first[here]:
                    break
        outer[parts] = lowest
        if negative != 1:
            wrong[parts] = True
        parts += 1
    for c in range(cycles):
        stack[c] = count[outer[part[c]]]
    for c in range(cycles):
        count[c] -= stack[c]
    return (
        cycle,
        first[:cycles],
        after,
        area[:cycles],
        part,
        count,
        outer[:parts],
        wrong[:parts],
    )


@compiled
def middles(xy: Any, a: Any, b: Any) -> Any:
    """Return the middle of every edge."""
    found = np.empty((len(a), 2))
    for e in range(len(a)):
        found[e, 0] = (xy[b[e], 0] + xy[a[e], 0]) / 2
        found[e, 1] = (xy[b[e], 1] + xy[a[e], 1]) / 2
    return found


@compiled
def lengths(
    xy: Any, a: Any, b: Any, cycle: Any, scale: Any, count: int
) -> tuple[Any, Any]:
    """Return the length of every cycle, and square metres in a square unit there.

    ``scale`` is the metres in one unit, east and north, at every edge.
    """
    around = np.zeros(count)
    factor = np.ones(count)
    for e in range(len(a)):
        x = (xy[b[e], 0] - xy[a[e], 0]) * scale[e, 0]
        y = (xy[b[e], 1] - xy[a[e], 1]) * scale[e, 1]
        length = np.sqrt(x * x + y * y)
        for half in (2 * e, 2 * e + 1):
            around[cycle[half]] += length
            factor[cycle[half]] = scale[e, 0] * scale[e, 1]
    return around, factor


@compiled
def walk(cycle_first: Any, after: Any, a: Any, b: Any, xy: Any) -> tuple[Any, Any]:
    """Return closed rings of positions along cycles, and which ring each is of."""
    size = 0
    for h in cycle_first:
        g = h
        while True:
            size += 1
            g = after[g]
            if g == h:
                break
        size += 1
    out = np.empty((size, 2))
    ring = np.empty(size, np.int64)
    free = 0
    for place in range(len(cycle_first)):
        h = cycle_first[place]
        g = h
        start = free
        while True:
            n = a[g >> 1] if g & 1 == 0 else b[g >> 1]
            out[free] = xy[n]
            ring[free] = place
            free += 1
            g = after[g]
            if g == h:
                break
        out[free] = out[start]
        ring[free] = place
        free += 1
    return out, ring


@compiled
def boxes(xy: Any, a: Any, b: Any, cycle: Any, count: int) -> Any:
    """Return west, south, east and north of every cycle."""
    box = np.empty((count, 4))
    box[:, :2] = np.inf
    box[:, 2:] = -np.inf
    for h in range(len(cycle)):
        c = cycle[h]
        n = a[h >> 1] if h & 1 == 0 else b[h >> 1]
        box[c, 0] = min(box[c, 0], xy[n, 0])
        box[c, 1] = min(box[c, 1], xy[n, 1])
        box[c, 2] = max(box[c, 2], xy[n, 0])
        box[c, 3] = max(box[c, 3], xy[n, 1])
    return box


@compiled
def components(one: Any, other: Any, count: int) -> Any:
    """Return for each of ``count`` things the first of those it is linked to."""
    root = np.arange(count)
    for link in range(len(one)):
        a, b = one[link], other[link]
        while root[a] != a:
            root[a] = root[root[a]]
            a = root[a]
        while root[b] != b:
            root[b] = root[root[b]]
            b = root[b]
        if a < b:
            root[b] = a
        else:
            root[a] = b
    for at in range(count):
        root[at] = root[root[at]]
    return root
