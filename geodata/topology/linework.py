"""Boundary lines held against the borders of units.

A line may say whom it parts in columns ``left`` and ``right``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geodata.topology.findings import Place
from geodata.topology.units import unit_keys

if TYPE_CHECKING:
    from collections.abc import Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.topology.coverage import Shapes
    from geodata.topology.metres import Metres

CORRIDOR_M = 100.0
"""A border further away than this is not the one a line means."""
STEP_M = 10.0
"""Distance between the points of a line that are measured."""
MOST_POINTS = 5_000
"""Points measured on one line at most."""
MOST_ASKED = 33
"""Points of a line at which the units beside it are asked for."""
ASIDE_M = 2.0
"""How far beyond a line and its border the units beside are looked for."""


@dataclass(frozen=True)
class Lines:
    """Lines with names and, where known, the units to their sides."""

    keys: tuple[str, ...]
    shapes: NDArray[Any]
    left: tuple[str | None, ...]
    right: tuple[str | None, ...]

    @classmethod
    def of(cls, frame: gpd.GeoDataFrame, key: str) -> Lines:
        """Take the lines of a frame; without the key column rows are numbered."""
        column = frame[key] if key in frame else frame.index.to_series()
        sides = [
            tuple(_named(value) for value in frame[side])
            if side in frame
            else (None,) * len(frame)
            for side in ("left", "right")
        ]
        shapes = shapely.force_2d(np.asarray(frame.geometry.to_numpy(), dtype=object))
        return cls(unit_keys(column), shapes, sides[0], sides[1])


def _named(value: Any) -> str | None:
    """Return the unit a line names to one side; None where it names none."""
    if value is None or pd.isna(value) or not str(value).strip():
        return None
    return str(value)


def line_places(
    lines: Lines,
    shapes: Shapes,
    metres: Metres,
    tolerance_m: float,
    rows: Sequence[int] | None = None,
) -> list[Place]:
    """Return what is wrong with lines, and where borders leave them.

    With ``rows`` only of those, and nothing about what is no line.
    """
    places: list[Place] = []
    linear = np.isin(shapely.get_type_id(lines.shapes), (1, 2, 5))
    usable = linear & ~shapely.is_empty(lines.shapes)
    for row in np.flatnonzero(~usable).tolist() if rows is None else ():
        detail = {"why_zh": "不是线", "why_en": "it is no line"}
        places.append(Place("unusable", (lines.keys[row],), None, detail=detail))
    known = lines.shapes.copy()
    known[~usable] = None
    tree = shapely.STRtree(known)
    asked = np.arange(len(usable)) if rows is None else np.array(rows, np.intp)
    for row in asked[usable[asked]].tolist():  # lines are few beside units
        line = lines.shapes[row]
        near = Neighbourhood(line, shapes, metres)
        places += _overlapping(lines.keys[row], line, metres, tolerance_m)
        dangling, ends = _ends(row, lines, tree, near, metres, tolerance_m)
        places += ends
        profile = Profile.of(line, near, metres)
        if not dangling:
            places += _deviation(lines.keys[row], profile, near, metres, tolerance_m)
        places += _sides(row, lines, profile, near, metres)
    return places


class Neighbourhood:
    """The units near a line and their borders within the corridor."""

    def __init__(self, line: Any, shapes: Shapes, metres: Metres) -> None:
        reach = metres.units(CORRIDOR_M)
        box = shapely.box(*shapely.bounds(shapely.buffer(line, reach, quad_segs=1)))
        rows, _ = shapes.near(np.array([box], dtype=object))
        self.rows = rows
        self.keys = [shapes.units.keys[row] for row in rows.tolist()]
        self.polygons = shapes.of(rows.tolist())
        bounds = shapely.bounds(box)
        self.borders = shapely.clip_by_rect(shapely.boundary(self.polygons), *bounds)

    def beside(self, point: Any, reach: float) -> list[int]:
        """Return which of the units have a border within reach of a point."""
        near = shapely.dwithin(self.borders, point, reach)
        return [int(at) for at in np.flatnonzero(near)]

    def at(self, xy: NDArray[np.float64]) -> list[str | None]:
        """Return the key of the unit at each position, or None."""
        found: list[str | None] = [None] * len(xy)
        for key, polygon in zip(self.keys, self.polygons, strict=True):
            shapely.prepare(polygon)
            inside = shapely.contains_xy(polygon, xy[:, 0], xy[:, 1])
            for place in np.flatnonzero(inside).tolist():
                found[place] = key
        return found


def _overlapping(
    key: str, line: Any, metres: Metres, tolerance_m: float
) -> list[Place]:
    """Report a line that runs over itself."""
    noded = shapely.union_all([line])
    if line.length - noded.length <= metres.units(tolerance_m):
        return []
    xy, part = shapely.get_coordinates(shapely.get_parts(line), return_index=True)
    ends = np.stack([xy[:-1], xy[1:]], axis=1)[part[1:] == part[:-1]]
    steps = np.asarray(shapely.linestrings(ends))
    tree = shapely.STRtree(steps)
    pairs = np.concatenate(
        [
            tree.query(steps, predicate="overlaps"),
            tree.query(steps, predicate="covers"),
        ],
        axis=1,
    )
    firsts, seconds = pairs[:, pairs[0] != pairs[1]]
    shared = shapely.intersection(steps[firsts], steps[seconds])
    where = shapely.union_all(shared) if len(shared) else line
    count = len(shapely.get_parts(where))
    length = _length(where, metres)
    return [
        Place(
            "line_self_overlap", (key,), where, length_m=length, detail={"count": count}
        )
    ]


def _length(line: Any, metres: Metres) -> float:
    parts = shapely.get_parts(line)
    xy, index = shapely.get_coordinates(parts, return_index=True)
    return float(metres.length_m(xy, index, len(parts)).sum())


def _ends(
    row: int,
    lines: Lines,
    tree: shapely.STRtree,
    near: Neighbourhood,
    metres: Metres,
    tolerance_m: float,
) -> tuple[bool, list[Place]]:
    """Report ends that meet nothing, and ends that are no tripoint."""
    reach = metres.units(tolerance_m)
    places, dangling = [], False
    for end in _end_points(lines.shapes[row]):
        others = tree.query(end, predicate="dwithin", distance=reach)
        borders = near.beside(end, reach)
        if not borders and not (others != row).any():
            dangling = True
            places.append(Place("line_dangle", (lines.keys[row],), end))
        elif len(borders) < 3 and not _outer(end, near, reach, len(borders)):
            places.append(Place("line_end", (lines.keys[row],), end))
    return dangling, places


def _end_points(line: Any) -> list[Any]:
    """Return the ends of a line, none where it is closed."""
    merged = shapely.line_merge(line) if line.geom_type != "LineString" else line
    return list(shapely.get_parts(shapely.boundary(merged)))


def _outer(end: Any, near: Neighbourhood, reach: float, borders: int) -> bool:
    """Return whether two units meet the outside of all at an end."""
    if borders < 2:
        return False
    disc = shapely.buffer(end, 4 * reach)
    covered = shapely.union_all(shapely.intersection(near.polygons, disc))
    return bool(covered.area < 0.99 * disc.area)


@dataclass(frozen=True)
class Profile:
    """How far the nearest border is from a line, point by point along it."""

    xy: NDArray[np.float64]
    step: NDArray[np.float64]
    """Metres on the ground from each point to the next, 0 where a part ends."""
    off: NDArray[np.float64]
    """Metres from each point to the nearest border."""
    foot: NDArray[np.float64]
    """Where that is."""
    border: NDArray[np.intp]
    """Whose border that is, as a place in the neighbourhood."""

    @classmethod
    def of(cls, line: Any, near: Neighbourhood, metres: Metres) -> Profile | None:
        """Measure a line; None where no unit is near."""
        steps, owner = _steps(near.borders)
        if not len(steps):
            return None
        xy, part = _sampled(line, metres)
        points: Any = shapely.points(xy)
        here, step = shapely.STRtree(steps).query_nearest(points, all_matches=False)
        foot = shapely.get_coordinates(
            shapely.line_interpolate_point(
                steps[step], shapely.line_locate_point(steps[step], points[here])
            )
        )
        apart = (foot - xy) * metres.scale(xy)
        ahead = np.diff(xy, axis=0) * metres.scale((xy[1:] + xy[:-1]) / 2)
        length = np.hypot(ahead[:, 0], ahead[:, 1]) * (part[1:] == part[:-1])
        off = np.hypot(apart[:, 0], apart[:, 1])
        return cls(xy, length, off, foot, owner[step])

    def beyond(self, tolerance_m: float) -> float:
        """Return the length of line off its border, between points as if straight."""
        low = np.minimum(self.off[1:], self.off[:-1])
        high = np.maximum(self.off[1:], self.off[:-1])
        with np.errstate(invalid="ignore", divide="ignore"):
            share = np.clip((high - tolerance_m) / (high - low), 0.0, 1.0)
        share = np.where(low > tolerance_m, 1.0, np.where(high > low, share, 0.0))
        return float((self.step * share).sum())

    def mean(self) -> float:
        """Return the mean distance along the line."""
        middle = (self.off[1:] + self.off[:-1]) / 2
        return float((middle * self.step).sum() / max(self.step.sum(), 1e-9))


def _deviation(
    key: str,
    profile: Profile | None,
    near: Neighbourhood,
    metres: Metres,
    tolerance_m: float,
) -> list[Place]:
    """Report where the nearest border leaves a line, and by how much."""
    if profile is None or profile.off.min() > CORRIDOR_M:
        return []
    beyond = np.flatnonzero(profile.off > tolerance_m)
    if not len(beyond):
        return []
    who = {near.keys[unit] for unit in np.unique(profile.border[beyond]).tolist()}
    # The neighbour draws the same edges: it is found beside them.
    some = beyond[np.linspace(0, len(beyond) - 1, MOST_ASKED).astype(int)]
    for at in np.unique(some).tolist():
        if len(who) > 1:
            break
        point = shapely.Point(profile.foot[at])
        close = near.beside(point, metres.units(tolerance_m))
        who |= {near.keys[unit] for unit in close}
    most, mean = float(profile.off.max()), profile.mean()
    return [
        Place(
            "off_line",
            (key, *sorted(who)),
            shapely.multipoints(profile.xy[beyond]),
            width_m=most,
            length_m=profile.beyond(tolerance_m),
            detail={"most": f"{most:.2f}", "mean": f"{mean:.2f}"},
        )
    ]


def _sampled(line: Any, metres: Metres) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """Return points along a line, its vertices too, and the part each is of."""
    length = max(_length(line, metres), 1e-9)
    step = max(STEP_M, length / MOST_POINTS) / length * line.length
    parts = shapely.get_parts(shapely.segmentize(line, step))
    xy, part = shapely.get_coordinates(parts, return_index=True)
    return xy, part


def _steps(borders: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the edges of borders, and which border each is of."""
    parts, owner = shapely.get_parts(borders, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    if len(xy) < 2:
        return np.empty(0, dtype=object), np.zeros(0, np.intp)
    within = np.flatnonzero((part[1:] == part[:-1]) & (xy[1:] != xy[:-1]).any(axis=1))
    ends = np.stack([xy[within], xy[within + 1]], axis=1)
    return np.asarray(shapely.linestrings(ends)), owner[part[within]]


def _sides(
    row: int,
    lines: Lines,
    profile: Profile | None,
    near: Neighbourhood,
    metres: Metres,
) -> list[Place]:
    """Report a line of which the units beside it are not those it names.

    They are looked for further aside than the border has left the line.
    """
    said = (lines.left[row], lines.right[row])
    if said == (None, None) or profile is None:
        return []
    long = np.flatnonzero(profile.step > 0)
    long = long[np.linspace(0, len(long) - 1, MOST_ASKED).astype(int)]
    middle = (profile.xy[long] + profile.xy[long + 1]) / 2
    scale = metres.scale(middle)
    along = (profile.xy[long + 1] - profile.xy[long]) * scale
    aside = np.stack([-along[:, 1], along[:, 0]], axis=1)
    aside /= np.hypot(along[:, 0], along[:, 1])[:, None]
    far = np.maximum(profile.off[long], profile.off[long + 1])
    shift = aside * (np.minimum(far, CORRIDOR_M) + ASIDE_M)[:, None] / scale
    found = tuple(_usual(near.at(middle + way * shift)) for way in (1.0, -1.0))
    wrong = [a is not None and a != b for a, b in zip(said, found, strict=True)]
    if not any(wrong):
        return []
    names = {name for name in (*said, *found) if name is not None}
    return [
        Place(
            "line_sides",
            (lines.keys[row], *sorted(names)),
            lines.shapes[row],
            length_m=_length(lines.shapes[row], metres),
            detail={
                "said": " | ".join(name or "–" for name in said),
                "found": " | ".join(name or "–" for name in found),
            },
        )
    ]


def _usual(names: list[str | None]) -> str | None:
    """Return the name found most often, the first of equals."""
    return max(names, key=names.count) if names else None
