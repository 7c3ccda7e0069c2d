"""Borders of layers as segments, and how those of two layers lie to each other.

Nearness is measured in a Mercator plane scaled back at each point: conformal,
so the nearest line is the nearest on the ground, from a street to a country.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geodata.crs.measure import SEMI_MAJOR_M, distance_m

Floats: TypeAlias = npt.NDArray[np.float64]
Ints: TypeAlias = npt.NDArray[np.int64]

_NEAR_DEG = 0.02
_SAMPLE = 2000
_VOTERS = 700
_VOTE_STEP_M = 30.0
_VOTE_CELL_M = 20.0
_PARALLEL_RAD = np.radians(8.0)
RESIDUAL_M = 60.0
_MOST_VOTES = 4
_LARGEST_DEG = 85.0


@dataclass(frozen=True)
class Lines:
    """Border segments that can be asked how far points are from them."""

    ends: Floats
    """Shape (n, 2, 2), longitude and latitude."""

    @classmethod
    def of(cls, ends: Floats) -> Lines:
        """Return lines of segments in degrees."""
        return cls(ends)

    @cached_property
    def plane(self) -> Floats:
        """The segments in the Mercator plane."""
        return _mercator(self.ends.reshape(-1, 2)).reshape(-1, 2, 2)

    @cached_property
    def tree(self) -> shapely.STRtree:
        """An index of the segments in the Mercator plane."""
        lines: Any = shapely.linestrings(self.plane)
        return shapely.STRtree(lines)

    def nearest(self, points: Floats) -> tuple[Ints, Floats]:
        """Return each point's nearest segment and its distance in metres.

        Beyond 60 m the distance is infinite: nothing here asks farther.
        """
        scale = _scale(points)
        (who, which), far = self.tree.query_nearest(
            shapely.points(_mercator(points)),
            max_distance=RESIDUAL_M / float(scale.min(initial=1.0)),
            return_distance=True,
            all_matches=False,
        )
        nearest = np.zeros(len(points), dtype=np.int64)
        distances = np.full(len(points), np.inf)
        nearest[who], distances[who] = which, far * scale[who]
        return nearest, distances

    def distances_m(self, points: Floats) -> Floats:
        """Return the distance of each point to the nearest segment in metres."""
        return self.nearest(points)[1]

    def residual_m(self, points: Floats) -> tuple[float, float]:
        """Return the small move (metres) that best brings points onto the lines.

        Points farther than 60 m are left out; distances are taken across the
        lines, so that points slide along them freely.
        """
        which, far = self.nearest(points)
        near = far <= RESIDUAL_M
        if near.sum() < 10:
            return 0.0, 0.0
        start, end = self.plane[which[near], 0], self.plane[which[near], 1]
        along = end - start
        size = np.hypot(along[:, 0], along[:, 1])
        keep = size > 0
        normal = np.column_stack([-along[:, 1], along[:, 0]])[keep] / size[keep, None]
        gap = (start - _mercator(points[near]))[keep] * _scale(points[near])[keep, None]
        across = (normal * gap).sum(axis=1)
        return _least_squares(normal, across)

    def votes(
        self, points: Floats, directions: Floats, farthest_m: float
    ) -> list[tuple[float, float]]:
        """Return the translations most pairs of parallel pieces vote for.

        Parameters
        ----------
        points
            Longitude and latitude, shape (n, 2).
        directions
            Of the border at each point, radians in the Mercator plane.
        farthest_m
            Longest translation considered, metres.

        Returns
        -------
        list of tuple
            East and north metres to add to the points, the most voted first.
        """
        step = max(1, len(points) // _VOTERS)
        points, directions = points[::step], directions[::step]
        here = _mercator(points)
        scale = float(np.median(_scale(points)))
        reach = farthest_m / scale
        who, which = self.tree.query(
            shapely.box(
                here[:, 0] - reach,
                here[:, 1] - reach,
                here[:, 0] + reach,
                here[:, 1] + reach,
            )
        )
        along = self.plane[:, 1] - self.plane[:, 0]
        angle = np.arctan2(along[:, 1], along[:, 0])
        turn = np.abs(_half_turn(angle[which] - directions[who]))
        parallel = turn <= _PARALLEL_RAD
        who, which = who[parallel], which[parallel]
        spots, owner = _spots(self.plane, which, _VOTE_STEP_M / scale)
        move = (spots - here[who[owner]]) * scale
        near = (np.abs(move) < farthest_m).all(axis=1)
        return _peaks(move[near], farthest_m)


def _least_squares(normal: Floats, across: Floats) -> tuple[float, float]:
    """Solve ``normal · move = across`` robustly; parallel lines move across only."""
    move: Floats = np.zeros(2)
    weight: Floats = np.ones(len(across))
    for _ in range(5):
        weighted = normal * weight[:, None]
        matrix = weighted.T @ normal + np.eye(2) * 1e-3 * len(across)
        move = np.asarray(np.linalg.solve(matrix, weighted.T @ across))
        left = np.abs(across - normal @ move)
        weight = np.asarray(1.0 / np.maximum(left, 1.0), dtype=np.float64)
    return float(move[0]), float(move[1])


def _spots(plane: Floats, which: Ints, step: float) -> tuple[Floats, Ints]:
    """Points every ``step`` along the segments ``which``, with their position."""
    start, end = plane[which, 0], plane[which, 1]
    size = np.hypot(*(end - start).T)
    count = np.maximum(np.ceil(size / step).astype(np.int64), 1)
    owner = np.repeat(np.arange(len(which)), count)
    first = np.repeat(np.cumsum(count) - count, count)
    part = (np.arange(len(owner)) - first + 0.5) / count[owner]
    return start[owner] + part[:, None] * (end - start)[owner], owner


def _peaks(move: Floats, farthest_m: float) -> list[tuple[float, float]]:
    """Return the fullest cells of the votes, each away from the fuller ones."""
    cells = int(2 * farthest_m / _VOTE_CELL_M)
    index = np.clip(((move + farthest_m) / _VOTE_CELL_M).astype(np.int64), 0, cells - 1)
    votes = np.bincount(index[:, 0] * cells + index[:, 1], minlength=cells**2)
    grid = _smoothed(votes.reshape(cells, cells).astype(float))
    found = []
    for _ in range(_MOST_VOTES):
        i, j = np.unravel_index(int(grid.argmax()), grid.shape)
        if grid[i, j] <= 0:
            break
        found.append(
            (
                float((i + 0.5) * _VOTE_CELL_M - farthest_m),
                float((j + 0.5) * _VOTE_CELL_M - farthest_m),
            )
        )
        grid[max(i - 3, 0) : i + 4, max(j - 3, 0) : j + 4] = 0
    return found


def _smoothed(grid: Floats) -> Floats:
    wide = np.pad(grid, 1)
    rows = wide[:-2] + wide[1:-1] + wide[2:]
    smooth: Floats = rows[:, :-2] + rows[:, 1:-1] + rows[:, 2:]
    return smooth


def segments(geometries: Any) -> Floats:
    """Return the border segments of geometries in order, shape (n, 2, 2)."""
    parts = shapely.get_parts(np.asarray(geometries, dtype=object))
    kinds = shapely.get_type_id(parts)
    rings = shapely.get_rings(parts[kinds == shapely.GeometryType.POLYGON])
    lines = np.concatenate([rings, parts[kinds == shapely.GeometryType.LINESTRING]])
    xy, line_of = shapely.get_coordinates(lines, return_index=True)
    same = line_of[1:] == line_of[:-1]
    pairs: Floats = np.stack([xy[:-1][same], xy[1:][same]], axis=1)
    usable = (np.abs(pairs[..., 0]) <= 360) & (np.abs(pairs[..., 1]) <= _LARGEST_DEG)
    return pairs[usable.all(axis=1)]


def common_segments(first: Any, second: Any) -> tuple[Floats, Floats]:
    """Return the segments of each layer near the other's extent."""
    one, two = segments(first), segments(second)
    if len(one) == 0 or len(two) == 0:
        return one[:0], two[:0]
    return _near(one, two), _near(two, one)


