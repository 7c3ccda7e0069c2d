"""Area and width of many small places at once, in metres whatever the degrees."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

AXIS_M = 6378137.0
FLATTENING = 1 / 298.257222101
ECCENTRICITY2 = FLATTENING * (2 - FLATTENING)


def area_m2(geometries: Any) -> NDArray[np.float64]:
    """Return the area of each polygon on the CGCS2000 ellipsoid.

    Parameters
    ----------
    geometries
        Array of (multi)polygons in degrees of longitude and latitude.

    Returns
    -------
    ndarray
        Square metres; 0 for None, empty and everything that is not a polygon.

    Notes
    -----
    The zone of the ellipsoid below a latitude has a closed form; a ring's area is
    its integral over longitude along the edges, which are straight in degrees.
    """
    rings, unit, sign = _rings(geometries)
    total = np.zeros(len(np.atleast_1d(geometries)))
    np.add.at(total, unit, sign * np.abs(_ring_areas(rings)))
    return total


def mean_width_m(geometries: Any, area: Any = None) -> NDArray[np.float64]:
    """Return the width of the rectangle with each polygon's area and perimeter.

    For a long strip this is its mean width, for a square its side; a place that
    is rounder than a square gets the root of its area.
    """
    geometries = np.atleast_1d(geometries)
    area = area_m2(geometries) if area is None else np.asarray(area)
    half = perimeter_m(geometries) / 2
    root = np.sqrt(np.maximum(half**2 - 4 * area, 0))
    # (half - root) / 2 written so that thin strips do not cancel to zero.
    with np.errstate(invalid="ignore", divide="ignore"):
        strip = 2 * area / (half + root)
    return np.where(half**2 > 4 * area, strip, np.sqrt(np.maximum(area, 0)))


def perimeter_m(geometries: Any) -> NDArray[np.float64]:
    """Return the length in metres of each geometry's lines or rings."""
    geometries = np.atleast_1d(geometries)
    parts, owner = shapely.get_parts(geometries, return_index=True)
    rings, ring_of = _lines(parts)
    xy, index = shapely.get_coordinates(rings, return_index=True)
    step = np.diff(xy, axis=0) * metres_per_degree((xy[1:, 1] + xy[:-1, 1]) / 2)
    length = np.hypot(step[:, 0], step[:, 1]) * (index[1:] == index[:-1])
    total = np.zeros(len(geometries))
    if len(length):
        np.add.at(total, owner[ring_of[index[:-1]]], length)
    return total


def metres_per_degree(latitude: Any) -> NDArray[np.float64]:
    """Return ``[[east, north], ...]`` metres in one degree at each latitude."""
    phi = np.radians(np.clip(latitude, -90.0, 90.0))
    w2 = 1 - ECCENTRICITY2 * np.sin(phi) ** 2
    east = AXIS_M * np.cos(phi) / np.sqrt(w2)
    north = AXIS_M * (1 - ECCENTRICITY2) / w2**1.5
    return np.radians(np.stack([east, north], axis=-1))


def to_local_metres(geometries: Any) -> NDArray[Any]:
    """Return small geometries in metres about their own first vertex."""
    geometries = np.atleast_1d(geometries)
    xy, index = shapely.get_coordinates(geometries, return_index=True)
    if not len(xy):
        return geometries.copy()
    first = np.r_[True, index[1:] != index[:-1]]
    origin = xy[first][np.cumsum(first) - 1]
    return shapely.set_coordinates(
        geometries.copy(), (xy - origin) * metres_per_degree(origin[:, 1])
    )


def wider_than(geometries: Any, width_m: float) -> NDArray[np.bool_]:
    """Return whether a disc of diameter ``width_m`` fits somewhere into each."""
    local = to_local_metres(geometries)
    return ~shapely.is_empty(shapely.buffer(local, -width_m / 2, quad_segs=2))


def zone_area_m2(latitude: Any) -> NDArray[np.float64]:
    """Return the ellipsoid's area per radian of longitude from the equator."""
    e = np.sqrt(ECCENTRICITY2)
    sine = np.sin(np.radians(latitude))
    polar2 = (AXIS_M * (1 - FLATTENING)) ** 2
    return polar2 / 2 * (sine / (1 - (e * sine) ** 2) + np.arctanh(e * sine) / e)


def _rings(
    geometries: Any,
) -> tuple[NDArray[Any], NDArray[np.intp], NDArray[np.float64]]:
    """Return all rings, the geometry each belongs to, and +1 shell or -1 hole."""
    parts, owner = shapely.get_parts(np.atleast_1d(geometries), return_index=True)
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    parts, owner = parts[areal], owner[areal]
    rings, part = shapely.get_rings(parts, return_index=True)
    first = np.r_[True, part[1:] != part[:-1]] if len(part) else np.zeros(0, bool)
    return rings, owner[part], np.where(first, 1.0, -1.0)


def _lines(parts: NDArray[Any]) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return the rings of polygons and the lines themselves, with their part."""
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    rings, ring_of = shapely.get_rings(parts[areal], return_index=True)
    others = np.flatnonzero(~areal)
    lines = np.concatenate([rings, parts[others]])
    return lines, np.concatenate([np.flatnonzero(areal)[ring_of], others])


def _ring_areas(rings: NDArray[Any]) -> NDArray[np.float64]:
    """Return the signed area of each ring in square metres."""
    xy, index = shapely.get_coordinates(rings, return_index=True)
    areas = np.zeros(len(rings))
    if not len(xy):
        return areas
    first = np.r_[True, index[1:] != index[:-1]]
    start = np.flatnonzero(first)[np.cumsum(first) - 1]
    zone = zone_area_m2(xy[:, 1])
    middle = zone_area_m2((xy[1:, 1] + xy[:-1, 1]) / 2)
    # Simpson's rule over each edge, taken straight in longitude and latitude.
    mean = (zone[1:] + 4 * middle + zone[:-1]) / 6 - zone[start[:-1]]
    step = np.radians(np.diff(xy[:, 0])) * mean * (index[1:] == index[:-1])
    np.add.at(areas, index[:-1], -step)
    return areas
