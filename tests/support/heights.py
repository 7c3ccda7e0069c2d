"""Rasters of heights for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path


def slope(
    path: Path, box: tuple[float, float, float, float], *, per_degree: float
) -> Path:
    """Write a plane that rises to the east, over a box of degrees and a bit beyond."""
    import rasterio
    from rasterio import Affine

    west, south, east, north = box
    margin = 0.002
    edges = (west - margin, south - margin, east + margin, north + margin)
    cells = 240
    column = np.linspace(edges[0], edges[2], cells, dtype="float64")
    heights = np.tile((column - west) * per_degree, (cells, 1)).astype("float32")
    wide, high = (edges[2] - edges[0]) / cells, (edges[3] - edges[1]) / cells
    place = Affine(wide, 0, edges[0], 0, -high, edges[3])
    with rasterio.open(
        path, "w", driver="GTiff", width=cells, height=cells, count=1,
        dtype="float32", crs="EPSG:4490", transform=place,
    ) as grid:  # fmt: skip
        grid.write(heights, 1)
    return path
