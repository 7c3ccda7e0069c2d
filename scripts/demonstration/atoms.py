"""The smallest pieces of land. Every unit of every level and vintage is made of them.

Atoms are the cells of a Voronoi diagram: small blocks on a grid in the city, larger
and irregular in the country. Along rivers and coasts the seeds stand in pairs, so
that the edges between cells run down the middle of the water.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from demonstration.relief import Points, evenly

Ints = NDArray[np.int64]


@dataclass(frozen=True)
class Atoms:
    """Cells, their corners and the edges between them (plane, metres)."""

    seeds: Points
    corners: Points
    rings: list[Ints]
    """Corner numbers around each cell, counter-clockwise."""
    edges: Ints
    """(n, 2) corner numbers, smaller first."""
    sides: Ints
    """(n, 2) cells on both sides of each edge; -1 where there is none."""
    area_m2: NDArray[np.float64]
    land: NDArray[np.bool_]
    """Whether the cell belongs to the city."""


def scatter(
    frame: shapely.Polygon,
    spacing: Callable[[Points], NDArray[np.float64]],
    taken: Points,
    taken_radius: NDArray[np.float64],
    rng: np.random.Generator,
) -> Points:
    """Return random points no closer than the local ``spacing`` to each other.

    ``taken`` are points already there, each keeping others away by its radius.
    """
    west, south, east, north = frame.bounds
    smallest = float(taken_radius.min(initial=np.inf))
    buckets: dict[tuple[int, int], list[int]] = {}
    points = [tuple(p) for p in taken]
    radii = list(taken_radius)
    size = max(smallest, 400.0)

    def put(index: int) -> None:
        x, y = points[index]
        buckets.setdefault((int(x // size), int(y // size)), []).append(index)

    for index in range(len(points)):
        put(index)
    tries = int(
        60 * frame.area / float(spacing(np.array(frame.centroid.coords)).min()) ** 2
    )
    tries = min(max(tries, 4_000), 220_000)
    drawn = rng.uniform((west, south), (east, north), (tries, 2))
    wanted = spacing(drawn)
    inside = shapely.contains_xy(frame, drawn[:, 0], drawn[:, 1])
    for (x, y), radius in zip(drawn[inside], wanted[inside], strict=True):
        reach = int(radius // size) + 1
        column, row = int(x // size), int(y // size)
        near = (
            other
            for i in range(column - reach, column + reach + 1)
            for j in range(row - reach, row + reach + 1)
            for other in buckets.get((i, j), ())
        )
        if all(
            (points[o][0] - x) ** 2 + (points[o][1] - y) ** 2
            > min(radius, radii[o]) ** 2
            for o in near
        ):
            points.append((x, y))
            radii.append(radius)
            put(len(points) - 1)
    return np.array(points[len(taken) :])


def pairs_along(line: Points, step_m: float) -> Points:
    """Return seeds in pairs left and right of a line, (n, 2, 2)."""
    middle = evenly(line, step_m)
    centres = (middle[:-1] + middle[1:]) / 2
    along = np.diff(middle, axis=0)
    aside = np.stack([-along[:, 1], along[:, 0]], axis=1) * 0.32
    return np.stack([centres + aside, centres - aside], axis=1)


def blocks(
    centre: Points,
    radius_m: float,
    size_m: float,
    angle: float,
    rng: np.random.Generator,
) -> Points:
    """Return the middles of city blocks on a turned, slightly uneven grid."""
    count = int(radius_m / size_m) + 1
    columns = _uneven(count, size_m, rng)
    rows = _uneven(count, size_m * 0.8, rng)
    x, y = np.meshgrid(columns, rows)
    grid = np.stack([x.ravel(), y.ravel()], axis=1)
    grid += rng.normal(0, size_m * 0.06, grid.shape)
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    turned = grid @ turn
    kept = np.hypot(*turned.T) < radius_m * rng.uniform(0.85, 1.08, len(turned))
    return turned[kept] + centre


def _uneven(count: int, size_m: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Return grid lines around 0 whose spacing varies, as streets do."""
    gaps = size_m * rng.uniform(0.75, 1.3, 2 * count)
    lines = np.cumsum(gaps)
    return lines - lines[count]


