"""Searches that run over several processes here, or over machines by Dask.

The targets are parted by place. A part holds every street by which one of its targets
may be reached within the limit, so nobody waits for another part, and what it finds is
what a search of the whole finds, to the bit: the same times added in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geodata.network.entering import check_spots
from geodata.network.graph import Graph, Nearest, Network, Spots
from geodata.network.reach import limited, nearest_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from geodata.network.graph import Floats, Ints, Longs, Mode
    from geodata.workers import Workers

MOST_NODES = 500_000
"""Nodes of a part, about: bounds the memory of a worker."""
CELLS = 256
"""Cells a side of the grid by which the nodes of a box are counted."""
AT_ONCE = 1 << 20
"""Nodes or edges looked at in one go: a province has many, and memory is scarce."""
MARGIN = 1e-6
"""So much farther than the fastest way one looks, for what adding up rounds."""


@dataclass(frozen=True, eq=False)
class Part:
    """Some targets, and all streets and sources by which they may be reached.

    ``sources`` and ``targets`` are on the part's own edges; ``source`` says which
    of the whole's sources they are.
    """

    nodes: int
    tail: Ints
    head: Ints
    length_m: Floats
    ahead_s: Floats
    back_s: Floats
    speed_mps: float
    mode: Mode
    street_mps: float
    sources: Spots
    targets: Spots
    source: Ints
    limit_s: float


def nearest_apart(
    graph: Graph,
    sources: Spots,
    targets: Spots,
    limit_s: float,
    *,
    workers: Workers,
    most_nodes: int = MOST_NODES,
) -> Nearest:
    """Return what :func:`geodata.network.reach.nearest_of` returns, by workers.

    Parameters
    ----------
    workers
        :class:`geodata.workers.Processes` of this machine, or those of ``Dask``.
    most_nodes
        How large a part is about at most; it is larger where the way that one gets
        within the limit is.
    """
    whole = Whole(graph, sources, targets, limit_s)
    rows = whole.partition(workers.count, most_nodes)
    seen = workers.look(search, [_later(whole, mine) for mine in rows])
    source = np.full(len(targets), -1, np.int32)
    cost = np.full(len(targets), np.inf)
    for mine, found in zip(rows, seen, strict=True):
        source[mine], cost[mine] = found.source, found.cost_s
    return Nearest(source, cost)


def search(part: Part) -> Nearest:
    """Search in one part, what a worker does: which of the whole's sources is near."""
    import numba  # noqa: F401 - with it in the process the same loops are chosen

    found = nearest_of(_graph(part), part.sources, part.targets, part.limit_s)
    # the last stands for "none": -1
    return Nearest(np.r_[part.source, np.int32(-1)][found.source], found.cost_s)


class Whole:
    """A graph with its sources and targets, from which parts are cut."""

    def __init__(
        self,
        graph: Graph,
        sources: Spots,
        targets: Spots,
        limit_s: float,
    ) -> None:
        check_spots(graph, sources)
        check_spots(graph, targets)
        self.graph, self.sources, self.targets = graph, sources, targets
        self.limit_s = limited(limit_s)
        network = graph.network
        ends = network.tail, network.head
        self._on = np.flatnonzero(targets.edge >= 0)
        self._ends = [network.nodes[end[targets.edge[self._on]]] for end in ends]
        with np.errstate(over="ignore", invalid="ignore"):
            far_m = self.limit_s * fastest(graph) * (1 + MARGIN) + MARGIN
        self.far_m = float(far_m) if np.isfinite(far_m) else np.inf
        self._place = np.empty(network.node_count, np.int32)

    def partition(self, count: int, most_nodes: int = MOST_NODES) -> list[Longs]:
        """Return the rows of targets of each part, those on no street left out.

        At least ``count`` where there are as many targets. A part is halved as long
        as it has too many nodes and is not small beside the way that one gets.
        """
        if not len(self._on):
            return []
        low = np.minimum(*self._ends)
        high = np.maximum(*self._ends)
        middle = (low + high) / 2
        nodes = _counter(self.graph.network.nodes)

        def weighed(mine: Longs) -> tuple[int, bool, Longs]:
            box = low[mine].min(axis=0), high[mine].max(axis=0)
            within = nodes(box[0] - self.far_m, box[1] + self.far_m)
            broad = bool((middle[mine].max(axis=0) - middle[mine].min(axis=0)).any())
            worth = bool((box[1] - box[0]).max() > self.far_m)
            fine = not broad or (within <= most_nodes) or not worth
            return within, fine, mine

        parts = [weighed(np.arange(len(self._on)))]
        while True:
            parts.sort(key=lambda part: (part[1], -part[0]))
            _, fine, mine = parts[0]
            if fine:
                if len(parts) >= min(count, len(self._on)):
                    break
                parts.sort(key=lambda part: -len(part[2]))
                mine = parts[0][2]
            halves = _halved(mine, middle)
            parts[:1] = [weighed(half) for half in halves]
        return [self._on[mine] for _, _, mine in parts]

    def part(self, rows: Longs) -> Part:
        """Return the part with some of the targets."""
        graph, network = self.graph, self.graph.network
        mine = np.searchsorted(self._on, rows)
        low = np.minimum(*(end[mine].min(axis=0) for end in self._ends)) - self.far_m
        high = np.maximum(*(end[mine].max(axis=0) for end in self._ends)) + self.far_m
        x, y = network.nodes[:, 0], network.nodes[:, 1]
        near = (x >= low[0]) & (x <= high[0]) & (y >= low[1]) & (y <= high[1])
        edges = np.flatnonzero(near[network.tail] | near[network.head])
        tail, head = network.tail[edges], network.head[edges]
        near[tail] = near[head] = True
        kept = np.flatnonzero(near)
        self._place[kept] = np.arange(len(kept), dtype=np.int32)
        source, sources = _moved(self.sources, edges)
        return Part(
            len(kept),
            self._place[tail],
            self._place[head],
            network.length_m[edges],
            graph.ahead_s[edges],
            graph.back_s[edges],
            graph.speed_mps,
            graph.mode,
            graph.street_mps,
            sources,
            _moved(self.targets.take(rows), edges)[1],
            source,
            self.limit_s,
        )


