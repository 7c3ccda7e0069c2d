"""Places put on the street nearest to them, with how far it is."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from geodata.errors import InputError, Text
from geodata.network.engine import engine
from geodata.network.graph import OPEN_TO, Mode, Network, Spots
from geodata.network.reporting import part_of

if TYPE_CHECKING:
    from collections.abc import Callable, MutableMapping

Floats = npt.NDArray[np.float64]
Found = tuple[npt.NDArray[np.int32], Floats, Floats]

MOST_M = 500.0
"""A place farther from any street is not on the network."""
PER_CELL = 2.0
"""Segments to a cell of the grid, about."""
_LEAST_M = 1e-9
_PLAIN = "geodata.network.plain"
_KEPT: MutableMapping[Network, dict[Any, Any]] = weakref.WeakKeyDictionary()


def snap(
    network: Network,
    xy: npt.ArrayLike,
    *,
    max_m: float = MOST_M,
    mode: Mode = "walk",
) -> Spots:
    """Return the place on an edge nearest to each position.

    Parameters
    ----------
    network
        Positions are found on edges open to ``mode``.
    xy
        (p, 2) plane metres of ``network.crs``; a position that is not finite is on
        no edge.
    max_m
        Farther from every edge than this: edge -1, ``snap_m`` infinite.
    mode
        Who walks.

    Returns
    -------
    Spots
        ``along_m`` in the edge's own ``length_m``; ``snap_m`` the straight distance
        in plane metres. Of edges equally near the first.
    """
    if not (np.isfinite(max_m) and max_m >= 0):
        raise InputError(
            Text(f"最大距离无效：{max_m}", f"not a distance: {max_m}"),
            Text("请给出不小于零的米数。", "Give metres, zero or more."),
        )
    places = np.ascontiguousarray(xy, np.float64).reshape(-1, 2)
    # a process without numba puts a few places on a city's streets by a tree
    compiled = engine(network.edge_count * 4e-6).__name__ != _PLAIN
    put = _by_grid if compiled else _by_tree
    edge, walked, far = put(network, places, mode, float(max_m))
    along, there = np.zeros(len(edge)), edge >= 0
    on = edge[there]
    measured, _, begin, end = _measured(network, on)
    whole = measured[end] - measured[begin]
    part = np.divide(walked[there], whole, out=np.zeros(len(on)), where=whole > 0)
    along[there] = np.clip(part, 0.0, 1.0) * network.length_m[on]
    return Spots(edge, along, far)


def snap_degrees(
    network: Network, lon: npt.ArrayLike, lat: npt.ArrayLike, **how: Any
) -> Spots:
    """Return the spots of positions in degrees (EPSG:4490); see :func:`snap`."""
    return snap(network, to_plane(network, lon, lat), **how)


def to_plane(network: Network, lon: npt.ArrayLike, lat: npt.ArrayLike) -> Floats:
    """Return positions in degrees as plane metres of the network, (p, 2)."""
    from geodata.crs import STORAGE, transform_points

    x, y = transform_points(lon, lat, STORAGE, network.crs)
    return np.column_stack([x, y])


def parts_of(network: Network, spots: Spots) -> npt.NDArray[np.int32]:
    """Return the part each place is in: 0 the main part, -1 on no edge.

    Whoever is on another part reaches only what is on it as well.
    """
    parts = parts_of_nodes(network)
    there = spots.edge >= 0
    part: npt.NDArray[np.int32] = np.full(len(spots), -1, np.int32)
    part[there] = parts[network.tail[spots.edge[there]]]
    return part


def parts_of_nodes(network: Network) -> npt.NDArray[np.int32]:
    """Return the part each node is in, as of :func:`parts_of`; kept."""
    parts: npt.NDArray[np.int32] = kept(network, "part", lambda: part_of(network))
    return parts


def positions(network: Network, spots: Spots) -> Floats:
    """Return where the places are on their edges, (p, 2) plane metres; else nan."""
    made = np.full((len(spots), 2), np.nan)
    there = np.flatnonzero(spots.edge >= 0)
    edge = spots.edge[there]
    length = network.length_m[edge]
    share = np.divide(
        spots.along_m[there], length, out=np.zeros(len(edge)), where=length > 0
    )
    measured, vertices, begin, end = _measured(network, edge)
    # run on over all edges, so that a place on one edge is a place on the run
    first, last = np.unique(begin), np.unique(end)
    before_it = np.cumsum(measured[last]) - measured[last]
    measured = measured + np.repeat(before_it, last - first + 1)
    wanted = measured[begin] + share * (measured[end] - measured[begin])
    after = np.clip(np.searchsorted(measured, wanted, side="left"), begin + 1, end)
    step = measured[after] - measured[after - 1]
    part = np.divide(
        wanted - measured[after - 1], step, out=np.zeros(len(edge)), where=step > 0
    )
    before = network.coords[vertices[after - 1]]
    made[there] = before + part[:, None] * (network.coords[vertices[after]] - before)
    return made


def _by_grid(network: Network, places: Floats, mode: Mode, max_m: float) -> Found:
    """Return edge, plane metres along it and away from it, by compiled loops."""
    from geodata.network.kernels.snapping import nearest_segments

    coords, vertex, owner, low, cell, shape, starts, members = kept(
        network, ("grid", OPEN_TO[mode]), lambda: _gridded(network, OPEN_TO[mode])
    )
    found, share, far = nearest_segments(
        places, coords, vertex, low, cell, shape, starts, members, max_m
    )
    there = found >= 0
    edge = np.where(there, owner[found], -1).astype(np.int32)
    walked, on = np.zeros(len(found)), edge[there]
    measured, _, begin, _ = _measured(network, on)
    at = begin + vertex[found[there]] - network.offsets[on]
    step = measured[at + 1] - measured[at]
    walked[there] = measured[at] - measured[begin] + share[there] * step
    return edge, walked, far


def _by_tree(network: Network, places: Floats, mode: Mode, max_m: float) -> Found:
    """Return the same by a tree of lines, without compiled loops."""
    import shapely

    def planted() -> tuple[Any, Any, Any]:
        there = np.flatnonzero(np.isin(network.kind, OPEN_TO[mode]))
        size = np.diff(network.offsets)
        owner = np.repeat(np.arange(network.edge_count), size)
        lines = np.asarray(shapely.linestrings(network.coords, indices=owner))[there]
        return there, lines, shapely.STRtree(lines)

    edges, lines, tree = kept(network, ("tree", OPEN_TO[mode]), planted)
    edge = np.full(len(places), -1, np.int32)
    walked, far = np.zeros(len(places)), np.full(len(places), np.inf)
    good = np.flatnonzero(np.isfinite(places).all(axis=1))
    points = np.asarray(shapely.points(places[good]))
    if len(good) == 0 or len(lines) == 0:
        return edge, walked, far
    (which, line), gap = tree.query_nearest(
        points, max_distance=max(max_m, _LEAST_M), return_distance=True
    )
    first = np.unique(which[np.lexsort((line, which))], return_index=True)[1]
    order = np.lexsort((line, which))[first]
    which, line = which[order], line[order]
    edge[good[which]], far[good[which]] = edges[line], gap[order]
    walked[good[which]] = shapely.line_locate_point(lines[line], points[which])
    return edge, walked, far


def _measured(
    network: Network, edge: npt.NDArray[Any]
) -> tuple[Floats, npt.NDArray[np.int64], Any, Any]:
    """Return the plane metres from an edge's begin to each of its vertices.

    Of some edges, one after the other, each summed by itself, so that what else is
    asked does not change a place by a bit. Also which vertices these are, and where
    among them each edge begins and ends: of a province's vertices few are ever asked
    about.
    """
    once, place = np.unique(edge, return_inverse=True)
    size = network.offsets[once + 1] - network.offsets[once]
    first = np.cumsum(size) - size
    vertices = np.arange(size.sum()) + np.repeat(network.offsets[once] - first, size)
    steps = np.hypot(*np.diff(network.coords[vertices], axis=0).T)
    measured = np.zeros(len(vertices))
    order = np.argsort(-size, kind="stable")
    longest, begins = size[order], first[order]
    for rank in range(1, int(size.max(initial=0))):
        here = begins[: np.searchsorted(-longest, -rank, side="left")] + rank
        measured[here] = measured[here - 1] + steps[here - 1]
    return measured, vertices, first[place], (first + size - 1)[place]


def kept(network: Network, name: Any, make: Callable[[], Any]) -> Any:
    """Return what was made for a network before, as long as the network lives."""
    there = _KEPT.setdefault(network, {})
    if name not in there:
        there[name] = make()
    return there[name]


def _gridded(network: Network, kinds: tuple[int, ...]) -> tuple[Any, ...]:
    from geodata.network.kernels.snapping import grid

    size = np.diff(network.offsets)
    owner = np.repeat(np.arange(network.edge_count, dtype=np.int32), size)
    begins = np.ones(len(network.coords), bool)
    begins[network.offsets[1:] - 1] = False  # the last vertex of an edge begins none
    begins &= np.isin(network.kind, kinds)[owner]
    vertex = np.flatnonzero(begins).astype(np.int32)  # half the memory
    low = network.coords.min(axis=0)
    span = np.maximum(network.coords.max(axis=0) - low, 1.0)
    cell = max(float(np.sqrt(span.prod() * PER_CELL / max(len(vertex), 1))), 20.0)
    shape = np.floor(span / cell).astype(np.int64) + 1
    starts, members = grid(network.coords, vertex, low, cell, shape)
    return network.coords, vertex, owner[vertex], low, cell, shape, starts, members
