"""Neighbours: what lies around a change, and who must not lose ground by it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boundaries import codes
from boundaries.registry.staging import layer_before
from geodata import crs
from geodata.errors import ForbiddenError, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from geodata.store.changes import ChangeSet
    from geodata.store.protocol import Reader


def locks(changes: ChangeSet, near: gpd.GeoDataFrame) -> list[str]:
    """Return the names to lock while the change is committed.

    The parents of the units touched and of the units around them: two changes
    that can conflict share one.
    """
    parents: set[str] = set()
    for frame in (changes.old, changes.new, near):
        if "parent" in frame:
            parents |= {str(code) for code in frame["parent"] if code}
    return sorted(f"{changes.layer}:{code}" for code in parents) or [changes.layer]


def around(reader: Reader, changes: ChangeSet) -> gpd.GeoDataFrame:
    """Return the units whose boxes meet a unit the change touches.

    As a change of its date finds them; the rest of the layer is not read.
    """
    bounds = np.concatenate(
        [frame.geometry.bounds.to_numpy() for frame in (changes.old, changes.new)]
    )
    bounds = bounds[np.isfinite(bounds).all(axis=1)]
    if not len(bounds):
        return layer_before(reader, changes.layer, changes.effective, keys=[])
    west, south = bounds[:, :2].min(axis=0).tolist()
    east, north = bounds[:, 2:].max(axis=0).tolist()
    base = layer_before(
        reader, changes.layer, changes.effective, bbox=(west, south, east, north)
    )
    mine = shapely.box(*base.geometry.bounds.to_numpy().T)
    boxes: Any = shapely.box(*bounds.T)
    found = shapely.STRtree(mine).query(boxes, predicate="intersects")[1]
    return base.iloc[np.unique(found)]


def require_neighbours(
    store: Reader,
    changes: ChangeSet,
    outside: Callable[[Iterable[str]], list[str]],
    *,
    tolerance_m2: float,
) -> None:
    """Refuse ground taken from a neighbour that lies outside the actor's subtree.

    Only units of the same level count, only ground gained by this change, and
    only above ``tolerance_m2`` (line noise along an old border is the rules'
    business).
    """
    if changes.layer != "divisions" or changes.new.empty:
        return
    base = around(store, changes)
    base = base[~base.index.isin(changes.keys)]
    foreign = base[base.index.isin(outside(list(base.index)))]
    foreign = foreign[foreign.geometry.is_valid & foreign.geometry.notna()]
    taken = _taken(changes, foreign)
    taken = taken[taken["area_m2"] > tolerance_m2]
    if taken.empty:
        return
    worst = taken.sort_values("area_m2", ascending=False).iloc[0]
    names = ", ".join(
        f"{foreign.loc[key, 'name']} ({key})" for key in taken["loser"].unique()[:5]
    )
    raise ForbiddenError(
        Text(
            f"边界移动涉及辖区外的单位：{names}；{worst['winner']} 从 "
            f"{worst['loser']} 划入 {worst['area_m2'] / 1e4:.2f} 公顷。",
            f"The border moves into units outside your subtree: {names}; "
            f"{worst['winner']} would take {worst['area_m2'] / 1e4:.2f} ha of "
            f"{worst['loser']}.",
        ),
        Text(
            "须由共同上级办理，并同时改动双方。",
            "The common superior must stage both sides together.",
        ),
    )


def _taken(changes: ChangeSet, foreign: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return which changed unit gained which area of which foreign unit."""
    drawn = np.array(changes.new.geometry.array, dtype=object)  # a copy: it is mended
    new = changes.new[~shapely.is_missing(drawn)]
    drawn = drawn[~shapely.is_missing(drawn)]
    broken = ~shapely.is_valid(drawn)
    drawn[broken] = shapely.make_valid(
        drawn[broken], method="structure", keep_collapsed=False
    )
    shapes = foreign.geometry.to_numpy()
    mine, theirs = shapely.STRtree(shapes).query(drawn, predicate="intersects")
    same = _levels(new)[mine] == foreign["level"].to_numpy()[theirs]
    mine, theirs = mine[same], theirs[same]
    known_before: Any = changes.old.geometry.reindex(new.index)
    before = np.asarray(known_before.array, dtype=object)
    before[~shapely.is_valid(before)] = None
    gained = shapely.intersection(drawn[mine], shapes[theirs])
    had = before[mine]
    known = ~shapely.is_missing(had)
    gained[known] = shapely.difference(gained[known], had[known])
    return pd.DataFrame(
        {
            "winner": new.index.to_numpy()[mine],
            "loser": foreign.index.to_numpy()[theirs],
            "area_m2": crs.area_m2(gained),
        }
    )


def _levels(units: gpd.GeoDataFrame) -> Any:
    """Return the level each unit's code says, the file's own where it says none."""
    said = [
        int(codes.parse(str(key)).level) if codes.is_code(str(key)) else level
        for key, level in units["level"].items()
    ]
    return np.array(said, dtype=object)
