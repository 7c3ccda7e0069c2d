"""The searches as compiled loops, with threads over the sources.

:mod:`geodata.network.plain` has the same functions on scipy.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from geodata.network.kernels import drawing, ordering, ranking, searching, sharing

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy.typing as npt

    from geodata.network.entering import Hooks, Seeds
    from geodata.network.graph import Floats, Graph, Ints, Longs

    Marks = npt.NDArray[np.uint32]
    Rows = tuple[Longs, Ints, Floats]

cut = drawing.cut
field = drawing.field
banded = sharing.banded
filled = sharing.filled
shares = sharing.shares
adjacent = ordering.adjacent
connected = ordering.connected
morton_order = ordering.morton_order
BUCKETS = 1024
A_BUCKET = 0.2
"""How wide a bucket is, in ways from a node to the next: so narrow that hardly a node
is found twice, so wide that few are empty."""
_SAMPLED = 100_000
ROOM, KEPT = 1 << 14, 1 << 20
"""Results for which a workspace has room at first, and keeps it at most."""
FEW = 16
"""Sources for which another thread does not pay."""


class Workspace(NamedTuple):
    """What one search writes on.

    Between searches ``best`` and ``least`` are infinite. The first six serve
    ``searching.spread``, with what it comes upon; then targets, then results.
    """

    best: Floats
    waiting_s: Floats
    waiting: Marks
    after: Marks
    first: Marks
    touched: Marks
    least: Floats
    found: Marks
    sorting: Marks
    item: Marks
    seconds: Floats


def reached(graph: Graph, seeds: Seeds, limit_s: float) -> Rows:
    """Return the nodes within a limit of each source."""
    asked = (*_arcs(graph), *_marked(seeds), limit_s, _scale(graph))

    def block(work: Workspace, *rows: Any) -> tuple[int, int]:
        return searching.reached(*asked, *work[:6], *rows)

    return _shared(graph, seeds, 0, block)


def paired(
    graph: Graph, seeds: Seeds, hooks: Hooks, straight: Hooks, count: int,
    limit_s: float,
) -> Rows:  # fmt: skip
    """Return the targets (of ``count``) within a limit of each source, ascending."""
    asked = (
        *_arcs(graph), *_marked(seeds), *_marked(hooks), *_marked(straight), limit_s,
        _scale(graph),
    )  # fmt: skip

    def block(work: Workspace, *rows: Any) -> tuple[int, int]:
        return searching.paired(*asked, *work[:9], *rows)

    return _shared(graph, seeds, count, block)


def nearest(graph: Graph, seeds: Seeds, limit_s: float) -> tuple[Ints, Floats]:
    """Return the nearest source of each node, and the seconds."""
    nodes = graph.network.node_count
    best, owner = np.full(nodes, np.inf), np.full(nodes, searching.NONE)
    work = _workspace(graph, 0)
    searching.nearest(
        *_arcs(graph), *_marked(seeds), limit_s, _scale(graph), best, owner, *work[1:6]
    )
    graph.spare.append(work)
    return owner.view(np.int32), best


def k_nearest(
    graph: Graph, seeds: Seeds, limit_s: float, k: int
) -> tuple[Ints, Floats]:
    """Return the k nearest sources of each node, (n, k), and the seconds."""
    made: tuple[Ints, Floats] = ranking.k_nearest(
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


def _arcs(graph: Graph) -> tuple[Any, Marks, Floats]:
    """Return the arcs as the loops read them, with unsigned indices."""
    return graph.indptr.view(np.uint64), graph.head.view(np.uint32), graph.cost_s


def _marked(entries: Seeds | Hooks) -> tuple[Any, Marks, Floats]:
    """Return seeds or hooks as the loops read them, with unsigned indices."""
    starts, onto, seconds = entries
    return starts.view(np.uint64), onto.view(np.uint32), seconds


def _shared(
    graph: Graph, seeds: Seeds, targets: int, block: Callable[..., tuple[int, int]]
) -> Rows:
    """Run blocks of sources side by side and put their rows together.

    Sources close to each other come one after the other, for they meet the same arcs.
    """
    sources = len(seeds.starts) - 1
    order = np.argsort(seeds.node[seeds.starts[:-1]], kind="stable").astype(np.uint64)
    threads = min(os.cpu_count() or 1, max(sources // FEW, 1))
    works = [_workspace(graph, targets) for _ in range(threads)]
    shares = np.array_split(order, threads)
    if threads == 1:
        parts = [_written(works[0], shares[0], block)]
    else:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(_written, works, shares, [block] * threads))
    starts = np.zeros(sources + 1, np.int64)
    for share, (_, counts) in zip(shares, parts, strict=True):
        starts[share + 1] = counts
    np.cumsum(starts, out=starts)
    item, seconds = np.empty(starts[-1], np.uint32), np.empty(starts[-1])
    for share, (work, counts) in zip(shares, parts, strict=True):
        searching.placed(share, counts, work.item, work.seconds, starts, item, seconds)
        graph.spare.append(work if len(work.item) <= KEPT else _roomy(work, KEPT))
    return starts, item.view(np.int32), seconds


def _written(
    work: Workspace, order: Any, block: Callable[..., tuple[int, int]]
) -> tuple[Workspace, Longs]:
    """Run one block, with more room whenever its rows have filled what there is."""
    counts = np.zeros(len(order), np.int64)
    at, free = block(work, order, 0, 0, counts, work.item, work.seconds)
    while at < len(order):
        wider = _roomy(work, 2 * len(work.item))
        wider.item[:free], wider.seconds[:free] = work.item[:free], work.seconds[:free]
        work = wider
        at, free = block(work, order, at, free, counts, work.item, work.seconds)
    return work, counts


def _scale(graph: Graph) -> float:
    """Return buckets a second."""
    if len(graph.cost_s) == 0:
        return 0.0
    return 1.0 / max(A_BUCKET * float(graph.cost_s[:_SAMPLED].mean()), 1e-9)


def _roomy(work: Workspace, room: int) -> Workspace:
    """Return the workspace with new room for results."""
    return work._replace(item=np.empty(room, np.uint32), seconds=np.empty(room))


def _workspace(graph: Graph, targets: int) -> Workspace:
    """Return a workspace that waits on the graph, or a new one.

    A search that failed never puts its own back.
    """
    try:
        work: Workspace = graph.spare.pop()
    except IndexError:
        nodes = graph.network.node_count
        room = nodes + len(graph.head) + 1
        work = Workspace(
            best=np.full(nodes, np.inf),
            waiting_s=np.empty(room),
            waiting=np.empty(room, np.uint32),
            after=np.empty(room, np.uint32),
            first=np.empty(BUCKETS, np.uint32),
            touched=np.empty(nodes + 1, np.uint32),
            least=np.full(targets, np.inf),
            found=np.empty(targets + 1, np.uint32),
            sorting=np.empty(targets, np.uint32),
            item=np.empty(ROOM, np.uint32),
            seconds=np.empty(ROOM),
        )
    if len(work.least) < targets:
        more: dict[str, Any] = {
            "least": np.full(targets, np.inf),
            "found": np.empty(targets + 1, np.uint32),
            "sorting": np.empty(targets, np.uint32),
        }
        work = work._replace(**more)
    return work
