"""The directed edges of many polygons, and which of them meet their reverse.

In a coverage without conflicts every border edge is drawn twice, once in each
direction. Where an edge does not meet its reverse, the number of units that cover
the ground changes by one; where it does, the number stays. So only the unmatched
edges can bound a gap or an overlap.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

SAME_POSITION_DEG = 1e-8
"""Two vertices within this distance (about a millimetre) are one position."""
TOUCH_DEG = 2 * SAME_POSITION_DEG
"""What lies within this distance of each other touches."""

LONG_DEG = 0.02
"""An edge whose box is wider than this (two kilometres) both ways is long."""
CHUNK = 100_000


@dataclass(frozen=True)
class Edges:
    """All edges of an array of polygons, interior to the left.

    ``xy`` holds every ring vertex (rings closed), moved to the first vertex at the
    same position; ``vertex`` numbers the positions; ``unit`` and ``ring`` say where
    a vertex belongs; ``start`` are the places in ``xy`` where an edge begins (it
    ends at ``start + 1``); ``net`` is, for each edge, how often its undirected edge
    is drawn forwards minus backwards: 0 is a matched edge.
    """

    xy: NDArray[np.float64]
    vertex: NDArray[np.intp]
    unit: NDArray[np.intp]
    ring: NDArray[np.intp]
    start: NDArray[np.intp]
    net: NDArray[np.intp]
    first: NDArray[np.bool_]
    noisy: NDArray[np.intp]
    """Units with vertices moved, by less than a millimetre, onto another's."""
    added: NDArray[np.intp]
    """Places in ``xy`` of vertices that the unit lacks: another unit has them, on
    this one's edge."""


