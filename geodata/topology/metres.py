"""How long and how large small things are on the ground, in any layer's coordinates.

The engine works in the coordinates of the file, so that nothing is moved by a
transformation; tolerances and measures are metres. In longitude and latitude the
measures are those of :mod:`geodata.crs.measure`; in a plane system lengths and
areas of the plane are divided by the projection's own scale at the place.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pyproj
import shapely

from geodata.crs import area_m2
from geodata.errors import CRSError, Text
from geodata.topology import measure
from geodata.topology.fingerprints import CELL_DEG, CELL_M

if TYPE_CHECKING:
    from numpy.typing import NDArray

METRES_PER_DEGREE = 111_320.0
SMALL_DEG = 0.01
"""Of a place this high the scale at its middle gives the area to a part in 1e6."""
LATTICE = 48
"""Points to a side at which a projection's scale is asked for."""
LARGEST = np.array([360.0, 90.0, 360.0, 90.0])
"""Bounds, as west, south, east and north, of what may be degrees."""


def _require_degrees(bounds: Any) -> None:
    """Raise CRSError for a layer no part of which can be in degrees."""
    west, south, east, north = np.asarray(bounds, dtype=float).reshape(-1)[:4]
    if west > 360.0 or east < -360.0 or south > 90.0 or north < -90.0:
        raise CRSError(
            Text(
                f"坐标系为经纬度，但坐标在 {west:.0f}, {south:.0f} 一带。",
                "The CRS is longitude and latitude, yet the coordinates lie around "
                f"{west:.0f}, {south:.0f}.",
            ),
            Text("请指明实际坐标系。", "Name the true coordinate system."),
        )


@dataclass(frozen=True)
class Metres:
    """The measures of one coordinate system, ``crs`` or None when unknown."""

    crs: Any
    degrees: bool
    unit_m: float
    """Metres on the ground in one unit, north-south."""

    @classmethod
    def of(cls, crs: Any, bounds: Any) -> Metres:
        """Return the measures of a layer with a CRS, or None, and bounds.

        Without a CRS, coordinates within ±360 and ±90 are taken for degrees and
        others for metres.
        """
        if crs is None:
            near = bool(np.all(np.abs(bounds) <= LARGEST))
            return cls(None, degrees=near, unit_m=METRES_PER_DEGREE if near else 1.0)
        known = pyproj.CRS.from_user_input(crs)
        if known.is_geographic:
            _require_degrees(bounds)
            return cls(known, degrees=True, unit_m=METRES_PER_DEGREE)
        unit = float(known.axis_info[0].unit_conversion_factor)
        return cls(known, degrees=False, unit_m=unit)

    @property
    def cell(self) -> float:
        """Width of the cells that name places, in units."""
        return CELL_DEG if self.degrees else CELL_M / self.unit_m

    def units(self, metres: float) -> float:
        """Return a distance in metres as units of the coordinates, north-south."""
        return metres / self.unit_m

    def scale(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ``[[east, north], ...]`` metres in one unit at each position."""
        if self.degrees:
            return measure.metres_per_degree(xy[:, 1])
        if self._projection is None or not len(xy):
            return np.full((len(xy), 2), self.unit_m)
        factor = self.unit_m / np.sqrt(self._factors_near(xy))
        return np.stack([factor, factor], axis=1)

    def length_m(
        self, xy: NDArray[np.float64], index: NDArray[np.intp], count: int
    ) -> NDArray[np.float64]:
        """Return the lengths of lines given as positions and the line of each."""
        if len(xy) < 2:
            return np.zeros(count)
        within = index[1:] == index[:-1]
        middle = (xy[1:] + xy[:-1])[within] / 2
        step = (xy[1:] - xy[:-1])[within] * self.scale(middle)
        length = np.hypot(step[:, 0], step[:, 1])
        total = np.bincount(index[1:][within], weights=length, minlength=count)
        return np.asarray(total, dtype=float)

    def area_m2(self, polygons: Any) -> NDArray[np.float64]:
        """Return the area of each (multi)polygon."""
        polygons = np.atleast_1d(polygons)
        if self.degrees:
            return self._of_degrees(polygons)
        plane = shapely.area(polygons) * self.unit_m**2
        if self._projection is None or not len(polygons):
            return np.asarray(plane)
        box = shapely.bounds(polygons).reshape(-1, 4)
        return np.asarray(plane / self._factors((box[:, :2] + box[:, 2:]) / 2))

    def _of_degrees(self, polygons: NDArray[Any]) -> NDArray[np.float64]:
        """Return ellipsoidal areas; of small places by the scale at their middle."""
        box = shapely.bounds(polygons).reshape(-1, 4)
        scale = self.scale((box[:, :2] + box[:, 2:]) / 2)
        found = np.asarray(shapely.area(polygons) * scale.prod(axis=1))
        large = np.flatnonzero(~(box[:, 3] - box[:, 1] < SMALL_DEG))
        if len(large):
            found[large] = area_m2(polygons[large])
        return np.asarray(np.where(np.isfinite(found), found, 0.0))

    def perimeter_m(self, polygons: Any) -> NDArray[np.float64]:
        """Return the length of all rings of each (multi)polygon."""
        polygons = np.atleast_1d(polygons)
        parts, owner = shapely.get_parts(polygons, return_index=True)
        rings, part = shapely.get_rings(parts, return_index=True)
        xy, ring = shapely.get_coordinates(rings, return_index=True)
        length = self.length_m(xy, ring, len(rings))
        total = np.bincount(owner[part], weights=length, minlength=len(polygons))
        return np.asarray(total, dtype=float)

    def width_m(self, polygons: Any, area: Any = None) -> NDArray[np.float64]:
        """Return the width of the rectangle with each one's area and perimeter."""
        polygons = np.atleast_1d(polygons)
        area = self.area_m2(polygons) if area is None else np.asarray(area)
        return measure.strip_width(area, self.perimeter_m(polygons))

    @cached_property
    def _projection(self) -> Any:
        """The way to the projection's scale, when there is one."""
        if self.degrees or self.crs is None or not self.crs.is_projected:
            return None
        back = pyproj.Transformer.from_crs(
            self.crs, self.crs.geodetic_crs, always_xy=True
        )
        return back, pyproj.Proj(self.crs)

    def _factors(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the areal scale of the projection at each position."""
        back, projection = self._projection
        lon, lat = back.transform(xy[:, 0], xy[:, 1])
        found = np.asarray(projection.get_factors(lon, lat, errcheck=False).areal_scale)
        return np.where(np.isfinite(found) & (found > 0), found, 1.0)

    def _factors_near(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the areal scale on a lattice's nearest point, when there are many."""
        if len(xy) <= LATTICE**2:
            return self._factors(xy)
        low, high = xy.min(axis=0), xy.max(axis=0)
        step = np.maximum((high - low) / (LATTICE - 1), 1e-9)
        at = np.rint((xy - low) / step).astype(np.intp)
        column, row = np.meshgrid(np.arange(LATTICE), np.arange(LATTICE))
        lattice = low + np.stack([column.ravel(), row.ravel()], axis=1) * step
        return np.asarray(self._factors(lattice)[at[:, 1] * LATTICE + at[:, 0]])
