"""Points of a register for a map: each by itself, or many standing close as one."""

from __future__ import annotations

import math
from typing import Any

FEW = 150
"""Points in view that are always drawn one by one."""
CELL = 64
"""Pixels of the map that one gathered point stands for."""
DEEPEST = 17
"""From this zoom on nothing is gathered: points at one place stay within reach."""
_TILE = 256
_LIMIT = 85.0511


def gathered(features: list[dict[str, Any]], zoom: float) -> list[dict[str, Any]]:
    """Return features of points with those of one square of the map as one.

    A gathered feature stands at the middle of its points and says how many they are
    (``count``), how many of them need work (``unsound``) and their ``box``. Squares
    are counted from the map's corner, so moving the map gathers the same points.
    """
    if len(features) <= FEW or zoom >= DEEPEST:
        return features
    squares: dict[tuple[int, int], list[dict[str, Any]]] = {}
    for feature in features:
        squares.setdefault(_square(feature, zoom), []).append(feature)
    return [
        found[0] if len(found) == 1 else _together(found) for found in squares.values()
    ]


def box_of(features: list[dict[str, Any]]) -> list[float] | None:
    """Return what the points span, west, south, east, north; None for no point."""
    if not features:
        return None
    places = [feature["geometry"]["coordinates"] for feature in features]
    lons, lats = zip(*places, strict=True)
    return [min(lons), min(lats), max(lons), max(lats)]


def inside(feature: dict[str, Any], box: tuple[float, float, float, float]) -> bool:
    """Return whether a point lies in a box, its edges included."""
    west, south, east, north = box
    lon, lat = feature["geometry"]["coordinates"]
    return bool(west <= lon <= east and south <= lat <= north)


def _square(feature: dict[str, Any], zoom: float) -> tuple[int, int]:
    lon, lat = feature["geometry"]["coordinates"]
    across = _TILE * 2**zoom / CELL
    slope = math.radians(max(-_LIMIT, min(_LIMIT, lat)))
    down = 0.5 - math.asinh(math.tan(slope)) / (2 * math.pi)
    return math.floor((lon + 180) / 360 * across), math.floor(down * across)


def _together(found: list[dict[str, Any]]) -> dict[str, Any]:
    places = [feature["geometry"]["coordinates"] for feature in found]
    middle = [sum(side) / len(found) for side in zip(*places, strict=True)]
    unsound = sum(not one["properties"].get("sound", True) for one in found)
    return {
        "type": "Feature",
        "id": None,
        "geometry": {"type": "Point", "coordinates": middle},
        "properties": {"count": len(found), "unsound": unsound, "box": box_of(found)},
    }
