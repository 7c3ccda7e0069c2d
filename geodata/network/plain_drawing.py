"""Reached parts of streets and the distance from them, on numpy alone.

The functions are those of :mod:`geodata.network.kernels.loops`, with the same answers
but for the order of a source's parts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from geodata.network.graph import Floats, Graph, Ints, Longs

    Flags = npt.NDArray[np.bool_]


def pieces(
    graph: Graph,
    rows: tuple[Longs, Ints, Floats],
    own: tuple[Ints, Floats, Floats],
    limit_s: float,
) -> tuple[Longs, Ints, Floats, Floats]:
    """Return the parts of edges each row reaches: starts, edge, begin, end."""
    starts, node, seconds = rows
    found = []
    best = np.full(graph.network.node_count, np.inf)
    for source in range(len(starts) - 1):
        here = slice(starts[source], starts[source + 1])
        best[node[here]] = seconds[here]
        place = (int(own[0][source]), float(own[1][source]), float(own[2][source]))
        found.append(_of_one(graph, best, place, limit_s))
        best[node[here]] = np.inf
    sizes = [len(edge) for edge, _, _ in found]
    return (
        np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64),
        np.concatenate([np.zeros(0, np.int32), *(edge for edge, _, _ in found)]),
        np.concatenate([np.zeros(0), *(begin for _, begin, _ in found)]),
        np.concatenate([np.zeros(0), *(end for _, _, end in found)]),
    )


def _of_one(
    graph: Graph, best: Floats, own: tuple[int, float, float], limit_s: float
) -> tuple[Ints, Floats, Floats]:
    """Return the parts one source reaches, whose seconds stand in ``best``."""
    network = graph.network
    least = np.minimum(best[network.tail], best[network.head])
    edge = np.flatnonzero(np.isfinite(least))
    place, share, walk = own
    stands = (
        place >= 0
        and walk <= limit_s
        and np.isfinite(min(graph.ahead_s[place], graph.back_s[place]))
    )
    if place >= 0:
        edge = edge[edge != place]
    begin = _share(limit_s - best[network.tail[edge]], graph.ahead_s[edge])
    end = 1.0 - _share(limit_s - best[network.head[edge]], graph.back_s[edge])
    whole = begin >= end
    first, last = ~whole & (begin > 0), ~whole & (end < 1)
    edges = [edge[whole], edge[first], edge[last]]
    begins = [np.zeros(whole.sum() + first.sum()), end[last]]
    ends = [np.ones(whole.sum()), begin[first], np.ones(last.sum())]
    if stands:
        of_own = _own(graph, best, place, share, limit_s - walk, limit_s)
        edges.append(np.full(len(of_own), place))
        begins.append(of_own[:, 0])
        ends.append(of_own[:, 1])
    return (
        np.concatenate(edges).astype(np.int32),
        np.concatenate(begins),
        np.concatenate(ends),
    )


def _share(left_s: Floats, way_s: Floats) -> Floats:
    """Return the share of each way one gets along in the time that is left."""
    runs = (left_s >= 0) & np.isfinite(way_s)
    part = np.divide(left_s, way_s, out=np.zeros(len(way_s)), where=runs & (way_s > 0))
    return np.where(runs & (left_s >= way_s), 1.0, part)


def _own(
    graph: Graph, best: Floats, edge: int, at: float, left_s: float, limit_s: float
) -> Floats:
    """Return the parts of the edge a source stands on: (1 to 3, 2)."""
    network = graph.network
    ahead, back = graph.ahead_s[edge], graph.back_s[edge]
    ends = np.array([network.tail[edge], network.head[edge]])
    begin, end = _share(limit_s - best[ends], np.array([ahead, back]))
    end = 1.0 - end
    low = max(at - _along(left_s, back), 0.0)
    high = min(at + _along(left_s, ahead), 1.0)
    if begin >= low:
        low, high, begin = 0.0, max(high, begin), 0.0
    if end <= high:
        low, high, end = min(low, end), 1.0, 1.0
    parts = [(0.0, begin)] if begin > 0 else []
    parts.append((low, high))
    return np.array(parts + ([(end, 1.0)] if end < 1 else []))


def _along(left_s: float, way_s: float) -> float:
    if not np.isfinite(way_s):
        return 0.0
    return np.inf if way_s == 0 else left_s / way_s


def cut(
    coords: Floats, offsets: Longs, edge: Ints, begin: Floats, end: Floats
) -> tuple[Floats, Longs]:
    """Return the vertices of parts, one after the other, and where each begins."""
    step = np.hypot(*np.diff(coords, axis=0).T) if len(coords) else np.zeros(0)
    step[offsets[1:-1] - 1] = 0.0
    run = np.concatenate([[0.0], np.cumsum(step)])
    first, last = offsets[edge], offsets[edge + 1] - 1
    low, high = (run[first] + s * (run[last] - run[first]) for s in (begin, end))
    inner = np.clip(np.searchsorted(run, low, side="right"), first + 1, last)
    outer = np.clip(np.searchsorted(run, high, side="left"), inner, last)
    starts = np.concatenate([[0], np.cumsum(outer - inner + 2)]).astype(np.int64)
    xy = np.empty((starts[-1], 2))
    xy[starts[:-1]] = _points(coords, run, first, last, low)
    xy[starts[1:] - 1] = _points(coords, run, first, last, high)
    between = np.ones(len(xy), bool)
    between[starts[:-1]] = between[starts[1:] - 1] = False
    within = np.arange(starts[-1]) - np.repeat(
        starts[:-1] + 1 - inner, outer - inner + 2
    )
    xy[between] = coords[within[between]]
    return xy, starts


def _points(
    coords: Floats, run: Floats, first: Longs, last: Longs, wanted: Floats
) -> Floats:
    """Return the positions at measures along edges."""
    after = np.clip(np.searchsorted(run, wanted, side="left"), first + 1, last)
    step = run[after] - run[after - 1]
    part = np.divide(
        wanted - run[after - 1], step, out=np.zeros(len(step)), where=step > 0
    ).clip(0.0, 1.0)
    made: Floats = coords[after - 1] + part[:, None] * (
        coords[after] - coords[after - 1]
    )
    return made


def field(
    xy: Floats, starts: Longs, width: float, cell: float
) -> tuple[Floats, float, float]:
    """Return the distance from lines on a grid, and its south-western corner."""
    far = width + cell
    west, south = np.floor((xy.min(axis=0) - far) / cell)
    columns, rows = (np.ceil((xy.max(axis=0) + far) / cell) - (west, south) + 1).astype(
        int
    )
    origin = np.array([west, south]) * cell
    kept = np.ones(len(xy), bool)
    kept[starts[1:] - 1] = False
    one = np.flatnonzero(kept)
    x, y = (xy - origin).T
    left, wide = _cells(x[one], x[one + 1], far, cell, columns)
    low, tall = _cells(y[one], y[one + 1], far, cell, rows)
    size = wide * tall
    segment = np.repeat(np.arange(len(one)), size)
    at = np.arange(len(segment)) - np.repeat(np.cumsum(size) - size, size)
    up, across = np.divmod(at, wide[segment])
    row, column = low[segment] + up, left[segment] + across
    square = np.full(rows * columns, far * far)
    np.minimum.at(
        square,
        row * columns + column,
        _squares(x, y, one, segment, column * cell, row * cell),
    )
    return np.sqrt(square).reshape(rows, columns), float(origin[0]), float(origin[1])


def _cells(
    begin: Floats, end: Floats, far: float, cell: float, count: int
) -> tuple[Longs, Longs]:
    """Return the first cell near each segment along an axis, and how many are."""
    first = np.ceil((np.minimum(begin, end) - far) / cell).astype(np.int64).clip(0)
    last = ((np.maximum(begin, end) + far) / cell).astype(np.int64)
    return first, np.minimum(last, count - 1) - first + 1


def _squares(
    x: Floats, y: Floats, one: Longs, segment: Longs, u: Any, v: Any
) -> Floats:
    """Return the squared distance of positions from segments, begun at ``one``."""
    dx, dy = x[one + 1] - x[one], y[one + 1] - y[one]
    norm = dx * dx + dy * dy
    per = np.divide(1.0, norm, out=np.zeros(len(norm)), where=norm > 0)
    u, v = u - x[one][segment], v - y[one][segment]
    share = (u * (dx * per)[segment] + v * (dy * per)[segment]).clip(0.0, 1.0)
    u -= share * dx[segment]
    v -= share * dy[segment]
    squares: Floats = u * u + v * v
    return squares
