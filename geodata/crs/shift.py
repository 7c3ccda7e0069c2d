"""Tell whether a layer is shifted as a whole against a reference.

Map services shift their data (GCJ-02, BD-09), old datums do too, and a file
seldom says so. Where a file and a reference show the same borders, the borders
tell: points taken along one layer are held against the lines of the other, as
they are, under each known shift, and under the translation that most pairs of
parallel pieces vote for. A shift is reported only when the borders meet much
better with it than without it and than under shifts of the same size in other
directions; a few moved borders, partial overlap or layers of different levels
change the share of points that meet but not which shift wins.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geodata.crs.borders import Lines, around, common_segments, points_along
from geodata.crs.gcj import shifted_here
from geodata.crs.labelled import estimate_point_shift
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
from geodata.crs.transform import require, transform
from geodata.crs.zones import STORAGE
from geodata.errors import Text
from geodata.files.reading import Shift

Floats: TypeAlias = npt.NDArray[np.float64]

_POINTS = 1500
_FARTHEST_M = 1500.0
_TOLERANCES_M = (3.0, 15.0)
_LEAST_SHIFT_M = 6.0
_LEAST_SHARE = 0.12
_CONTRAST = 2.5
_LEAST_COMMON_M = 1000.0
_NOT_MORE_THAN = 0.85
_KNOWN_WINS = 0.45
_LEAST_FREE_SHARE = 0.35
_FREE_CONTRAST = 2.0
_ELSEWHERE_M = 100.0
_LEAST_SPREAD = 0.1


@dataclass(frozen=True)
class _View:
    """Points of one layer to be held against the lines of the other."""

    points: Floats
    directions: Floats
    lines: Lines
    of_file: bool
    """Whether the points are the file's; else shifts apply the other way."""

    def shares(self, move: Move) -> tuple[float, ...]:
        """Return the share of moved points that meet the lines, by tolerance."""
        distances = self.lines.distances_m(move(self.points))
        return tuple(float((distances <= limit).mean()) for limit in _TOLERANCES_M)

    def spreads(self, move: Move) -> tuple[float, ...]:
        """Return how far the borders that meet point in all directions, 0 to 0.5.

        Parallel lines meet under any shift along them and prove nothing.
        """
        distances = self.lines.distances_m(move(self.points))
        return tuple(
            _spread(self.directions[distances <= limit]) for limit in _TOLERANCES_M
        )

    def named(self, known: Known) -> Move:
        """Return a known shift as it applies to this view's points."""
        return as_move(known.forward if self.of_file else known.inverse)

    def translated(self, east_m: float, north_m: float) -> Move:
        """Return a translation of the file as it applies to this view's points."""
        sign = 1.0 if self.of_file else -1.0

        def move(points: Floats) -> Floats:
            return translate(points, sign * east_m, sign * north_m)

        return move


class _Match(NamedTuple):
    """How well the borders meet under one hypothesis."""

    known: Known | None
    east_m: float
    north_m: float
    before: float
    after: float
    decoy: float
    spread: float
    tolerance_m: float

    @property
    def convincing(self) -> bool:
        """Whether the borders meet far better than by chance or unmoved."""
        return (
            self.after >= _LEAST_SHARE
            and self.after >= _CONTRAST * self.before
            and self.after >= _CONTRAST * self.decoy
            and self.spread >= _LEAST_SPREAD
            and float(np.hypot(self.east_m, self.north_m)) >= _LEAST_SHIFT_M
        )

    def is_known(self, best: float) -> bool:
        """Whether a shift with a name explains nearly what the best one does.

        A translation is free to fit chance, so a named shift need not reach it;
        BD-09 against GCJ-02 is rare and has to convince by itself.
        """
        if self.known is None:
            return False
        least = _LEAST_FREE_SHARE if self.known.suspect == "unknown" else 0.0
        return self.after >= max(_KNOWN_WINS * best, least)

    def stands_out(self, matches: list[_Match]) -> bool:
        """Whether no translation elsewhere comes near this one."""
        others = [
            match.after
            for match in matches
            if match.tolerance_m == self.tolerance_m
            and np.hypot(match.east_m - self.east_m, match.north_m - self.north_m)
            > _ELSEWHERE_M
        ]
        return self.known is None and self.after >= max(
            _LEAST_FREE_SHARE, _FREE_CONTRAST * max(others, default=0.0)
        )


def estimate_shift(
    frame: gpd.GeoDataFrame, reference: gpd.GeoDataFrame
) -> Shift | None:
    """Say whether a layer lies shifted as a whole against a reference.

    Parameters
    ----------
    frame
        The file's polygons or lines, in any CRS; or points with a column that
        names the unit of the reference in which each lies.
    reference
        Polygons or lines of the same place, of any level, in any CRS.

    Returns
    -------
    Shift or None
        Metres to add to the file to meet the reference, east and north
        positive (the mean, for GCJ-02 and BD-09). None where the layers agree,
        share no borders, or no single shift explains the difference. The
        confidence stays below ``SURE``: a person decides which side is right.
    """
    file, other = _in_degrees(frame), _in_degrees(reference)
    if _is_points(file):
        return estimate_point_shift(file, other)
    file_lines, reference_lines = common_segments(
        file.geometry.to_numpy(), other.geometry.to_numpy()
    )
    views = _views(file_lines, reference_lines)
    matches = [match for view in views for match in _matches(view)]
    convincing = [match for match in matches if match.convincing]
    if not convincing:
        return None
    best = max(match.after for match in convincing)
    known = [match for match in convincing if match.is_known(best)]
    if known:
        return _shift(max(known, key=lambda match: match.after))
    free = [match for match in convincing if match.stands_out(matches)]
    return _shift(max(free, key=lambda match: match.after)) if free else None


