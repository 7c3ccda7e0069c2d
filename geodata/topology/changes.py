"""What became of every unit between two versions of a layer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.crs import transform
from geodata.crs.declared import horizontal
from geodata.topology.handing import handed_over
from geodata.topology.moves import measures, moves
from geodata.topology.soundness import sound
from geodata.topology.units import require_column, unit_keys

if TYPE_CHECKING:
    from geodata.topology.metres import Metres

KINDS = (
    "kept",
    "renamed",
    "recoded",
    "border_moved",
    "transferred",
    "split",
    "merged",
    "new",
    "gone",
)
SAME = 0.9
"""Share of both units' ground that makes one of them the other under a new code."""
HALF = 0.5
PART = 0.1
"""Share of a unit's ground below which a piece does not make it split."""
COLUMNS = (
    "kind",
    "from",
    "to",
    "from_name",
    "to_name",
    "area_m2",
    "share_from",
    "share_to",
)


def changes(
    old: gpd.GeoDataFrame,
    new: gpd.GeoDataFrame,
    *,
    key: str | None,
    name: str | None = None,
    noise_m: float = 0.05,
) -> gpd.GeoDataFrame:
    """Return what kind of change links each old unit to each new one.

    Parameters
    ----------
    old, new
        (Multi)polygons of one level; the new ones are transformed into the CRS of
        the old ones where it differs. Invalid polygons take part with a repaired
        copy.
    key
        Column of the units' codes in both; None: the index.
    name
        Column of their names, to tell who was renamed; None: names are not looked
        at.
    noise_m
        Ground narrower than this on average did not move.

    Returns
    -------
    GeoDataFrame
        One row per pair of an old and a new unit: ``kind``, ``from`` and ``to``
        (None for ground outside all units; a repeated
        code is ``code#2``, a missing one ``#row``), ``from_name``, ``to_name``,
        ``area_m2`` (ellipsoidal) of the ground both have in common, or that moved,
        its ``share_from`` the old and ``share_to`` the new unit's ground, and that
        ground as ``geometry`` (None for units that stayed). Kinds: ``kept``;
        ``renamed`` (same code); ``recoded`` (another code, the same ground);
        ``border_moved`` and ``transferred`` (strips, and blocks, between units that
        live on); ``split`` (the old unit's ground makes up several, or a new unit
        was cut from it); ``merged`` (the old unit ended in the new one); ``new``
        and ``gone`` (on ground that belonged, or belongs, to no unit). Rows of
        units come in the order of the old frame, what moved from the largest.

    Raises
    ------
    InputError
        When a frame lacks the column.
    """
    for column in (key, name):
        for frame in (old, new):
            if column is not None:
                require_column(frame, column)
    before, after = _keyed(old, key), _keyed(_same_crs(new, old), key)
    metres = measures(before, after)
    moved = moves(before, after, noise_m=noise_m)
    areas = [_areas(frame, metres) for frame in (before, after)]
    staying = _staying(before, after, moved, areas[0])
    handed = handed_over(moved, before, after, areas, metres, noise_m)
    found = _classified(staying, moved, areas, handed)
    names = [_names(each, frame, name) for each, frame in ((before, old), (after, new))]
    for side, known in zip(("from", "to"), names, strict=True):
        found[f"{side}_name"] = found[side].map(known)
    stays = found["kind"] == "kept"
    differs = found["from_name"] != found["to_name"]
    found.loc[stays & differs & (name is not None), "kind"] = "renamed"
    table = found[[*COLUMNS, "geometry"]].reset_index(drop=True)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=moved.crs)


def not_comparable(frame: gpd.GeoDataFrame, key: str | None) -> list[str]:
    """Return the keys of rows without ground that can be compared."""
    keys = _keyed(frame, key).index
    return [str(each) for each in keys[~sound(frame.geometry.to_numpy()).usable]]


def _keyed(frame: gpd.GeoDataFrame, key: str | None) -> gpd.GeoDataFrame:
    """Return the frame indexed by keys that are there and differ."""
    column = frame.index.to_series() if key is None else frame[key]
    keys = pd.Index(unit_keys(column), dtype=object)
    return frame[[frame.geometry.name]].set_axis(keys, axis=0)


