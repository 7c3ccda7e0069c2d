"""Where a polygon's name has the most room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from numpy.typing import NDArray


def label_points(geometries: NDArray[np.object_]) -> pd.DataFrame:
    """Return x, y and room (degrees to the nearest border) for each polygon.

    The centre of the largest circle that fits into the largest part, found on an
    outline simplified to a hundredth of its size; NaN where there is no polygon.
    """
    found = np.full((len(geometries), 3), np.nan)
    parts, owner = shapely.get_parts(geometries, return_index=True)
    area = shapely.area(parts)
    order = np.lexsort((area, owner))
    last = np.append(owner[order][1:] != owner[order][:-1], True)[: len(order)]
    largest, where = parts[order[last]], owner[order[last]]
    size = np.sqrt(np.maximum(shapely.area(largest), 1e-18))
    for shape, row, width in zip(largest, where, size, strict=True):
        # one call a polygon: the tolerance must follow its size
        radius = _circle(shape, float(width))
        if radius is not None:
            x, y = radius.coords[0]
            found[row] = (x, y, radius.length)
    return pd.DataFrame(found, columns=["x", "y", "room"])


def _circle(shape: shapely.Polygon, width: float) -> shapely.LineString | None:
    outline: Any = shapely.simplify(shape, width / 100, preserve_topology=False)
    if shapely.is_empty(outline) or not shapely.is_valid(outline):
        outline = shapely.convex_hull(shape)
    if shapely.area(outline) == 0:
        return None
    found = shapely.maximum_inscribed_circle(outline, width / 50)
    return None if shapely.is_empty(found) else found
