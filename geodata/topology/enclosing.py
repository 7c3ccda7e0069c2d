"""The places that lines enclose."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray

GRID = 1e-9
"""Near-parallel edges that plain arithmetic cannot node are rounded to this."""


def enclosed(lines: NDArray[Any]) -> NDArray[Any]:
    """Node the lines and return the polygons they enclose."""
    if not len(lines):
        return np.empty(0, dtype=object)
    try:
        noded = shapely.union_all(lines)
    except shapely.GEOSException:
        noded = shapely.union_all(lines, grid_size=GRID)
    return np.asarray(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))