def cells(seeds: Points, city: shapely.Polygon, forced: dict[int, bool]) -> Atoms:
    """Return the Voronoi cells of ``seeds``.

    ``forced`` says of single seeds whether they are land; the others are where
    ``city`` covers them.
    """
    frame = shapely.box(*shapely.buffer(city, 6000).bounds)
    polygons = shapely.get_parts(
        shapely.voronoi_polygons(
            shapely.MultiPoint(seeds), extend_to=frame, ordered=True
        )
    )
    polygons = shapely.orient_polygons(polygons)
    coordinates, owner = shapely.get_coordinates(polygons, return_index=True)
    corners, number = _joined(coordinates, 12.0)
    rings = [_without_repeats(ring[:-1]) for ring in np.split(number, _starts(owner))]
    edges, sides = _edges(rings)
    land = shapely.contains_xy(city, seeds[:, 0], seeds[:, 1])
    for index, is_land in forced.items():
        land[index] = is_land
    return Atoms(
        seeds=seeds,
        corners=corners,
        rings=rings,
        edges=edges,
        sides=sides,
        area_m2=shapely.area(polygons),
        land=_largest_piece(land, sides),
    )


def _joined(coordinates: Points, radius: float) -> tuple[Points, Ints]:
    """Return distinct corners, those within ``radius`` of each other made one."""
    corners, number = np.unique(np.round(coordinates, 3), axis=0, return_inverse=True)
    points = shapely.points(corners)
    near = shapely.STRtree(points).query(points, predicate="dwithin", distance=radius)
    label = np.arange(len(corners))
    while True:
        before = label.copy()
        np.minimum.at(label, near[0], label[near[1]])
        if (label == before).all():
            break
    kept, renumbered = np.unique(label, return_inverse=True)
    return corners[kept], renumbered.ravel()[number.ravel()]


def _starts(owner: Ints) -> Ints:
    return np.flatnonzero(np.diff(owner)) + 1


def _without_repeats(ring: Ints) -> Ints:
    """Return a ring without corners that rounding made equal."""
    return ring[ring != np.roll(ring, 1)]


def _edges(rings: list[Ints]) -> tuple[Ints, Ints]:
    lengths = [len(ring) for ring in rings]
    start = np.concatenate(rings)
    end = np.concatenate([np.roll(ring, -1) for ring in rings])
    cell = np.repeat(np.arange(len(rings)), lengths)
    both = np.sort(np.stack([start, end], axis=1), axis=1)
    edges, number = np.unique(both, axis=0, return_inverse=True)
    sides = np.full((len(edges), 2), -1, dtype=np.int64)
    number = number.ravel()
    order = np.argsort(number, kind="stable")
    first = np.concatenate([[True], np.diff(number[order]) > 0])
    sides[number[order][first], 0] = cell[order][first]
    sides[number[order][~first], 1] = cell[order][~first]
    return edges, sides


def _pieces(members: NDArray[np.bool_], sides: Ints) -> Ints:
    """Return for each member the least number in its connected piece, else -1."""
    label = np.where(members, np.arange(len(members)), -1)
    inner = sides[(sides >= 0).all(axis=1)]
    inner = inner[members[inner].all(axis=1)]
    while True:
        least = np.minimum(label[inner[:, 0]], label[inner[:, 1]])
        before = label.copy()
        np.minimum.at(label, inner[:, 0], least)
        np.minimum.at(label, inner[:, 1], least)
        if (label == before).all():
            return label


def _largest_piece(land: NDArray[np.bool_], sides: Ints) -> NDArray[np.bool_]:
    """Return the largest connected part of the land, ponds filled."""
    label = _pieces(land, sides)
    names, counts = np.unique(label[land], return_counts=True)
    main = land & (label == names[counts.argmax()])
    water = _pieces(~main, sides)
    rim = sides[(sides < 0).any(axis=1)].max(axis=1)
    open_sea = np.unique(water[rim])
    return main | ((water >= 0) & ~np.isin(water, open_sea))
