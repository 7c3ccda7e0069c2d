"""The searches on scipy: slower, but there at once, and the oracle of the loops.

The functions are those of :mod:`geodata.network.kernels.loops`, with the same answers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.network.plain_drawing import cut, field, pieces
from geodata.network.plain_sharing import banded, filled, shares

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geodata.network.entering import Hooks, Seeds
    from geodata.network.graph import Floats, Graph, Ints, Longs

    Rows = tuple[Longs, Ints, Floats]

__all__ = [
    "adjacent", "banded", "connected", "cut", "field", "filled", "k_nearest",
    "morton_order", "nearest", "paired", "pieces", "reached", "shares",
]  # fmt: skip
_GAPS = ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555))
"""How 16 bits are set apart: shift and mask."""
CELLS = 4_000_000
"""Distances scipy writes at once: it fills a row of all nodes for each source."""


def adjacent(
    count: int, tail: Ints, head: Ints, ahead_s: Floats, back_s: Floats
) -> tuple[Longs, Ints, Floats, Ints]:
    """Return the arcs of edges by the node they leave: starts, node, seconds, edge."""
    ends = np.column_stack([tail, head]).ravel()
    onto = np.column_stack([head, tail]).ravel()
    cost = np.column_stack([ahead_s, back_s]).ravel()
    kept = np.flatnonzero(np.isfinite(cost) & (ends != onto))
    order = kept[np.argsort(ends[kept], kind="stable")]
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(ends[kept], minlength=count), out=starts[1:])
    return starts, onto[order], cost[order], (order // 2).astype(np.int32)


def connected(count: int, tail: Ints, head: Ints) -> Ints:
    """Return the part each of ``count`` nodes is in, numbered by their first nodes."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    joins = coo_array((np.ones(len(tail), np.int8), (tail, head)), (count, count))
    label: Ints = connected_components(joins.tocsr(), directed=False)[1]
    return label


def morton_order(xy: Floats) -> Ints:
    """Return the order of positions along the Z curve, 65,536 cells to a side."""
    if len(xy) == 0:
        return np.zeros(0, np.int32)
    low = xy.min(axis=0)
    scale = 65535.0 / max(*(xy.max(axis=0) - low), 1e-9)
    cells = ((xy - low) * scale).astype(np.uint64)
    for shift, mask in _GAPS:
        cells = (cells | (cells << np.uint64(shift))) & np.uint64(mask)
    keys = (cells[:, 0] | (cells[:, 1] << np.uint64(1))).astype(np.uint32)
    return np.argsort(keys, kind="stable").astype(np.int32)


def reached(graph: Graph, seeds: Seeds, limit_s: float) -> Rows:
    """Return the nodes within a limit of each source."""
    counts, nodes, seconds = [], [], []
    for rows in _searched(graph, seeds, limit_s):
        source, node = np.nonzero(rows <= limit_s)
        counts.append(np.bincount(source, minlength=len(rows)))
        nodes.append(node.astype(np.int32))
        seconds.append(rows[source, node])
    return _rows(counts, nodes, seconds)


def paired(
    graph: Graph, seeds: Seeds, hooks: Hooks, straight: Hooks, count: int,
    limit_s: float,
) -> Rows:  # fmt: skip
    """Return the targets (of ``count``) within a limit of each source, ascending."""
    counts, targets, seconds = [], [], []
    node = np.repeat(np.arange(len(hooks.starts) - 1), np.diff(hooks.starts))
    first = 0
    for rows in _searched(graph, seeds, limit_s):
        cost = np.full((len(rows), count), np.inf)
        for at, row in enumerate(rows):
            np.minimum.at(cost[at], hooks.target, row[node] + hooks.seconds)
            beside = slice(*straight.starts[first + at : first + at + 2])
            np.minimum.at(cost[at], straight.target[beside], straight.seconds[beside])
        source, target = np.nonzero(cost <= limit_s)
        counts.append(np.bincount(source, minlength=len(rows)))
        targets.append(target.astype(np.int32))
        seconds.append(cost[source, target])
        first += len(rows)
    return _rows(counts, targets, seconds)


def nearest(graph: Graph, seeds: Seeds, limit_s: float) -> tuple[Ints, Floats]:
    """Return the nearest source of each node, and the seconds."""
    owner, best = k_nearest(graph, seeds, limit_s, 1)
    return owner[:, 0], best[:, 0]


def k_nearest(
    graph: Graph, seeds: Seeds, limit_s: float, k: int
) -> tuple[Ints, Floats]:
    """Return the k nearest sources of each node, (n, k), and the seconds."""
    nodes = graph.network.node_count
    owner = np.full((nodes, k), -1, np.int32)
    best = np.full((nodes, k), np.inf)
    first = 0
    for rows in _searched(graph, seeds, limit_s):
        rows[rows > limit_s] = np.inf
        cost = np.hstack([best, rows.T])
        sources = np.arange(first, first + len(rows), dtype=np.int32)
        known = np.hstack([owner, np.broadcast_to(sources, (nodes, len(rows)))])
        # What was there stands in front and is earlier: a stable sort keeps it so.
        order = np.argsort(cost, axis=1, kind="stable")[:, :k]
        best = np.take_along_axis(cost, order, axis=1)
        owner = np.take_along_axis(known, order, axis=1)
        owner[~np.isfinite(best)] = -1
        first += len(rows)
    return owner, best


def _searched(graph: Graph, seeds: Seeds, limit_s: float) -> Iterator[Floats]:
    """Yield the seconds to all nodes, for as many sources at once as fit.

    Sources enter as further nodes: scipy then adds up a way in the same order as the
    loops, and finds the same bits.
    """
    from scipy.sparse import csgraph

    matrix, nodes = _matrix(graph, seeds), graph.network.node_count
    sources = len(seeds.starts) - 1
    step = max(CELLS // (nodes + sources), 1)
    for first in range(0, sources, step):
        indices = np.arange(first, min(first + step, sources)) + nodes
        found = csgraph.dijkstra(matrix, indices=indices, limit=limit_s)
        yield found[:, :nodes]


def _matrix(graph: Graph, seeds: Seeds) -> Any:
    """Return the graph and its sources for scipy, with the best of parallel arcs."""
    from scipy.sparse import csr_array

    nodes, sources = graph.network.node_count, len(seeds.starts) - 1
    ends = np.concatenate(
        [
            np.repeat(np.arange(nodes), np.diff(graph.indptr)),
            np.repeat(np.arange(nodes, nodes + sources), np.diff(seeds.starts)),
        ]
    )
    onto = np.concatenate([graph.head, seeds.node])
    cost = np.concatenate([graph.cost_s, seeds.seconds])
    order = np.lexsort((cost, onto, ends))
    order = order[np.isfinite(cost[order])]
    best = np.ones(len(order), bool)
    best[1:] = (np.diff(ends[order]) != 0) | (np.diff(onto[order]) != 0)
    order = order[best]
    starts = np.zeros(nodes + sources + 1, np.int64)
    np.cumsum(np.bincount(ends[order], minlength=nodes + sources), out=starts[1:])
    shape = (nodes + sources, nodes + sources)
    return csr_array((cost[order], onto[order], starts), shape=shape)


def _rows(counts: list[Any], items: list[Any], seconds: list[Any]) -> Rows:
    starts = np.zeros(sum(map(len, counts)) + 1, np.int64)
    if not counts:
        return starts, np.zeros(0, np.int32), np.zeros(0)
    np.cumsum(np.concatenate(counts), out=starts[1:])
    return starts, np.concatenate(items), np.concatenate(seconds)
