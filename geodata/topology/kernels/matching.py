"""Directed edges and their reverses.

Where two rings share a border they share all of it, so one common vertex is
enough to find the rest by walking along both. Which vertices are tried first is
decided by their own bits, hence the same ones in both rings. What is left, a few
short borders, the outer border and the conflicts, is matched edge by edge.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.topology.kernels.compiling import compiled, inlined

SAMPLE = np.uint64(7)
"""One vertex in eight begins a walk."""
MOST_AT_VERTEX = 12
"""Vertices with more rings are left to the second stage."""


@inlined
def hashed(x: Any, y: Any) -> Any:
    """Return a 64-bit hash of a position's bits."""
    h = x * np.uint64(0x9E3779B97F4A7C15)
    h ^= h >> np.uint64(29)
    h = (h + y) * np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(32)
    h *= np.uint64(0x94D049BB133111EB)
    return h ^ (h >> np.uint64(31))


@compiled
def match(bits: Any, start: Any, skip: Any) -> Any:
    """Return for each edge the edge that is its reverse, or -1.

    An edge is named by the place of its first vertex; the last vertex of a ring
    (the first again) names none and has -2. Every edge is matched at most once.

    Parameters
    ----------
    bits
        Coordinates as unsigned words, ``(n, 2)``.
    start
        Ring starts, one more than rings.
    skip
        Rings to leave out: their edges get -2.
    """
    count = len(bits)
    twin = np.full(count, -1, np.int32)
    ends = np.zeros(count, np.uint8)  # 1: first of its ring, 2: last
    for ring in range(len(start) - 1):
        if skip[ring]:
            ends[start[ring] : start[ring + 1]] = 3
            twin[start[ring] : start[ring + 1]] = -2
        elif start[ring + 1] > start[ring]:
            ends[start[ring]] |= 1
            ends[start[ring + 1] - 1] |= 2
            twin[start[ring + 1] - 1] = -2
    _walk(bits, ends, twin)
    _pair(bits, twin)
    return twin


@compiled
def _walk(bits: Any, ends: Any, twin: Any) -> None:
    count = len(bits)
    some = 0
    for at in range(count):
        if hashed(bits[at, 0], bits[at, 1]) & SAMPLE == 0:
            some += 1
    size = 64
    while size < 2 * some:
        size *= 2
    mask = np.uint64(size - 1)
    head = np.full(size, -1, np.int32)
    link = np.empty(some, np.int32)
    place = np.empty(some, np.int32)
    length = np.zeros(size, np.int32)
    free = 0
    for at in range(count):
        if ends[at] == 3:
            continue
        value = hashed(bits[at, 0], bits[at, 1])
        if value & SAMPLE != 0:
            continue
        slot = (value >> np.uint64(3)) & mask
        while head[slot] >= 0:
            known = place[head[slot]]
            if bits[known, 0] == bits[at, 0] and bits[known, 1] == bits[at, 1]:
                break
            slot = (slot + np.uint64(1)) & mask
        if length[slot] < MOST_AT_VERTEX:
            other = head[slot]
            while other >= 0:
                _along(bits, ends, twin, at, place[other])
                _along(bits, ends, twin, place[other], at)
                other = link[other]
            place[free] = at
            link[free] = head[slot]
            head[slot] = free
            length[slot] += 1
            free += 1


@compiled
def _along(bits: Any, ends: Any, twin: Any, one: int, other: int) -> None:
    """Match the edges from ``one`` on with those before ``other``."""
    while not ends[one] & 2 and not ends[other] & 1:
        if (
            twin[one] >= 0
            or twin[other - 1] >= 0
            or bits[one + 1, 0] != bits[other - 1, 0]
            or bits[one + 1, 1] != bits[other - 1, 1]
        ):
            return
        twin[one] = other - 1
        twin[other - 1] = one
        one += 1
        other -= 1


@compiled
def _pair(bits: Any, twin: Any) -> None:
    """Match what is left, edge by edge."""
    count = len(bits)
    left = 0
    for at in range(count):
        if twin[at] == -1:
            left += 1
    size = 64
    while size < 2 * left:
        size *= 2
    mask = np.uint64(size - 1)
    known = np.full(size, -1, np.int32)
    head = np.full(size, -1, np.int32)
    link = np.empty(left, np.int32)
    place = np.empty(left, np.int32)
    free = 0
    for at in range(count):
        if twin[at] != -1:
            continue
        ax, ay, bx, by = bits[at, 0], bits[at, 1], bits[at + 1, 0], bits[at + 1, 1]
        slot = (hashed(ax, ay) + hashed(bx, by)) & mask
        while known[slot] >= 0:
            its = known[slot]
            cx, cy, dx, dy = (
                bits[its, 0],
                bits[its, 1],
                bits[its + 1, 0],
                bits[its + 1, 1],
            )
            if (ax == cx and ay == cy and bx == dx and by == dy) or (
                ax == dx and ay == dy and bx == cx and by == cy
            ):
                break
            slot = (slot + np.uint64(1)) & mask
        if known[slot] < 0:
            known[slot] = at
        top = head[slot]
        if top >= 0:
            its = place[top]
            if bits[its, 0] == bx and bits[its, 1] == by:
                twin[at] = its
                twin[its] = at
                head[slot] = link[top]
                continue
        place[free] = at
        link[free] = top
        head[slot] = free
        free += 1
