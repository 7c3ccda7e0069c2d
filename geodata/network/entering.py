"""How places on edges and the nodes of a graph find each other.

A place lies part of the way along its edge, so one enters the graph by the edge's two
ends and arrives by either, with the share of the edge's time and the walk between the
place and the street. Two places on the same edge also meet directly.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from geodata.network.graph import Floats, Graph, Ints, Longs, Spots


class Seeds(NamedTuple):
    """Where sources enter: theirs are ``starts[s]:starts[s + 1]`` of node, seconds."""

    starts: Longs
    node: Ints
    seconds: Floats


class Hooks(NamedTuple):
    """What hangs on nodes: ``starts[v]:starts[v + 1]`` of target and seconds."""

    starts: Longs
    target: Ints
    seconds: Floats


def seeds(graph: Graph, spots: Spots) -> Seeds:
    """Return the two ends by which each place is left, infinite where closed."""
    ahead, back, share, walk = ways(graph, spots)
    node, seconds = _both_ends(
        graph, spots, _part(back, share) + walk, _part(ahead, 1 - share) + walk
    )
    starts = np.arange(0, 2 * len(spots) + 1, 2, dtype=np.int64)
    return Seeds(starts, node.ravel(), seconds.ravel())


def arrivals(graph: Graph, spots: Spots) -> tuple[Ints, Floats]:
    """Return the two nodes, (p, 2), by which each place is reached, and the seconds."""
    ahead, back, share, walk = ways(graph, spots)
    return _both_ends(
        graph, spots, _part(ahead, share) + walk, _part(back, 1 - share) + walk
    )


def hooks(graph: Graph, spots: Spots) -> Hooks:
    """Return places by the nodes from which they are reached."""
    node, seconds = arrivals(graph, spots)
    kept = np.flatnonzero(np.isfinite(seconds.ravel()))
    onto = node.ravel()[kept]
    order = kept[np.argsort(onto, kind="stable")]
    starts = _starts(onto, graph.network.node_count)
    return Hooks(starts, (order // 2).astype(np.int32), seconds.ravel()[order])


class Beside:
    """Targets by their edge, so that sources on the same edge find them."""

    def __init__(self, graph: Graph, targets: Spots) -> None:
        self.graph = graph
        self.targets = targets
        known = np.flatnonzero(targets.edge >= 0)
        self.order = known[np.argsort(targets.edge[known], kind="stable")]
        self.edges = targets.edge[self.order]

    def straight(self, sources: Spots) -> Hooks:
        """Return for each source the targets on its edge and the way along it."""
        begin = np.searchsorted(self.edges, sources.edge, side="left")
        end = np.searchsorted(self.edges, sources.edge, side="right")
        count = np.where(sources.edge >= 0, end - begin, 0)
        starts = np.zeros(len(sources) + 1, np.int64)
        np.cumsum(count, out=starts[1:])
        source = np.repeat(np.arange(len(sources)), count)
        at = np.arange(len(source)) - starts[source] + begin[source]
        target = self.order[at]
        here, there = sources.take(source), self.targets.take(target)
        ahead, back, share, walk = ways(self.graph, here)
        _, _, onto, further = ways(self.graph, there)
        way = np.where(
            onto >= share,
            _part(ahead, np.maximum(onto - share, 0)),
            _part(back, np.maximum(share - onto, 0)),
        )
        return Hooks(starts, target.astype(np.int32), way + walk + further)


def ways(graph: Graph, spots: Spots) -> tuple[Floats, Floats, Floats, Floats]:
    """Return ahead and back seconds, share of the edge, seconds to the street."""
    if len(graph.ahead_s) == 0:
        never = np.full(len(spots), np.inf)
        return never, never, np.zeros(len(spots)), never
    edge = np.maximum(spots.edge, 0)
    length = graph.network.length_m[edge]
    share = np.divide(
        spots.along_m, length, out=np.zeros(len(spots)), where=length > 0
    ).clip(0.0, 1.0)
    nowhere = spots.edge < 0
    ahead, back = graph.ahead_s[edge], graph.back_s[edge]
    ahead[nowhere] = back[nowhere] = np.inf
    walk = np.where(nowhere, np.inf, spots.snap_m / graph.street_mps)
    return ahead, back, share, walk


def _part(seconds: Floats, share: Floats) -> Floats:
    """Return a share of each time: none of a closed way takes no time."""
    whole = np.where(np.isfinite(seconds), seconds, 0.0) * share
    return np.where(np.isfinite(seconds) | (share <= 0), whole, np.inf)


def _both_ends(
    graph: Graph, spots: Spots, by_tail: Floats, by_head: Floats
) -> tuple[Ints, Floats]:
    network = graph.network
    seconds = np.column_stack([by_tail, by_head])
    if network.edge_count == 0:
        return np.zeros(seconds.shape, np.int32), seconds
    edge = np.maximum(spots.edge, 0)
    return np.column_stack([network.tail[edge], network.head[edge]]), seconds


def _starts(groups: Ints, count: int) -> Longs:
    starts = np.zeros(count + 1, np.int64)
    np.cumsum(np.bincount(groups, minlength=count), out=starts[1:])
    return starts


def check_spots(graph: Graph, spots: Spots) -> None:
    """Refuse places that belong to another network."""
    if len(spots) and spots.edge.max(initial=-1) >= graph.network.edge_count:
        raise InputError(
            Text(
                "地点所附的道路不在这个路网中。",
                "places lie on edges this network does not have",
            ),
            Text("请对同一版本的路网重新落位。", "Snap them to this network again."),
        )