def edges_of(
    geometries: NDArray[Any], *, against: NDArray[np.bool_] | None = None
) -> Edges:
    """Return the edges of valid (multi)polygons; None and empty ones have none.

    Polygons marked in ``against`` are drawn the other way round, so that a border
    they share with the others is matched: what is left is where a parent and the
    union of its children differ.
    """
    oriented = shapely.orient_polygons(geometries)
    if against is not None:
        turned = shapely.orient_polygons(geometries, exterior_cw=True)
        oriented = np.where(against, turned, oriented)
    parts, owner = shapely.get_parts(oriented, return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    raw, ring = shapely.get_coordinates(rings, return_index=True)
    unit = owner[part[ring]] if len(ring) else ring
    vertex, xy = _positions(raw)
    start = _starts(vertex, ring)
    vertex, xy = _settle(vertex, xy, start[_net(vertex, start)[0] != 0])
    noisy = np.unique(unit[(raw != xy).any(axis=1)])
    start = _starts(vertex, ring)
    at, point = _missing(vertex, xy, start[_net(vertex, start)[0] != 0])
    added = at + 1 + np.arange(len(at))
    unit, ring = np.insert(unit, at + 1, unit[at]), np.insert(ring, at + 1, ring[at])
    xy = np.insert(xy, at + 1, xy[point], axis=0)
    vertex = np.insert(vertex, at + 1, vertex[point])
    start = _starts(vertex, ring)
    net, first = _net(vertex, start)
    return Edges(xy, vertex, unit, ring, start, net, first, noisy, added)


def _starts(vertex: NDArray[np.intp], ring: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the places where an edge of some length begins."""
    start = np.flatnonzero(ring[1:] == ring[:-1])
    return np.asarray(start[vertex[start] != vertex[start + 1]])


def _missing(
    vertex: NDArray[np.intp], xy: NDArray[np.float64], unmatched: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return unmatched edges and the vertices of others that lie on them.

    Both as places in ``xy``, in the order along the edge; a vertex belongs to the
    edge's unit as well once it is inserted there.
    """
    if not len(unmatched):
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    ends = np.concatenate([unmatched, unmatched + 1])
    points = ends[_numbered(vertex[ends])[1]]
    a, b = xy[unmatched], xy[unmatched + 1]
    edge, near = _near(xy[points], a, b)
    point = points[near]
    other = (vertex[point] != vertex[unmatched[edge]]) & (
        vertex[point] != vertex[unmatched[edge] + 1]
    )
    edge, point = edge[other], point[other]
    along, apart = b[edge] - a[edge], xy[point] - a[edge]
    length = np.hypot(along[:, 0], along[:, 1])
    part = (along * apart).sum(axis=1) / length
    offset = np.abs(along[:, 0] * apart[:, 1] - along[:, 1] * apart[:, 0]) / length
    on = (offset <= TOUCH_DEG) & (part > TOUCH_DEG) & (part < length - TOUCH_DEG)
    at, point, part = unmatched[edge[on]], point[on], part[on]
    order = np.lexsort((part, at))
    return at[order], point[order]


def _near(
    points: NDArray[np.float64], a: NDArray[np.float64], b: NDArray[np.float64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs of edges and points that may touch.

    By the box of a short edge; GEOS would measure a million distances one by one.
    The box of a long edge may hold every point, so there it does.
    """
    tree = shapely.STRtree(np.asarray(shapely.points(points)))
    low, high = np.minimum(a, b) - TOUCH_DEG, np.maximum(a, b) + TOUCH_DEG
    long = (high - low).min(axis=1) > LONG_DEG
    short = np.flatnonzero(~long)
    edges, hits = [], []
    for some in np.array_split(short, max(len(short) // CHUNK, 1)):
        box = shapely.box(low[some, 0], low[some, 1], high[some, 0], high[some, 1])
        edge, point = tree.query(box)
        edges.append(some[edge])
        hits.append(point)
    lines = shapely.linestrings(np.stack([a[long], b[long]], axis=1))
    edge, point = tree.query(lines, predicate="dwithin", distance=TOUCH_DEG)
    edges.append(np.flatnonzero(long)[edge])
    hits.append(point)
    return np.concatenate(edges), np.concatenate(hits)


def chains(edges: Edges, chosen: NDArray[np.intp]) -> NDArray[Any]:
    """Return the chosen edges (values of ``start``) as lines, runs joined."""
    if not len(chosen):
        return np.empty(0, dtype=object)
    begin = np.sort(chosen)
    apart = (begin[1:] != begin[:-1] + 1) | (
        edges.ring[begin[1:]] != edges.ring[begin[:-1]]
    )
    run = np.cumsum(np.r_[0, apart])
    last = np.flatnonzero(np.r_[apart, True])
    place = np.concatenate([begin, begin[last] + 1])
    chain = np.concatenate([run, run[last]])
    order = np.lexsort((place, chain))
    return np.asarray(shapely.linestrings(edges.xy[place[order]], indices=chain[order]))


def _positions(
    xy: NDArray[np.float64], shift: tuple[float, float] = (0.0, 0.0)
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Give vertices in one cell of a grid one number and the first one's place."""
    cell = np.floor(xy / SAME_POSITION_DEG + 0.5 + np.asarray(shift)).astype(np.int64)
    number, first = _numbered(
        mix(cell[:, 0].view(np.uint64), cell[:, 1].view(np.uint64))
    )
    return number, xy[first][number]


def _numbered(
    values: NDArray[Any],
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return a number for each value, equal ones alike, and where each is first."""
    number, known = pd.factorize(values)
    first = np.empty(len(known), np.intp)
    first[number[::-1]] = np.arange(len(number))[::-1]
    return np.asarray(number, np.intp), first


def mix(a: NDArray[np.uint64], b: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return a 64-bit hash of each pair."""
    h = a * np.uint64(0x9E3779B97F4A7C15)
    h ^= h >> np.uint64(29)
    h = (h + b) * np.uint64(0xBF58476D1CE4E5B9)
    h ^= h >> np.uint64(32)
    return h * np.uint64(0x94D049BB133111EB)


def _settle(
    vertex: NDArray[np.intp], xy: NDArray[np.float64], unmatched: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Join positions that the grid parted although they lie next to each other.

    Only ends of unmatched edges can be affected; grids moved by half a cell catch
    what lies on either side of a cell's wall.
    """
    if not len(unmatched) or _on_decimals(xy):
        return vertex, xy
    ids = np.unique(np.concatenate([vertex[unmatched], vertex[unmatched + 1]]))
    home = np.zeros(vertex.max() + 1, dtype=np.intp)
    home[vertex] = np.arange(len(vertex))
    at = xy[home[ids]]
    for shift in ((0.5, 0.5), (0.5, 0.0), (0.0, 0.5)):
        _, at = _positions(at, shift)
    words = np.ascontiguousarray(at).view(np.uint64)
    number, first = _numbered(mix(words[:, 0].copy(), words[:, 1].copy()))
    target = np.arange(len(home))
    target[ids] = ids[first][number]
    place = xy[home]
    place[ids] = at
    return target[vertex], place[target[vertex]]


def _on_decimals(xy: NDArray[np.float64]) -> bool:
    """Return whether all coordinates are written with seven decimals or fewer.

    Then no two of them can lie next to each other without being equal.
    """
    scaled = xy * 1e7
    return bool((np.abs(scaled - np.rint(scaled)) < 1e-4).all())


def _net(
    vertex: NDArray[np.intp], start: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return each edge's net count, and whether it is the first of its like."""
    if not len(start):
        return np.zeros(0, np.intp), np.zeros(0, bool)
    a, b = vertex[start].astype(np.int64), vertex[start + 1].astype(np.int64)
    forward = a < b
    key = np.where(forward, a, b) * (vertex.max() + 1) + np.where(forward, b, a)
    group, place = _numbered(key)
    total = np.bincount(group, weights=np.where(forward, 1.0, -1.0))
    first = np.zeros(len(start), bool)
    first[place] = True
    return total[group].astype(np.intp), first
