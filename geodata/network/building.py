"""From streets to a network: split at junctions, joined where nothing branches.

Lines are cut where they share a vertex with another line or with themselves.
Pieces that follow one another at a node where nothing else begins become one edge
with the geometry of all. Edges between the same two nodes stay edges of their own;
only one drawn twice over the same vertices is dropped, and counted.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from geodata.crs import STORAGE, plane_at, transform_points
from geodata.crs.measure import distance_m
from geodata.errors import InputError, Text
from geodata.network.gathering import vertices_of
from geodata.network.graph import VEHICLE, WALK, Network
from geodata.network.keeping import digest_of
from geodata.network.misses import kept_apart
from geodata.network.ordering import morton_order
from geodata.network.reporting import BuildReport, report
from geodata.network.streets import no_streets

if TYPE_CHECKING:
    from collections.abc import Callable

    from geodata.network.streets import Streets

Longs = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

CROSSING_S, SIGNALS_S = 5.0, 20.0
"""Seconds people wait on average at a crossing without and with signals."""
NEAR_M = 5.0
"""A dead end this near to another street probably ought to meet it."""
_NOBODY = np.iinfo(np.int64).min
"""The identity of a vertex no source knows."""


class Pieces(NamedTuple):
    """Streets between nodes: vertices by their dense identities."""

    vertex: Longs
    offsets: Longs
    kind: npt.NDArray[np.int8]
    oneway: npt.NDArray[np.int8]

    @property
    def first(self) -> Longs:
        """The node each piece begins at."""
        return self.vertex[self.offsets[:-1]]

    @property
    def last(self) -> Longs:
        """The node each piece ends at."""
        return self.vertex[self.offsets[1:] - 1]

    def take(self, which: Longs, back: npt.NDArray[np.bool_] | None = None) -> Pieces:
        """Return some of the pieces, those of ``back`` turned round."""
        turned = np.zeros(len(which), bool) if back is None else back
        size = np.diff(self.offsets)[which]
        offsets = np.concatenate([[0], np.cumsum(size)])
        step = np.where(turned, -1, 1)
        begin = np.where(turned, self.offsets[which + 1] - 1, self.offsets[which])
        within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], size)
        at = np.repeat(begin, size) + within * np.repeat(step, size)
        oneway = (self.oneway[which] * step).astype(np.int8)
        return Pieces(self.vertex[at], offsets, self.kind[which], oneway)


def build(
    streets: Streets,
    *,
    crossing_s: float = CROSSING_S,
    signals_s: float = SIGNALS_S,
    near_m: float = NEAR_M,
    meta: dict[str, Any] | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> tuple[Network, BuildReport]:
    """Return the network that streets make, and what was done and found.

    Parameters
    ----------
    streets
        Of one source; see :mod:`geodata.network.streets`.
    crossing_s, signals_s
        Seconds lost where people cross, without and with signals. Charged to ways
        for people that pass such a place, and at signals also to streets that end
        at a junction there, half to each.
    near_m
        Dead ends are reported when another street is this near (metres).
    meta
        Kept with the network: source, settings.
    progress
        Called with ``(done, message)``.

    Raises
    ------
    FileRefusedError
        No street is left.
    InputError
        A delay or distance that is none.
    """
    _require_settings(crossing_s, signals_s, near_m)
    tell = progress or (lambda _done, _words: None)
    tell(0.05, "splitting at junctions")
    identities, vertex = np.unique(streets.vertex, return_inverse=True)
    xy = np.empty((len(identities), 2))
    xy[vertex] = streets.xy
    shut = np.isin(identities, streets.closed)
    pieces, parted = _split(streets, vertex.astype(np.int64), shut)
    if len(pieces.kind) == 0:
        raise no_streets(streets.counts)
    xy = np.concatenate([xy, xy[parted]])
    identities = np.concatenate([identities, np.full(len(parted), _NOBODY)])
    pieces, twice = _without_doubles(pieces)
    tell(0.3, "joining what does not branch")
    before = len(pieces.kind)
    pieces = _joined(pieces, len(xy))
    counts = {
        **streets.counts,
        "doubles": twice,
        "joined": before - len(pieces.kind),
        "closed": len(streets.closed),
    }
    waits = _waits(streets, identities, crossing_s, signals_s)
    tell(0.6, "measuring")
    said = {
        "source": streets.source,
        "crossing_s": crossing_s,
        "signals_s": signals_s,
        **({"apart": kept_apart(xy[parted])} if len(parted) else {}),
        **({"told": [text._asdict() for text in streets.told]} if streets.told else {}),
        **(meta or {}),
    }
    network = _network(pieces, xy, waits, said)
    tell(0.8, "looking for isolated parts")
    found = report(network, counts=counts, near_m=near_m)
    tell(1.0, "done")
    return replace(network, meta={**network.meta, **found.meta()}), found


def _require_settings(*values: float) -> None:
    if not all(np.isfinite(value) and value >= 0 for value in values):
        raise InputError(
            Text("等待时间和容差应为不小于零的数。",
                 "Waiting times and tolerances are numbers, zero or more."),
        )  # fmt: skip


def _split(
    streets: Streets, vertex: Longs, closed: npt.NDArray[np.bool_]
) -> tuple[Pieces, Longs]:
    """Cut lines at what they share, and apart at vertices nobody passes.

    Where nobody passes each piece gets an end of its own: new identities, of which
    the second array says whose position they have.
    """
    size = np.diff(streets.offsets)
    line = np.repeat(np.arange(len(size)), size)
    fresh = np.ones(len(vertex), bool)
    fresh[1:] = (vertex[1:] != vertex[:-1]) | (line[1:] != line[:-1])
    vertex, line = vertex[fresh], line[fresh]
    first = np.ones(len(vertex), bool)
    first[1:] = line[1:] != line[:-1]
    last = np.roll(first, -1)
    node = first | last
    if not streets.ends_only:
        node |= np.bincount(vertex)[vertex] > 1
    node |= closed[vertex]
    at = np.flatnonzero(node)
    same = line[at[1:]] == line[at[:-1]]
    begin, end = at[:-1][same], at[1:][same]
    # each piece takes its two ends, so a vertex between two pieces comes twice
    count = end - begin + 1
    offsets = np.concatenate([[0], np.cumsum(count)])
    within = np.arange(offsets[-1]) - np.repeat(offsets[:-1], count)
    taken = vertex[np.repeat(begin, count) + within]
    owner = line[begin]
    outer = np.concatenate([offsets[:-1], offsets[1:] - 1])
    outer = outer[closed[taken[outer]]] if closed.any() else outer[:0]
    parted = taken[outer]
    taken[outer] = len(closed) + np.arange(len(outer))
    made = Pieces(taken, offsets, streets.kind[owner], streets.oneway[owner])
    return made, parted


def _without_doubles(pieces: Pieces) -> tuple[Pieces, int]:
    """Drop pieces over the same vertices; two one-ways face to face become none."""
    low = np.minimum(pieces.first, pieces.last)
    high = np.maximum(pieces.first, pieces.last)
    size = np.diff(pieces.offsets)
    mixed = _mixed(pieces.vertex)
    total = np.add.reduceat(mixed, pieces.offsets[:-1])
    loop = low == high
    keys = np.column_stack([low, high, size, total.view(np.int64), pieces.kind])
    order = np.lexsort(keys.T[::-1])
    new = np.ones(len(order), bool)
    new[1:] = (keys[order][1:] != keys[order][:-1]).any(axis=1)
    group = np.empty(len(order), np.int64)
    group[order] = np.cumsum(new) - 1
    # the direction for vehicles as seen from the lower end
    seen = np.where(pieces.first == low, pieces.oneway, -pieces.oneway)
    both = np.zeros(group.max() + 1, bool)
    for way in (-1, 1):
        has = np.zeros(len(both), bool)
        has[group[(seen == way) & ~loop]] = True
        both = has if way == -1 else both & has
    free = np.zeros(len(both), bool)
    free[group[seen == 0]] = True
    kept = np.sort(order[new])
    oneway = pieces.oneway.copy()
    oneway[both[group] | free[group]] = 0
    made = pieces._replace(oneway=oneway).take(kept)
    return made, len(pieces.kind) - len(kept)


def _mixed(values: Longs) -> npt.NDArray[np.uint64]:
    """Return 64 well-mixed bits of each number (the finaliser of splitmix64)."""
    x = values.astype(np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed: npt.NDArray[np.uint64] = x ^ (x >> np.uint64(31))
    return mixed


def _joined(pieces: Pieces, vertices: int) -> Pieces:
    """Join pieces of one kind and direction where nothing else begins or ends."""
    from geodata.network.kernels.chaining import chains

    count = len(pieces.kind)
    ends = np.column_stack([pieces.first, pieces.last]).ravel()
    degree = np.bincount(ends, minlength=vertices)
    order = np.argsort(ends, kind="stable")
    two = np.flatnonzero(degree[ends[order]] == 2)
    one, other = order[two[0::2]], order[two[1::2]]
    arriving = np.where(one % 2 == 1, 1, -1) * pieces.oneway[one // 2]
    leaving = np.where(other % 2 == 0, 1, -1) * pieces.oneway[other // 2]
    fits = (
        (one // 2 != other // 2)
        & (pieces.kind[one // 2] == pieces.kind[other // 2])
        & (arriving == leaving)
    )
    mate = np.full(2 * count, -1, np.int64)
    mate[one[fits]], mate[other[fits]] = other[fits], one[fits]
    walked, back, starts = chains(mate)
    turned = pieces.take(walked, back)
    # of each piece but the first of a chain the first vertex is the one before
    keep = np.ones(len(turned.vertex), bool)
    inner = np.ones(count, bool)
    inner[starts[:-1]] = False
    keep[turned.offsets[:-1][inner]] = False
    ended = np.concatenate([[0], np.cumsum(keep)])
    offsets = ended[turned.offsets[starts]]
    lead = starts[:-1]
    return Pieces(turned.vertex[keep], offsets, turned.kind[lead], turned.oneway[lead])


def _waits(
    streets: Streets, identities: Longs, crossing_s: float, signals_s: float
) -> tuple[Floats, Floats]:
    """Return the seconds at each vertex: for ways for people, for other streets."""
    signals = np.isin(identities, streets.signals)
    people = np.where(signals, signals_s, 0.0)
    people[np.isin(identities, streets.crossings) & ~signals] = crossing_s
    return people, np.where(signals, signals_s, 0.0)


def _network(
    pieces: Pieces,
    xy: Floats,
    waits: tuple[Floats, Floats],
    meta: dict[str, Any],
) -> Network:
    lon, lat = xy.T
    middle = (float((lon.min() + lon.max()) / 2), float((lat.min() + lat.max()) / 2))
    crs = f"EPSG:{plane_at(*middle)}"
    plane = np.column_stack(transform_points(lon, lat, STORAGE, crs))
    vertex = pieces.vertex
    steps = distance_m(
        lon[vertex[:-1]], lat[vertex[:-1]], lon[vertex[1:]], lat[vertex[1:]]
    )
    steps = np.append(steps, 0.0)
    steps[pieces.offsets[1:] - 1] = 0.0  # from the end of one to the start of the next
    length = np.add.reduceat(steps, pieces.offsets[:-1])
    made = Network(
        plane,
        pieces.first.astype(np.int32),
        pieces.last.astype(np.int32),
        length,
        _delays(pieces, waits),
        pieces.oneway,
        pieces.kind,
        plane[vertex],
        pieces.offsets,
        crs,
        meta,
    )
    return ordered(made)


def _delays(pieces: Pieces, waits: tuple[Floats, Floats]) -> Floats:
    """Return the seconds lost on each piece; see :func:`build` for the rule."""
    people, signals = waits
    walk = pieces.kind == WALK
    begin = pieces.offsets[:-1]
    total = np.add.reduceat(people[pieces.vertex], begin)
    halves = (people[pieces.first] + people[pieces.last]) / 2
    # a street passes the signals it ends at, where other streets begin
    other = ~walk & (pieces.kind != VEHICLE)
    ends = np.concatenate([pieces.first[other], pieces.last[other]])
    junction = np.bincount(ends, minlength=len(signals)) >= 3
    stops = np.where(junction, signals, 0.0)
    streets = (stops[pieces.first] + stops[pieces.last]) / 2
    delays: Floats = np.where(walk, total - halves, np.where(other, streets, 0.0))
    return delays


def ordered(network: Network) -> Network:
    """Return the network with the nodes in use only, in Morton order.

    Neighbours on the ground are then neighbours in memory. Edges follow the node
    they begin at.
    """
    used = np.zeros(network.node_count, bool)
    used[network.tail] = used[network.head] = True
    there = np.flatnonzero(used)
    rank = there[morton_order(network.nodes[there])]
    place = np.full(network.node_count, -1, np.int32)
    place[rank] = np.arange(len(rank), dtype=np.int32)
    tail, head = place[network.tail], place[network.head]
    order = np.lexsort((head, tail))
    at, offsets = vertices_of(network.offsets, order)
    made = replace(
        network,
        nodes=np.ascontiguousarray(network.nodes[rank]),
        tail=tail[order],
        head=head[order],
        length_m=network.length_m[order],
        delay_s=network.delay_s[order],
        oneway=network.oneway[order],
        kind=network.kind[order],
        coords=np.ascontiguousarray(network.coords[at]),
        offsets=offsets,
    )
    return replace(made, meta={**network.meta, "version": digest_of(made)})
