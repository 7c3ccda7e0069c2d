"""Whether numbers can be coordinates of a system, and whether they lie in place."""

from __future__ import annotations

from typing import Any, NamedTuple, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from geodata import regions
from geodata.crs.candidates import Extent
from geodata.crs.declared import grid_parameters
from geodata.crs.zones import STORAGE

Floats: TypeAlias = npt.NDArray[np.float64]
Bools: TypeAlias = npt.NDArray[np.bool_]

_REGION_MARGIN_DEG = 0.3
_OUT_OF_ZONE_M = 1_000_000.0
_SAME_NUMBER_M = 500_000.0
_POLE_M = 10_100_000.0
_OUT_OF_AREA_DEG = 6.0
_LARGEST = 1e8
_MAJORITY = 0.9


class Place(NamedTuple):
    """Where the data is expected."""

    bounds: regions.Bounds | None
    borders: gpd.GeoDataFrame | None

    @classmethod
    def of(cls, region: Any, reference: gpd.GeoDataFrame | None) -> Place:
        """Return the place that a region, else a reference layer, means."""
        borders = None
        if reference is not None and len(reference) and reference.crs is not None:
            borders = reference if reference.crs.is_geographic else _stored(reference)
        bounds = regions.resolve(region)
        if bounds is None and borders is not None:
            bounds = regions.resolve(borders)
        return cls(bounds, borders)


def points_of(bounds_or_xy: npt.ArrayLike) -> Floats:
    """Return finite points of shape (n, 2); bounds become their two corners."""
    values = np.asarray(bounds_or_xy, dtype=float)
    if values.shape == (4,):
        values = values.reshape(2, 2)
    if values.size == 0:
        return np.empty((0, 2))
    if values.ndim != 2 or values.shape[1] < 2:
        raise ValueError("bounds (4 numbers) or points of shape (n, 2) are needed")
    finite: Floats = values[np.isfinite(values[:, :2]).all(axis=1), :2]
    return finite


def fits(crs: CRS, extent: Extent) -> bool:
    """Return whether numbers of this extent can be coordinates of a system."""
    if extent.looks_geographic and not crs.is_geographic:
        return False
    return bool(fits_each(crs, extent.corners).all())


def fits_each(crs: CRS, xy: Floats) -> Bools:
    """Return which points can be coordinates of this system at all."""
    if crs.is_geographic:
        x, y = xy[:, 0], xy[:, 1]
        degrees: Bools = (x >= -180.0) & (x <= 360.0) & (np.abs(y) <= 90.0)
        return degrees
    grid = grid_parameters(crs)
    return _in_area(crs, xy) if grid is None else _on_grid(grid, xy)


def majority(crs: CRS, xy: Floats) -> Floats:
    """Return the points that fit a system, in either order of the axes.

    A few strays among many do not speak for the file: they are left out here
    and refused by name (:func:`strays`). Where more than a tenth does not fit,
    all points are returned, so that the contradiction shows.
    """
    for ordered in (xy, xy[:, ::-1]):
        fit = fits_each(crs, ordered)
        if fit.mean() >= _MAJORITY:
            return xy[fit]
    return xy


def strays(frame: gpd.GeoDataFrame) -> Bools:
    """Return which records hold numbers that cannot be in the frame's CRS.

    Parameters
    ----------
    frame
        In a projected or geographic CRS, x east. Missing and empty geometries
        are no strays.
    """
    if frame.crs is None:
        return np.zeros(len(frame), dtype=bool)
    bounds = frame.geometry.bounds.to_numpy(dtype=float)
    known = np.isfinite(bounds).all(axis=1)
    lost = np.zeros(len(frame), dtype=bool)
    for columns in ([0, 1], [2, 3]):
        lost[known] |= ~fits_each(frame.crs, bounds[known][:, columns])
    return lost


def inside(crs: CRS, extent: Extent, place: Place) -> bool:
    """Return whether numbers of this system lie where the data is expected."""
    if place.bounds is None or not fits(crs, extent):
        return False
    lonlat = to_lonlat(crs, extent.corners)
    if lonlat is None:
        return False
    (west, south), (east, north) = lonlat.min(axis=0), lonlat.max(axis=0)
    bounds = (float(west), float(south), float(east), float(north))
    return not regions.outside(bounds, place.bounds, margin_deg=_REGION_MARGIN_DEG)


def to_lonlat(crs: CRS, xy: Floats) -> Floats | None:
    """Return longitude and latitude on the CRS's own datum; None if impossible."""
    if crs.is_geographic or crs.geodetic_crs is None:
        return xy
    try:
        transformer = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
        x, y = transformer.transform(xy[:, 0], xy[:, 1])
    except ProjError:
        return None
    lonlat = np.column_stack([x, y])
    return lonlat if np.isfinite(lonlat).all() else None


def _on_grid(grid: dict[str, float], xy: Floats) -> Bools:
    """Hold points against a transverse Mercator grid's false origin.

    A false easting with a zone number admits only that zone's numbers.
    """
    reach = _SAME_NUMBER_M if grid["easting"] > 1e6 else _OUT_OF_ZONE_M
    fit: Bools = (np.abs(xy[:, 0] - grid["easting"]) < reach) & (
        np.abs(xy[:, 1] - grid["northing"]) < _POLE_M
    )
    return fit


def _in_area(crs: CRS, xy: Floats) -> Bools:
    """Hold points against the area of use, with some slack."""
    if crs.geodetic_crs is None:
        return np.ones(len(xy), dtype=bool)
    transformer = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
    lon, lat = transformer.transform(xy[:, 0], xy[:, 1])
    fit: Bools = np.isfinite(lon) & np.isfinite(lat) & (np.abs(xy) < _LARGEST).all(1)
    area = crs.area_of_use
    if area is not None and area.west < area.east:
        fit &= (lon >= area.west - _OUT_OF_AREA_DEG) & (
            lon <= area.east + _OUT_OF_AREA_DEG
        )
        fit &= (lat >= area.south - _OUT_OF_AREA_DEG) & (
            lat <= area.north + _OUT_OF_AREA_DEG
        )
    return fit


def _stored(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    from geodata.crs.transform import transform

    return transform(frame, STORAGE)
