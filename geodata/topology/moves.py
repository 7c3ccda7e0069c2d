"""Which unit gave which ground to which, between two states of one level."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import STORAGE
from geodata.topology.metres import Metres
from geodata.topology.soundness import sound
from geodata.topology.tangles import require_comparable, require_few_pairs

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOISE_M = 0.001
"""Places narrower than this (domain C6: coordinate equality) are not on the ground."""

NOTHING = shapely.MultiPolygon()


def moves(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, *, noise_m: float = NOISE_M
) -> gpd.GeoDataFrame:
    """Return the ground that changed hands, one row per pair of units.

    Parameters
    ----------
    old, new
        Frames indexed by key, both in the same CRS; without one, coordinates as
        small as degrees are degrees (EPSG:4490) and others metres. Invalid
        polygons take part with a repaired copy.
    noise_m
        Places narrower than this on average are no change.

    Returns
    -------
    GeoDataFrame
        ``from``, ``to`` (a key, or None for outside all units), ``area_m2``
        (ellipsoidal) and ``geometry``, largest first. For every unit the area that
        came minus the area that went is its area's difference, to within places
        narrower than ``noise_m``.
    """
    metres = measures(old, new)
    crs = old.crs or new.crs or (STORAGE if metres.degrees else None)
    lost, gained = _differences(old, new, metres, noise_m)
    rows: list[tuple[Any, Any, Any]] = []
    # A loop, because what one pair takes must not be given away again: where units
    # overlapped, the same ground could otherwise be counted twice.
    for giver, taker in _meeting(lost, gained):
        require_comparable(lost[giver], gained[taker], [giver])
        common = shapely.intersection(lost[giver], gained[taker])
        moved = _ground(common, metres, noise_m)
        if moved.is_empty:
            continue
        for pieces, key in ((lost, giver), (gained, taker)):
            rest = shapely.difference(pieces[key], moved)
            pieces[key] = _ground(rest, metres, noise_m)
        rows.append((giver, taker, moved))
    rows += [(giver, None, rest) for giver, rest in lost.items()]
    rows += [(None, taker, rest) for taker, rest in gained.items()]
    return _frame([row for row in rows if not row[2].is_empty], metres, crs)


def measures(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> Metres:
    """Return the measures of the coordinates that two frames are drawn in."""
    both = np.array([frame.total_bounds for frame in (old, new)])
    known = both[np.isfinite(both).all(axis=1)]
    bounds = known if len(known) else np.zeros((1, 4))
    box = np.r_[bounds[:, :2].min(axis=0), bounds[:, 2:].max(axis=0)]
    return Metres.of(old.crs or new.crs, box)


def symmetric_difference_m2(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame
) -> pd.Series[float]:
    """Return for every key of either frame the area it gained plus the area it lost.

    Square metres on the ellipsoid; 0 where nothing wider than a millimetre changed.
    """
    keys = old.index.union(new.index)
    metres = measures(old, new)
    lost, gained = _differences(old, new, metres, NOISE_M)
    total = pd.Series(0.0, index=keys, name="area_m2")
    for pieces in (lost, gained):
        if pieces:
            areas = metres.area_m2(np.array(list(pieces.values()), dtype=object))
            total = total.add(pd.Series(areas, index=list(pieces)), fill_value=0.0)
    return total.reindex(keys).rename("area_m2")


def _differences(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, metres: Metres, noise_m: float
) -> tuple[dict[Any, Any], dict[Any, Any]]:
    """Return by key the ground each unit lost, and the ground each gained."""
    before, after = _sound_series(old), _sound_series(new)
    keys = before.index.union(after.index)
    one, two = _at(before, keys), _at(after, keys)
    same = shapely.equals_exact(
        shapely.normalize(one), shapely.normalize(two), tolerance=metres.units(NOISE_M)
    )
    keys, one, two = keys[~same], one[~same], two[~same]
    require_comparable(one, two, list(keys))
    lost = _all_ground(shapely.difference(one, two), metres, noise_m)
    gained = _all_ground(shapely.difference(two, one), metres, noise_m)
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


def _all_ground(
    geometries: NDArray[Any], metres: Metres, noise_m: float
) -> NDArray[Any]:
    """Keep of each geometry the polygons at least so wide on average."""
    parts, owner = shapely.get_parts(geometries, return_index=True)
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    parts, owner = parts[areal], owner[areal]
    wide = metres.width_m(parts) >= noise_m
    kept = np.full(len(geometries), NOTHING, dtype=object)
    if wide.any():
        here, row = np.unique(owner[wide], return_inverse=True)
        kept[here] = shapely.multipolygons(parts[wide], indices=row)
    return kept


def _ground(geometry: Any, metres: Metres, noise_m: float) -> Any:
    """Keep of one geometry what :func:`_all_ground` keeps."""
    return _all_ground(np.array([geometry], dtype=object), metres, noise_m)[0]


def _meeting(lost: dict[Any, Any], gained: dict[Any, Any]) -> list[tuple[Any, Any]]:
    """Return the pairs of givers and takers of which the ground meets."""
    if not lost or not gained:
        return []
    givers, takers = list(lost), list(gained)
    tree = shapely.STRtree(list(gained.values()))
    require_few_pairs(tree, list(lost.values()), givers)
    pairs = tree.query(list(lost.values()), predicate="intersects")
    order = np.lexsort((pairs[1], pairs[0]))
    return [(givers[i], takers[j]) for i, j in pairs[:, order].T]


def _frame(
    rows: list[tuple[Any, Any, Any]], metres: Metres, crs: Any
) -> gpd.GeoDataFrame:
    shapes = np.array([row[2] for row in rows], dtype=object)
    table = pd.DataFrame(
        {
            "from": pd.Series([row[0] for row in rows], dtype=object),
            "to": pd.Series([row[1] for row in rows], dtype=object),
            "area_m2": metres.area_m2(shapes) if rows else np.zeros(0),
        }
    )
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=crs)
    return frame.sort_values("area_m2", ascending=False, ignore_index=True)
