"""Tell a shift from points that name the unit they lie in.

Points have no borders to compare, but a list of facilities often says which
district each lies in. Under the right shift more of them lie in the district
they name; near the borders that shows even where most are right unmoved.
Source: domain specification D5.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geodata.crs.gcj import shifted_here
from geodata.crs.measure import meridian_m, parallel_m
from geodata.crs.moves import (
    KNOWN,
    NAMES,
    SUSPECTS,
    Known,
    Move,
    as_move,
    translate,
)
from geodata.files.reading import Shift

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]

_MOST_POINTS = 20_000
_LEAST_LABELLED = 0.5
_LEAST_GAINED = 8
_GAIN_TO_LOSS = 5.0
_GAIN_TO_DECOY = 2.0
_NOT_MORE_THAN = 0.85


@dataclass(frozen=True)
class _Labelled:
    """Points with the polygon that each names."""

    points: Floats
    which: npt.NDArray[np.int64]
    polygons: npt.NDArray[np.object_]

    def at_home(self, points: Floats) -> Bools:
        """Return which points lie in the polygon they name."""
        found = np.zeros(len(points), dtype=bool)
        for index, polygon in enumerate(self.polygons):  # few: one a district
            mine = self.which == index
            found[mine] = shapely.contains_xy(polygon, points[mine])
        return found


@dataclass(frozen=True)
class _Trial:
    """What a known shift brings home and what it takes away."""

    known: Known
    east_m: float
    north_m: float
    gained: int
    lost: int
    decoy: float

    @property
    def net(self) -> int:
        """Points brought home less points lost."""
        return self.gained - self.lost

    def convincing(self, least: int) -> bool:
        """Return whether far more points come home than by chance."""
        return (
            self.gained >= least
            and self.gained >= _GAIN_TO_LOSS * self.lost
            and self.net >= _GAIN_TO_DECOY * self.decoy
        )


def estimate_point_shift(
    points: gpd.GeoDataFrame,
    polygons: gpd.GeoDataFrame,
    *,
    least: int = _LEAST_GAINED,
) -> Shift | None:
    """Say whether labelled points lie shifted against the polygons they name.

    Parameters
    ----------
    points
        In longitude and latitude, with a column whose values are those of a
        column of ``polygons`` (a name or a code).
    polygons
        In longitude and latitude.
    least
        Points that must come home; fewer where the unit each lies in is certain.

    Returns
    -------
    Shift or None
        GCJ-02 or BD-09 with its mean metres (add to the file); None where no
        column fits or no known shift brings clearly more points home.
    """
    labelled = _labelled(points, polygons)
    if labelled is None or not shifted_here(*labelled.points.T).any():
        return None
    before = labelled.at_home(labelled.points)
    trials = [_tried(labelled, before, known) for known in KNOWN]
    good = [trial for trial in trials if trial.convincing(least)]
    if not good:
        return None
    return _shift(max(good, key=lambda trial: trial.net), before)


def _labelled(points: gpd.GeoDataFrame, polygons: gpd.GeoDataFrame) -> _Labelled | None:
    pair = _common_column(points, polygons)
    if pair is None:
        return None
    theirs, ours = pair
    named = polygons.dropna(subset=[ours]).drop_duplicates(ours)
    which = pd.Index(_texts(named[ours])).get_indexer(pd.Index(_texts(points[theirs])))
    xy = np.column_stack([points.geometry.x, points.geometry.y])
    usable = np.flatnonzero((which >= 0) & np.isfinite(xy).all(axis=1))
    usable = usable[:: max(1, len(usable) // _MOST_POINTS)]
    shapes = named.geometry.to_numpy()
    shapely.prepare(shapes)
    return _Labelled(xy[usable], which[usable], shapes)


def _common_column(
    points: gpd.GeoDataFrame, polygons: gpd.GeoDataFrame
) -> tuple[Any, Any] | None:
    """Return the columns by which most points name different polygons."""
    best, score = None, 0.0
    for theirs in _attributes(points):
        values = _texts(points[theirs])
        for ours in _attributes(polygons):
            keys = set(_texts(polygons[ours])) - {""}
            share = float(values.isin(keys).mean()) if keys else 0.0
            kinds = values[values.isin(keys)].nunique() if share else 0
            if share >= _LEAST_LABELLED and kinds >= 2 and share * kinds > score:
                best, score = (theirs, ours), share * kinds
    return best


def _attributes(frame: gpd.GeoDataFrame) -> list[Any]:
    return [name for name in frame.columns if name != frame.geometry.name]


def _texts(column: Any) -> pd.Series[str]:
    texts: pd.Series[str] = (
        column.astype(object).where(column.notna(), "").astype(str).str.strip()
    )
    return texts


def _tried(labelled: _Labelled, before: Bools, known: Known) -> _Trial:
    move = as_move(known.forward)
    gained, lost = _changed(labelled, before, move)
    difference = move(labelled.points) - labelled.points
    lat = labelled.points[:, 1]
    east = float(np.mean(difference[:, 0] * parallel_m(lat)))
    north = float(np.mean(difference[:, 1] * meridian_m(lat)))
    decoys = [
        _decoy(labelled, before, east, north, turn) for turn in range(60, 360, 60)
    ]
    return _Trial(known, east, north, gained, lost, max(0.0, float(np.mean(decoys))))


def _changed(labelled: _Labelled, before: Bools, move: Move) -> tuple[int, int]:
    after = labelled.at_home(move(labelled.points))
    return int((after & ~before).sum()), int((before & ~after).sum())


def _decoy(
    labelled: _Labelled, before: Bools, east_m: float, north_m: float, degrees: int
) -> float:
    """Net gain under a move of the same size in another direction."""
    angle = np.radians(degrees)
    east = float(east_m * np.cos(angle) - north_m * np.sin(angle))
    north = float(east_m * np.sin(angle) + north_m * np.cos(angle))
    gained, lost = _changed(
        labelled, before, lambda points: translate(points, east, north)
    )
    return float(gained - lost)


def _shift(trial: _Trial, before: Bools) -> Shift:
    known = trial.known
    name, suspect = NAMES[known.kind], SUSPECTS[known.suspect]
    total, home = len(before), int(before.sum())
    then = home + trial.net
    east, north = f"{trial.east_m:+.0f} m", f"{trial.north_m:+.0f} m"
    return Shift(
        kind=known.kind,
        dx_m=round(trial.east_m, 1),
        dy_m=round(trial.north_m, 1),
        suspect=known.suspect,
        evidence=(
            f"落在所注区划内的点由 {home} 增至 {then}（共 {total} 个；移回 "
            f"{trial.gained} 个、移出 {trial.lost} 个），移动约向东 {east}、向北 "
            f"{north}；符合 {name.zh}，{suspect.zh}"
        ),
        confidence=round(min(_NOT_MORE_THAN, 0.5 + 0.01 * trial.net), 2),
        evidence_en=(
            f"Points in the unit they name rise from {home} to {then} of {total} "
            f"({trial.gained} come home, {trial.lost} leave) when moved about east "
            f"{east}, north {north}; agrees with {name.en}, {suspect.en}"
        ),
    )
