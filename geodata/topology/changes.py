"""Which unit gave which ground to which, between two states of one level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import STORAGE, area_m2
from geodata.topology import measure
from geodata.topology.conflicts import NOISE_M
from geodata.topology.edges import SAME_POSITION_DEG
from geodata.topology.soundness import sound

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOTHING = shapely.MultiPolygon()


def moves(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the ground that changed hands, one row per pair of units.

    Parameters
    ----------
    old, new
        Frames indexed by key, in degrees (EPSG:4490). Invalid polygons take part
        with a repaired copy.

    Returns
    -------
    GeoDataFrame
        ``from``, ``to`` (a key, or None for outside all units), ``area_m2``
        (ellipsoidal) and ``geometry``, largest first. For every unit the area that
        came minus the area that went is its area's difference, to within places
        narrower than a millimetre, which are not a change.
    """
    lost, gained = _differences(old, new)
    rows: list[tuple[Any, Any, Any]] = []
    # A loop, because what one pair takes must not be given away again: where units
    # overlapped, the same ground could otherwise be counted twice.
    for giver, taker in _meeting(lost, gained):
        moved = _ground(shapely.intersection(lost[giver], gained[taker]))
        if moved.is_empty:
            continue
        lost[giver] = _ground(shapely.difference(lost[giver], moved))
        gained[taker] = _ground(shapely.difference(gained[taker], moved))
        rows.append((giver, taker, moved))
    rows += [(giver, None, rest) for giver, rest in lost.items()]
    rows += [(None, taker, rest) for taker, rest in gained.items()]
    return _frame([row for row in rows if not row[2].is_empty])


def symmetric_difference_m2(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame
) -> pd.Series[float]:
    """Return for every key of either frame the area it gained plus the area it lost.

    Square metres on the ellipsoid; 0 where nothing wider than a millimetre changed.
    """
    keys = old.index.union(new.index)
    lost, gained = _differences(old, new)
    total = pd.Series(0.0, index=keys, name="area_m2")
    for pieces in (lost, gained):
        if pieces:
            areas = area_m2(np.array(list(pieces.values()), dtype=object))
            total = total.add(pd.Series(areas, index=list(pieces)), fill_value=0.0)
    return total.reindex(keys).rename("area_m2")


def _differences(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame
) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Return by key the ground each unit lost, and the ground each gained."""
    before, after = _sound_series(old), _sound_series(new)
    keys = before.index.union(after.index)
    one, two = _at(before, keys), _at(after, keys)
    same = shapely.equals_exact(
        shapely.normalize(one), shapely.normalize(two), tolerance=SAME_POSITION_DEG
    )
    keys, one, two = keys[~same], one[~same], two[~same]
    lost = _all_ground(shapely.difference(one, two))
    gained = _all_ground(shapely.difference(two, one))
    return _present(keys, lost), _present(keys, gained)


def _at(polygons: pd.Series[Any], keys: pd.Index[Any]) -> NDArray[Any]:
    """Return the polygons at the keys, an empty one where there is none."""
    found = np.array(polygons.reindex(keys), dtype=object)
    found[~shapely.is_geometry(found)] = NOTHING
    return found


def _sound_series(frame: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Return the frame's polygons, valid, by key."""
    polygons = sound(frame.geometry.to_numpy()).polygons
    return pd.Series(list(polygons), index=frame.index, dtype=object)


def _present(keys: pd.Index[Any], pieces: NDArray[Any]) -> dict[Any, Any]:
    """Return the pieces that are not empty by key."""
    some = ~shapely.is_empty(pieces)
    return dict(zip(keys[some], pieces[some], strict=True))


def _all_ground(geometries: NDArray[Any]) -> NDArray[Any]:
    """Keep of each geometry the polygons at least a millimetre wide on average."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    parts, owner = parts[areal], owner[areal]
    wide = measure.mean_width_m(parts) >= NOISE_M
    kept = np.full(len(geometries), NOTHING, dtype=object)
    if wide.any():
        here, row = np.unique(owner[wide], return_inverse=True)
        kept[here] = shapely.multipolygons(parts[wide], indices=row)
    return kept


def _ground(geometry: Any) -> Any:
    """Keep of one geometry what :func:`_all_ground` keeps."""
    return _all_ground(np.array([geometry], dtype=object))[0]


def _meeting(lost: dict[Any, Any], gained: dict[Any, Any]) -> list[tuple[Any, Any]]:
    """Return the pairs of givers and takers of which the ground meets."""
    if not lost or not gained:
        return []
    givers, takers = list(lost), list(gained)
    tree = shapely.STRtree(list(gained.values()))
    pairs = tree.query(list(lost.values()), predicate="intersects")
    order = np.lexsort((pairs[1], pairs[0]))
    return [(givers[i], takers[j]) for i, j in pairs[:, order].T]


def _frame(rows: list[tuple[Any, Any, Any]]) -> gpd.GeoDataFrame:
    shapes = np.array([row[2] for row in rows], dtype=object)
    table = pd.DataFrame(
        {
            "from": pd.Series([row[0] for row in rows], dtype=object),
            "to": pd.Series([row[1] for row in rows], dtype=object),
            "area_m2": area_m2(shapes) if rows else np.zeros(0),
        }
    )
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=STORAGE)
    return frame.sort_values("area_m2", ascending=False, ignore_index=True)
