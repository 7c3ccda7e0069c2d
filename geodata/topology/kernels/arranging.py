"""Edges without a reverse, made to meet only at their ends.

Ends nearer than a tolerance become one node; an edge that passes a node within the
tolerance, or that crosses another, is cut there. Candidates come from a grid of
cells, so the work follows the number of edges, and stops at a bound.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.compiling import compiled, inlined
from geodata.topology.kernels.matching import hashed
from geodata.topology.kernels.simple import side

CUTS_PER_EDGE = 20
"""More cuts than this per edge, and :data:`LEAST_CUTS`, are not borders any more."""
LEAST_CUTS = 20_000
FEW_CUTS = 32
"""So many cuts of one edge are put in order by inserting one after the other."""


@compiled
def nodes_of(ends: Any, eps: float, begins: int) -> tuple[Any, Any, Any]:
    """Return a node for each position, the nodes' positions, and which were moved.

    Positions within ``eps`` of an earlier one take its node. The first ``begins``
    are where edges begin and the others where they end, in the same order.
    """
    count = len(ends)
    size = 64
    while size < 2 * count:
        size *= 2
    mask = np.uint64(size - 1)
    head = np.full(size, -1, np.int32)
    link = np.empty(count, np.int32)
    node = np.empty(count, np.int32)
    where = np.empty((count, 2))
    moved = np.zeros(count, np.bool_)
    free = 0
    width = 4 * eps
    for at in range(count):
        x, y = ends[at, 0], ends[at, 1]
        if begins <= at < count - 1:  # most edges end where the next one begins
            next_one = at - begins + 1
            if (
                x == ends[next_one, 0]
                and y == ends[next_one, 1]
                and not moved[next_one]
            ):
                node[at] = node[next_one]
                continue
        cx, cy = np.floor(x / width), np.floor(y / width)
        fx, fy = x / width - cx, y / width - cy
        west = -1 if fx < 0.26 else 0
        east = 1 if fx > 0.74 else 0
        south = -1 if fy < 0.26 else 0
        north = 1 if fy > 0.74 else 0
        best, nearest = -1, eps * eps
        for i in range(west, east + 1):
            for j in range(south, north + 1):
                slot = _cell(cx + i, cy + j) & mask
                other = head[slot]
                while other >= 0:
                    dx, dy = where[other, 0] - x, where[other, 1] - y
                    apart = dx * dx + dy * dy
                    if apart <= nearest and (best < 0 or apart < nearest):
                        best, nearest = other, apart
                    other = link[other]
        if best < 0:
            slot = _cell(cx, cy) & mask
            where[free] = ends[at]
            link[free] = head[slot]
            head[slot] = free
            best = free
            free += 1
        else:
            moved[at] = nearest > 0
        node[at] = best
    return node, where[:free].copy(), moved


@inlined
def _cell(x: float, y: float) -> Any:
    return hashed(np.uint64(np.int64(x)), np.uint64(np.int64(y)))


@compiled
def cancel(head_node: Any, tail_node: Any) -> Any:
    """Return for each edge between nodes the edge that is its reverse, or -1.

    Edges from a node to itself get -2.
    """
    count = len(head_node)
    partner = np.full(count, -1, np.int32)
    size = 64
    while size < 2 * count:
        size *= 2
    mask = np.uint64(size - 1)
    known = np.full(size, -1, np.int32)
    top = np.full(size, -1, np.int32)
    link = np.empty(count, np.int32)
    for at in range(count):
        a, b = head_node[at], tail_node[at]
        if a == b:
            partner[at] = -2
            continue
        low, high = min(a, b), max(a, b)
        slot = hashed(np.uint64(low), np.uint64(high)) & mask
        while known[slot] >= 0:
            its = known[slot]
            if (
                min(head_node[its], tail_node[its]) == low
                and max(head_node[its], tail_node[its]) == high
            ):
                break
            slot = (slot + np.uint64(1)) & mask
        if known[slot] < 0:
            known[slot] = at
        other = top[slot]
        if other >= 0 and head_node[other] == b:
            partner[at] = other
            partner[other] = at
            top[slot] = link[other]
            continue
        link[at] = other
        top[slot] = at
    return partner


@compiled
def _columns(
    ax: float, ay: float, bx: float, by: float, row: float, cell: float, pad: float
) -> tuple[Any, Any]:
    """Return the first and last column of cells that a segment meets in a row."""
    low, high = row * cell - pad, (row + 1) * cell + pad
    if ay > by:
        ax, ay, bx, by = bx, by, ax, ay
    one, two = ax, bx
    if by > ay:
        if ay < low:
            one = ax + (bx - ax) * (low - ay) / (by - ay)
        if by > high:
            two = ax + (bx - ax) * (high - ay) / (by - ay)
    if one > two:
        one, two = two, one
    return np.int64(np.floor((one - pad) / cell)), np.int64(
        np.floor((two + pad) / cell)
    )


@compiled
def grid(xy: Any, a: Any, b: Any, cell: Any, pad: Any) -> tuple[Any, Any, Any, Any]:
    """Return edges by cell: slot bounds, then edge, column and row of every entry."""
    count = len(a)
    room = 4 * count + 64
    whose = np.empty(room, np.int32)
    where = np.empty((room, 2), np.int64)
    entries = 0
    for at in range(count):
        ax, ay, bx, by = xy[a[at], 0], xy[a[at], 1], xy[b[at], 0], xy[b[at], 1]
        first = np.int64(np.floor((min(ay, by) - pad) / cell))
        last = np.int64(np.floor((max(ay, by) + pad) / cell))
        for row in range(first, last + 1):
            west, east = _columns(ax, ay, bx, by, row, cell, pad)
            while entries + east - west + 1 > room:
                room *= 2
                whose = _grown(whose, room)
                larger = np.empty((room, 2), np.int64)
                larger[:entries] = where[:entries]
                where = larger
            for col in range(west, east + 1):
                whose[entries], where[entries, 0], where[entries, 1] = at, col, row
                entries += 1
    size = 64
    while size < entries:
        size *= 2
    mask = np.uint64(size - 1)
    # Two further on, so that after the second loop each slot begins where it should.
    bound = np.zeros(size + 2, np.int64)
    slots = np.empty(entries, np.int32)
    for at in range(entries):
        value = hashed(np.uint64(where[at, 0]), np.uint64(where[at, 1])) & mask
        slots[at] = np.int32(value)
        bound[np.int64(value) + 2] += 1
    for at in range(size):
        bound[at + 2] += bound[at + 1]
    edge = np.empty(entries, np.int32)
    cells = np.empty((entries, 2), np.int64)
    for at in range(entries):
        free = bound[slots[at] + 1]
        bound[slots[at] + 1] += 1
        edge[free] = whose[at]
        cells[free] = where[at]
    return bound[:-1], edge, cells[:, 0], cells[:, 1]


@compiled
def cuts(
    xy: Any, a: Any, b: Any, cell: float, eps: float, most: int
) -> tuple[bool, Any, Any, Any, Any]:
    """Return where edges must be cut.

    Returns
    -------
    tuple
        Whether comparisons (``most``) and cuts stayed in bounds; edge, share of its
        length and node of every cut; positions of nodes that are new, numbered
        on from those in ``xy``.
    """
    bound, entry, column, rows = grid(xy, a, b, cell, eps)
    most_cuts = CUTS_PER_EDGE * len(a) + LEAST_CUTS
    room = 1024
    edge = np.empty(room, np.int32)
    share = np.empty(room)
    node = np.empty(room, np.int32)
    new = np.empty((256, 2))
    free, made, work = 0, 0, 0
    for slot in range(len(bound) - 1):
        for p in range(bound[slot], bound[slot + 1]):
            i = entry[p]
            ai, bi = a[i], b[i]
            ax, ay, bx, by = xy[ai, 0], xy[ai, 1], xy[bi, 0], xy[bi, 1]
            west, east = min(ax, bx) - eps, max(ax, bx) + eps
            south, north = min(ay, by) - eps, max(ay, by) + eps
            if work > most or free > most_cuts:
                return False, edge[:0], share[:0], node[:0], new[:0]
            for q in range(p + 1, bound[slot + 1]):
                work += 1
                if column[q] != column[p] or rows[q] != rows[p]:
                    continue
                j = entry[q]
                aj, bj = a[j], b[j]
                cx, cy, dx, dy = xy[aj, 0], xy[aj, 1], xy[bj, 0], xy[bj, 1]
                if (
                    min(cx, dx) > east
                    or max(cx, dx) < west
                    or min(cy, dy) > north
                    or max(cy, dy) < south
                ):
                    continue
                if free + 8 > room:
                    room *= 2
                    edge = _grown(edge, room)
                    share = _grown(share, room)
                    node = _grown(node, room)
                before = free
                for turn in range(4):
                    e = i if turn < 2 else j
                    n = (aj, bj, ai, bi)[turn]
                    if n == a[e] or n == b[e]:
                        continue
                    t = _passes(xy, a[e], b[e], n, eps)
                    if t > 0:
                        edge[free], share[free], node[free] = e, t, n
                        free += 1
                if free > before or ai in (aj, bj) or bi in (aj, bj):
                    continue
                if (
                    side(ax, ay, bx, by, cx, cy) * side(ax, ay, bx, by, dx, dy) >= 0
                    or side(cx, cy, dx, dy, ax, ay) * side(cx, cy, dx, dy, bx, by) >= 0
                ):
                    continue
                ux, uy, vx, vy = bx - ax, by - ay, dx - cx, dy - cy
                cross = ux * vy - uy * vx
                t = ((cx - ax) * vy - (cy - ay) * vx) / cross
                s = ((cx - ax) * uy - (cy - ay) * ux) / cross
                x, y = ax + t * ux, ay + t * uy
                if (
                    np.int64(np.floor(x / cell)) != column[p]
                    or np.int64(np.floor(y / cell)) != rows[p]
                ):
                    continue
                if made == len(new):
                    larger = np.empty((2 * made, 2))
                    larger[:made] = new
                    new = larger
                new[made] = (x, y)
                edge[free], share[free], node[free] = i, t, len(xy) + made
                edge[free + 1], share[free + 1], node[free + 1] = j, s, len(xy) + made
                free += 2
                made += 1
    return True, edge[:free], share[:free], node[:free], new[:made]


@compiled
def _grown(values: Any, room: int) -> Any:
    larger = np.empty(room, values.dtype)
    larger[: len(values)] = values
    return larger


@compiled
def _passes(xy: Any, a: int, b: int, n: int, eps: float) -> float:
    """Return the share of an edge at which it passes a node, or -1."""
    ux, uy = xy[b, 0] - xy[a, 0], xy[b, 1] - xy[a, 1]
    vx, vy = xy[n, 0] - xy[a, 0], xy[n, 1] - xy[a, 1]
    square = ux * ux + uy * uy
    if square == 0:
        return -1.0
    t = (ux * vx + uy * vy) / square
    if t <= 0 or t >= 1:
        return -1.0
    off = ux * vy - uy * vx
    return t if off * off <= eps * eps * square else -1.0


@compiled
def cut_up(a: Any, b: Any, edge: Any, share: Any, node: Any) -> tuple[Any, Any, Any]:
    """Return the pieces of edges cut at nodes, and the edge of each piece.

    Cuts are of ``edge`` at a share of its length; a node given twice in a row on an
    edge counts once.
    """
    count = len(a)
    pieces = count + len(edge)
    begin = np.zeros(count + 1, np.int64)
    for cut in range(len(edge)):
        begin[edge[cut] + 1] += 1
    for e in range(count):
        begin[e + 1] += begin[e]
    fill = begin[:-1].copy()
    order = np.empty(len(edge), np.int64)
    for cut in range(len(edge)):
        e = edge[cut]
        place = fill[e]
        fill[e] += 1
        while place > begin[e] and begin[e + 1] - begin[e] <= FEW_CUTS:
            other = order[place - 1]
            if share[other] < share[cut] or (
                share[other] == share[cut] and node[other] <= node[cut]
            ):
                break
            order[place] = other
            place -= 1
        order[place] = cut
    for e in range(count):
        if begin[e + 1] - begin[e] > FEW_CUTS:
            its = order[begin[e] : begin[e + 1]]
            its = its[np.argsort(node[its], kind="mergesort")]
            its = its[np.argsort(share[its], kind="mergesort")]
            order[begin[e] : begin[e + 1]] = its
    one = np.empty(pieces, np.int32)
    two = np.empty(pieces, np.int32)
    owner = np.empty(pieces, np.int32)
    free = 0
    for e in range(count):
        here = a[e]
        for place in range(begin[e], begin[e + 1]):
            cut_at = node[order[place]]
            if cut_at != here and cut_at != b[e]:
                one[free], two[free], owner[free] = here, cut_at, e
                free += 1
                here = cut_at
        one[free], two[free], owner[free] = here, b[e], e
        free += 1
    return one[:free], two[:free], owner[:free]
