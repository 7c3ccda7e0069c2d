"""Land handed over, told from borders that were moved or drawn anew.

What a government hands over is a piece with a shape of its own, goes one way, and
leaves the other borders of both units where they were. Where a whole unit was drawn
anew, strips lie along all its borders, on both sides of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    from numpy.typing import NDArray

    from geodata.topology.metres import Metres

BLOCK = 0.03
"""Share of a unit's ground, either unit's, from which a piece may be such land."""
COMPACT = 0.05
"""Width over length from which a piece is more than a strip along a border."""
MAINLY = 0.5
"""Share of what went from one unit to the other that such pieces must make up."""
BACK = 0.2
"""More than this in return, and the border was drawn anew."""
REDRAWN = 0.2
"""A unit that keeps less than this share of its vertices was drawn anew."""
LARGE = 0.2
"""Share of a unit that is handed over even between units drawn anew."""


def handed_over(
    moved: gpd.GeoDataFrame,
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    areas: list[pd.Series[float]],
    metres: Metres,
    noise_m: float,
) -> NDArray[np.bool_]:
    """Return which moves (rows of ``moves``) are land handed over.

    Parameters
    ----------
    before, after
        The two versions, indexed by key.
    areas
        The area of every unit in each of them.
    noise_m
        A vertex this near to the new border stayed.
    """
    given, taken = (
        (moved["area_m2"] / moved[side].map(area).astype(float)).to_numpy()
        for side, area in zip(("from", "to"), areas, strict=True)
    )
    share = np.fmax(given, taken)
    found = (share >= BLOCK) & ~(_returned(moved) > BACK)
    found &= moved["from"].notna().to_numpy() & moved["to"].notna().to_numpy()
    found[found] = _compact(moved.geometry.to_numpy()[found], metres)
    near = metres.units(noise_m)
    known: dict[Any, float] = {}
    for row in np.flatnonzero(found & (share < LARGE)).tolist():  # few
        for key in moved.loc[moved.index[row], ["from", "to"]]:
            if key not in known:
                known[key] = _stayed(key, before, after, near)
            found[row] &= known[key] >= REDRAWN
    return np.asarray(found)


def _returned(moved: gpd.GeoDataFrame) -> NDArray[np.float64]:
    """Return what each move's taker gave its giver, as a share of the move."""
    ways = zip(moved["from"], moved["to"], strict=True)
    area = dict(zip(ways, moved["area_m2"].tolist(), strict=True))
    back = [area.get((taker, giver), 0.0) for giver, taker in area]
    return np.asarray(np.array(back) / moved["area_m2"].to_numpy())


def _compact(shapes: NDArray[Any], metres: Metres) -> NDArray[np.bool_]:
    """Return which shapes mainly consist of pieces that are no strips."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    area = metres.area_m2(parts)
    width = metres.width_m(parts, area)
    piece = np.where(width**2 >= COMPACT * area, area, 0.0)
    count = len(shapes)
    whole = np.bincount(owner, weights=area, minlength=count)
    pieces = np.bincount(owner, weights=piece, minlength=count)
    return np.asarray(pieces >= MAINLY * whole)


def _stayed(
    key: Any, before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, near: float
) -> float:
    """Return the share of a unit's vertices near its new border; 1 for no unit."""
    if key not in before.index or key not in after.index:
        return 1.0
    old, new = before.geometry[key], after.geometry[key]
    if shapely.is_missing(old) or shapely.is_missing(new):
        return 1.0
    points = shapely.points(shapely.get_coordinates(old))
    border = shapely.boundary(new)
    shapely.prepare(border)
    return float(shapely.dwithin(points, border, near).mean())
