"""Rings that may touch or cross themselves.

A tree of boxes over runs of edges is walked against itself; only edges of which the
boxes meet are compared, and never those of a run that goes on one way, which cannot
come back. In doubt a ring is reported: GEOS decides afterwards.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.compiling import compiled, inlined

LEAF = 6
"""Edges in one box."""
AHEAD = np.uint16(
    sum(1 << ways for ways in (0, 1, 2, 4, 8, 1 | 2, 2 | 4, 4 | 8, 8 | 1))
)
"""Sets of quadrants, as bits, of which the edges go on one way."""


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
    ways = np.empty(2 * leaves, np.uint8)
    stack = np.empty((8192, 2), np.int32)
    found = np.zeros(rings, np.bool_)
    for ring in range(rings):
        low, high = start[ring], start[ring + 1] - 1
        if high - low > 2:
            leaves = 1
            while leaves * LEAF < high - low:
                leaves *= 2
            found[ring] = _boxed(xy, low, high, leaves, box, ways) or _touches(
                xy, low, high, leaves, box, ways, stack
            )
    return found


@compiled
def _boxed(xy: Any, low: int, high: int, leaves: int, box: Any, ways: Any) -> bool:
    """Fill the tree of a ring; return whether it turns back at a vertex."""
    px, py = xy[high - 1, 0], xy[high - 1, 1]
    x, y = xy[low, 0], xy[low, 1]
    ux, uy = x - px, y - py
    at = low
    for leaf in range(leaves, 2 * leaves):
        if at == high:
            box[leaf, :2], box[leaf, 2:], ways[leaf] = np.inf, -np.inf, 0
            continue
        west, south, east, north = x, y, x, y
        seen = 0
        for _ in range(min(LEAF, high - at)):
            at += 1
            px, py = x, y
            x, y = xy[at, 0], xy[at, 1]
            vx, vy = x - px, y - py
            if ux * vx + uy * vy < 0 and _turns_back(-ux, -uy, vx, vy):
                return True
            ux, uy = vx, vy
            west, east = (x if x < west else west), (x if x > east else east)
            south, north = (y if y < south else south), (y if y > north else north)
            # without branches: the ways of real borders cannot be foretold
            east_, west_, north_, south_ = vx > 0, vx < 0, vy > 0, vy < 0
            seen |= (
                (east_ & (not south_))
                | (north_ & (not east_)) * 2
                | (west_ & (not north_)) * 4
                | (south_ & (not west_)) * 8
            )
        box[leaf, 0], box[leaf, 1] = west, south
        box[leaf, 2], box[leaf, 3] = east, north
        ways[leaf] = seen
    for node in range(leaves - 1, 0, -1):
        one, two = box[2 * node], box[2 * node + 1]
        box[node, 0] = one[0] if one[0] < two[0] else two[0]
        box[node, 1] = one[1] if one[1] < two[1] else two[1]
        box[node, 2] = one[2] if one[2] > two[2] else two[2]
        box[node, 3] = one[3] if one[3] > two[3] else two[3]
        ways[node] = ways[2 * node] | ways[2 * node + 1]
    return False


@inlined
def _ahead(ways: int) -> bool:
    """Return whether edges of these quadrants never come back to where they were.

    Bits are the quadrants of directions, anticlockwise, each with the axis that it
    begins at; edges of two that are next to each other go on one way.
    """
    return bool((np.uint16(1) << np.uint16(ways)) & AHEAD != 0)


@compiled
def _touches(
    xy: Any, low: int, high: int, leaves: int, box: Any, ways: Any, stack: Any
) -> bool:
    """Return whether edges of a ring meet other than as neighbours."""
    top = 1
    stack[0, 0] = stack[0, 1] = 1
    while top:
        top -= 1
        one, two = stack[top, 0], stack[top, 1]
        if one == two:
            if _ahead(ways[one]):
                continue
        elif (
            box[one, 0] > box[two, 2]
            or box[two, 0] > box[one, 2]
            or box[one, 1] > box[two, 3]
            or box[two, 1] > box[one, 3]
            or (one + 1 == two and _ahead(ways[one] | ways[two]))
        ):
            continue
        if one >= leaves:
            if _meet(xy, low, high, one - leaves, two - leaves, box[two]):
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
def _meet(xy: Any, low: int, high: int, one: int, two: int, its: Any) -> bool:
    """Return whether edges of two leaves meet other than as neighbours."""
    for i in range(low + one * LEAF, min(low + (one + 1) * LEAF, high)):
        ax, ay, bx, by = xy[i, 0], xy[i, 1], xy[i + 1, 0], xy[i + 1, 1]
        west, east = min(ax, bx), max(ax, bx)
        south, north = min(ay, by), max(ay, by)
        if west > its[2] or east < its[0] or south > its[3] or north < its[1]:
            continue
        first, last = low + two * LEAF, min(low + (two + 1) * LEAF, high)
        for j in range(max(i + 2, first), last):
            if i == low and j == high - 1:
                continue  # neighbours: _boxed has looked at them
            cx, cy, dx, dy = xy[j, 0], xy[j, 1], xy[j + 1, 0], xy[j + 1, 1]
            if (
                min(cx, dx) > east
                or max(cx, dx) < west
                or min(cy, dy) > north
                or max(cy, dy) < south
            ):
                continue
            if segments_meet(ax, ay, bx, by, cx, cy, dx, dy):
                return True
    return False


@inlined
def _turns_back(ux: float, uy: float, vx: float, vy: float) -> bool:
    """Return whether two directions are the same or nearly."""
    return abs(ux * vy - uy * vx) <= 2e-4 * (ux * vx + uy * vy)


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
    west = np.minimum(a[:, 0], b[:, 0])
    order = np.argsort(west)
    found = 0
    for place in range(len(a)):
        i = order[place]
        ax, ay, bx, by = a[i, 0], a[i, 1], b[i, 0], b[i, 1]
        east = max(ax, bx)
        south, north = min(ay, by), max(ay, by)
        for other in range(place + 1, len(a)):
            j = order[other]
            if west[j] > east:
                break
            cx, cy, dx, dy = a[j, 0], a[j, 1], b[j, 0], b[j, 1]
            if min(cy, dy) > north or max(cy, dy) < south:
                continue
            if (
                side(ax, ay, bx, by, cx, cy) * side(ax, ay, bx, by, dx, dy) < 0
                and side(cx, cy, dx, dy, ax, ay) * side(cx, cy, dx, dy, bx, by) < 0
            ):
                found += 1
        if found > most:
            break
    return found