def _in_degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame if require(frame).is_geographic else transform(frame, STORAGE)


def _is_points(frame: gpd.GeoDataFrame) -> bool:
    kinds = shapely.get_type_id(frame.geometry.to_numpy())
    return bool(len(kinds)) and bool((kinds == shapely.GeometryType.POINT).all())


def _views(file_lines: Floats, reference_lines: Floats) -> list[_View]:
    """Each layer's points against the other's lines: levels may differ."""
    if len(file_lines) == 0 or len(reference_lines) == 0:
        return []
    views = []
    for mine, other, of_file in (
        (file_lines, reference_lines, True),
        (reference_lines, file_lines, False),
    ):
        points, directions, length_m = points_along(mine, _POINTS)
        near = around(other, points) if length_m >= _LEAST_COMMON_M else other[:0]
        if len(near):
            views.append(_View(points, directions, Lines.of(near), of_file))
    return views


def _matches(view: _View) -> list[_Match]:
    """Hold every hypothesis against the view."""
    unmoved = view.shares(lambda points: points)
    if min(unmoved) * _CONTRAST > 1.0:
        return []
    matches = []
    for known in KNOWN if shifted_here(*view.points.T).any() else ():
        move = view.named(known)
        mean = _mean_move(view, move)
        off = view.lines.residual_m(move(view.points))
        sign = 1.0 if view.of_file else -1.0
        east, north = mean[0] + sign * off[0], mean[1] + sign * off[1]
        matches += _scored(view, move, unmoved, known, (east, north))
    for guess in _voted(view):
        east, north = _refined(view, guess)
        move = view.translated(east, north)
        matches += _scored(view, move, unmoved, None, (east, north))
    return matches


def _scored(
    view: _View,
    move: Move,
    unmoved: tuple[float, ...],
    known: Known | None,
    metres: tuple[float, float],
) -> list[_Match]:
    after = view.shares(move)
    if max(after) < _LEAST_SHARE:
        return []
    spreads = view.spreads(move)
    decoys = [view.shares(view.translated(*turned)) for turned in _turned(*metres)]
    return [
        _Match(
            known,
            *metres,
            before=unmoved[index],
            after=after[index],
            decoy=float(np.mean([decoy[index] for decoy in decoys])),
            spread=spreads[index],
            tolerance_m=tolerance,
        )
        for index, tolerance in enumerate(_TOLERANCES_M)
    ]


def _spread(directions: Floats) -> float:
    """Smaller share of the two main directions of lines, 0 (parallel) to 0.5."""
    if len(directions) == 0:
        return 0.0
    double = np.exp(2j * directions).mean()
    return float(1.0 - np.abs(double)) / 2.0


def _turned(east_m: float, north_m: float) -> list[tuple[float, float]]:
    """Shifts of the same size in five other directions."""
    angles = np.radians(np.arange(60, 360, 60))
    return [
        (
            float(east_m * np.cos(angle) - north_m * np.sin(angle)),
            float(east_m * np.sin(angle) + north_m * np.cos(angle)),
        )
        for angle in angles
    ]


def _mean_move(view: _View, move: Move) -> tuple[float, float]:
    """Mean metres that a known shift adds to the file, east and north."""
    difference = move(view.points) - view.points
    sign = 1.0 if view.of_file else -1.0
    lat = view.points[:, 1]
    return (
        sign * float(np.mean(difference[:, 0] * parallel_m(lat))),
        sign * float(np.mean(difference[:, 1] * meridian_m(lat))),
    )


def _voted(view: _View) -> list[tuple[float, float]]:
    """Return the translations of the file that most parallel pieces vote for."""
    sign = 1.0 if view.of_file else -1.0
    votes = view.lines.votes(view.points, view.directions, _FARTHEST_M)
    return [(sign * east, sign * north) for east, north in votes]


def _refined(view: _View, guess: tuple[float, float]) -> tuple[float, float]:
    """Slide a guess to where the borders meet best."""
    east, north = guess
    sign = 1.0 if view.of_file else -1.0
    for _ in range(3):
        moved = view.translated(east, north)(view.points)
        off = view.lines.residual_m(moved)
        east, north = east + sign * off[0], north + sign * off[1]
    return east, north


def _shift(match: _Match) -> Shift:
    kind = match.known.kind if match.known else "translation"
    suspect = match.known.suspect if match.known else "unknown"
    contrast = match.after / max(match.before, match.decoy, 0.01)
    evidence = _evidence(match, NAMES[kind], SUSPECTS[suspect])
    return Shift(
        kind=kind,
        dx_m=round(match.east_m, 1),
        dy_m=round(match.north_m, 1),
        suspect=suspect,
        evidence=evidence.zh,
        confidence=round(min(_NOT_MORE_THAN, 0.5 + 0.03 * contrast), 2),
        evidence_en=evidence.en,
    )


def _evidence(match: _Match, name: Text, suspect: Text) -> Text:
    size = float(np.hypot(match.east_m, match.north_m))
    east, north = f"{match.east_m:+.0f} m", f"{match.north_m:+.0f} m"
    near, before, after = f"{match.tolerance_m:g} m", match.before, match.after
    return Text(
        zh=f"与参考图层相差约 {size:.0f} m（向东 {east}、向北 {north} 后相合）："
        f"界线上相距不足 {near} 的点由 {before:.1%} 增至 {after:.1%}，"
        f"同样大小而方向不同的移动平均只有 {match.decoy:.1%}；"
        f"符合 {name.zh}，{suspect.zh}",
        en=f"About {size:.0f} m off the reference (they meet after east {east}, north "
        f"{north}): border points within {near} rise from {before:.1%} to "
        f"{after:.1%}, under moves of this size in other directions "
        f"{match.decoy:.1%}; agrees with {name.en}, {suspect.en}",
    )
