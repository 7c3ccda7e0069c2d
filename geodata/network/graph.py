"""A street network, the graph one travels on, and places along its edges."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt

from geodata.errors import InputError, Text
from geodata.network.engine import engine

if TYPE_CHECKING:
    from collections.abc import Mapping

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]
Longs = npt.NDArray[np.int64]
Bytes = npt.NDArray[np.int8]
Mode = Literal["walk", "cycle", "drive"]

WALK, STREET, VEHICLE = 0, 1, 2
"""Kinds of edges: a way for people only, for everybody, for vehicles only."""
OPEN_TO: Mapping[Mode, tuple[int, ...]] = MappingProxyType(
    {"walk": (WALK, STREET), "cycle": (WALK, STREET), "drive": (STREET, VEHICLE)}
)
"""The kinds of edges each mode may use."""
ADJACENT_S = 4e-7
"""Seconds numpy needs to put an edge in its place, about."""
ARRAYS = {
    "nodes": np.float64, "tail": np.int32, "head": np.int32, "length_m": np.float64,
    "delay_s": np.float64, "oneway": np.int8, "kind": np.int8,
    "coords": np.float64, "offsets": np.int64,
}  # fmt: skip
"""The arrays a network consists of, and what each holds."""


@dataclass(frozen=True, eq=False)
class Network:
    """Streets between junctions, split where they meet.

    Parameters
    ----------
    nodes
        (n, 2) positions in plane metres of ``crs``, in Morton order.
    tail, head
        (m,) nodes at the two ends of each edge; parallel edges and loops are kept.
    length_m
        (m,) ellipsoidal lengths.
    delay_s
        (m,) seconds lost on an edge beside walking (a crossing), spread over it.
    oneway
        (m,) for vehicles: 1 only from tail to head, -1 only back, 0 both.
    kind
        (m,) :data:`WALK`, :data:`STREET` or :data:`VEHICLE`.
    coords, offsets
        (k, 2) and (m + 1,): the vertices of edge ``e``, tail first, are
        ``coords[offsets[e]:offsets[e + 1]]``.
    crs
        The projected system of ``nodes`` and ``coords``.
    meta
        Source, version, counts, completeness, parts.
    climb
        How much longer walking takes for the slopes; None: not known, all is level.
    """

    nodes: Floats
    tail: Ints
    head: Ints
    length_m: Floats
    delay_s: Floats
    oneway: Bytes
    kind: Bytes
    coords: Floats
    offsets: Longs
    crs: str
    meta: Mapping[str, Any] = field(default_factory=dict)
    climb: Climb | None = None

    @property
    def node_count(self) -> int:
        """How many nodes there are."""
        return len(self.nodes)

    @property
    def edge_count(self) -> int:
        """How many edges there are, parallel ones and loops included."""
        return len(self.tail)

    def graph(
        self,
        *,
        speed_mps: float = 1.0,
        mode: Mode = "walk",
        climb: Climb | None = None,
        delay: float = 1.0,
        street_mps: float | None = None,
    ) -> Graph:
        """Return the graph of travelling at a speed.

        Parameters
        ----------
        speed_mps
            Metres a second on level ground.
        mode
            On foot and by bicycle vehicle roads are closed and one-way does not
            count; driving ways for people are closed and one-way counts.
        climb
            How much longer each edge takes uphill and downhill; None: on foot as the
            network knows it.
        delay
            How often ``delay_s`` is counted: 0 not at all.
        street_mps
            Metres a second between a place and its street; None: ``speed_mps``.

        Raises
        ------
        InputError
            The speed is not a positive number, or the mode unknown.
        """
        if not (np.isfinite(speed_mps) and speed_mps > 0):
            raise InputError(
                Text(f"速度无效：{speed_mps}", f"not a speed: {speed_mps}"),
                Text("请给出大于零的米/秒数。", "Give metres a second above zero."),
            )
        if mode not in OPEN_TO:
            raise InputError(
                Text(f"未知的出行方式：{mode}", f"unknown mode: {mode}"),
                Text("可用：walk、cycle、drive。", "Use walk, cycle or drive."),
            )
        level = self.length_m / speed_mps
        lost = self.delay_s * delay
        ahead = back = level + lost
        if climb is None and mode == "walk":
            climb = self.climb
        if climb is not None:
            ahead, back = level * climb.ahead + lost, level * climb.back + lost
        closed = ~np.isin(self.kind, OPEN_TO[mode])
        if closed.any():
            ahead[closed] = back[closed] = np.inf
        if mode == "drive":
            back = back.copy()
            ahead[self.oneway < 0] = np.inf
            back[self.oneway > 0] = np.inf
        return Graph(self, ahead, back, speed_mps, mode, street_mps or speed_mps)


@dataclass(frozen=True, eq=False)
class Climb:
    """Factors on the time of each edge, from tail to head and back: (m,) each.

    ``missing`` is the share of the length whose slope is not known and counts as level.
    """

    ahead: Floats
    back: Floats
    missing: float = 0.0


@dataclass(frozen=True, eq=False)
class Graph:
    """A network as one travels on it: who is next to whom, and seconds between.

    Parameters
    ----------
    network
        Where it comes from.
    ahead_s, back_s
        (m,) seconds along each edge from tail to head and back; infinite: closed.
        Part of an edge takes its share of them.
    speed_mps, mode, street_mps
        What was asked for.
    """

    network: Network
    ahead_s: Floats
    back_s: Floats
    speed_mps: float
    mode: Mode
    street_mps: float
    indptr: Longs = field(init=False)
    head: Ints = field(init=False)
    cost_s: Floats = field(init=False)
    edge: Ints = field(init=False)
    """The arcs out of node ``v`` are ``indptr[v]:indptr[v + 1]``: the node each leads
    to, its seconds and its edge. Loops and closed directions are left out."""
    spare: list[Any] = field(init=False, default_factory=list, repr=False)
    """Workspaces of searches that wait for the next."""

    def __post_init__(self) -> None:
        network = self.network
        made = engine(network.edge_count * ADJACENT_S).adjacent(
            network.node_count, network.tail, network.head, self.ahead_s, self.back_s
        )
        for name, array in zip(("indptr", "head", "cost_s", "edge"), made, strict=True):
            object.__setattr__(self, name, array)

    def reverse(self) -> Graph:
        """Return the graph with every way turned round.

        What it takes from ``a`` to ``b`` here it takes from ``b`` to ``a`` there:
        times *to* a facility are times *from* it in the reverse.
        """
        if self.ahead_s is self.back_s:  # both ways alike
            return self
        return replace(self, ahead_s=self.back_s, back_s=self.ahead_s)


@dataclass(frozen=True, eq=False)
class Spots:
    """Places on edges of a network.

    Parameters
    ----------
    edge
        (p,) the edge, or -1: nothing near enough.
    along_m
        (p,) how far from the tail, in the edge's ``length_m``.
    snap_m
        (p,) straight walk from the place itself to the edge.
    """

    edge: Ints
    along_m: Floats
    snap_m: Floats

    def __len__(self) -> int:
        return len(self.edge)

    def take(self, which: npt.NDArray[Any]) -> Spots:
        """Return some of the places: positions or a mask."""
        return Spots(self.edge[which], self.along_m[which], self.snap_m[which])


@dataclass(frozen=True, eq=False)
class Pairs:
    """Which targets each source reaches, as a sparse matrix by rows.

    The targets of source ``s`` are ``target[indptr[s]:indptr[s + 1]]``, ascending,
    and ``cost_s`` the seconds to each.
    """

    indptr: Longs
    target: Ints
    cost_s: Floats

    def __len__(self) -> int:
        return len(self.indptr) - 1

    @property
    def source(self) -> Ints:
        """The source of each pair."""
        count = np.diff(self.indptr)
        return np.repeat(np.arange(len(count), dtype=np.int32), count)


@dataclass(frozen=True, eq=False)
class Reached:
    """Which nodes each source reaches within a limit, as a sparse matrix by rows.

    The nodes of source ``s`` are ``node[indptr[s]:indptr[s + 1]]``, in no order, and
    ``cost_s`` the seconds to each.
    """

    indptr: Longs
    node: Ints
    cost_s: Floats

    def __len__(self) -> int:
        return len(self.indptr) - 1


@dataclass(frozen=True, eq=False)
class Nearest:
    """For each node (or place) the nearest source, -1 for none, and the seconds.

    Of two sources equally near the one that stands first is named.
    """

    source: Ints
    cost_s: Floats
