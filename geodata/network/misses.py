"""Dead ends that nearly meet another street: most are joins that somebody missed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from geodata.crs import STORAGE, transform_points
from geodata.network.gathering import vertices_of
from geodata.network.graph import VEHICLE

if TYPE_CHECKING:
    from geodata.network.graph import Network

Floats = npt.NDArray[np.float64]

MOST_APART = 20_000
"""Places known to be apart that are kept with a network."""
_SAME_M = 0.02
_BLOCK = 200_000
"""Edges looked at together: as many geometries are in memory at once."""


def near_misses(network: Network, near_m: float) -> tuple[int, tuple[Floats, Floats]]:
    """Return how many dead ends there are, and those that nearly meet a street.

    A dead end is a node where one street open to people ends. It nearly meets a
    street that is ``near_m`` away or less and touches neither end of its own. Where
    ``meta["apart"]`` says that streets are kept from meeting there is none.

    Returns
    -------
    tuple of int and (nodes (q, 2), places (q, 2))
        In plane metres: the dead ends, and the nearest place on the other street.
    """
    open_ = np.flatnonzero(network.kind != VEHICLE)
    tail, head = network.tail[open_], network.head[open_]
    degree = np.bincount(np.concatenate([tail, head]), minlength=network.node_count)
    at_tail, at_head = degree[tail] == 1, degree[head] == 1
    dead = np.concatenate([tail[at_tail], head[at_head]])
    other = np.concatenate([head[at_tail], tail[at_head]])
    known = _known_apart(network, dead)
    dead, other = np.delete(dead, known), np.delete(other, known)
    if len(dead) == 0 or near_m == 0:
        return len(dead), (np.empty((0, 2)), np.empty((0, 2)))
    points = np.asarray(shapely.points(network.nodes[dead]))
    tree = shapely.STRtree(points)
    found = []
    for begin in range(0, len(open_), _BLOCK):
        edges = open_[begin : begin + _BLOCK]
        lines = _lines(network, edges)
        line, which = tree.query(lines, predicate="dwithin", distance=near_m)
        one, two = network.tail[edges[line]], network.head[edges[line]]
        strange = ~(
            (one == dead[which])
            | (two == dead[which])
            | (one == other[which])
            | (two == other[which])
        )
        line, which = line[strange], which[strange]
        gap = shapely.distance(points[which], lines[line])
        found.append((which, edges[line], gap))
    which, edge, gap = (np.concatenate(each) for each in zip(*found, strict=True))
    order = np.lexsort((edge, gap, which))
    first = order[np.unique(which[order], return_index=True)[1]]
    which, lines = which[first], _lines(network, edge[first])
    along = shapely.line_locate_point(lines, points[which])
    onto = shapely.get_coordinates(shapely.line_interpolate_point(lines, along))
    return len(dead), (network.nodes[dead[which]], onto)


def kept_apart(*places: Floats) -> list[list[float]]:
    """Return positions as ``meta["apart"]`` has them, those beyond a number dropped."""
    once = np.unique(np.concatenate(places).round(7), axis=0)
    listed: list[list[float]] = once[:MOST_APART].tolist()
    return listed


def apart_of(network: Network) -> Floats:
    """Return the positions (degrees) of ``meta["apart"]``, none where it is no list."""
    try:
        places = np.array(network.meta.get("apart", ()), np.float64).reshape(-1, 2)
    except (TypeError, ValueError):
        return np.empty((0, 2))
    return places[np.isfinite(places).all(axis=1)]


def _known_apart(network: Network, dead: Any) -> Any:
    """Return which dead ends lie where streets are kept from meeting."""
    apart = apart_of(network)
    if len(apart) == 0:
        return np.empty(0, np.int64)
    x, y = transform_points(apart[:, 0], apart[:, 1], STORAGE, network.crs)
    tree = shapely.STRtree(np.asarray(shapely.points(np.column_stack([x, y]))))
    points = np.asarray(shapely.points(network.nodes[dead]))
    return np.unique(tree.query(points, predicate="dwithin", distance=_SAME_M)[0])


def _lines(network: Network, edges: Any) -> Any:
    at, starts = vertices_of(network.offsets, edges)
    owner = np.repeat(np.arange(len(edges)), np.diff(starts))
    return np.asarray(shapely.linestrings(network.coords[at], indices=owner))
