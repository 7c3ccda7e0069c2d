"""Width and perimeter of many small places at once, in metres whatever the degrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

AXIS_M = 6378137.0
FLATTENING = 1 / 298.257222101
ECCENTRICITY2 = FLATTENING * (2 - FLATTENING)
RADIAN = np.pi / 180


def strip_width(area: Any, perimeter: Any) -> NDArray[np.float64]:
    """Return the short side of rectangles with these areas and perimeters.

    For a long strip this is its mean width, for a square its side. What is rounder
    than a square gets the root of its area.
    """
    half, area = np.asarray(perimeter) / 2, np.asarray(area)
    root = np.sqrt(np.maximum(half**2 - 4 * area, 0))
    # (half - root) / 2 written so that thin strips do not cancel to zero.
    with np.errstate(invalid="ignore", divide="ignore"):
        strip = 2 * area / (half + root)
    round_ = np.sqrt(np.maximum(area, 0))
    return np.asarray(np.where(half**2 > 4 * area, strip, round_))


def perimeter_m(geometries: Any) -> NDArray[np.float64]:
    """Return the length in metres of each geometry's lines or rings."""
    geometries = np.atleast_1d(geometries)
    parts, owner = shapely.get_parts(geometries, return_index=True)
    rings, ring_of = _lines(parts)
    xy, index = shapely.get_coordinates(rings, return_index=True)
    step = np.diff(xy, axis=0) * metres_per_degree((xy[1:, 1] + xy[:-1, 1]) / 2)
    length = np.hypot(step[:, 0], step[:, 1]) * (index[1:] == index[:-1])
    place = owner[ring_of[index[:-1]]] if len(length) else np.zeros(0, np.intp)
    total = np.bincount(place, weights=length, minlength=len(geometries))
    return np.asarray(total, dtype=float)


def metres_per_degree(latitude: Any) -> NDArray[np.float64]:
    """Return ``[[east, north], ...]`` metres in one degree at each latitude."""
    phi = np.radians(np.clip(latitude, -90.0, 90.0))
    w2 = 1 - ECCENTRICITY2 * np.sin(phi) ** 2
    root = np.sqrt(w2)
    found = np.empty((*np.shape(phi), 2))
    found[..., 0] = RADIAN * AXIS_M * np.cos(phi) / root
    found[..., 1] = RADIAN * AXIS_M * (1 - ECCENTRICITY2) / (w2 * root)
    return found


def _lines(parts: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the rings of polygons and the lines themselves, with their part."""
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, ring_of = shapely.get_rings(parts[areal], return_index=True)
    others = np.flatnonzero(~areal)
    lines = np.concatenate([rings, parts[others]])
    return lines, np.concatenate([np.flatnonzero(areal)[ring_of], others])
