"""A conflict as its author settles it: base, mine and theirs, unit by unit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from boundaries.geojson import geojson
from boundaries.registry.difference import differing, plain_value
from geodata import crs
from geodata.errors import InputError, Text
from geodata.store import rebase
from geodata.store.diffing import changes_between

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

    from geodata.store.changes import ChangeSet

MINE, THEIRS = "mine", "theirs"


def describe(
    details: list[dict[str, Any]],
    changes: ChangeSet,
    head: gpd.GeoDataFrame,
) -> list[dict[str, Any]]:
    """Return the units in conflict, three ways.

    Parameters
    ----------
    details
        As the conflict was met; says which units, and whose borders meet.
    changes
        What the author staged: base and mine.
    head
        The layer as it stands: theirs.

    Returns
    -------
    list
        ``{"key", "name", "kind", "other", "sides", "attributes", "strip",
        "strip_m2", "box"}``; ``attributes`` has ``[base, mine, theirs]`` of those
        that are not all equal.
    """
    found: dict[str, dict[str, Any]] = {}
    for each in details:
        key = str(each["key"])
        if key in found:
            found[key]["others"] += [str(each["other"])] if "other" in each else []
            continue
        found[key] = _unit(each, key, changes, head)
    return list(found.values())


def _unit(
    each: Mapping[str, Any], key: str, changes: ChangeSet, head: gpd.GeoDataFrame
) -> dict[str, Any]:
    border = each["kind"] == "border"
    other = str(each["other"]) if border else key
    base, mine, theirs = (
        frame.loc[name] if name in frame.index else None
        for frame, name in ((changes.old, key), (changes.new, key), (head, key))
    )
    facing = head.loc[other] if other in head.index else None
    shapes = [_shape(side) for side in (base, mine, theirs)]
    strip = _between(shapes[1], shapes[2])
    if border:  # theirs drew the neighbour: where the two drawings claim one ground
        strip = _overlap(shapes[1], _shape(facing))
    named = next((s for s in (mine, theirs, base) if s is not None), None)
    return {
        "key": key,
        "name": None if named is None else named.get("name"),
        "kind": each["kind"],
        "others": [other] if border else [],
        "ended": {
            name: side is None
            for name, side in (("base", base), ("mine", mine), ("theirs", theirs))
        },
        "sides": {
            name: geojson(shape)
            for name, shape in zip(("base", MINE, THEIRS), shapes, strict=True)
        },
        "facing": geojson(_shape(facing)) if border else None,
        "attributes": _three(base, mine, theirs),
        "strip": geojson(strip),
        "strip_m2": float(crs.area_m2([strip])[0]) if strip is not None else 0.0,
        "areas_m2": [
            None if shape is None else float(crs.area_m2([shape])[0])
            for shape in shapes
        ],
        "box": _box([*shapes, strip]),
    }


def _three(base: Any, mine: Any, theirs: Any) -> dict[str, list[Any]]:
    names = {**differing(base, mine), **differing(base, theirs)}
    names |= differing(mine, theirs)
    return {
        name: [_value(side, name) for side in (base, mine, theirs)] for name in names
    }


def _value(side: Any, name: str) -> Any:
    if side is None:
        return None
    if name.startswith("extra."):
        return (side.get("extra") or {}).get(name.removeprefix("extra."))
    return plain_value(side.get(name))


def _shape(side: Any) -> Any:
    return None if side is None else side.get("geometry")


def _between(mine: Any, theirs: Any) -> Any:
    """Return the ground between two drawings of one unit."""
    if mine is None or theirs is None:
        return None
    return _ground(rebase.strips([mine], [theirs])[0])


def _overlap(mine: Any, facing: Any) -> Any:
    if mine is None or facing is None or not shapely.is_valid([mine, facing]).all():
        return None
    return _ground(shapely.intersection(mine, facing))


def _ground(shape: Any) -> Any:
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    return shapely.multipolygons(parts) if len(parts) else None


def _box(shapes: list[Any]) -> list[float] | None:
    known = [shape for shape in shapes if shape is not None and not shape.is_empty]
    if not known:
        return None
    box = shapely.total_bounds(np.array(known, dtype=object))
    return box.tolist() if np.isfinite(box).all() else None


def resolved(
    changes: ChangeSet,
    base: gpd.GeoDataFrame,
    choices: Mapping[str, str],
    keys: list[str],
    rest: list[str],
) -> ChangeSet:
    """Return the change with each unit in conflict as its author chose.

    Parameters
    ----------
    base
        The layer as it stands.
    keys
        Units in conflict; every one needs a choice.
    rest
        Units that others changed too and that were not shown: their side stays.
    """
    missing = [key for key in keys if choices.get(key) not in (MINE, THEIRS)]
    if missing:
        raise InputError(
            Text(
                f"请逐个选择保留哪一方：{'、'.join(missing[:5])}。",
                f"Choose a side for each unit: {', '.join(missing[:5])}.",
            ),
            code="choice",
        )
    dropped = {key for key in keys if choices[key] == THEIRS} | set(rest)
    kept = changes.new[~changes.new.index.isin(dropped)]
    ended = changes.removed.difference(list(dropped)).intersection(base.index)
    made = changes_between(
        base,
        kept,
        layer=changes.layer,
        base=int(base.attrs["head"]),
        effective=changes.effective,
        complete=ended,
    )
    if not len(made):
        raise InputError(
            Text(
                "这样选择后草稿不再包含任何变化。",
                "With these choices nothing of the draft is left.",
            ),
            Text("如确认采用对方内容，请作废草稿。", "Discard the draft instead."),
            code="unchanged",
        )
    return made


def touched(
    changes: ChangeSet, then: gpd.GeoDataFrame, now: gpd.GeoDataFrame
) -> set[str]:
    """Return the staged keys whose state differs between two heads."""
    one, other = (frame[frame.index.isin(changes.keys)] for frame in (then, now))
    differs = changes_between(
        one,
        other,
        layer=changes.layer,
        base=changes.base,
        effective=changes.effective,
        complete=True,
    )
    return {str(key) for key in differs.keys}
