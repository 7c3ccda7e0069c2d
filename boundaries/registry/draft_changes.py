"""What a draft changes, drawn: old and new borders, and who gives ground to whom."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boundaries.geojson import DIGITS, geojson
from boundaries.registry import staging, touched
from geodata import crs
from geodata.store.diffing import same_geometry

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.store.changes import ChangeSet

MOST_VERTICES = 60_000
"""A drawing with more is simplified until it has no more: it is for looking at."""
MOST_UNITS = 2_000
"""Units listed one by one; the counts are of all."""
SMALL = 20_000
"""Vertices of a change that is small enough to compute while somebody waits."""
COLOURS = 5
_SLIVER_M2 = 1.0


def vertices(changes: ChangeSet) -> int:
    """Return how many vertices a change has on both sides."""
    return sum(
        int(shapely.get_num_coordinates(frame.geometry.to_numpy()).sum())
        for frame in (changes.old, changes.new)
    )


def to_bytes(document: dict[str, Any]) -> bytes:
    """Return the document as it is kept beside the report."""
    return json.dumps(document, ensure_ascii=False, allow_nan=False).encode()


def describe(changes: ChangeSet) -> dict[str, Any]:
    """Return units, moved ground and borders of a change as JSON values.

    Returns
    -------
    dict
        ``units`` (key, names, change, attributes ``[before, after]``, areas, box),
        ``moves`` (number, from, to, level, area, box, colour), ``drawn`` with the
        GeoJSON of ``units``, ``moved``, and the line work ``old`` (ended) and ``new``;
        ``simplified_m`` says by how much lines were simplified, 0: not at all.
    """
    first = changes.base == 0  # nothing was there that could move
    moved = staging.moved(changes.old, changes.new) if not first else None
    units = _units(changes)
    return {
        "layer": changes.layer,
        "effective": changes.effective,
        "base": changes.base,
        "counts": touched.counted(changes)["counts"],
        "units": units[:MOST_UNITS],
        "more_units": max(0, len(units) - MOST_UNITS),
        "first": first,
        **_drawn(changes, _listed(moved, changes)),
    }


def _units(changes: ChangeSet) -> list[dict[str, Any]]:
    from boundaries.registry.difference import differing

    redrawn = _redrawn(changes)
    before, after = (_areas(frame) for frame in (changes.old, changes.new))
    found = []
    for key in changes.keys:
        was = changes.old.loc[key] if key in changes.old.index else None
        now = changes.new.loc[key] if key in changes.new.index else None
        shown = now if now is not None else was
        found.append(
            {
                "key": str(key),
                "name": _word(None if now is None else now.get("name")),
                "old_name": _word(None if was is None else was.get("name")),
                "level": _number(shown.get("level") if shown is not None else None),
                "change": _change(was, now),
                "redrawn": key in redrawn,
                "attributes": differing(was, now),
                "area_before_m2": before.get(key),
                "area_after_m2": after.get(key),
                "box": _box(None if shown is None else shown.get("geometry")),
            }
        )
    return found


def _change(was: Any, now: Any) -> str:
    if was is None:
        return "added"
    return "removed" if now is None else "changed"


def _redrawn(changes: ChangeSet) -> set[Any]:
    both = changes.changed
    old, new = (
        np.asarray(frame.geometry.loc[both].array, dtype=object)
        for frame in (changes.old, changes.new)
    )
    other = changes.added.union(changes.removed)
    return {*both[~same_geometry(old, new)], *other}


def _areas(frame: gpd.GeoDataFrame) -> dict[Any, float]:
    """Return areas by key, of the drawings that have one."""
    shapes = frame.geometry.to_numpy()
    good = np.isin(shapely.get_type_id(shapes), (3, 6))
    areas = crs.area_m2(shapes[good]) if good.any() else np.zeros(0)
    kept = zip(frame.index[good], areas.tolist(), strict=True)
    return {key: area for key, area in kept if np.isfinite(area)}


def _listed(moved: Any, changes: ChangeSet) -> list[dict[str, Any]]:
    """Return the moved ground, largest first, numbered, with names and colours."""
    if moved is None:
        return []
    moved = moved[moved["area_m2"] >= _SLIVER_M2].sort_values(
        "area_m2", ascending=False
    )
    takers: dict[Any, int] = {}
    rows = []
    for number, row in enumerate(moved.to_dict("records"), 1):
        giver, taker = _key(row["from"]), _key(row["to"])
        colour = takers.setdefault(taker, len(takers) % COLOURS)
        rows.append(
            {
                "number": number,
                "from": giver,
                "from_name": _name(changes, giver),
                "to": taker,
                "to_name": _name(changes, taker),
                "level": _level(changes, taker) or _level(changes, giver),
                "area_m2": float(row["area_m2"]),
                "colour": colour,
                "box": _box(row["geometry"]),
                "geometry": row["geometry"],
            }
        )
    return rows


def _drawn(changes: ChangeSet, moves: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the moves without geometry, and all geometry within the budget."""
    shown = moves[:MOST_UNITS]
    redrawn = _redrawn(changes)
    sides = [
        frame[frame.index.isin(redrawn)].geometry.to_numpy()
        for frame in (changes.old, changes.new)
    ]
    old, new = _only(*sides)
    after = changes.new[changes.new.index.isin(redrawn)]
    gone = changes.old.loc[changes.removed]
    units = [*after.index, *gone.index]
    shapes: NDArray[Any] = np.array(
        [
            *after.geometry,
            *gone.geometry,
            *[row["geometry"] for row in shown],
            old,
            new,
        ],
        dtype=object,
    )
    drawn, tolerance = _within_budget(shapes)
    a, b = len(units), len(units) + len(shown)
    return {
        "moves": [_bare(row) for row in shown],
        "more_moves": len(moves) - len(shown),
        "simplified_m": round(tolerance * 111_320.0, 2),
        "drawn": {
            "units": _collection(drawn[:a], [{"key": str(key)} for key in units]),
            "moved": _collection(
                drawn[a:b],
                [{"number": row["number"], "colour": row["colour"]} for row in shown],
            ),
            "old": geojson(drawn[b]),
            "new": geojson(drawn[b + 1]),
        },
    }


