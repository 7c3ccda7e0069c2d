"""What a draft means for its layer: as it was, as it will be, what moved."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd

from geodata.errors import InputError, Text
from geodata.store.changes import ChangeSet
from geodata.store.diffing import apply, changes_between

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from boundaries.rules.repairing import Mended
    from boundaries.rules.settings import RuleSettings
    from geodata.store.protocol import Reader


def layer_before(
    reader: Reader,
    layer: str,
    effective: str,
    *,
    keys: Sequence[str] | None = None,
    bbox: tuple[float, float, float, float] | None = None,
) -> gpd.GeoDataFrame:
    """Return what a change of ``effective`` finds in force, as known at the head.

    ``attrs["head"]`` is the head's number. For a date after all others this is
    the layer as it stands. ``keys`` and ``bbox`` as of :func:`layer_at`.
    """
    head = reader.head(layer)
    return layer_at(reader, layer, head, effective, keys=keys, bbox=bbox)


def layer_at(
    reader: Reader,
    layer: str,
    number: int,
    effective: str | None = None,
    *,
    keys: Sequence[str] | None = None,
    bbox: tuple[float, float, float, float] | None = None,
) -> gpd.GeoDataFrame:
    """Return the layer as a version (0: empty) knows it, without its times.

    As last known, or as a change of ``effective`` finds it; with ``keys`` only
    these features, with ``bbox`` those whose box meets it.
    """
    found = reader.snapshot(layer, at=number, in_force=effective, keys=keys, bbox=bbox)
    found = found.drop(columns=["valid_from", "valid_to"], errors="ignore")
    found.attrs["head"] = number
    return found


def still_holding(reader: Reader, changes: ChangeSet) -> ChangeSet | None:
    """Return what a change of the past does to the layer as it stands.

    A change holds until the next one known of each key; what holds on touches
    units that were not touched since, so the layer of today must bear it too.
    None when the change is not of the past, or nothing of it holds on.
    """
    versions = reader.versions(changes.layer)
    if not any(version.effective > changes.effective for version in versions):
        return None
    now = reader.snapshot(changes.layer)
    then = reader.snapshot(
        changes.layer, in_force=changes.effective, keys=list(changes.old.index)
    )
    later = set(now.index[now["valid_from"] > changes.effective])
    over = later | set(then.index[then["valid_to"].notna()])
    for key in changes.added.difference(now.index):
        states = reader.history(changes.layer, str(key))
        if any(each["superseded_by"] is None for each in states):
            over.add(key)
    keys = [key for key in changes.keys if key not in over]
    if not keys:
        return None
    kept = (frame[frame.index.isin(keys)] for frame in (changes.old, changes.new))
    return ChangeSet(changes.layer, changes.base, changes.effective, *kept)


def applied(base: gpd.GeoDataFrame, changes: ChangeSet) -> gpd.GeoDataFrame:
    """Return the layer with a change applied, sorted by key."""
    return apply(changes, base)


def restaged(
    base: gpd.GeoDataFrame,
    changes: ChangeSet,
    new: gpd.GeoDataFrame,
    *,
    ended: Iterable[str] = (),
    keep_removed: bool = True,
) -> ChangeSet:
    """Return ``new`` staged in place of what ``changes`` staged, on ``base``.

    ``ended``: further keys that end; without ``keep_removed`` these alone.
    """
    gone = pd.Index(list(ended), dtype=base.index.dtype)
    if keep_removed:
        gone = changes.removed.union(gone)
    return changes_between(
        base,
        new,
        layer=changes.layer,
        base=int(base.attrs["head"]),
        effective=changes.effective,
        complete=gone.intersection(base.index),
    )


def surveyed(reader: Reader, effective: str) -> gpd.GeoDataFrame | None:
    """Return the boundary lines in force on a date, None where there are none."""
    if not reader.head("boundary_lines"):
        return None
    lines = reader.snapshot("boundary_lines", in_force=effective)
    return lines.rename_axis("key").reset_index() if len(lines) else None


def repaired(
    reader: Reader,
    base: gpd.GeoDataFrame,
    changes: ChangeSet,
    chosen: gpd.GeoDataFrame,
    settings: RuleSettings,
    to: Mapping[str, str] | None = None,
) -> tuple[gpd.GeoDataFrame, Mended]:
    """Return what is staged after the suggested repairs, and what they did."""
    from boundaries.rules import repairing

    after = applied(base, changes)
    lines = surveyed(reader, changes.effective)
    mended = repairing.apply(after, chosen, settings=settings, lines=lines, to=to)
    if not any(entry["done"] for entry in mended.log):
        raise InputError(
            Text("没有一项修复可自动完成。", "None of these repairs can be done."),
            _why_not(mended.log),
        )
    keys = changes.new.index.union(mended.rows.index).difference(list(mended.ended))
    new = after.loc[after.index.intersection(keys)].copy()
    new.loc[mended.rows.index, "geometry"] = mended.rows.geometry
    return new, mended


def _why_not(log: Sequence[dict[str, Any]]) -> Text | None:
    why = next((entry["why"] for entry in log if entry.get("why")), None)
    if isinstance(why, dict):
        return Text(**why)
    return None if why is None else Text(str(why), str(why))


def concluded(
    base: gpd.GeoDataFrame, changes: ChangeSet, *, floor_m2: float
) -> list[dict[str, Any]]:
    """Return the change events a draft amounts to, as far as its data tell.

    None for the first import of a layer: nothing was there to change. Borders that
    moved less than ``floor_m2`` are noise of drawing, not events.
    """
    if changes.layer != "divisions" or base.empty:
        return []
    from boundaries.divisions import change_events

    moves = moved(changes.old, changes.new)
    moves = moves[moves["area_m2"] >= floor_m2]
    found = change_events.infer(changes, moves)
    return [_from_to(event.to_dict()) for event in found]


def _from_to(event: dict[str, Any]) -> dict[str, Any]:
    """Return an inferred event in the words of a declared one."""
    renamed = {"before": "from", "after": "to"}
    return {renamed.get(name, name): value for name, value in event.items()}


def moved(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return which unit gave which ground to which, level by level.

    A district and its streets hold the same ground; only units of one level can
    give ground to each other.
    """
    from geodata.topology.moves import moves

    if not _polygons(old, new):
        return moves(old.iloc[:0], new.iloc[:0])
    if "level" not in old:
        return moves(old, new)
    levels = sorted({*old["level"].dropna(), *new["level"].dropna()})
    found = [
        moves(old[old["level"] == level], new[new["level"] == level])
        for level in levels
    ]
    if not found:
        return moves(old.iloc[:0], new.iloc[:0])
    filled = [frame for frame in found if len(frame)] or found[:1]
    return gpd.GeoDataFrame(
        pd.concat(filled, ignore_index=True), geometry="geometry", crs=filled[0].crs
    )


def _polygons(*frames: gpd.GeoDataFrame) -> bool:
    return all((frame.geom_type.dropna() == "MultiPolygon").all() for frame in frames)
