"""Rings that may touch or cross themselves.

A tree of boxes over runs of edges is walked against itself; only edges of which the
boxes meet are compared. In doubt a ring is reported: GEOS decides afterwards.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.topology.kernels.compiling import compiled

LEAF = 6
"""Edges in one box."""


@compiled
def doubtful(xy: Any, start: Any) -> Any:
    """Return which rings may be not simple."""
    rings = len(start) - 1
    longest = 0
    for ring in range(rings):
        longest = max(longest, start[ring + 1] - start[ring])
    leaves = 1
    while leaves * LEAF < longest:
        leaves *= 2
    box = np.empty((2 * leaves, 4))
    stack = np.empty((8192, 2), np.int32)
    found = np.zeros(rings, np.bool_)
    for ring in range(rings):
        if start[ring + 1] - start[ring] > 3:
            found[ring] = _touches(xy, start[ring], start[ring + 1] - 1, box, stack)
    return found


@compiled
def _touches(xy: Any, low: int, high: int, box: Any, stack: Any) -> bool:
    count = high - low  # edges
    leaves = 1
    while leaves * LEAF < count:
        leaves *= 2
    for leaf in range(leaves):
        a, b = low + leaf * LEAF, min(low + (leaf + 1) * LEAF, high)
        west, south, east, north = np.inf, np.inf, -np.inf, -np.inf
        if a < high:
            for at in range(a, b + 1):
                x, y = xy[at, 0], xy[at, 1]
                west, east = min(west, x), max(east, x)
                south, north = min(south, y), max(north, y)
        box[leaves + leaf] = (west, south, east, north)
    for node in range(leaves - 1, 0, -1):
        one, two = box[2 * node], box[2 * node + 1]
        box[node, 0] = min(one[0], two[0])
        box[node, 1] = min(one[1], two[1])
        box[node, 2] = max(one[2], two[2])
        box[node, 3] = max(one[3], two[3])
    top = 1
    stack[0, 0] = stack[0, 1] = 1
    while top:
        top -= 1
        one, two = stack[top, 0], stack[top, 1]
        if one != two and (
            box[one, 0] > box[two, 2]
            or box[two, 0] > box[one, 2]
            or box[one, 1] > box[two, 3]
            or box[two, 1] > box[one, 3]
        ):
            continue
        if one >= leaves and two >= leaves:
            if _meet(xy, low, high, one - leaves, two - leaves):
                return True
            continue
        if top + 4 > len(stack):
            return True
        if one == two:
            stack[top] = (2 * one, 2 * one)
            stack[top + 1] = (2 * one + 1, 2 * one + 1)
            stack[top + 2] = (2 * one, 2 * one + 1)
            top += 3
        else:
            for a in range(2):
                for b in range(2):
                    stack[top] = (2 * one + a, 2 * two + b)
                    top += 1
    return False


@compiled
def _meet(xy: Any, low: int, high: int, one: int, two: int) -> bool:
    """Return whether edges of two leaves meet other than as neighbours."""
    for i in range(low + one * LEAF, min(low + (one + 1) * LEAF, high)):
        ax, ay, bx, by = xy[i, 0], xy[i, 1], xy[i + 1, 0], xy[i + 1, 1]
        west, east = min(ax, bx), max(ax, bx)
        south, north = min(ay, by), max(ay, by)
        begin = max(i + 1, low + two * LEAF) if one == two else low + two * LEAF
        for j in range(begin, min(low + (two + 1) * LEAF, high)):
            cx, cy, dx, dy = xy[j, 0], xy[j, 1], xy[j + 1, 0], xy[j + 1, 1]
            if (
                min(cx, dx) > east
                or max(cx, dx) < west
                or min(cy, dy) > north
                or max(cy, dy) < south
            ):
                continue
            if j == i + 1:
                if _turns_back(ax, ay, bx, by, dx, dy):
                    return True
            elif i == low and j == high - 1:
                if _turns_back(cx, cy, ax, ay, bx, by):
                    return True
            elif segments_meet(ax, ay, bx, by, cx, cy, dx, dy):
                return True
    return False


@compiled
def _turns_back(
    ax: float, ay: float, bx: float, by: float, cx: float, cy: float
) -> bool:
    """Return whether c lies back towards a from b, on the same line or nearly."""
    ux, uy, vx, vy = ax - bx, ay - by, cx - bx, cy - by
    dot = ux * vx + uy * vy
    if dot <= 0:
        return False
    return abs(ux * vy - uy * vx) <= 2e-4 * dot


@compiled
def side(ax: float, ay: float, bx: float, by: float, px: float, py: float) -> int:
    """Return on which side of a→b the point lies, 0 when that is not certain."""
    left, right = (bx - ax) * (py - ay), (by - ay) * (px - ax)
    value = left - right
    if abs(value) <= 4e-16 * (abs(left) + abs(right)):
        return 0
    return 1 if value > 0 else -1


@compiled
def segments_meet(
    ax: float,
    ay: float,
    bx: float,
    by: float,
    cx: float,
    cy: float,
    dx: float,
    dy: float,
) -> bool:
    """Return whether two segments share a point, or may."""
    one, two = side(ax, ay, bx, by, cx, cy), side(ax, ay, bx, by, dx, dy)
    if one * two > 0:
        return False
    return side(cx, cy, dx, dy, ax, ay) * side(cx, cy, dx, dy, bx, by) <= 0


@compiled
def crossings(a: Any, b: Any, most: int) -> int:
    """Return how often edges from ``a`` to ``b`` cross, up to a bound."""
    found = 0
    for i in range(len(a)):
        ax, ay, bx, by = a[i, 0], a[i, 1], b[i, 0], b[i, 1]
        west, east = min(ax, bx), max(ax, bx)
        south, north = min(ay, by), max(ay, by)
        for j in range(i + 1, len(a)):
            cx, cy, dx, dy = a[j, 0], a[j, 1], b[j, 0], b[j, 1]
            if (
                min(cx, dx) > east
                or max(cx, dx) < west
                or min(cy, dy) > north
                or max(cy, dy) < south
            ):
                continue
            if (
                side(ax, ay, bx, by, cx, cy) * side(ax, ay, bx, by, dx, dy) < 0
                and side(cx, cy, dx, dy, ax, ay) * side(cx, cy, dx, dy, bx, by) < 0
            ):
                found += 1
        if found > most:
            break
    return found
