"""A position as people write it: degrees, or metres of a Gauss-Krüger zone."""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any

from geodata import crs, regions
from geodata.crs.zones import Zone, gauss_krueger
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Iterable

DIGITS = 9
"""Decimals of a degree that matter: a tenth of a millimetre."""
NORTH = (1_000_000.0, 6_500_000.0)
"""Between these lie the northings (X) of China from Hainan on, and no easting."""
WIDE_M = 450_000.0
"""No place of a zone is further from its middle."""
MILLION = 1_000_000
NEAR = 0.3
"""Degrees by which the rounded extent of a region may be too small."""


def position(lon: Any, lat: Any, codes: Iterable[str] = ()) -> tuple[float, float]:
    """Return longitude and latitude of what was written.

    Parameters
    ----------
    lon, lat
        Degrees; or Y and X, in either order, in metres of a zone of CGCS2000: the
        one whose number stands before Y, else the one of the place.
    codes
        Of divisions it lies in or beside: they say which zone is meant.
    """
    try:
        one, two = float(str(lon)), float(str(lat))
    except ValueError as error:
        raise InputError(
            Text("坐标不是数。", "The coordinates are no numbers.")
        ) from error
    if -180 <= one <= 180 and -90 <= two <= 90:
        return one, two
    if NORTH[0] <= one <= NORTH[1] and not NORTH[0] <= two <= NORTH[1]:
        one, two = two, one
    found = _of_plane(one, two, codes) if NORTH[0] <= two <= NORTH[1] else None
    if found is None:
        raise InputError(
            Text("坐标超出范围。", "The coordinates are out of range."),
            Text(
                "请填经纬度（度），或高斯—克吕格平面坐标（米）；"
                "Y 不带带号时须填所属区划。",
                "Give longitude and latitude in degrees, or Y and X of a Gauss-Krüger "
                "zone in metres; Y without the zone's number needs the division.",
            ),
        )
    return found


def _of_plane(
    east: float, north: float, codes: Iterable[str]
) -> tuple[float, float] | None:
    """Return the one position that a pair of metres means, None unless there is one."""
    if not math.isfinite(east):
        return None
    number = math.floor(east / MILLION)
    if 25 <= number <= 45:
        return _within(Zone("cgcs2000", 3, 3 * number, prefixed=True), east, north)
    if 13 <= number <= 23:
        return _within(Zone("cgcs2000", 6, 6 * number - 3, prefixed=True), east, north)
    for code in codes if number == 0 else ():
        with contextlib.suppress(InputError):
            west, south, e, n = regions.resolve(code) or (0, 0, 0, 0)
            zones = {gauss_krueger(lon) for lon in (west, (west + e) / 2, e)}
            found = [_within(zone, east, north) for zone in zones]
            here = [
                (lon, lat)
                for lon, lat in filter(None, found)
                if west - NEAR <= lon <= e + NEAR and south - NEAR <= lat <= n + NEAR
            ]
            if len(here) == 1:
                return here[0]
    return None


def _within(zone: Zone, east: float, north: float) -> tuple[float, float] | None:
    if abs(east - zone.false_easting) > WIDE_M:
        return None
    lon, lat = crs.transform_points([east], [north], zone.epsg)
    return round(float(lon[0]), DIGITS), round(float(lat[0]), DIGITS)
