"""Fewer vertices for maps and tiles, borders still shared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.topology import measure
from geodata.topology.soundness import repaired, sound

if TYPE_CHECKING:
    import geopandas as gpd


def simplify(frame: gpd.GeoDataFrame, tolerance_m: float) -> gpd.GeoDataFrame:
    """Return the frame with simplified polygons that still share their borders.

    Parameters
    ----------
    frame
        (Multi)polygons in degrees. Conflicts are tolerated: borders that are not
        shared are simplified one by one. Other rows are returned as they are.
    tolerance_m
        Root of the area that may be cut off at a vertex, in metres.

    Returns
    -------
    GeoDataFrame
        Same index and columns. Invalid polygons are repaired on the way; no unit
        becomes empty: one that would is kept as it was.
    """
    shapes = frame.geometry.to_numpy()
    checked = sound(shapes)
    mine = np.flatnonzero(checked.usable)
    if not len(mine) or tolerance_m <= 0:
        return frame
    units = checked.polygons[mine]
    scale = _metres_per_unit(units)
    simple = shapely.coverage_simplify(units, tolerance_m / scale)
    broken = np.flatnonzero(~shapely.is_valid(simple))
    for place in broken:  # few: borders that were not shared may come to cross
        simple[place] = repaired(simple[place])
    empty = shapely.is_empty(simple)
    simple[empty] = units[empty]
    result = np.array(shapes, dtype=object)
    result[mine] = simple
    return frame.set_geometry(
        type(frame.geometry)(result, index=frame.index, crs=frame.crs)
    )


def _metres_per_unit(units: np.ndarray) -> float:
    """Return the metres of a degree, between east and north, where the units lie."""
    bounds = shapely.total_bounds(units)
    east, north = measure.metres_per_degree((bounds[1] + bounds[3]) / 2)
    return float(np.sqrt(east * north))
