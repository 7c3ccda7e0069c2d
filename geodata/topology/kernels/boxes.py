"""Which boxes meet: a tree over many, asked for few.

Boxes are packed along a curve that fills the ground, eight to a node, so that any
order of rows gives a tree of compact nodes.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.compiling import compiled, inlined

WIDTH = 8
"""Boxes in one node."""
CELLS = 65_535.0
"""The curve runs through so many rows and columns."""


@compiled
def of_rings(xy: Any, start: Any, unit: Any, skip: Any, count: int) -> Any:
    """Return west, south, east and north of every unit, NaN without a ring."""
    box = np.full((count, 4), np.nan)
    for ring in range(len(unit)):
        if skip[ring] or start[ring + 1] == start[ring]:
            continue
        west, south = xy[start[ring], 0], xy[start[ring], 1]
        east, north = west, south
        for at in range(start[ring] + 1, start[ring + 1]):
            x, y = xy[at, 0], xy[at, 1]
            west, east = (x if x < west else west), (x if x > east else east)
            south, north = (y if y < south else south), (y if y > north else north)
        its = box[unit[ring]]
        its[0] = its[0] if its[0] <= west else west  # not so when NaN
        its[1] = its[1] if its[1] <= south else south
        its[2] = its[2] if its[2] >= east else east
        its[3] = its[3] if its[3] >= north else north
    return box


@inlined
def _spread(value: Any) -> Any:
    """Return 16 bits with a free bit between each two."""
    value = (value | (value << np.uint32(8))) & np.uint32(0x00FF00FF)
    value = (value | (value << np.uint32(4))) & np.uint32(0x0F0F0F0F)
    value = (value | (value << np.uint32(2))) & np.uint32(0x33333333)
    return (value | (value << np.uint32(1))) & np.uint32(0x55555555)


@compiled
def packed(box: Any) -> tuple[Any, Any]:
    """Return the order of boxes in a tree, and the tree: nodes level by level.

    Boxes of NaN are in no node's box, so they meet nothing.
    """
    count = len(box)
    low, high = np.full(2, np.inf), np.full(2, -np.inf)
    for at in range(count):
        for axis in range(2):
            low[axis] = min(low[axis], box[at, axis])
            high[axis] = max(high[axis], box[at, axis + 2])
    step = np.empty(2)
    for axis in range(2):
        size = high[axis] - low[axis]
        step[axis] = CELLS / size if size > 0 and np.isfinite(size) else 0.0
    key = np.zeros(count, np.uint32)
    for at in range(count):
        x = (box[at, 0] + box[at, 2]) / 2
        y = (box[at, 1] + box[at, 3]) / 2
        if np.isfinite(x) and np.isfinite(y):
            column = np.uint32((x - low[0]) * step[0])
            row = np.uint32((y - low[1]) * step[1])
            key[at] = _spread(column) | (_spread(row) << np.uint32(1))
    order = np.argsort(key, kind="mergesort").astype(np.int32)
    nodes, level = 0, count
    while level > 1:
        level = (level + WIDTH - 1) // WIDTH
        nodes += level
    tree = np.empty((max(nodes, 1), 4))
    tree[:, :2], tree[:, 2:] = np.inf, -np.inf
    for place in range(count):
        _widen(tree[place // WIDTH], box[order[place]])
    begin, level = 0, (count + WIDTH - 1) // WIDTH
    while level > 1:
        for place in range(level):
            _widen(tree[begin + level + place // WIDTH], tree[begin + place])
        begin += level
        level = (level + WIDTH - 1) // WIDTH
    return order, tree


@compiled
def _widen(one: Any, other: Any) -> None:
    one[0] = other[0] if other[0] < one[0] else one[0]
    one[1] = other[1] if other[1] < one[1] else one[1]
    one[2] = other[2] if other[2] > one[2] else one[2]
    one[3] = other[3] if other[3] > one[3] else one[3]


@inlined
def _meets(one: Any, west: float, south: float, east: float, north: float) -> bool:
    return bool(
        one[0] <= east and one[2] >= west and one[1] <= north and one[3] >= south
    )


@compiled
def meeting(box: Any, order: Any, tree: Any, asked: Any) -> tuple[Any, Any]:
    """Return pairs of a packed box and one that was asked for, which meet."""
    count = len(box)
    begins = np.zeros(16, np.int64)
    levels, size = 0, (count + WIDTH - 1) // WIDTH
    while size >= 1:
        begins[levels + 1] = begins[levels] + size
        levels += 1
        if size == 1:
            break
        size = (size + WIDTH - 1) // WIDTH
    one = np.empty(max(64, 4 * len(asked)), np.int32)
    two = np.empty(len(one), np.int32)
    free = 0
    stack = np.empty((16 * WIDTH, 2), np.int64)
    for at in range(len(asked) if levels else 0):
        west, south, east, north = asked[at]
        stack[0] = (levels - 1, 0)
        top = 1
        while top:
            top -= 1
            level, node = stack[top]
            if not _meets(tree[begins[level] + node], west, south, east, north):
                continue
            first = node * WIDTH
            if level > 0:
                last = min(first + WIDTH, begins[level] - begins[level - 1])
                for child in range(first, last):
                    stack[top] = (level - 1, child)
                    top += 1
                continue
            for place in range(first, min(first + WIDTH, count)):
                row = order[place]
                if _meets(box[row], west, south, east, north):
                    if free == len(one):
                        one, two = _grown(one), _grown(two)
                    one[free], two[free] = row, at
                    free += 1
    return one[:free], two[:free]


@compiled
def _grown(values: Any) -> Any:
    larger = np.empty(2 * len(values), values.dtype)
    larger[: len(values)] = values
    return larger