def fastest(graph: Graph) -> float:
    """Return how many plane metres at most a second of any edge gets one ahead."""
    network, most = graph.network, 0.0
    for begin in range(0, network.edge_count, AT_ONCE):
        some = slice(begin, begin + AT_ONCE)
        step = network.nodes[network.head[some]] - network.nodes[network.tail[some]]
        straight = np.hypot(step[:, 0], step[:, 1])
        least = np.minimum(graph.ahead_s[some], graph.back_s[some])
        far = straight > 0
        with np.errstate(divide="ignore"):
            most = max(most, float((straight[far] / least[far]).max(initial=0.0)))
    return most


def _later(whole: Whole, rows: Longs) -> Callable[[], Part]:
    return lambda: whole.part(rows)


def _graph(part: Part) -> Graph:
    """Return the graph of a part, of which nobody asks where it lies.

    What Dask hands over cannot be written to, which loops are not compiled for.
    """
    count = len(part.tail)
    network = Network(
        np.zeros((part.nodes, 2)),
        np.require(part.tail, requirements="W"),
        np.require(part.head, requirements="W"),
        part.length_m,
        np.zeros(count),
        np.zeros(count, np.int8),
        np.zeros(count, np.int8),
        np.zeros((0, 2)),
        np.zeros(count + 1, np.int64),
        "",
    )
    ahead = np.require(part.ahead_s, requirements="W")
    back = np.require(part.back_s, requirements="W")
    return Graph(
        network, ahead, back, part.speed_mps, part.mode, part.street_mps
    )  # fmt: skip


def _moved(spots: Spots, edges: Longs) -> tuple[Ints, Spots]:
    """Return which places are on some edges, ascending, and these by their place."""
    at = np.searchsorted(edges, spots.edge)
    there = at < len(edges)
    there[there] = edges[at[there]] == spots.edge[there]
    which = np.flatnonzero(there).astype(np.int32)
    moved = Spots(at[which].astype(np.int32), spots.along_m[which], spots.snap_m[which])
    return which, moved


def _halved(mine: Longs, middle: Floats) -> list[Longs]:
    """Return two halves of some targets, parted across their longer side."""
    xy = middle[mine]
    axis = int(np.argmax(xy.max(axis=0) - xy.min(axis=0)))
    order = np.argsort(xy[:, axis], kind="stable")
    half = len(mine) // 2
    return [np.sort(mine[order[:half]]), np.sort(mine[order[half:]])]


def _counter(nodes: Floats) -> Callable[[Floats, Floats], int]:
    """Return a function that says about how many nodes lie in a box."""
    low = nodes.min(axis=0)
    step = np.maximum((nodes.max(axis=0) - low) / CELLS, 1.0)
    held = np.zeros(CELLS**2, np.int64)
    for begin in range(0, len(nodes), AT_ONCE):
        some = (nodes[begin : begin + AT_ONCE] - low) / step
        cell = np.minimum(some, CELLS - 1).astype(np.int64)
        held += np.bincount(cell[:, 0] * CELLS + cell[:, 1], minlength=CELLS**2)
    total: npt.NDArray[np.int64] = np.zeros((CELLS + 1, CELLS + 1), np.int64)
    total[1:, 1:] = held.reshape(CELLS, CELLS).cumsum(axis=0).cumsum(axis=1)

    def count(south_west: Floats, north_east: Floats) -> int:
        a, b = np.clip((south_west - low) / step, 0, CELLS - 1).astype(np.int64)
        c, d = np.clip((north_east - low) / step, 0, CELLS - 1).astype(np.int64) + 1
        return int(total[c, d] - total[a, d] - total[c, b] + total[a, b])

    return count