def around(ends: Floats, points: Floats) -> Floats:
    """Return the segments within about 2 km of any of the points.

    Cells of 0.02 degrees stand for nearness; longer segments are always kept.
    """
    cells = np.floor(points / _NEAR_DEG).astype(np.int64)
    steps = np.array([(i, j) for i in (-1, 0, 1) for j in (-1, 0, 1)])
    wanted = np.unique(_key((cells[:, None] + steps).reshape(-1, 2)))
    here = _key(np.floor(ends.mean(axis=1) / _NEAR_DEG).astype(np.int64))
    long = (np.abs(ends[:, 1] - ends[:, 0]) > _NEAR_DEG).any(axis=1)
    kept: Floats = ends[np.isin(here, wanted) | long]
    return kept


def _key(cells: Ints) -> Ints:
    key: Ints = cells[:, 0] * 1_000_000 + cells[:, 1]
    return key


def points_along(ends: Floats, count: int) -> tuple[Floats, Floats, float]:
    """Return ``count`` points evenly along segments, their directions, the length.

    Directions are radians in the Mercator plane; the length is in metres.
    """
    size = distance_m(ends[:, 0, 0], ends[:, 0, 1], ends[:, 1, 0], ends[:, 1, 1])
    total = np.cumsum(size)
    if len(size) == 0 or total[-1] <= 0:
        return np.empty((0, 2)), np.empty(0), 0.0
    spots = (np.arange(count) + 0.5) / count * total[-1]
    which = np.minimum(np.searchsorted(total, spots), len(size) - 1)
    part = 1.0 - (total[which] - spots) / np.maximum(size[which], 1e-9)
    start, end = ends[which, 0], ends[which, 1]
    along = _mercator(end) - _mercator(start)
    directions = np.arctan2(along[:, 1], along[:, 0])
    return start + part[:, None] * (end - start), directions, float(total[-1])


