"""Standing for people: points along the streets of an area, or evenly over it.

Where only a total is known for an area, how it is placed decides what is reached,
so a placement is drawn from the streets themselves, the same at every run, and
each point says for which share of the area it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import shapely

from geodata.network.graph import STREET, WALK, Floats, Ints, Longs

if TYPE_CHECKING:
    from geodata.network.graph import Network

PIECE_M = 50.0
"""Edges are cut into pieces no longer than this; a point stands in each middle."""
LIVED = (WALK, STREET)
"""Edges that people may live along."""
_POINTS_AT_ONCE = 1 << 20


@dataclass(frozen=True, eq=False)
class Spread:
    """Points that stand for areas, sorted by area.

    Parameters
    ----------
    area
        (p,) which area each point stands for.
    xy
        (p, 2) plane metres.
    share
        (p,) share of its area's total; the shares of an area add up to 1.
    edge, along_m
        (p,) the place on the network, edge -1 for points that are not on it.
    """

    area: Ints
    xy: Floats
    share: Floats
    edge: Ints
    along_m: Floats

    def __len__(self) -> int:
        return len(self.area)


def points_along(network: Network, edge: Ints, along_m: Floats) -> Floats:
    """Return the (p, 2) positions of places on edges, in plane metres.

    ``along_m`` is in the edge's ``length_m``; a place before its tail or beyond its
    head stands at that end.
    """
    edge = np.asarray(edge, np.int64)
    first, last = network.offsets[edge], network.offsets[edge + 1] - 1
    measure = _measures(network)
    start, end = measure[first], measure[last]
    length = np.maximum(network.length_m[edge], 1e-12)
    wanted = start + (end - start) * np.clip(along_m / length, 0.0, 1.0)
    at = np.searchsorted(measure, wanted, side="right") - 1
    at = np.clip(at, first, np.maximum(last - 1, first))
    onto = np.minimum(at + 1, last)
    step = measure[onto] - measure[at]
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.where(step > 0, (wanted - measure[at]) / step, 0.0)
    here, there = network.coords[at], network.coords[onto]
    found: Floats = here + (there - here) * part[:, None]
    return found


def along_streets(
    network: Network,
    areas: npt.NDArray[Any],
    *,
    most: int = 60,
) -> Spread:
    """Return points along the streets inside areas, equally far apart by length.

    Parameters
    ----------
    areas
        Polygons in the network's system. A point on a common border stands for the
        first of its areas.
    most
        Most points of one area; they are then spaced evenly along all its streets
        in the network's (spatial) order.

    Returns
    -------
    Spread
        Areas without a street have no point.
    """
    open_ = np.flatnonzero(np.isin(network.kind, LIVED) & (network.length_m > 0))
    count = np.maximum(1, np.ceil(network.length_m[open_] / PIECE_M)).astype(np.int64)
    edge = np.repeat(open_, count)
    nth = np.arange(len(edge)) - np.repeat(np.cumsum(count) - count, count)
    piece = network.length_m[edge] / np.repeat(count, count)
    along = (nth + 0.5) * piece
    xy = points_along(network, edge.astype(np.int32), along)
    area, point = _inside(areas, xy)
    chosen, share = _thinned(area, piece[point], most)
    kept = point[chosen]
    return Spread(
        area=area[chosen].astype(np.int32),
        xy=xy[kept],
        share=share,
        edge=edge[kept].astype(np.int32),
        along_m=along[kept],
    )


def evenly(areas: npt.NDArray[Any], *, most: int = 60) -> Spread:
    """Return about ``most`` points over each area, on a square lattice.

    An area so narrow that no point of the lattice falls into it has one, somewhere
    inside. Empty areas have none.
    """
    found: list[tuple[int, Floats]] = []
    for at, area in enumerate(areas):
        if area is None or shapely.is_empty(area) or shapely.area(area) <= 0:
            continue
        found.append((at, _lattice(area, most)))
    counts = [len(xy) for _, xy in found]
    area = np.repeat([at for at, _ in found], counts).astype(np.int32)
    xy = np.concatenate([xy for _, xy in found]) if found else np.empty((0, 2))
    share = np.repeat([1.0 / count for count in counts], counts)
    nowhere = np.full(len(xy), -1, np.int32)
    return Spread(area, xy, share, nowhere, np.zeros(len(xy)))


def _measures(network: Network) -> Floats:
    """Return the plane distance run along all vertices, growing over all edges."""
    steps = np.zeros(len(network.coords))
    if len(steps) > 1:
        steps[1:] = np.hypot(*np.diff(network.coords, axis=0).T)
        inner = network.offsets[1:-1]
        steps[inner[inner < len(steps)]] = 1.0  # between edges, so that ends differ
    found: Floats = np.cumsum(steps)
    return found


def _inside(areas: npt.NDArray[Any], xy: Floats) -> tuple[Longs, Longs]:
    """Return which points lie in which area, by area, then by point."""
    found: list[tuple[Longs, Longs]] = []
    shapes = np.asarray(areas, dtype=object)
    shapely.prepare(shapes)
    for start in range(0, len(xy), _POINTS_AT_ONCE):
        points: Any = shapely.points(xy[start : start + _POINTS_AT_ONCE])
        tree = shapely.STRtree(points)
        area, point = tree.query(shapes, predicate="intersects")
        found.append((area, point + start))
    if not found:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    area = np.concatenate([each for each, _ in found]).astype(np.int64)
    point = np.concatenate([each for _, each in found]).astype(np.int64)
    order = np.lexsort((point, area))
    area, point = area[order], point[order]
    first = np.unique(point, return_index=True)[1]
    once = np.zeros(len(point), bool)
    once[first] = True
    return area[once], point[once]


def _thinned(area: Longs, weight: Floats, most: int) -> tuple[Longs, Floats]:
    """Return which points stand for their area and the share of each.

    Of an area with more than ``most`` the points at equal steps of the weight are
    taken, each with the same share.
    """
    if not len(area):
        return np.empty(0, np.int64), np.empty(0)
    starts = np.flatnonzero(np.r_[True, area[1:] != area[:-1]])
    ends = np.r_[starts[1:], len(area)]
    chosen: list[Longs] = []
    share: list[Floats] = []
    for start, end in zip(starts, ends, strict=True):
        run = np.cumsum(weight[start:end])
        if end - start <= most:
            chosen.append(np.arange(start, end))
            share.append(weight[start:end] / run[-1])
            continue
        steps = (np.arange(most) + 0.5) * (run[-1] / most)
        at, times = np.unique(np.searchsorted(run, steps), return_counts=True)
        chosen.append(start + at)
        share.append(times / most)
    return np.concatenate(chosen), np.concatenate(share)


def _lattice(area: Any, most: int) -> Floats:
    west, south, east, north = shapely.bounds(area)
    step = float(np.sqrt(shapely.area(area) / most))
    xs = np.arange(west + step / 2, east, step)
    ys = np.arange(south + step / 2, north, step)
    grid = np.array(np.meshgrid(xs, ys)).reshape(2, -1).T
    shapely.prepare(area)
    inside = grid[shapely.contains_xy(area, grid)] if len(grid) else grid
    if len(inside):
        return np.asarray(inside, np.float64)
    point = shapely.point_on_surface(area)
    return np.array([[shapely.get_x(point), shapely.get_y(point)]])
