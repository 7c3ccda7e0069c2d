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

_REGION_MARGIN_DEG = 0.3
_OUT_OF_ZONE_M = 1_000_000.0
_SAME_NUMBER_M = 500_000.0
_POLE_M = 10_100_000.0
_OUT_OF_AREA_DEG = 6.0


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
    """Return whether numbers can be coordinates of this system at all."""
    if crs.is_geographic:
        return (
            -180.0 <= extent.west <= extent.east <= 360.0
            and -90.0 <= extent.south <= extent.north <= 90.0
        )
    if extent.looks_geographic:
        return False
    grid = grid_parameters(crs)
    return _fits_area(crs, extent) if grid is None else _fits_grid(grid, extent)


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


def _fits_grid(grid: dict[str, float], extent: Extent) -> bool:
    """Hold numbers against a transverse Mercator grid's false origin.

    A false easting with a zone number admits only that zone's numbers.
    """
    numbered = grid["easting"] > 1e6
    reach = _SAME_NUMBER_M if numbered else _OUT_OF_ZONE_M
    east = (abs(side - grid["easting"]) for side in (extent.west, extent.east))
    north = (abs(side - grid["northing"]) for side in (extent.south, extent.north))
    return max(east) < reach and max(north) < _POLE_M


def _fits_area(crs: CRS, extent: Extent) -> bool:
    """Hold numbers against the area of use, with some slack."""
    lonlat = to_lonlat(crs, extent.corners)
    if lonlat is None:
        return False
    area = crs.area_of_use
    if area is None or area.west > area.east:
        return True
    (west, south), (east, north) = lonlat.min(axis=0), lonlat.max(axis=0)
    return bool(
        west >= area.west - _OUT_OF_AREA_DEG
        and east <= area.east + _OUT_OF_AREA_DEG
        and south >= area.south - _OUT_OF_AREA_DEG
        and north <= area.north + _OUT_OF_AREA_DEG
    )


def _stored(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    from geodata.crs.transform import transform

    return transform(frame, STORAGE)
