"""What coordinate systems the magnitude of numbers allows (domain D3).

One row of the decision list, one function; each gives the candidates that the
extent allows. x is the first number of a pair, y the second: Chinese tables
write the northing first, so every row is also tried with the two swapped.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from geodata.crs.zones import (
    CGCS2000,
    DATUMS,
    MERIDIANS3,
    WEB_MERCATOR,
    WGS84,
    ZONES3,
    ZONES6,
    Zone,
)
from geodata.errors import Text

_CHINA = (73.0, 3.0, 136.0, 54.0)
_EASTING3 = (341_000.0, 659_000.0)
_EASTING6 = (182_000.0, 818_000.0)
_NORTHING = (2_000_000.0, 5_950_000.0)
_FAR = 30.0
_MOST = 0.9
_MERCATOR = (8.1e6, 2.0e6, 15.1e6, 7.1e6)


@dataclass(frozen=True)
class Extent:
    """The extent of a file's own numbers."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def of(cls, xy: npt.NDArray[np.float64]) -> Extent:
        """Return the extent of points."""
        low, high = xy.min(axis=0), xy.max(axis=0)
        return cls(float(low[0]), float(low[1]), float(high[0]), float(high[1]))

    @property
    def swapped(self) -> Extent:
        """The same numbers with x and y exchanged."""
        return Extent(self.south, self.west, self.north, self.east)

    @property
    def largest(self) -> float:
        """The largest absolute number."""
        return max(abs(self.west), abs(self.south), abs(self.east), abs(self.north))

    @property
    def looks_geographic(self) -> bool:
        """Whether all numbers could be degrees, in either order."""
        return (abs_max(self.west, self.east) <= 180) and (
            abs_max(self.south, self.north) <= 180
        )

    @property
    def corners(self) -> npt.NDArray[np.float64]:
        """Corners and centre, shape (5, 2)."""
        x, y = (self.west + self.east) / 2, (self.south + self.north) / 2
        return np.array(
            [
                [self.west, self.south],
                [self.west, self.north],
                [self.east, self.south],
                [self.east, self.north],
                [x, y],
            ]
        )

    @property
    def text(self) -> str:
        """The numbers, for a message."""
        return (
            f"x {_number(self.west)}–{_number(self.east)}, "
            f"y {_number(self.south)}–{_number(self.north)}"
        )

    def within(self, box: tuple[float, float, float, float]) -> bool:
        """Whether the extent lies in ``(west, south, east, north)``."""
        return (
            box[0] <= self.west
            and self.east <= box[2]
            and box[1] <= self.south
            and self.north <= box[3]
        )


@dataclass(frozen=True)
class Candidate:
    """One reading of the numbers. ``epsg`` None: one of ``choices``."""

    epsg: int | None
    confidence: float
    why: Text
    swapped: bool = False
    choices: tuple[int, ...] = ()


def without_outliers(
    xy: npt.NDArray[np.float64],
) -> npt.NDArray[np.float64]:
    """Return points without the few that lie far from all others.

    Far is 30 times the middle half of the points; where that would leave out
    more than a tenth of them, all are kept.
    """
    low, middle, high = np.quantile(xy, [0.25, 0.5, 0.75], axis=0)
    near: npt.NDArray[np.bool_] = (
        np.abs(xy - middle) <= _FAR * np.maximum(high - low, 1e-9)
    ).all(axis=1)
    return xy[near] if near.mean() >= _MOST else xy


def candidates(extent: Extent, *, meridian: int | None = None) -> list[Candidate]:
    """Return every reading that the magnitudes allow, the likeliest first.

    Parameters
    ----------
    extent
        Of the file's own numbers.
    meridian
        Central meridian in degrees that an otherwise unusable declaration
        names; it decides between zones.
    """
    rows: list[Candidate] = []
    for seen, swapped in ((extent, False), (extent.swapped, True)):
        note = Text("", "")
        if swapped:
            note = Text("，X、Y（经纬）顺序对调", ", x and y exchanged")
        for row in _readings(seen, meridian):
            why = Text(row.why.zh + note.zh, row.why.en + note.en)
            confidence = row.confidence - (0.1 if swapped else 0.0)
            rows.append(Candidate(row.epsg, confidence, why, swapped, row.choices))
    return sorted(rows, key=lambda row: -row.confidence)


