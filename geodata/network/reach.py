"""Who reaches what, and in how many seconds, along the streets.

Sources and targets are :class:`~geodata.network.graph.Spots`; the walk between a
place and its street counts at the graph's ``street_mps``. Times run from the sources;
for times *to* them ask ``graph.reverse()`` (on foot on level ground there is no
difference).
"""

from __future__ import annotations

import sys
import weakref
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import InputError, Text
from geodata.network.engine import engine
from geodata.network.entering import Beside, arrivals, check_spots, hooks, seeds
from geodata.network.graph import Nearest, Pairs, Reached

if TYPE_CHECKING:
    from collections.abc import MutableMapping

    from geodata.network.graph import Floats, Graph, Ints, Longs, Network, Spots

ROW_S, ARC_S, TARGET_S = 6e-9, 6e-8, 1.5e-8
"""Seconds scipy needs for a node of a row, an arc followed, a target, about."""

_EXTENTS: MutableMapping[Network, float] = weakref.WeakKeyDictionary()
"""Square metres that networks lie in."""


def nearest(graph: Graph, sources: Spots, limit_s: float = np.inf) -> Nearest:
    """Return for each node of the graph the nearest source.

    Parameters
    ----------
    graph, sources
        Where one travels, and from where.
    limit_s
        Farther than this many seconds counts as not reached.

    Returns
    -------
    Nearest
        (n,) sources, -1 where none is within the limit, and seconds.
    """
    check_spots(graph, sources)
    limit = limited(limit_s)
    found = engine(_seconds(graph, sources, limit)).nearest(
        graph, seeds(graph, sources), limit
    )
    return Nearest(*found)


def within(graph: Graph, sources: Spots, limit_s: float) -> Reached:
    """Return the nodes each source reaches within ``limit_s`` seconds."""
    check_spots(graph, sources)
    limit = limited(limit_s)
    loops = engine(_seconds(graph, sources, limit))
    return Reached(*loops.reached(graph, seeds(graph, sources), limit))


def k_nearest(
    graph: Graph, sources: Spots, targets: Spots, k: int, limit_s: float = np.inf
) -> tuple[Ints, Floats]:
    """Return for each target the ``k`` nearest sources.

    Returns
    -------
    source, cost_s
        (p, k) arrays, nearest first, filled with -1 and infinity. Of sources equally
        near the one that stands first comes first.
    """
    if k < 1:
        raise InputError(
            Text(f"个数无效：{k}", f"not a number of sources: {k}"),
            Text("请给出至少为 1 的整数。", "Give a whole number from 1 up."),
        )
    check_spots(graph, sources)
    check_spots(graph, targets)
    limit = limited(limit_s)
    loops = engine(_seconds(graph, sources, limit))
    owner, cost = loops.k_nearest(graph, seeds(graph, sources), limit, k)
    return _onto(graph, sources, targets, limit, owner, cost)


def nearest_of(
    graph: Graph, sources: Spots, targets: Spots, limit_s: float = np.inf
) -> Nearest:
    """Return for each target the nearest source: :func:`k_nearest` of one."""
    check_spots(graph, targets)
    by_node = nearest(graph, sources, limit_s)
    owner, cost = by_node.source[:, None], by_node.cost_s[:, None]
    found = _onto(graph, sources, targets, limited(limit_s), owner, cost)
    return Nearest(found[0][:, 0], found[1][:, 0])


def _onto(
    graph: Graph,
    sources: Spots,
    targets: Spots,
    limit: float,
    owner: Ints,
    cost: Floats,
) -> tuple[Ints, Floats]:
    """Return the nearest sources of targets by those of the nodes, (n, k)."""
    k = owner.shape[1]
    node, way = arrivals(graph, targets)
    by_node = np.broadcast_to(
        np.arange(len(targets))[:, None, None], (len(targets), 2, k)
    )
    beside = Beside(graph, targets).straight(sources)
    along = np.repeat(np.arange(len(sources)), np.diff(beside.starts))
    return _best(
        len(targets),
        k,
        limit,
        np.concatenate([by_node.ravel(), beside.target]),
        np.concatenate([owner[node].ravel(), along]),
        np.concatenate([(cost[node] + way[:, :, None]).ravel(), beside.seconds]),
    )


def pairs(graph: Graph, sources: Spots, targets: Spots, limit_s: float) -> Pairs:
    """Return every source and target within ``limit_s`` seconds of each other.

    The sparse matrix that coverage, accessibility and siting stand on.
    """
    return Places(graph, targets).pairs(sources, limit_s)


class Places:
    """Targets hung on a graph, so that many searches find them.

    Parameters
    ----------
    graph
        Where one travels.
    targets
        The places to be found.
    """

    def __init__(self, graph: Graph, targets: Spots) -> None:
        check_spots(graph, targets)
        self.graph = graph
        self.targets = targets
        self._hooks = hooks(graph, targets)
        self._beside = Beside(graph, targets)

    def pairs(self, sources: Spots, limit_s: float) -> Pairs:
        """Return the targets each source reaches within ``limit_s`` seconds."""
        check_spots(self.graph, sources)
        limit = limited(limit_s)
        seconds = _seconds(self.graph, sources, limit)
        seconds += len(sources) * len(self.targets) * TARGET_S
        made = engine(seconds).paired(
            self.graph,
            seeds(self.graph, sources),
            self._hooks,
            self._beside.straight(sources),
            len(self.targets),
            limit,
        )
        return Pairs(*made)


def _best(
    targets: int, k: int, limit_s: float, target: Longs, source: Longs, cost_s: Floats
) -> tuple[Ints, Floats]:
    """Return the k best sources of each target among all ways to it."""
    kept = np.flatnonzero(cost_s <= limit_s)
    kept = kept[np.lexsort((cost_s[kept], source[kept], target[kept]))]
    first = np.ones(len(kept), bool)
    first[1:] = (np.diff(target[kept]) != 0) | (np.diff(source[kept]) != 0)
    kept = kept[first]
    kept = kept[np.lexsort((source[kept], cost_s[kept], target[kept]))]
    starts = np.searchsorted(target[kept], np.arange(targets))
    rank = np.arange(len(kept)) - starts[target[kept]]
    kept, rank = kept[rank < k], rank[rank < k]
    owner = np.full((targets, k), -1, np.int32)
    seconds = np.full((targets, k), np.inf)
    owner[target[kept], rank] = source[kept]
    seconds[target[kept], rank] = cost_s[kept]
    return owner, seconds


def limited(limit_s: float) -> float:
    """Return a limit that closed ways, which take for ever, always exceed."""
    if not limit_s >= 0:
        raise InputError(
            Text(f"时限无效：{limit_s}", f"not a limit: {limit_s}"),
            Text("请给出不小于零的秒数。", "Give seconds from zero up."),
        )
    return min(float(limit_s), sys.float_info.max)


def _seconds(graph: Graph, sources: Spots, limit_s: float) -> float:
    """Return about how long scipy would need: rows of all nodes, and the ways.

    The share of the arcs a source reaches is that of a circle's area.
    """
    nodes = graph.network.nodes
    if len(nodes) == 0:
        return 0.0
    extent = _EXTENTS.get(graph.network)
    if extent is None:  # of a million nodes it takes longer than one search
        extent = float(np.prod(np.ptp(nodes, axis=0) + 1.0))
        _EXTENTS[graph.network] = extent
    radius = min(limit_s * graph.speed_mps, 1e9)
    share = min(np.pi * radius * radius / extent, 1.0)
    return len(sources) * (len(nodes) * ROW_S + len(graph.head) * share * ARC_S)
