"""Directed edges and their reverses.

Where two rings share a border they share all of it, so one common vertex is
enough to find the rest by walking along both. Which vertices are tried first is
decided by their own bits, hence the same ones in both rings. What is left, a few
short borders, the outer border and the conflicts, is matched edge by edge.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.compiling import compiled, inlined

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


@inlined
def _begins(x: Any, y: Any) -> Any:
    """Return whether a walk begins at a position, by its bits."""
    mixed = x * np.uint64(0x9E3779B97F4A7C15) + y * np.uint64(0xC2B2AE3D27D4EB4F)
    return (mixed >> np.uint64(40)) & SAMPLE == 0


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
    # numpy asks the system for large pages, which compiled code does not.
    twin = np.full(len(bits), -1, np.int32)
    # Half of the vertices that may begin a walk lie on borders walked before.
    room = len(bits) // 12 + 1024
    size = 1 << (2 * room - 1).bit_length()
    head = np.full(size, -1, np.int32)
    table = np.empty((3, room), np.uint32)
    left = _walk(bits, start, skip, twin, head, table)
    size = 1 << max(2 * left - 1, 63).bit_length()
    known = np.full((2, size), -1, np.int32)
    _pair(bits, twin, left, known[0], known[1])
    return twin


@compiled
def _walk(bits: Any, start: Any, skip: Any, twin: Any, head: Any, table: Any) -> int:
    """Match borders from vertices that begin a walk; return how many edges are left."""
    mask = np.uint64(len(head) - 1)
    place, mark, link = table[0], table[1], table[2]
    room = table.shape[1]
    free, used, matched = 0, 0, 0
    for ring in range(len(start) - 1):
        if skip[ring]:
            twin[start[ring] : start[ring + 1]] = -2
        elif start[ring + 1] > start[ring]:
            twin[start[ring + 1] - 1] = -2
            used += start[ring + 1] - start[ring] - 1
    for ring in range(len(start) - 1):
        if skip[ring]:
            continue
        for at in range(start[ring], start[ring + 1] - 1):
            if twin[at] >= 0 and (at > start[ring] and twin[at - 1] >= 0):
                continue
            x, y = bits[at, 0], bits[at, 1]
            if not _begins(x, y):
                continue
            value = hashed(x, y)
            slot = value & mask
            its = np.uint32(value >> np.uint64(32))
            other = head[slot]
            seen = 0
            while other >= 0:
                if mark[other] == its:
                    known: Any = np.int64(place[other])
                    if bits[known, 0] == x and bits[known, 1] == y:
                        seen += 1
                        matched += _along(bits, twin, at, known)
                        matched += _along(bits, twin, known, at)
                other = np.int32(link[other])
            if free < room and seen < MOST_AT_VERTEX:
                place[free], mark[free] = at, its
                link[free] = head[slot]
                head[slot] = free
                free += 1
    return used - 2 * matched


@compiled
def _along(bits: Any, twin: Any, one: int, other: int) -> int:
    """Match the edges from ``one`` on with those before ``other``; return how many."""
    begin = one
    # The last vertex of a ring has -2: it ends a walk on either side.
    while (
        other > 0
        and twin[one] == -1
        and twin[other - 1] == -1
        and bits[one + 1, 0] == bits[other - 1, 0]
        and bits[one + 1, 1] == bits[other - 1, 1]
    ):
        twin[one] = other - 1
        twin[other - 1] = one
        one += 1
        other -= 1
    return one - begin


@compiled
def _pair(bits: Any, twin: Any, left: int, known: Any, head: Any) -> None:
    """Match what is left, edge by edge."""
    count = len(bits)
    mask = np.uint64(len(known) - 1)
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