def _same_crs(new: gpd.GeoDataFrame, old: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if old.crs is None or new.crs is None:
        return new
    here, there = horizontal(old.crs), horizontal(new.crs)
    if here == there:
        return new.set_crs(old.crs, allow_override=True)
    return transform(new, here).set_crs(old.crs, allow_override=True)


def _areas(frame: gpd.GeoDataFrame, metres: Metres) -> pd.Series[float]:
    units = sound(frame.geometry.to_numpy()).polygons
    return pd.Series(metres.area_m2(units), index=frame.index, dtype=float)


def _names(
    keyed: gpd.GeoDataFrame, frame: gpd.GeoDataFrame, name: str | None
) -> dict[Any, Any]:
    values = [None] * len(frame) if name is None else frame[name].tolist()
    return dict(zip(keyed.index, values, strict=True))


def _staying(
    before: gpd.GeoDataFrame,
    after: gpd.GeoDataFrame,
    moved: gpd.GeoDataFrame,
    area: pd.Series[float],
) -> pd.Series[float]:
    """Return by key the ground that a unit of both versions kept, in m²."""
    both = before.index[before.index.isin(after.index)]
    lost = moved.groupby("from")["area_m2"].sum().reindex(both).fillna(0.0)
    return (area[both] - lost).clip(lower=0.0)


def _classified(
    staying: pd.Series[float],
    moved: gpd.GeoDataFrame,
    areas: list[pd.Series[float]],
    handed: Any,
) -> pd.DataFrame:
    """Return a row for each unit that stayed and each pair that ground moved between.

    A code that stands on other ground than before is two units, not one that moved.
    """
    smaller = np.minimum(areas[0][staying.index], areas[1][staying.index])
    lives = staying[staying >= HALF * smaller]
    rest = staying[(staying < HALF * smaller) & (staying > 0)]
    pairs = pd.concat(
        [
            pd.DataFrame({"from": lives.index, "to": lives.index, "area_m2": lives}),
            pd.DataFrame({"from": rest.index, "to": rest.index, "area_m2": rest}),
            pd.DataFrame(moved),
        ],
        ignore_index=True,
    ).astype({"from": object, "to": object, "area_m2": float})
    pairs.loc[:, ["from", "to"]] = pairs[["from", "to"]].where(
        pairs[["from", "to"]].notna(), None
    )
    for side, area in zip(("from", "to"), areas, strict=True):
        whole = pairs[side].map(area).astype(float)
        with np.errstate(invalid="ignore", divide="ignore"):
            pairs[f"share_{side}"] = pairs["area_m2"] / whole
    pairs["lasting"] = (pairs["from"] == pairs["to"]) & pairs["from"].isin(lives.index)
    pairs["ended"] = pairs["from"].notna() & ~pairs["from"].isin(lives.index)
    pairs["began"] = pairs["to"].notna() & ~pairs["to"].isin(lives.index)
    pairs["block"] = np.r_[np.zeros(len(pairs) - len(moved), bool), handed]
    parted = _parted(pairs)
    pairs["parted"] = pairs["from"].isin(parted[parted].index)
    pairs["kind"] = _kinds(pairs)
    return _accounted(pairs, areas, set(lives.index))


def _parted(pairs: pd.DataFrame) -> pd.Series[bool]:
    """Return which ended units left their ground to several, none of them its heir."""
    heirs = pairs[pairs["ended"] & pairs["to"].notna()]
    shares = heirs.groupby("from")["share_from"]
    several = (heirs["share_from"] >= PART).groupby(heirs["from"]).sum() > 1
    return (shares.max() < SAME) & several


def _kinds(pairs: pd.DataFrame) -> Any:
    """Return what became of the ground of each pair."""
    ended, began = pairs["ended"].to_numpy(), pairs["began"].to_numpy()
    given, taken = pairs["share_from"].to_numpy(), pairs["share_to"].to_numpy()
    out, come = pairs["to"].isna().to_numpy(), pairs["from"].isna().to_numpy()
    parted = pairs["parted"].to_numpy()
    with np.errstate(invalid="ignore"):
        cases = [
            (pairs["lasting"].to_numpy(), "kept"),
            (out & ended & (given >= HALF), "gone"),
            (out, "border_moved"),
            (come & began & (taken >= HALF), "new"),
            (come, "border_moved"),
            (ended & began & (given >= SAME) & (taken >= SAME), "recoded"),
            (parted & (given >= PART), "split"),
            (ended & ~parted & (given >= HALF), "merged"),
            (~parted & began & (taken >= PART), "split"),
            (pairs["block"].to_numpy(), "transferred"),
        ]
    when, kinds = zip(*cases, strict=True)
    return np.select(when, kinds, "border_moved").astype(object)


ENDINGS = {
    "from": ("gone", "recoded", "merged", "split"),
    "to": ("new", "recoded", "merged", "split"),
}


def _accounted(
    pairs: pd.DataFrame, areas: list[pd.Series[float]], lives: set[Any]
) -> pd.DataFrame:
    """Return the pairs with a row that says what became of each unit that ended.

    One whose ground went in small pieces, or that had none, has no such row yet;
    the same for units that began.
    """
    more = []
    for side, alone, area in zip(("from", "to"), ("gone", "new"), areas, strict=True):
        told = set(pairs.loc[pairs["kind"].isin(ENDINGS[side]), side])
        for unit in area.index[~area.index.isin(list(lives | told))]:
            mine = pairs[pairs[side] == unit]
            if len(mine):
                largest = mine["area_m2"].idxmax()
                other = pairs.loc[largest, "to" if side == "from" else "from"]
                pairs.loc[largest, "kind"] = alone if other is None else "split"
            else:
                more.append({"kind": alone, side: unit, "area_m2": area[unit]})
    if not more:
        return pairs
    rows = pd.DataFrame(more).reindex(columns=pairs.columns).astype(object)
    rows = rows.where(rows.notna(), None)
    return pd.concat([pairs.astype(object), rows], ignore_index=True).astype(
        {"area_m2": float, "share_from": float, "share_to": float}
    )
