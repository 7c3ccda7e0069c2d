"""The change between two frames, and a change applied to a frame."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.errors import InputError, Text
from geodata.store import dates, features
from geodata.store.changes import ChangeSet

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

    from geodata.store.changes import LayerSchema


def changes_between(
    base_frame: gpd.GeoDataFrame,
    new_frame: gpd.GeoDataFrame,
    *,
    layer: str | LayerSchema,
    base: int,
    effective: str,
    complete: Collection[str] | bool = False,
) -> ChangeSet:
    """Return what to do to ``base_frame`` so that it says what ``new_frame`` says.

    Keys absent from ``new_frame`` stay as they are, unless ``complete`` names
    them: the base keys the file claims to list completely (True: all). An
    attribute column absent from ``new_frame`` keeps its base values; a key's
    ``extra`` is merged, the new file's words over the old ones.

    Two geometries are equal when their normalised coordinates are identical.

    Parameters
    ----------
    base_frame
        A snapshot of the layer, indexed by key, EPSG:4490.
    new_frame
        Indexed by key, EPSG:4490, with any of the layer's columns.
    layer
        The layer's name.
    base
        Number of the version ``base_frame`` was read from.
    effective
        Valid-time date, to the precision known.
    """
    name = layer if isinstance(layer, str) else layer.name
    old = _with_extra(_bare(base_frame))
    new = _conformed(new_frame, old)
    both = new.index.intersection(old.index, sort=False)
    differs = _differs(old.loc[both], new.loc[both])
    changed = both[differs]
    added = new.index.difference(old.index, sort=False)
    gone = _gone(old, new, complete)
    return ChangeSet(
        layer=name,
        base=base,
        effective=dates.parse(effective),
        old=_sorted(old.loc[changed.union(gone, sort=False)]),
        new=_sorted(new.loc[changed.union(added, sort=False)]),
    )


def apply(changes: ChangeSet, frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return ``frame`` with the change done to it, sorted by key.

    ``apply(changes_between(a, b, ..., complete=True), a)`` equals ``b``.
    """
    bare = _bare(frame)
    rest = bare.loc[bare.index.difference(changes.keys, sort=False)]
    new = _bare(changes.new).reindex(columns=bare.columns)
    parts = [part for part in (rest, new) if len(part)]
    if not parts:
        return bare.iloc[:0]
    joined = pd.concat(parts) if len(parts) > 1 else parts[0]
    return _sorted(gpd.GeoDataFrame(joined, geometry="geometry", crs=bare.crs))


def same_geometry(left: NDArray[Any], right: NDArray[Any]) -> NDArray[np.bool_]:
    """Return where drawings are the same, whatever vertex or part comes first."""
    same = shapely.to_wkb(left) == shapely.to_wkb(right)
    same |= shapely.is_missing(left) & shapely.is_missing(right)
    open_ = np.flatnonzero(~same)
    a, b = left[open_], right[open_]
    likely = (shapely.get_num_coordinates(a) == shapely.get_num_coordinates(b)) & (
        shapely.bounds(a) == shapely.bounds(b)
    ).all(axis=1)
    open_, a, b = open_[likely], a[likely], b[likely]
    same[open_] = shapely.to_wkb(shapely.normalize(a)) == shapely.to_wkb(
        shapely.normalize(b)
    )
    return np.asarray(same, dtype=bool)


