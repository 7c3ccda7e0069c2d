"""Shapes as they lie on the ground, to be measured: whatever CRS they are in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geodata.crs import STORAGE, area_m2, length_m, transform

if TYPE_CHECKING:
    from numpy.typing import NDArray

LARGEST_DEGREE = 360.0


def on_degrees(geometries: Any, crs: Any) -> bool:
    """Return whether coordinates are longitude and latitude.

    Without a CRS they are, when all are as small as degrees; else metres.
    """
    if crs is not None:
        return bool(crs.is_geographic)
    xy = shapely.get_coordinates(geometries)
    xy = xy[np.isfinite(xy).all(axis=1)]
    return bool((np.abs(xy) <= LARGEST_DEGREE).all())


def lonlat(geometries: Any, crs: Any) -> NDArray[Any] | None:
    """Return the shapes in longitude and latitude; None for unnamed metres.

    ``crs`` is a :class:`pyproj.CRS` or None. The datum matters nothing to a
    length, so degrees of any are taken as they are.
    """
    shapes = np.asarray(geometries, dtype=object)
    if on_degrees(shapes, crs):
        return shapes
    if crs is None:
        return None
    plane = gpd.GeoDataFrame(geometry=shapes, crs=crs)
    geographic = crs.to_2d().geodetic_crs or STORAGE
    moved = transform(plane, geographic)
    return np.asarray(moved.geometry.to_numpy(), dtype=object)


def lengths_m(geometries: Any, crs: Any) -> NDArray[np.float64]:
    """Return lengths on the ellipsoid in metres; plane ones for unnamed metres."""
    degrees = lonlat(geometries, crs)
    if degrees is None:
        return np.asarray(shapely.length(geometries), dtype=float)
    return length_m(degrees)


def areas_m2(geometries: Any, crs: Any) -> NDArray[np.float64]:
    """Return areas on the ellipsoid in m²; plane ones for unnamed metres."""
    degrees = lonlat(geometries, crs)
    if degrees is None:
        return np.asarray(shapely.area(geometries), dtype=float)
    return area_m2(degrees)
