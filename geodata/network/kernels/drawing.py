"""Reached pieces of streets, and the distance from them on a grid."""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.compiling import unlocked


@unlocked
def pieces(
    indptr: Any, arc_edge: Any, tail: Any, head: Any, ahead_s: Any, back_s: Any,
    loop_node: Any, loop_edge: Any,
    starts: Any, node: Any, seconds: Any,
    own_edge: Any, own_share: Any, own_s: Any, limit_s: float, best: Any,
) -> tuple[Any, Any, Any, Any]:  # fmt: skip
    """Return which parts of which edges each source reaches, in shares of the edge.

    ``node`` and ``seconds`` are the rows of a search; ``own`` is where its source
    stands. ``best`` comes and goes infinite.
    """
    counts = np.zeros(len(starts) - 1, np.int64)
    edge = np.empty(1024, np.int32)
    share = np.empty((1024, 2))
    free = 0
    for source in range(len(starts) - 1):
        first = free
        for at in range(starts[source], starts[source + 1]):
            best[node[at]] = seconds[at]
        own = own_edge[source]
        for at in range(starts[source], starts[source + 1]):
            here = node[at]
            arcs = indptr[here + 1] - indptr[here]
            loop = np.searchsorted(loop_node, here)
            loops = loop
            while loops < len(loop_node) and loop_node[loops] == here:
                loops += 1
            room = free + 2 * (arcs + loops - loop) + 3
            if room > len(edge):
                edge, share = _grown(edge, share, free, room)
            for arc in range(indptr[here], indptr[here + 1]):
                street = arc_edge[arc]
                if street != own and (
                    here == tail[street]
                    or best[tail[street]] == np.inf
                    or ahead_s[street] == np.inf
                ):
                    free = _parts(
                        street, tail, head, ahead_s, back_s, best, limit_s,
                        edge, share, free,
                    )  # fmt: skip
            for at_loop in range(loop, loops):
                if loop_edge[at_loop] != own:
                    free = _parts(
                        loop_edge[at_loop], tail, head, ahead_s, back_s, best, limit_s,
                        edge, share, free,
                    )  # fmt: skip
        open_ = own >= 0 and min(ahead_s[own], back_s[own]) < np.inf
        if open_ and own_s[source] <= limit_s:
            if free + 3 > len(edge):
                edge, share = _grown(edge, share, free, free + 3)
            free = _own(
                own, own_share[source], limit_s - own_s[source],
                tail, head, ahead_s, back_s, best, limit_s, edge, share, free,
            )  # fmt: skip
        for at in range(starts[source], starts[source + 1]):
            best[node[at]] = np.inf
        counts[source] = free - first
    return counts, edge[:free], share[:free, 0].copy(), share[:free, 1].copy()


@unlocked
def _grown(edge: Any, share: Any, used: int, wanted: int) -> tuple[Any, Any]:
    size = max(2 * len(edge), wanted)
    more, longer = np.empty(size, np.int32), np.empty((size, 2))
    more[:used], longer[:used] = edge[:used], share[:used]
    return more, longer


@unlocked
def _reach(left_s: float, way_s: float) -> float:
    """Return the share of a way one gets along in the time that is left."""
    if left_s < 0 or way_s == np.inf:
        return 0.0
    return 1.0 if left_s >= way_s else left_s / way_s


@unlocked
def _parts(
    street: int, tail: Any, head: Any, ahead_s: Any, back_s: Any, best: Any,
    limit_s: float, edge: Any, share: Any, free: int,
) -> int:  # fmt: skip
    """Write the parts of an edge reached by its ends; return what is free then."""
    begin = _reach(limit_s - best[tail[street]], ahead_s[street])
    end = 1.0 - _reach(limit_s - best[head[street]], back_s[street])
    if begin >= end:
        edge[free], share[free, 0], share[free, 1] = street, 0.0, 1.0
        return free + 1
    if begin > 0.0:
        edge[free], share[free, 0], share[free, 1] = street, 0.0, begin
        free += 1
    if end < 1.0:
        edge[free], share[free, 0], share[free, 1] = street, end, 1.0
        free += 1
    return free


@unlocked
def _own(
    street: int, at: float, left_s: float, tail: Any, head: Any, ahead_s: Any,
    back_s: Any, best: Any, limit_s: float, edge: Any, share: Any, free: int,
) -> int:  # fmt: skip
    """As :func:`_parts` for the edge a source stands on, which it walks both ways."""
    low = max(at - _along(left_s, back_s[street]), 0.0)
    high = min(at + _along(left_s, ahead_s[street]), 1.0)
    begin = _reach(limit_s - best[tail[street]], ahead_s[street])
    end = 1.0 - _reach(limit_s - best[head[street]], back_s[street])
    if begin >= low:
        low, high, begin = 0.0, max(high, begin), 0.0
    if end <= high:
        low, high, end = min(low, end), 1.0, 1.0
    if begin > 0.0:
        edge[free], share[free, 0], share[free, 1] = street, 0.0, begin
        free += 1
    edge[free], share[free, 0], share[free, 1] = street, low, high
    free += 1
    if end < 1.0:
        edge[free], share[free, 0], share[free, 1] = street, end, 1.0
        free += 1
    return free