def _bare(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the frame without times, its index named and made of strings."""
    kept = frame.drop(columns=[*features.TIME_COLUMNS], errors="ignore")
    index = _keys(frame)
    if not index.is_unique:
        double = index[index.duplicated()][0]
        raise InputError(
            Text(f"{double} 出现了不止一次。", f"{double} occurs more than once."),
            code="key",
        )
    return gpd.GeoDataFrame(kept.set_axis(index, axis=0))


def _keys(frame: gpd.GeoDataFrame) -> pd.Index[Any]:
    """Return the frame's index as a snapshot has it: named, of plain strings."""
    keys = features.objects([str(key) for key in frame.index])
    index: pd.Index[Any] = pd.Index(keys, name="key", dtype=object)
    return index


def _sorted(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the frame by key; joining indexes may have changed their type."""
    return gpd.GeoDataFrame(frame.set_axis(_keys(frame), axis=0).sort_index())


def _with_extra(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the frame with an ``extra`` column, so that nothing a file has is lost."""
    if "extra" in frame.columns:
        return frame
    nothing: list[dict[str, Any]] = [{} for _ in range(len(frame))]
    return frame.assign(extra=features.column(nothing, frame.index))


def _conformed(frame: gpd.GeoDataFrame, old: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the new frame with the base's columns, types and unmoved drawings."""
    new = _bare(frame)
    before = old.reindex(new.index)
    columns: dict[str, Any] = {}
    for name in old.columns.drop("geometry"):
        if name == "extra":
            columns[name] = _extra(new, before, old.columns)
        elif name in new.columns:
            columns[name] = _typed(new[name], old[name].dtype)
        else:
            columns[name] = _typed(before[name], old[name].dtype)
    columns["geometry"] = _drawings(new, before)
    attributes = pd.DataFrame(columns, index=new.index)
    return gpd.GeoDataFrame(attributes, geometry="geometry", crs=old.crs)


def _drawings(new: gpd.GeoDataFrame, before: gpd.GeoDataFrame) -> NDArray[Any]:
    """Return the new drawings; the base's own where they are the same."""
    known = np.asarray(before.geometry.array, dtype=object)
    if getattr(new, "_geometry_column_name", None) is None:  # an attribute table
        return known
    drawn = features.promote(
        shapely.force_2d(np.asarray(new.geometry.array, dtype=object))
    )
    return np.where(same_geometry(known, drawn), known, drawn)


def _extra(
    new: gpd.GeoDataFrame, before: gpd.GeoDataFrame, known: pd.Index[Any]
) -> Any:
    """Return what the file says besides the layer's columns, by row.

    An ``extra`` column is taken as it is; loose columns are laid over what the
    base has.
    """
    own = new["extra"] if "extra" in new.columns else before["extra"]
    bases = [dict(each) if isinstance(each, dict) else {} for each in own]
    geometry = new._geometry_column_name
    for name in new.columns:
        if name in known or name in {geometry, "extra"}:
            continue
        for base, value in zip(bases, _values(new[name]), strict=True):
            if value is not None:
                base[str(name)] = features.plain(value)
    return features.column(bases, new.index)


def _typed(values: pd.Series[Any], dtype: Any) -> Any:
    """Return values in the layer's type where they fit it."""
    if pd.api.types.is_object_dtype(dtype):
        return features.column(_values(values), values.index)
    try:
        return values.astype(dtype)
    except (TypeError, ValueError):
        return features.column(_values(values), values.index)


def _values(values: pd.Series[Any]) -> NDArray[Any]:
    """Return a column as plain objects, missing as None."""
    found = features.objects(values.astype(object).tolist())
    found[np.asarray(pd.isna(found), dtype=bool)] = None
    return found


def _differs(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return which rows of two aligned frames differ."""
    shapes = (np.asarray(each.geometry.array, dtype=object) for each in (old, new))
    differs = ~same_geometry(*shapes)
    for name in old.columns.drop("geometry"):
        differs |= np.asarray(_values(old[name]) != _values(new[name]), dtype=bool)
    return differs


def _gone(
    old: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
    complete: Collection[str] | bool,  # noqa: FBT001 - a value, not a switch
) -> pd.Index[Any]:
    """Return the base keys the file claims to list and does not."""
    if isinstance(complete, bool | np.bool_):
        claimed = old.index if complete else old.index[:0]
    else:
        claimed = old.index.intersection(pd.Index([str(key) for key in complete]))
    return claimed.difference(new.index, sort=False)