def describe(extent: Extent) -> Text:
    """Return the numbers as words, for evidence."""
    return Text(f"坐标 {extent.text} ", f"the numbers {extent.text}")


def _readings(extent: Extent, meridian: int | None) -> Iterator[Candidate]:
    yield from _degrees(extent)
    yield from _plain_grid(extent, meridian)
    yield from _prefixed_grid(extent)
    yield from _mercator(extent)


def _degrees(extent: Extent) -> Iterator[Candidate]:
    """Row 1: longitude and latitude; in China the two ranges do not overlap."""
    if extent.within(_CHINA):
        yield Candidate(CGCS2000, 0.75, Text("中国范围内的经纬度", "degrees in China"))
    elif extent.within((-180, -90, 180, 90)) and not extent.swapped.within(_CHINA):
        yield Candidate(WGS84, 0.6, Text("中国以外的经纬度", "degrees outside China"))


def _plain_grid(extent: Extent, meridian: int | None) -> Iterator[Candidate]:
    """Row 2: easting without zone number; the zone itself is unknown."""
    box = (_EASTING6[0], _NORTHING[0], _EASTING6[1], _NORTHING[1])
    if not extent.within(box):
        return
    narrow = _EASTING3[0] <= extent.west and extent.east <= _EASTING3[1]
    width = (
        Text("3° 带", "3 degrees")
        if narrow
        else Text("6° 带或跨带", "6 degrees or across zones")
    )
    what = Text(
        f"无带号的高斯–克吕格坐标（{width.zh}）",
        f"Gauss-Krueger without zone number ({width.en})",
    )
    if meridian is not None and meridian in MERIDIANS3:
        epsg = DATUMS["cgcs2000"].plain3 + (meridian - 75) // 3
        yield Candidate(
            epsg,
            0.8,
            Text(
                f"{what.zh}，说明中的中央子午线为 {meridian}°",
                f"{what.en}; the declaration names central meridian {meridian}",
            ),
        )
        return
    codes = tuple(Zone("cgcs2000", 3, cm, prefixed=False).epsg for cm in MERIDIANS3)
    yield Candidate(
        None, 0.7, Text(f"{what.zh}，带未知", f"{what.en}, zone unknown"), choices=codes
    )


def _prefixed_grid(extent: Extent) -> Iterator[Candidate]:
    """Row 3: the zone number leads the easting; 3 and 6 degrees do not overlap."""
    number = int(extent.west // 1_000_000)
    if int(extent.east // 1_000_000) != number:
        return
    low, high = (number * 1e6 + offset for offset in _EASTING6)
    if not extent.within((low, _NORTHING[0], high, _NORTHING[1])):
        return
    if number in ZONES3:
        zone = Zone("cgcs2000", 3, 3 * number, prefixed=True)
        yield Candidate(
            zone.epsg,
            0.8,
            Text(
                f"带号 {number} 的高斯–克吕格 3° 带坐标",
                f"Gauss-Krueger, 3-degree zone {number}",
            ),
        )
    elif number in ZONES6:
        zone = Zone("cgcs2000", 6, 6 * number - 3, prefixed=True)
        sure = 0.65 if extent.within(_MERCATOR) else 0.75
        yield Candidate(
            zone.epsg,
            sure,
            Text(
                f"带号 {number} 的高斯–克吕格 6° 带坐标",
                f"Gauss-Krueger, 6-degree zone {number}",
            ),
        )


def _mercator(extent: Extent) -> Iterator[Candidate]:
    """Row 5: Web Mercator over China."""
    if extent.within(_MERCATOR):
        yield Candidate(WEB_MERCATOR, 0.7, Text("网络墨卡托坐标", "Web Mercator"))


def _number(value: float) -> str:
    digits = 6 if abs(value) <= 1000 else 2
    if abs(value) >= 1e10:
        return f"{value:.3g}"
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")


def abs_max(low: float, high: float) -> float:
    """Return the larger absolute value of two bounds."""
    return max(abs(low), abs(high))
