"""Nodes in an order that keeps neighbours together, and arcs by their node."""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.compiling import unlocked


@unlocked
def morton_order(xy: Any) -> Any:
    """Return the order of positions along the Z curve, 65,536 cells to a side."""
    return _sorted_order(_morton_keys(xy))


@unlocked
def _morton_keys(xy: Any) -> Any:
    count = len(xy)
    keys = np.empty(count, np.uint32)
    if count == 0:
        return keys
    west, south = xy[0, 0], xy[0, 1]
    east, north = west, south
    for at in range(count):
        west, east = min(west, xy[at, 0]), max(east, xy[at, 0])
        south, north = min(south, xy[at, 1]), max(north, xy[at, 1])
    scale = 65535.0 / max(east - west, north - south, 1e-9)
    for at in range(count):
        across = np.uint64((xy[at, 0] - west) * scale)
        up = np.uint64((xy[at, 1] - south) * scale)
        keys[at] = np.uint32(_apart(across) | (_apart(up) << np.uint64(1)))
    return keys


@unlocked
def _apart(number: Any) -> Any:
    """Return 16 bits with a gap after each."""
    number = (number | (number << np.uint64(8))) & np.uint64(0x00FF00FF)
    number = (number | (number << np.uint64(4))) & np.uint64(0x0F0F0F0F)
    number = (number | (number << np.uint64(2))) & np.uint64(0x33333333)
    return (number | (number << np.uint64(1))) & np.uint64(0x55555555)


@unlocked
def _sorted_order(keys: Any) -> Any:
    """Return the stable order of keys of 32 bits, by counting 16 at a time."""
    count = len(keys)
    order = np.empty(count, np.int32)
    first = np.empty(count, np.int32)
    for at in range(count):
        first[at] = at
    for shift in (0, 16):
        starts = np.zeros(65537, np.int64)
        for at in range(count):
            starts[((keys[at] >> np.uint32(shift)) & np.uint32(0xFFFF)) + 1] += 1
        for digit in range(65536):
            starts[digit + 1] += starts[digit]
        for at in range(count):
            here = first[at]
            digit = (keys[here] >> np.uint32(shift)) & np.uint32(0xFFFF)
            order[starts[digit]] = here
            starts[digit] += 1
        first, order = order, first
    return first


@unlocked
def adjacent(
    count: int, tail: Any, head: Any, ahead_s: Any, back_s: Any
) -> tuple[Any, Any, Any, Any]:
    """Return the arcs of edges by the node they leave: starts, node, seconds, edge.

    Loops and what takes for ever are left out.
    """
    starts = np.zeros(count + 1, np.int64)
    for edge in range(len(tail)):
        if tail[edge] != head[edge]:
            if ahead_s[edge] < np.inf:
                starts[tail[edge] + 1] += 1
            if back_s[edge] < np.inf:
                starts[head[edge] + 1] += 1
    for node in range(count):
        starts[node + 1] += starts[node]
    total = starts[count]
    free = starts[:-1].copy()
    onto = np.empty(total, np.int32)
    seconds = np.empty(total)
    edges = np.empty(total, np.int32)
    for edge in range(len(tail)):
        one, other = tail[edge], head[edge]
        if one == other:
            continue
        if ahead_s[edge] < np.inf:
            at = free[one]
            onto[at], seconds[at], edges[at] = other, ahead_s[edge], edge
            free[one] = at + 1
        if back_s[edge] < np.inf:
            at = free[other]
            onto[at], seconds[at], edges[at] = one, back_s[edge], edge
            free[other] = at + 1
    return starts, onto, seconds, edges


@unlocked
def connected(count: int, tail: Any, head: Any) -> Any:
    """Return the part each of ``count`` nodes is in, numbered by their first nodes."""
    root = np.arange(count).astype(np.int32)
    for edge in range(len(tail)):
        a, b = tail[edge], head[edge]
        while root[a] != a:
            root[a] = root[root[a]]
            a = root[a]
        while root[b] != b:
            root[b] = root[root[b]]
            b = root[b]
        root[max(a, b)] = min(a, b)
    parts = np.int32(0)
    for node in range(count):  # the first of a part is its root
        if root[node] == node:
            root[node] = parts
            parts += np.int32(1)
        else:
            root[node] = root[root[node]]
    return root
