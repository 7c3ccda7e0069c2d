"""Where provinces and prefectures lie: extents as facts, for checks of place.

``regions.csv`` holds the extent of every province (2-digit code) and prefecture
(4-digit code) in degrees, rounded outwards to 0.1 degrees, about 9 km; finer
shifts such as GCJ-02 vanish in that.
"""

from __future__ import annotations

import csv
import re
from functools import lru_cache
from importlib.resources import files
from typing import Any, TypeAlias

import geopandas as gpd
from shapely.geometry.base import BaseGeometry

from geodata.errors import CRSError, InputError, Text

Bounds: TypeAlias = tuple[float, float, float, float]
"""West, south, east, north in degrees."""

WIDEST_DEG = 180.0
"""A wider extent crosses the antimeridian or holds a wrong number."""


def resolve(region: Any) -> Bounds | None:
    """Return the extent of a region in degrees, or None when it is not known.

    Parameters
    ----------
    region
        A division code of 2 to 12 digits (its prefecture, else its province), a
        tuple ``(west, south, east, north)``, a geometry, a GeoDataFrame or
        GeoSeries in longitude and latitude, or None.

    Raises
    ------
    InputError
        When the region is none of these, or no extent is known for the code.
    """
    if region is None:
        return None
    if isinstance(region, (str, int)):
        return _of_code(str(region).strip())
    if isinstance(region, (gpd.GeoDataFrame, gpd.GeoSeries)):
        return _of_frame(region)
    if isinstance(region, BaseGeometry):
        return None if region.is_empty else _checked(region.bounds)
    return _checked(region)


def outside(bounds: Bounds, region: Any, *, margin_deg: float = 0.5) -> bool:
    """Return whether ``bounds`` has no point within a region's extent.

    Parameters
    ----------
    bounds
        ``(west, south, east, north)`` in degrees.
    region
        See :func:`resolve`; None or an unknown region holds everything.
    margin_deg
        Degrees by which the region is widened.
    """
    box = resolve(region)
    if box is None:
        return False
    west, south, east, north = bounds
    return bool(
        east < box[0] - margin_deg
        or west > box[2] + margin_deg
        or north < box[1] - margin_deg
        or south > box[3] + margin_deg
    )


def beyond(bounds: Bounds, region: Any, *, margin_deg: float = 0.5) -> bool:
    """Return whether any side of ``bounds`` leaves a region's widened extent."""
    box = resolve(region)
    if box is None:
        return False
    west, south, east, north = bounds
    return bool(
        west < box[0] - margin_deg
        or east > box[2] + margin_deg
        or south < box[1] - margin_deg
        or north > box[3] + margin_deg
    )


def check_extent(
    bounds: Bounds, region: Any = None, *, margin_deg: float = 0.5
) -> None:
    """Refuse an extent that cannot be right.

    Parameters
    ----------
    bounds
        ``(west, south, east, north)`` in degrees.
    region
        See :func:`resolve`; without one only the width is checked, so files of
        any country read.
    margin_deg
        Degrees by which the region is widened.

    Raises
    ------
    CRSError
        Code ``extent``: wider than 180 degrees, or off the region.
    """
    west, south, east, north = bounds
    shown = f"{west:.4f}, {south:.4f}, {east:.4f}, {north:.4f}"
    if east - west > WIDEST_DEG:
        raise CRSError(
            Text(
                zh=f"数据东西跨度达 {east - west:.1f}°（{shown}），"
                "可能跨越 180° 经线或含有错误坐标。",
                en=f"The data spans {east - west:.1f} degrees of longitude ({shown}): "
                "it crosses the antimeridian or holds a wrong coordinate.",
            ),
            Text(
                zh="请找出越界的记录，改正后重新提交。",
                en="Find the record that lies far off, correct it and submit again.",
            ),
            code="extent",
        )
    box = resolve(region)
    if beyond(bounds, box, margin_deg=margin_deg):
        expected = ", ".join(f"{value:g}" for value in box or ())
        raise CRSError(
            Text(
                zh=f"数据范围 {shown} 超出给定区域（{expected}）。",
                en=f"The data's extent {shown} leaves the given region ({expected}).",
            ),
            Text(
                zh="请核对坐标系、带号与坐标轴顺序，或改正给定的区域。",
                en="Check CRS, zone and axis order, or correct the region given.",
            ),
            code="extent",
        )


@lru_cache(maxsize=1)
def _table() -> dict[str, Bounds]:
    text = files("geodata").joinpath("regions.csv").read_text(encoding="utf-8")
    return {
        row["code"]: (
            float(row["west"]),
            float(row["south"]),
            float(row["east"]),
            float(row["north"]),
        )
        for row in csv.DictReader(text.splitlines())
    }


def _of_code(code: str) -> Bounds:
    if not re.fullmatch(r"\d{2,12}", code):
        raise InputError(
            Text(
                zh=f"区域“{code}”不是 2–12 位行政区划代码。",
                en=f"The region {code!r} is not a division code of 2 to 12 digits.",
            )
        )
    table = _table()
    for prefix in (code[:4], code[:2]):
        if prefix in table:
            return table[prefix]
    if code in {"10", "100000"}:
        return (73.4, 3.3, 135.2, 53.7)
    raise InputError(
        Text(
            zh=f"没有代码“{code}”的范围，请用经纬度范围指定区域。",
            en=f"No extent is known for code {code!r}; give the region as bounds.",
        )
    )


def _of_frame(frame: gpd.GeoDataFrame | gpd.GeoSeries) -> Bounds | None:
    if len(frame) == 0 or frame.geometry.is_empty.all():
        return None
    if frame.crs is not None and not frame.crs.is_geographic:
        from geodata.crs.transform import transform

        geometry = gpd.GeoDataFrame(geometry=frame.geometry)
        return _checked(transform(geometry).total_bounds)
    return _checked(frame.total_bounds)


def _checked(bounds: Any) -> Bounds:
    try:
        west, south, east, north = (float(value) for value in bounds)
    except (TypeError, ValueError) as error:
        raise InputError(
            Text(
                zh="区域应为行政区划代码、(西, 南, 东, 北) 范围、图形或图层。",
                en="A region is a division code, (west, south, east, north), "
                "a geometry or a layer.",
            )
        ) from error
    if not (-360 <= west <= east <= 360 and -90 <= south <= north <= 90):
        raise InputError(
            Text(
                zh=f"区域范围 {west}, {south}, {east}, {north} 不是经纬度范围。",
                en=f"The region {west}, {south}, {east}, {north} is not an extent "
                "in degrees.",
            )
        )
    return west, south, east, north