def _bare(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "geometry"}


def _only(old: NDArray[Any], new: NDArray[Any]) -> tuple[Any, Any]:
    """Return the line work only the old drawings have, and only the new."""
    one, other = _edges(old), _edges(new)
    return _lines(one, other), _lines(other, one)


def _edges(shapes: NDArray[Any]) -> NDArray[np.float64]:
    """Return every edge once, whatever its direction: x1, y1, x2, y2."""
    rings = shapely.get_rings(shapely.get_parts(shapes[~shapely.is_missing(shapes)]))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    xy = np.round(xy, 9)
    within = ring[:-1] == ring[1:]
    both = np.hstack([xy[:-1][within], xy[1:][within]]) + 0.0
    both = both[np.isfinite(both).all(axis=1)]
    flip = (both[:, 0] > both[:, 2]) | (
        (both[:, 0] == both[:, 2]) & (both[:, 1] > both[:, 3])
    )
    both[flip] = both[flip][:, [2, 3, 0, 1]]
    return pd.DataFrame(both).drop_duplicates().to_numpy().reshape(-1, 4)


def _lines(mine: NDArray[np.float64], other: NDArray[np.float64]) -> Any:
    """Return the edges of ``mine`` that ``other`` lacks, joined to lines."""
    both = pd.DataFrame(np.vstack([mine, other])).duplicated(keep=False)
    alone = mine[~both.to_numpy()[: len(mine)]]
    if not len(alone):
        return shapely.MultiLineString()
    lines: Any = shapely.linestrings(alone.reshape(-1, 2, 2))
    return shapely.line_merge(shapely.multilinestrings(lines))


def _within_budget(shapes: NDArray[Any]) -> tuple[NDArray[Any], float]:
    """Return the shapes with at most so many vertices, and the tolerance in degrees."""
    tolerance = 0.0
    drawn = shapes
    while int(shapely.get_num_coordinates(drawn).sum()) > MOST_VERTICES:
        tolerance = tolerance * 2 or 5e-6
        drawn = np.asarray(
            shapely.simplify(shapes, tolerance, preserve_topology=False), dtype=object
        )
        if tolerance > 1:
            break
    return drawn, tolerance


def _collection(
    shapes: NDArray[Any], properties: list[dict[str, Any]]
) -> dict[str, Any]:
    features = [
        {"type": "Feature", "properties": said, "geometry": geojson(shape)}
        for shape, said in zip(shapes, properties, strict=True)
    ]
    return {"type": "FeatureCollection", "features": features}


def _box(shape: Any) -> list[float] | None:
    if shape is None or shape.is_empty:
        return None
    bounds = np.round(shapely.bounds(shape), DIGITS)
    return bounds.tolist() if np.isfinite(bounds).all() else None


def _name(changes: ChangeSet, key: str | None) -> str | None:
    for frame in (changes.new, changes.old):
        if key is not None and key in frame.index and "name" in frame:
            return _word(frame.loc[key, "name"])
    return None


def _level(changes: ChangeSet, key: str | None) -> int | None:
    for frame in (changes.new, changes.old):
        if key is not None and key in frame.index and "level" in frame:
            return _number(frame.loc[key, "level"])
    return None


def _key(value: Any) -> str | None:
    return None if value is None or pd.isna(value) else str(value)


def _word(value: Any) -> str | None:
    return None if value is None or pd.isna(value) else str(value)


def _number(value: Any) -> int | None:
    return None if value is None or pd.isna(value) else int(value)