def hit_rate(
    lonlat: Floats | None, reference: gpd.GeoDataFrame, tolerance_m: float
) -> float | None:
    """Return the share of points within ``tolerance_m`` of the reference's borders.

    Only points within about 2 km of the reference's extent count; None with
    fewer than 20 of them.
    """
    if lonlat is None:
        return None
    lines = segments(reference.geometry.to_numpy())
    if len(lines) == 0:
        return None
    points = lonlat[_within(lonlat, lines.reshape(-1, 2))]
    points = points[:: max(1, len(points) // _SAMPLE)]
    if len(points) < 20:
        return None
    near = _near(lines, points)
    if len(near) == 0:
        return 0.0
    return float((Lines.of(near).distances_m(points) <= tolerance_m).mean())


def _near(ends: Floats, other: Floats) -> Floats:
    """Segments that touch the other's extent widened by about 2 km."""
    spots = other.reshape(-1, 2)
    low, high = spots.min(axis=0) - _NEAR_DEG, spots.max(axis=0) + _NEAR_DEG
    near = (ends.max(axis=1) >= low) & (ends.min(axis=1) <= high)
    kept: Floats = ends[near.all(axis=1)]
    return kept


def _within(points: Floats, other: Floats) -> npt.NDArray[np.bool_]:
    low, high = other.min(axis=0) - _NEAR_DEG, other.max(axis=0) + _NEAR_DEG
    inside: npt.NDArray[np.bool_] = ((points >= low) & (points <= high)).all(axis=1)
    return inside


def _mercator(lonlat: Floats) -> Floats:
    x = np.radians(lonlat[:, 0]) * SEMI_MAJOR_M
    y = np.arcsinh(np.tan(np.radians(lonlat[:, 1]))) * SEMI_MAJOR_M
    return np.column_stack([x, y])


def _scale(lonlat: Floats) -> Floats:
    scale: Floats = np.cos(np.radians(lonlat[:, 1]))
    return scale


def _half_turn(angle: Floats) -> Floats:
    """Angles between lines without direction, in (-pi/2, pi/2]."""
    turned: Floats = (angle + np.pi / 2) % np.pi - np.pi / 2
    return turned
