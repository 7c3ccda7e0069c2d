"""The searches as compiled loops, with threads over the sources.

:mod:`geodata.network.plain` has the same functions on scipy.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geodata.network.kernels import drawing, ordering, searching, sharing

if TYPE_CHECKING:
    from collections.abc import Callable

    from geodata.network.entering import Hooks, Seeds
    from geodata.network.graph import Floats, Graph, Ints, Longs

    Rows = tuple[Longs, Ints, Floats]

cut = drawing.cut
field = drawing.field
banded = sharing.banded
filled = sharing.filled
shares = sharing.shares
adjacent = ordering.adjacent
connected = ordering.connected
morton_order = ordering.morton_order
BUCKETS, MOST_BUCKETS = 1024, 1 << 18
"""Of a search from one source, and at most of one from all sources at once."""
_SAMPLED = 100_000
FEW = 16
"""Sources for which another thread does not pay."""


class Workspace(NamedTuple):
    """What one search writes on.

    Between searches ``best`` and ``least`` are infinite and ``first`` is -1.
    """

    best: Floats
    keys: Floats
    values: Ints
    waiting_s: Floats
    waiting: Ints
    after: Ints
    first: Ints
    touched: Ints
    least: Floats
    found: Ints


def reached(graph: Graph, seeds: Seeds, limit_s: float) -> Rows:
    """Return the nodes within a limit of each source, nearest first."""

    def block(work: Workspace, first: int, last: int) -> Rows:
        return searching.reached(
            graph.indptr, graph.head, graph.cost_s, *seeds, limit_s,
            _scale(graph, 1, limit_s, BUCKETS), first, last, *work[:8],
        )  # fmt: skip

    return _shared(graph, len(seeds.starts) - 1, 0, block)


def paired(
    graph: Graph, seeds: Seeds, hooks: Hooks, straight: Hooks, count: int,
    limit_s: float,
) -> Rows:  # fmt: skip
    """Return the targets (of ``count``) within a limit of each source, ascending."""

    def block(work: Workspace, first: int, last: int) -> Rows:
        return searching.paired(
            graph.indptr, graph.head, graph.cost_s, *seeds, *hooks, *straight,
            limit_s, _scale(graph, 1, limit_s, BUCKETS), first, last, *work,
        )  # fmt: skip

    return _shared(graph, len(seeds.starts) - 1, count, block)


def nearest(graph: Graph, seeds: Seeds, limit_s: float) -> tuple[Ints, Floats]:
    """Return the nearest source of each node, and the seconds."""
    sources = len(seeds.starts) - 1
    buckets = min(max(len(graph.indptr) // 4, BUCKETS), MOST_BUCKETS)
    made: tuple[Ints, Floats] = searching.nearest(
        graph.indptr, graph.head, graph.cost_s, *seeds, limit_s,
        _scale(graph, sources, limit_s, buckets), buckets,
    )  # fmt: skip
    return made


def k_nearest(
    graph: Graph, seeds: Seeds, limit_s: float, k: int
) -> tuple[Ints, Floats]:
    """Return the k nearest sources of each node, (n, k), and the seconds."""
    made: tuple[Ints, Floats] = searching.k_nearest(
        graph.indptr, graph.head, graph.cost_s, *seeds, limit_s, k
    )
    return made


def pieces(
    graph: Graph, rows: Rows, own: tuple[Ints, Floats, Floats], limit_s: float
) -> tuple[Longs, Ints, Floats, Floats]:
    """Return the parts of edges each row reaches: starts, edge, begin, end."""
    network = graph.network
    loops = np.flatnonzero(network.tail == network.head).astype(np.int32)
    loops = loops[np.argsort(network.tail[loops], kind="stable")]
    work = _workspace(graph, 0)
    counts, edge, begin, end = drawing.pieces(
        graph.indptr, graph.edge, network.tail, network.head, graph.ahead_s,
        graph.back_s, network.tail[loops], loops, *rows, *own, limit_s, work.best,
    )  # fmt: skip
    graph.spare.append(work)
    starts = np.zeros(len(counts) + 1, np.int64)
    np.cumsum(counts, out=starts[1:])
    return starts, edge, begin, end


def _shared(
    graph: Graph,
    sources: int,
    targets: int,
    block: Callable[[Workspace, int, int], Rows],
) -> Rows:
    """Run blocks of sources side by side and put their rows together."""

    def run(bounds: tuple[int, int]) -> Rows:
        work = _workspace(graph, targets)
        made = block(work, *bounds)
        graph.spare.append(work)
        return made

    threads = min(os.cpu_count() or 1, max(sources // FEW, 1))
    cuts = np.linspace(0, sources, threads + 1).astype(int).tolist()
    bounds = list(pairwise(cuts))
    if threads == 1:
        parts = [run(bounds[0])]
    else:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(run, bounds))
    starts = np.zeros(sources + 1, np.int64)
    np.cumsum(np.concatenate([part[0] for part in parts]), out=starts[1:])
    if len(parts) == 1:
        return starts, parts[0][1], parts[0][2]
    return (
        starts,
        np.concatenate([part[1] for part in parts]),
        np.concatenate([part[2] for part in parts]),
    )


def _scale(graph: Graph, sources: int, limit_s: float, buckets: int) -> float:
    """Return buckets a second, so that they cover about what is to be searched.

    Without a limit that is some times the way from one source to the next.
    """
    if len(graph.cost_s) == 0:
        return 0.0
    apart = np.sqrt(len(graph.indptr) / max(sources, 1))
    wanted = 3.0 * float(graph.cost_s[:_SAMPLED].mean()) * apart
    covered = min(limit_s, max(wanted, 1e-9))
    return buckets / covered if covered > 0 else 0.0


def _workspace(graph: Graph, targets: int) -> Workspace:
    """Return a workspace that waits on the graph, or a new one.

    A search that failed never puts its own back.
    """
    try:
        work: Workspace = graph.spare.pop()
    except IndexError:
        nodes = graph.network.node_count
        room = len(graph.head) + 3
        work = Workspace(
            np.full(nodes, np.inf),
            np.empty(room),
            np.empty(room, np.int32),
            np.empty(room),
            np.empty(room, np.int32),
            np.empty(room, np.int32),
            np.full(BUCKETS, -1, np.int32),
            np.empty(nodes, np.int32),
            np.full(targets, np.inf),
            np.empty(targets, np.int32),
        )
    if len(work.least) < targets:
        more: dict[str, Any] = {
            "least": np.full(targets, np.inf), "found": np.empty(targets, np.int32)
        }  # fmt: skip
        work = work._replace(**more)
    return work
