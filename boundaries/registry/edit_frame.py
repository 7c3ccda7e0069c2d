"""The units around an edit, as a draft has them, and the change after it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boundaries.registry.edit_log import boxes_of, sound_units
from geodata.errors import InputError, LimitError, Text
from geodata.store.diffing import changes_between

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from boundaries import redraw
    from geodata.store.changes import ChangeSet
    from geodata.store.protocol import Reader

MOST_AROUND = 400_000
"""Vertices of the units around what is edited; above, the work is for files."""


def around(
    reader: Reader, changes: ChangeSet, focus: Iterable[str]
) -> gpd.GeoDataFrame:
    """Return the units of all levels around some, as the draft has them."""
    keys = list(dict.fromkeys(focus))
    known = of_base(reader, changes, keys)
    known = known[~known.index.isin(changes.keys)]
    drawn = changes.new[changes.new.index.isin(keys)]
    boxes = np.concatenate([known.geometry.bounds, drawn.geometry.bounds])
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    if not len(boxes):
        raise InputError(
            Text(f"没有单位 {', '.join(keys)}。", f"There is no {', '.join(keys)}.")
        )
    west, south = boxes[:, :2].min(axis=0)
    east, north = boxes[:, 2:].max(axis=0)
    near = _base_near(reader, changes, (west, south, east, north))
    box = shapely.box(west, south, east, north)
    new = changes.new[shapely.intersects(boxes_of(changes.new), box)]
    parts = [near[~near.index.isin(changes.keys)], new]
    frame: Any = pd.concat([part for part in parts if len(part)]).sort_index()
    return sound_units(gpd.GeoDataFrame(frame, crs=changes.new.crs), keys)


def _base_near(
    reader: Reader, changes: ChangeSet, box: tuple[float, float, float, float]
) -> gpd.GeoDataFrame:
    found = reader.snapshot(
        changes.layer, at=changes.base, in_force=changes.effective, bbox=box
    )
    count = int(shapely.get_num_coordinates(found.geometry.to_numpy()).sum())
    if count > MOST_AROUND:
        raise LimitError(
            Text(
                f"周围单位共有 {count} 个顶点，超过在线编辑的上限。",
                f"The units around have {count} vertices, too many to edit here.",
            ),
            Text("请改用文件导入。", "Import a file instead."),
            setting="editing.around",
        )
    return found.drop(columns=["valid_from", "valid_to"])


def of_base(
    reader: Reader, changes: ChangeSet, keys: Collection[str]
) -> gpd.GeoDataFrame:
    """Return units as the version the draft stands on has them."""
    found = reader.snapshot(
        changes.layer,
        at=changes.base,
        in_force=changes.effective,
        keys=[str(key) for key in keys],
    )
    return found.drop(columns=["valid_from", "valid_to"])


def staged_after(reader: Reader, changes: ChangeSet, made: redraw.Redrawn) -> ChangeSet:
    """Return the whole change of a draft after one more edit."""
    touched = [*made.rows.index, *made.ended]
    rest = changes.new[~changes.new.index.isin(touched)]
    new: Any = pd.concat([part for part in (rest, made.rows) if len(part)])
    keys = changes.keys.union(pd.Index(touched))
    base = of_base(reader, changes, list(keys))
    return changes_between(
        base,
        gpd.GeoDataFrame(new, crs=changes.new.crs),
        layer=changes.layer,
        base=changes.base,
        effective=changes.effective,
        complete=list(base.index),
    )
