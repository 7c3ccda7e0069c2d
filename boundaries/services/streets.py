"""How completely a street network covers the units people live in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.errors import InputError, Text

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.network.graph import Network

NEAR_M = 500.0
"""Ground farther than this from any street counts as not served by the network."""
PLACES = 16
"""Places looked at in each unit."""
LISTED = 50
METHOD = Text(
    "取最低一级区划，每个单位内均布至多 {places} 个点，"
    "统计距可步行道路 {near:g} 米以内的点的比例，按面积加权；路网范围以外的单位不计。",
    "Of the units of the lowest level, up to {places} places spread over each: the "
    "share within {near:g} m of a street open to people, weighted by area; units "
    "beyond the extent of the network are left out.",
)


def served(network: Network, units: gpd.GeoDataFrame) -> dict[str, Any] | None:
    """Return the share of the units' ground that has a street near.

    Parameters
    ----------
    network
        Streets.
    units
        Divisions indexed by code with ``name``, ``level`` and polygons (EPSG:4490).

    Returns
    -------
    dict or None
        ``{"units", "within_m", "served_share", "without_count", "without": [{"code",
        "name"}], "method"}``; None where no unit lies in the extent of the network.
    """
    from geodata.crs import area_m2
    from geodata.network.snap import snap_degrees

    low = _lowest(network, units)
    if len(low) == 0:
        return None
    shapes = np.asarray(low.geometry.values)
    places, owner = _spread(shapes)
    spots = snap_degrees(network, places[:, 0], places[:, 1], max_m=NEAR_M)
    near = np.bincount(owner, spots.edge >= 0, minlength=len(low))
    share = near / np.bincount(owner, minlength=len(low))
    area = area_m2(shapes)
    none = np.flatnonzero(share == 0)
    words = [text.format(places=PLACES, near=NEAR_M) for text in METHOD]
    return {
        "units": len(low),
        "within_m": NEAR_M,
        "served_share": round(float((share * area).sum() / area.sum()), 6),
        "without_count": len(none),
        "without": [
            {"code": str(low.index[at]), "name": str(low["name"].iloc[at])}
            for at in none[:LISTED]
        ],
        "method": Text(*words)._asdict(),
    }


def require_here(network: Network, units: gpd.GeoDataFrame) -> None:
    """Refuse streets of another place.

    Raises
    ------
    InputError
        When no unit lies anywhere near the network: in force, it would make every
        figure say that nobody is reached.
    """
    west, south, east, north = network.meta["bounds"]
    shapes = np.asarray(units.geometry.values, dtype=object)
    left, bottom, right, top = shapely.bounds(shapes).T  # NaN without a shape
    meets = (left <= east) & (right >= west) & (bottom <= north) & (top >= south)
    if meets.any() or np.isnan(left).all():
        return
    raise InputError(
        Text(
            f"道路（经度 {west:.3f}–{east:.3f}，纬度 {south:.3f}–{north:.3f}）"
            "不在任何已发布区划之内，没有入库。",
            f"The streets ({west:.3f}–{east:.3f} E, {south:.3f}–{north:.3f} N) lie in "
            "none of the published divisions; nothing was stored.",
        ),
        Text(
            "请核对是否选对了文件，以及文件的坐标系。",
            "Check that this is the right file, and its coordinate system.",
        ),
        code="elsewhere",
    )


def _lowest(network: Network, units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the units of the lowest level that lie in the network's extent."""
    shapes = np.asarray(units.geometry.values, dtype=object)
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    there &= shapely.get_dimensions(shapes) == 2
    known: gpd.GeoDataFrame = units.loc[there]
    if len(known) == 0:
        return known
    low: gpd.GeoDataFrame = known.loc[known["level"] == known["level"].max()]
    west, south, east, north = network.meta["bounds"]
    within = shapely.box(west, south, east, north)
    middles = shapely.point_on_surface(np.asarray(low.geometry.values))
    inside: gpd.GeoDataFrame = low.loc[np.asarray(shapely.intersects(within, middles))]
    return inside


def _spread(shapes: Any) -> tuple[Any, Any]:
    """Return places spread evenly over each shape, and which shape each is of.

    A grid over the box, what of it lies inside; a point on the surface where the
    grid misses the shape.
    """
    side = int(np.sqrt(PLACES))
    boxes = shapely.bounds(shapes)
    steps = (np.arange(side) + 0.5) / side
    x = boxes[:, 0, None] + (boxes[:, 2] - boxes[:, 0])[:, None] * steps
    y = boxes[:, 1, None] + (boxes[:, 3] - boxes[:, 1])[:, None] * steps
    grid = np.stack(
        [np.repeat(x, side, axis=1), np.tile(y, (1, side))], axis=-1
    ).reshape(-1, 2)
    owner = np.repeat(np.arange(len(shapes)), side * side)
    shapely.prepare(shapes)
    inside = shapely.contains_xy(shapes[owner], grid[:, 0], grid[:, 1])
    middles = shapely.get_coordinates(shapely.point_on_surface(shapes))
    places = np.concatenate([grid[inside], middles])
    return places, np.concatenate([owner[inside], np.arange(len(shapes))])
