"""How high the land lies: flat by the sea, hills inland; a grid of heights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from demonstration.frames import to_plane
from geodata import crs

if TYPE_CHECKING:
    from pathlib import Path

    from demonstration.land import Land

STEP = 0.001
"""Width of a cell, degrees: about 100 m."""
_HILLS_FROM_M, _HILLS_WITHIN_M = 6_000.0, 36_000.0


@dataclass(frozen=True)
class Heights:
    """Metres above the sea by cell, north first."""

    west: float
    north: float
    metres: NDArray[np.float32]


def of(land: Land, bounds: NDArray[np.float64]) -> Heights:
    """Return the heights of a land over bounds in degrees (west, south, east, north).

    The same fields that turned the streets of towns: streets run along slopes.
    """
    west, south, east, north = bounds
    columns, rows = (int(np.ceil(s / STEP)) for s in (east - west, north - south))
    lon, lat = np.meshgrid(
        west + (np.arange(columns) + 0.5) * STEP, north - (np.arange(rows) + 0.5) * STEP
    )
    at = to_plane(np.stack([lon.ravel(), lat.ravel()], axis=1))
    inland = np.clip((_HILLS_FROM_M - at[:, 0]) / _HILLS_WITHIN_M, 0, 1) ** 1.6
    hills = 230 + 150 * land.height.at(at) + 30 * land.detail.at(at)
    metres = np.maximum(3.0 + inland * hills, 0.5).round(1)
    return Heights(west, north, metres.reshape(rows, columns).astype(np.float32))


def write(heights: Heights, path: Path) -> Path:
    """Write heights as a GeoTIFF in longitude and latitude."""
    import rasterio

    rows, columns = heights.metres.shape
    with rasterio.open(
        path, "w", driver="GTiff", width=columns, height=rows, count=1,
        dtype="float32", crs=crs.STORAGE, compress="deflate", predictor=3,
        transform=rasterio.Affine(STEP, 0, heights.west, 0, -STEP, heights.north),
    ) as out:  # fmt: skip
        out.write(heights.metres, 1)
    return path
