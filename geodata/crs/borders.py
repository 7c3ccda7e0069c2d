"""Borders of a layer as segments in local metres, and distances to them."""

from __future__ import annotations

from typing import Any, TypeAlias

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geodata.crs.measure import SEMI_MAJOR_M

Floats: TypeAlias = npt.NDArray[np.float64]

_SAMPLE = 2000
_NEAR_DEG = 0.05


class Plane:
    """Local metres around a centre: good to a few parts in a thousand at 50 km."""

    def __init__(self, lon: float, lat: float) -> None:
        self.lon, self.lat = lon, lat
        self.east_m = np.radians(1.0) * SEMI_MAJOR_M * float(np.cos(np.radians(lat)))
        self.north_m = np.radians(1.0) * SEMI_MAJOR_M

    def metres(self, lonlat: Floats) -> Floats:
        """Return east and north of the centre in metres."""
        centre, scale = (self.lon, self.lat), (self.east_m, self.north_m)
        metres: Floats = (lonlat - np.array(centre)) * np.array(scale)
        return metres


def segments(geometries: Any) -> Floats:
    """Return the border segments of geometries, shape (n, 2, 2), each once."""
    parts = shapely.get_parts(np.asarray(geometries, dtype=object))
    polygons = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    lines = np.concatenate(
        [
            shapely.get_rings(parts[polygons]),
            parts[shapely.get_type_id(parts) == shapely.GeometryType.LINESTRING],
        ]
    )
    if len(lines) == 0:
        return np.empty((0, 2, 2))
    xy, line_of = shapely.get_coordinates(lines, return_index=True)
    same = line_of[1:] == line_of[:-1]
    pairs = np.stack([xy[:-1][same], xy[1:][same]], axis=1)
    pairs = pairs[np.isfinite(pairs).all(axis=(1, 2))]
    backward = (pairs[:, 0, 0] > pairs[:, 1, 0]) | (
        (pairs[:, 0, 0] == pairs[:, 1, 0]) & (pairs[:, 0, 1] > pairs[:, 1, 1])
    )
    pairs[backward] = pairs[backward][:, ::-1]
    _, first = np.unique(pairs.reshape(-1, 4), axis=0, return_index=True)
    unique: Floats = pairs[np.sort(first)]
    return unique


def hit_rate(
    lonlat: Floats | None, reference: gpd.GeoDataFrame, tolerance_m: float
) -> float | None:
    """Return the share of points within ``tolerance_m`` of the reference's borders.

    Only points within about 5 km of the reference's extent count; None with
    fewer than 20 of them.
    """
    if lonlat is None:
        return None
    west, south, east, north = reference.total_bounds
    near = (
        (lonlat[:, 0] >= west - _NEAR_DEG)
        & (lonlat[:, 0] <= east + _NEAR_DEG)
        & (lonlat[:, 1] >= south - _NEAR_DEG)
        & (lonlat[:, 1] <= north + _NEAR_DEG)
    )
    points = lonlat[near]
    if len(points) < 20:
        return None
    points = points[:: max(1, len(points) // _SAMPLE)]
    lines = segments(reference.geometry.to_numpy())
    if len(lines) == 0:
        return None
    plane = Plane(*np.median(points, axis=0))
    metric = plane.metres(points)
    ends = plane.metres(lines.reshape(-1, 2)).reshape(-1, 2, 2)
    tree = shapely.STRtree(list(np.atleast_1d(shapely.linestrings(ends))))
    hits = tree.query_nearest(
        shapely.points(metric), max_distance=tolerance_m, all_matches=False
    )
    return len(np.unique(hits[0])) / len(points)
