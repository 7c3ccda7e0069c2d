"""The coordinate systems a Chinese survey uses, their codes and their zones.

Every EPSG number of the repository lives in this package. Zone formulas and
code ranges: domain specification D1.
"""

from __future__ import annotations

import math
from typing import NamedTuple

STORAGE = "EPSG:4490"
"""CGCS2000 longitude and latitude: what the store keeps. x is longitude."""

CGCS2000 = 4490
WGS84 = 4326
WEB_MERCATOR = 3857


class Datum(NamedTuple):
    """One Chinese datum and where its Gauss-Krueger codes begin."""

    name: str
    geographic: int
    prefixed3: int
    """3-degree zone 25 with the zone number in the easting."""
    plain3: int
    """3-degree central meridian 75, false easting 500 km."""
    prefixed6: int
    """6-degree zone 13 with the zone number in the easting."""
    plain6: int
    """6-degree central meridian 75, false easting 500 km."""


DATUMS = {
    "cgcs2000": Datum("CGCS2000", CGCS2000, 4513, 4534, 4491, 4502),
    "xian80": Datum("Xian 1980", 4610, 2349, 2370, 2327, 2338),
    "beijing54": Datum("Beijing 1954", 4214, 2401, 2422, 21413, 21453),
}

ZONES3 = range(25, 46)
ZONES6 = range(13, 24)
MERIDIANS3 = range(75, 136, 3)
MERIDIANS6 = range(75, 136, 6)


class Zone(NamedTuple):
    """What a Gauss-Krueger code means."""

    datum: str
    """A key of :data:`DATUMS`."""
    width: int
    """3 or 6 degrees."""
    meridian: int
    """Central meridian in degrees east."""
    prefixed: bool
    """Whether eastings carry the zone number (39 517 300 for 517 300)."""

    @property
    def number(self) -> int:
        """The zone's number, 25 to 45 (3 degrees) or 13 to 23 (6 degrees)."""
        return self.meridian // 3 if self.width == 3 else (self.meridian + 3) // 6

    @property
    def false_easting(self) -> float:
        """False easting in metres."""
        return 500_000.0 + (self.number * 1_000_000.0 if self.prefixed else 0.0)

    @property
    def epsg(self) -> int:
        """The EPSG code."""
        datum = DATUMS[self.datum]
        if self.width == 3:
            steps = (self.meridian - 75) // 3
            return steps + (datum.prefixed3 if self.prefixed else datum.plain3)
        steps = (self.meridian - 75) // 6
        return steps + (datum.prefixed6 if self.prefixed else datum.plain6)

    def label(self, language: str = "zh") -> str:
        """Return a short text for pages, as ``CGCS2000 3° 带 CM 117``."""
        name, width, meridian = DATUMS[self.datum].name, self.width, self.meridian
        if language.startswith("en"):
            number = f" zone {self.number}" if self.prefixed else ""
            return f"{name} {width}° GK CM {meridian}{number}"
        number = f" {self.number} 带号" if self.prefixed else ""
        return f"{name} {width}° 带 CM {meridian}{number}"


def local_gk(lon: float) -> int:
    """Return the EPSG code of the CGCS2000 3-degree zone (no prefix) at ``lon``.

    Parameters
    ----------
    lon
        Longitude in degrees; clamped to the zones of China (CM 75 to 135).
    """
    return gauss_krueger(lon).epsg


def gauss_krueger(lon: float, *, width: int = 3, prefixed: bool = False) -> Zone:
    """Return the CGCS2000 Gauss-Krueger zone that ``lon`` (degrees) falls in."""
    if not math.isfinite(lon):
        raise ValueError(f"longitude must be finite, not {lon}")
    if width == 3:
        meridian = 3 * math.floor((lon + 1.5) / 3)
    elif width == 6:
        meridian = 6 * (math.floor(lon / 6) + 1) - 3
    else:
        raise ValueError(f"zones are 3 or 6 degrees wide, not {width}")
    return Zone("cgcs2000", width, min(max(meridian, 75), 135), prefixed)


def gk_zone(epsg: int) -> Zone | None:
    """Return the zone that an EPSG code of China means, or None."""
    for key, datum in DATUMS.items():
        starts = (
            (datum.prefixed3, 3, True),
            (datum.plain3, 3, False),
            (datum.prefixed6, 6, True),
            (datum.plain6, 6, False),
        )
        for first, width, prefixed in starts:
            steps = epsg - first
            if 0 <= steps < (21 if width == 3 else 11):
                return Zone(key, width, 75 + steps * width, prefixed)
    return None


def same_zone(epsg: int, datum: str) -> int | None:
    """Return the code of the same grid on another datum of :data:`DATUMS`."""
    zone = gk_zone(epsg)
    if zone is not None:
        return zone._replace(datum=datum).epsg
    if epsg in {entry.geographic for entry in DATUMS.values()} | {WGS84}:
        return DATUMS[datum].geographic
    return None


def utm_north(meridian: int) -> int:
    """Return the WGS 84 / UTM code (north) with this central meridian in degrees."""
    return 32600 + (meridian + 183) // 6


def plane_at(lon: float, lat: float) -> int:
    """Return the code of a plane system in metres that suits a place.

    The CGCS2000 3-degree zone in and around China, the WGS 84 / UTM zone elsewhere.
    """
    if 72.0 <= lon <= 137.0 and 3.0 <= lat <= 54.0:
        return local_gk(lon)
    meridian = 6 * (math.floor(min(lon, 179.999) / 6) + 1) - 3
    return utm_north(meridian) + (100 if lat < 0 else 0)


def label(epsg: int, language: str = "zh") -> str:
    """Return a short name of a coordinate system for pages and messages."""
    zone = gk_zone(epsg)
    if zone is not None:
        return zone.label(language)
    known = {CGCS2000: "CGCS2000", WGS84: "WGS 84"}
    if epsg in known:
        degrees = "lon/lat" if language.startswith("en") else "经纬度"
        return f"{known[epsg]} {degrees}"
    from pyproj import CRS

    return str(CRS.from_epsg(epsg).name)
