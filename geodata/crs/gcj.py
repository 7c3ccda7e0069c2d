"""GCJ-02 and BD-09: the shifted coordinates of Chinese map services.

Data taken from AMap, Tencent or Baidu lie some hundred metres from where they
are. The published formula is itself an approximation of the official one (half
a metre to a few metres), so converted positions are never survey data.
Source: domain specification D5; the formula is common knowledge.

All functions take and return longitudes and latitudes in degrees, scalars or
arrays. Outside the rectangle in which the services shift, nothing changes.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Pair: TypeAlias = tuple[Floats, Floats]
Shifter: TypeAlias = Callable[[npt.ArrayLike, npt.ArrayLike], Pair]

SHIFTED_RECTANGLE = (72.004, 0.8293, 137.8347, 55.8271)
_AXIS_M = 6_378_245.0
_E2 = 0.006_693_421_622_965_943
_BD_TURN = np.pi * 3000.0 / 180.0
_BD_OFFSET = (0.0065, 0.006)
_TOLERANCE_DEG = 1e-12
_MAX_STEPS = 12


def shifted_here(x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.bool_]:
    """Return which points lie in the rectangle that map services shift."""
    west, south, east, north = SHIFTED_RECTANGLE
    lon, lat = _arrays(x, y)
    inside: npt.NDArray[np.bool_] = (
        (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    )
    return inside


def wgs84_to_gcj02(x: npt.ArrayLike, y: npt.ArrayLike) -> Pair:
    """Shift true positions to GCJ-02."""
    lon, lat = _arrays(x, y)
    inside = shifted_here(lon, lat)
    dlon, dlat = _offset(np.where(inside, lon, 105.0), np.where(inside, lat, 35.0))
    return np.where(inside, lon + dlon, lon), np.where(inside, lat + dlat, lat)


def gcj02_to_wgs84(x: npt.ArrayLike, y: npt.ArrayLike) -> Pair:
    """Bring GCJ-02 back to true positions by iteration (under 1e-6 m)."""
    return _invert(wgs84_to_gcj02, x, y)


def gcj02_to_bd09(x: npt.ArrayLike, y: npt.ArrayLike) -> Pair:
    """Shift GCJ-02 on to BD-09."""
    lon, lat = _arrays(x, y)
    inside = shifted_here(lon, lat)
    x, y = lon, lat
    lon, lat = np.where(inside, lon, 105.0), np.where(inside, lat, 35.0)
    radius = np.hypot(lon, lat) + 2e-5 * np.sin(lat * _BD_TURN)
    angle = np.arctan2(lat, lon) + 3e-6 * np.cos(lon * _BD_TURN)
    bd_lon = radius * np.cos(angle) + _BD_OFFSET[0]
    bd_lat = radius * np.sin(angle) + _BD_OFFSET[1]
    return np.where(inside, bd_lon, x), np.where(inside, bd_lat, y)


def bd09_to_gcj02(x: npt.ArrayLike, y: npt.ArrayLike) -> Pair:
    """Bring BD-09 back to GCJ-02 by iteration."""
    return _invert(gcj02_to_bd09, x, y)


def wgs84_to_bd09(x: npt.ArrayLike, y: npt.ArrayLike) -> Pair:
    """Shift true positions to BD-09."""
    return gcj02_to_bd09(*wgs84_to_gcj02(x, y))


def bd09_to_wgs84(x: npt.ArrayLike, y: npt.ArrayLike) -> Pair:
    """Bring BD-09 back to true positions."""
    return gcj02_to_wgs84(*bd09_to_gcj02(x, y))


def _invert(forward: Shifter, x: npt.ArrayLike, y: npt.ArrayLike) -> Pair:
    """Solve ``forward(p) == (x, y)``: each step shrinks the error 100 times."""
    goal_x, goal_y = _arrays(x, y)
    lon, lat = goal_x, goal_y
    inside = shifted_here(goal_x, goal_y)
    for _ in range(_MAX_STEPS):
        there_x, there_y = forward(lon, lat)
        miss_x = np.subtract(goal_x, there_x, where=inside, out=np.zeros_like(lon))
        miss_y = np.subtract(goal_y, there_y, where=inside, out=np.zeros_like(lat))
        lon, lat = lon + miss_x, lat + miss_y
        if max(np.abs(miss_x).max(initial=0.0), np.abs(miss_y).max(initial=0.0)) < (
            _TOLERANCE_DEG
        ):
            break
    return lon, lat


def _offset(lon: Floats, lat: Floats) -> Pair:
    """Return what the services add, in degrees."""
    east, north = lon - 105.0, lat - 35.0
    root = np.sqrt(np.abs(east))
    ripple = 20.0 * np.sin(6.0 * np.pi * east) + 20.0 * np.sin(2.0 * np.pi * east)

    def waves(value: Floats, terms: tuple[tuple[float, float], ...]) -> Floats:
        total = ripple.copy()
        for amplitude, divisor in terms:
            total += amplitude * np.sin(np.pi * value / divisor)
        return total * 2.0 / 3.0

    metres_north = (
        -100.0
        + 2.0 * east
        + 3.0 * north
        + 0.2 * north**2
        + 0.1 * east * north
        + 0.2 * root
        + waves(north, ((20.0, 1.0), (40.0, 3.0), (160.0, 12.0), (320.0, 30.0)))
    )
    metres_east = (
        300.0
        + east
        + 2.0 * north
        + 0.1 * east**2
        + 0.1 * east * north
        + 0.1 * root
        + waves(east, ((20.0, 1.0), (40.0, 3.0), (150.0, 12.0), (300.0, 30.0)))
    )
    angle = np.radians(lat)
    bulge = 1.0 - _E2 * np.sin(angle) ** 2
    meridian_m = _AXIS_M * (1.0 - _E2) / bulge**1.5
    parallel_m = _AXIS_M / np.sqrt(bulge) * np.cos(angle)
    return np.degrees(metres_east / parallel_m), np.degrees(metres_north / meridian_m)


def _arrays(x: npt.ArrayLike, y: npt.ArrayLike) -> Pair:
    return np.asarray(x, dtype=float), np.asarray(y, dtype=float)
