"""What is wrong with single polygons, and exactly where."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geodata.topology import measure
from geodata.topology.soundness import (
    MAX_CROSSINGS,
    MAX_PARTS,
    crossings,
    finite,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

COLUMNS = ("index", "kind", "x", "y", "reason", "count")
KINDS = {
    "self-intersection": "self_crossing",
    "ring self-intersection": "self_crossing",
    "interior is disconnected": "self_crossing",
    "hole lies outside shell": "hole_outside",
    "holes are nested": "hole_nested",
    "nested holes": "hole_nested",
    "nested shells": "part_nested",
    "duplicate rings": "part_duplicate",
    "too few points in geometry component": "too_few_points",
    "too few distinct points in geometry component": "too_few_points",
    "invalid coordinate": "not_finite",
    "ring is not closed": "not_closed",
}
"""Words of ``is_valid_reason`` (lower case) to ours."""
INFORMATION = ("repeated_point", "orientation")
"""Kinds that do not make a polygon unusable: GEOS calls such polygons valid."""
REASON = re.compile(r"^(?P<text>[^\[]+)(?:\[(?P<x>\S+) (?P<y>\S+)\])?$")
SPIKE_DEGREES = 0.01
"""A vertex at which the ring turns back by less than this angle is a spike."""


def validity(geometries: Any) -> pd.DataFrame:
    """Return what is wrong with each polygon, one row per kind and polygon.

    Returns
    -------
    DataFrame
        ``index`` (position), ``kind`` (``self_crossing``, ``spike``,
        ``hole_outside``, ``hole_nested``, ``part_nested``, ``part_duplicate``,
        ``too_few_points``, ``not_finite``, ``unusable``, ``empty``,
        ``not_polygon``, ``repeated_point`` or ``orientation``), ``x`` and ``y`` of
        the first place, ``reason`` in the words of GEOS, ``count`` of places.
    """
    given = np.array(geometries, dtype=object).reshape(-1)
    kind_of = shapely.get_type_id(given)
    areal = np.isin(kind_of, (3, 6))
    empty = (kind_of < 0) | shapely.is_empty(given)
    rows = [_row(place, "empty") for place in np.flatnonzero(empty).tolist()]
    rows += [_row(p, "not_polygon") for p in np.flatnonzero(~areal & ~empty).tolist()]
    whole = finite(given)
    rows += [_not_finite(p, given[p]) for p in np.flatnonzero(areal & ~whole).tolist()]
    looked = np.flatnonzero(areal & whole & ~empty)
    broken = looked[~shapely.is_valid(given[looked])]
    spikes = _spikes(given, looked)
    for place in broken:
        rows.append(_broken(place, given[place], spikes))
    known = set(broken.tolist())
    rows += [row for place, row in spikes.items() if place not in known]
    rows += _repeated(given, looked)
    rows += _wrong_way(given, looked)
    return pd.DataFrame(rows, columns=list(COLUMNS)).sort_values(
        ["index", "kind"], ignore_index=True
    )


def _row(
    index: int,
    kind: str,
    x: float = float("nan"),
    y: float = float("nan"),
    reason: str = "",
    count: int = 1,
) -> dict[str, Any]:
    return dict(zip(COLUMNS, (int(index), kind, x, y, reason, count), strict=True))


def _not_finite(place: int, geometry: Any) -> dict[str, Any]:
    """Say which vertex is not a number, at the last good one before it."""
    xy = shapely.get_coordinates(geometry)
    bad = ~np.isfinite(xy).all(axis=1)
    first = int(np.argmax(bad))
    good = xy[~bad]
    near = good[min(max(first - 1, 0), len(good) - 1)] if len(good) else (np.nan,) * 2
    reason = f"vertex {first} of {len(xy)}: {xy[first, 0]}, {xy[first, 1]}"
    return _row(
        place, "not_finite", float(near[0]), float(near[1]), reason, int(bad.sum())
    )


def _broken(
    place: int, geometry: Any, spikes: dict[int, dict[str, Any]]
) -> dict[str, Any]:
    """Classify one invalid polygon by the reason GEOS gives and by its shape."""
    said = REASON.match(shapely.is_valid_reason(geometry))
    text = said["text"].strip() if said else ""
    x, y = (float(said["x"]), float(said["y"])) if said and said["x"] else (np.nan,) * 2
    kind = KINDS.get(text.lower(), "self_crossing")
    if kind != "self_crossing":
        return _row(place, kind, x, y, text)
    count = crossings(geometry)
    if count > MAX_CROSSINGS or shapely.get_num_geometries(geometry) > MAX_PARTS:
        return _row(place, "unusable", x, y, text, count)
    if count == 0 and place in spikes:
        return {**spikes[place], "reason": text}
    return _row(place, kind, x, y, text, max(count, 1))


def _vertices(
    given: NDArray[Any], looked: NDArray[np.intp]
) -> tuple[NDArray[np.float64], NDArray[np.intp], NDArray[np.intp]]:
    """Return coordinates, ring and polygon of every vertex."""
    parts, owner = shapely.get_parts(given[looked], return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    return xy, ring, looked[owner[part[ring]]] if len(ring) else ring


def _repeated(given: NDArray[Any], looked: NDArray[np.intp]) -> list[dict[str, Any]]:
    """Report polygons that draw a vertex twice in a row."""
    xy, ring, polygon = _vertices(given, looked)
    twice = np.flatnonzero((xy[1:] == xy[:-1]).all(axis=1) & (ring[1:] == ring[:-1]))
    return _first_places(polygon[twice], xy[twice], "repeated_point")


def _spikes(given: NDArray[Any], looked: NDArray[np.intp]) -> dict[int, dict[str, Any]]:
    """Report vertices at which a ring goes out and comes back the same way."""
    xy, ring, polygon = _vertices(given, looked)
    if len(xy) < 3:
        return {}
    keep = np.r_[True, (xy[1:] != xy[:-1]).any(axis=1) | (ring[1:] != ring[:-1])]
    xy, ring, polygon = xy[keep], ring[keep], polygon[keep]
    before, after = _neighbours(ring)
    scale = measure.metres_per_degree(xy[:, 1])
    back, ahead = (xy[before] - xy) * scale, (xy[after] - xy) * scale
    dot = (back * ahead).sum(axis=1)
    cross = back[:, 0] * ahead[:, 1] - back[:, 1] * ahead[:, 0]
    turned = (dot > 0) & (np.abs(cross) <= np.radians(SPIKE_DEGREES) * dot)
    at = np.flatnonzero(turned)
    rows = _first_places(polygon[at], xy[at], "spike")
    return {row["index"]: row for row in rows}


def _neighbours(ring: NDArray[np.intp]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the places of the vertices before and after, around closed rings."""
    place = np.arange(len(ring))
    first = np.r_[True, ring[1:] != ring[:-1]]
    last = np.r_[first[1:], True]
    start = np.flatnonzero(first)[np.cumsum(first) - 1]
    end = np.flatnonzero(last)[np.cumsum(first) - 1]
    before = np.where(first, np.maximum(end - 1, start), place - 1)
    after = np.where(last, np.minimum(start + 1, end), place + 1)
    return before, after


def _wrong_way(given: NDArray[Any], looked: NDArray[np.intp]) -> list[dict[str, Any]]:
    """Report polygons of which shells and holes do not turn opposite ways."""
    parts, owner = shapely.get_parts(given[looked], return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    if not len(rings):
        return []
    left = shapely.is_ccw(rings)
    shell = np.r_[True, part[1:] != part[:-1]]
    start = np.flatnonzero(shell)[np.cumsum(shell) - 1]
    wrong = ~shell & (left == left[start])
    xy = shapely.get_coordinates(shapely.get_point(rings[wrong], 0))
    return _first_places(looked[owner[part[wrong]]], xy, "orientation")


def _first_places(
    polygon: NDArray[np.intp], xy: NDArray[np.float64], kind: str
) -> list[dict[str, Any]]:
    """Return one row per polygon: its first place and how many there are."""
    which, first, count = np.unique(polygon, return_index=True, return_counts=True)
    return [
        _row(p, kind, float(xy[f, 0]), float(xy[f, 1]), count=int(c))
        for p, f, c in zip(which, first, count, strict=True)
    ]