@unlocked
def _along(left_s: float, way_s: float) -> float:
    if way_s == np.inf:
        return 0.0
    return np.inf if way_s == 0.0 else left_s / way_s


@unlocked
def cut(coords: Any, offsets: Any, edge: Any, begin: Any, end: Any) -> tuple[Any, Any]:
    """Return the vertices of pieces, one after the other, and where each begins."""
    starts = np.zeros(len(edge) + 1, np.int64)
    for at in range(len(edge)):
        size = offsets[edge[at] + 1] - offsets[edge[at]]
        starts[at + 1] = starts[at] + size + 2
    xy = np.empty((starts[len(edge)], 2))
    free = 0
    for at in range(len(edge)):
        starts[at] = free
        free = _cut(coords, offsets, edge[at], begin[at], end[at], xy, free)
    starts[len(edge)] = free
    return xy[:free], starts


@unlocked
def _cut(
    coords: Any, offsets: Any, street: int, begin: float, end: float, xy: Any, free: int
) -> int:
    first, last = offsets[street], offsets[street + 1] - 1
    if begin <= 0.0 and end >= 1.0:
        for at in range(first, last + 1):
            xy[free, 0], xy[free, 1] = coords[at, 0], coords[at, 1]
            free += 1
        return free
    length = 0.0
    for at in range(first, last):
        length += np.hypot(
            coords[at + 1, 0] - coords[at, 0], coords[at + 1, 1] - coords[at, 1]
        )
    low, high, run, begun = begin * length, end * length, 0.0, False
    for at in range(first, last):
        dx, dy = coords[at + 1, 0] - coords[at, 0], coords[at + 1, 1] - coords[at, 1]
        step = np.hypot(dx, dy)
        further = run + step
        if not begun and (further >= low or at == last - 1):
            part = min((low - run) / step, 1.0) if step > 0.0 else 0.0
            xy[free, 0], xy[free, 1] = (
                coords[at, 0] + part * dx,
                coords[at, 1] + part * dy,
            )
            free += 1
            begun = True
        if begun and (further >= high or at == last - 1):
            part = min((high - run) / step, 1.0) if step > 0.0 else 0.0
            xy[free, 0], xy[free, 1] = (
                coords[at, 0] + part * dx,
                coords[at, 1] + part * dy,
            )
            return free + 1
        if begun and further > low:
            xy[free, 0], xy[free, 1] = coords[at + 1, 0], coords[at + 1, 1]
            free += 1
        run = further
    return free


@unlocked
def field(xy: Any, starts: Any, width: float, cell: float) -> tuple[Any, float, float]:
    """Return the distance from lines on a grid, and its south-western corner.

    The grid lies on whole multiples of ``cell``; distances are exact up to
    ``width + cell``, and that where farther.
    """
    far = width + cell
    west, south = (
        np.floor((_least(xy[:, 0]) - far) / cell),
        np.floor((_least(xy[:, 1]) - far) / cell),
    )
    columns = int(np.ceil((-_least(-xy[:, 0]) + far) / cell) - west) + 1
    rows = int(np.ceil((-_least(-xy[:, 1]) + far) / cell) - south) + 1
    west, south = west * cell, south * cell
    square = np.full((rows, columns), far * far)
    for line in range(len(starts) - 1):
        for at in range(starts[line], starts[line + 1] - 1):
            _shade(
                square,
                xy[at, 0] - west,
                xy[at, 1] - south,
                xy[at + 1, 0] - west,
                xy[at + 1, 1] - south,
                far,
                cell,
            )
    return np.sqrt(square), west, south


@unlocked
def _least(values: Any) -> float:
    least = np.inf
    for value in values:
        least = min(least, value)
    return least


@unlocked
def _shade(
    square: Any, x: float, y: float, to_x: float, to_y: float, far: float, cell: float
) -> None:
    """Write the squared distances from a segment where they are less."""
    dx, dy = to_x - x, to_y - y
    norm = dx * dx + dy * dy
    per = 1.0 / norm if norm > 0.0 else 0.0
    low = max(int(np.ceil((min(y, to_y) - far) / cell)), 0)
    high = min(int((max(y, to_y) + far) / cell), square.shape[0] - 1)
    left = max(int(np.ceil((min(x, to_x) - far) / cell)), 0)
    right = min(int((max(x, to_x) + far) / cell), square.shape[1] - 1)
    for row in range(low, high + 1):
        v = row * cell - y
        for column in range(left, right + 1):
            u = column * cell - x
            along = min(max((u * dx + v * dy) * per, 0.0), 1.0)
            du, dv = u - along * dx, v - along * dy
            apart = du * du + dv * dv
            square[row, column] = min(square[row, column], apart)
