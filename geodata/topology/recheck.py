"""The same answer as a full check, at the cost of what changed and its neighbours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.topology.check import check, places_of_units, precision
from geodata.topology.findings import Findings, framed, without
from geodata.topology.units import unit_keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from geodata.topology.findings import Place
    from geodata.topology.units import Units

NEAR_M = 1.0
"""Units whose boxes come this near can have a conflict."""
MOST = 0.4
"""Of a larger share of the units than this all are looked at, once."""
GAPS = ("gap", "sliver_gap", "missing_unit")


def recheck(
    findings: Findings, changed: gpd.GeoDataFrame, removed: Iterable[str] = ()
) -> Findings:
    """Return what :func:`check` would say after an edit of some units.

    Parameters
    ----------
    findings
        The result for the layer before the edit.
    changed
        Units that are new or have another shape, with the key column and in the
        coordinates of the layer.
    removed
        Keys of units that are gone.

    Notes
    -----
    Findings against superiors and lines are worked out anew for the whole layer.
    """
    units, key = findings.units, findings.key
    keys, removed = unit_keys(changed[key]), list(removed)
    shapes = np.asarray(changed.geometry.to_numpy(), dtype=object)
    after = units.edited(keys, shapes, removed)
    if findings.parent is not None or findings.lines is not None:
        return _whole(findings, after)
    touched = {*keys, *removed}
    before = [units.place[name] for name in touched if name in units.place]
    now = [after.place[name] for name in keys]
    ground = np.concatenate([units.boxes[before], after.boxes[now]])
    ground = ground[~np.isnan(ground[:, 0])]
    table = findings.frame
    stale = _concerned(table, touched, ground)
    boxes = np.concatenate(
        [ground, _boxes(table[stale & (table["rule"] != "precision")])]
    )
    places, noise, close = _around(findings, after, boxes, now)
    noisy = _noisy(table, noise, close, touched)
    fresh = framed([*places, *precision(after, noisy)], after.metres, findings.names)
    file_level = (fresh["rule"] == "precision").to_numpy()
    fresh = fresh[_concerned(fresh, touched, ground) | file_level]
    fresh = without(fresh, findings.exceptions)
    kept = table[~stale & (table["rule"] != "precision").to_numpy()]
    if len(kept) == len(table) and not len(fresh):
        return replace(findings, units=after)
    both = pd.concat([kept, fresh]).sort_values(["rule", "fingerprint"])
    frame = gpd.GeoDataFrame(both.reset_index(drop=True), crs=table.crs)
    return replace(findings, frame=frame, units=after)


def _around(
    findings: Findings, after: Units, boxes: NDArray[np.float64], now: list[int]
) -> tuple[list[Place], list[str], set[str]]:
    """Check what lies around some boxes, as far as needed.

    Returns the places found, the keys of units with noise, and the keys of units of
    which all neighbours were looked at.
    """
    reach = after.metres.units(NEAR_M)
    inner = np.union1d(_near(after, boxes, reach), now).astype(np.intp)
    rows = np.union1d(inner, _near(after, after.boxes[inner], reach)).astype(np.intp)
    if len(rows) > MOST * len(after):
        rows = np.arange(len(after))
    while True:
        part = after.subset(rows)
        found = places_of_units(part, findings.tolerance_m, findings.sizes)
        holes = [p.geometry for p in found.places if p.rule in GAPS]
        if not holes:
            break
        # A gap reaches past the units next to it, and where the part ends there
        # are gaps that the rest of the layer fills: look again with what is there.
        around = shapely.bounds(np.array(holes, dtype=object)).reshape(-1, 4)
        around = around[_meet(around, boxes, reach)]
        wider = np.union1d(rows, _near(after, around, reach)).astype(np.intp)
        if len(wider) == len(rows):
            break
        rows = wider
    names = [part.keys[row] for row in found.noisy.tolist()]
    return found.places, names, {after.keys[row] for row in inner.tolist()}


def _near(units: Units, boxes: NDArray[np.float64], reach: float) -> NDArray[np.intp]:
    """Return the rows of which the box comes near one of the boxes."""
    if not len(boxes):
        return np.zeros(0, np.intp)
    low, high = boxes[:, :2].min(axis=0) - reach, boxes[:, 2:].max(axis=0) + reach
    its = units.boxes
    some = np.flatnonzero(
        (its[:, 0] <= high[0])
        & (its[:, 2] >= low[0])
        & (its[:, 1] <= high[1])
        & (its[:, 3] >= low[1])
    )
    return some[_meet(its[some], boxes, reach)]


def _meet(
    one: NDArray[np.float64], other: NDArray[np.float64], reach: float
) -> NDArray[np.bool_]:
    """Return which boxes of the first meet any of the second."""
    hit = np.zeros(len(one), bool)
    for west, south, east, north in other.tolist():  # few, or each of few units
        hit |= (
            (one[:, 0] <= east + reach)
            & (one[:, 2] >= west - reach)
            & (one[:, 1] <= north + reach)
            & (one[:, 3] >= south - reach)
        )
    return hit


def _boxes(table: pd.DataFrame) -> NDArray[np.float64]:
    box = shapely.bounds(table["geometry"].to_numpy()).reshape(-1, 4)
    return np.asarray(box[~np.isnan(box[:, 0])])


def _concerned(
    table: gpd.GeoDataFrame, touched: set[str], ground: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which findings name a unit, or lie on ground, that was touched."""
    named = [not touched.isdisjoint(row) for row in table["participants"]]
    box = shapely.bounds(table["geometry"].to_numpy()).reshape(-1, 4)
    return np.array(named, bool) | _meet(box, ground, 0.0)


def _noisy(
    table: gpd.GeoDataFrame, found: list[str], close: set[str], touched: set[str]
) -> set[str]:
    """Return the units whose borders differ by noise only, after the edit."""
    told = table.loc[table["rule"] == "precision", "participants"]
    known = set().union(*told) - close - touched
    return known | (set(found) & close)


def _whole(findings: Findings, after: Units) -> Findings:
    """Check the whole layer again, with its superiors and lines."""
    frame = gpd.GeoDataFrame(
        {findings.key: after.keys}, geometry=after.shapes(), crs=after.crs
    )
    if findings.given is not None:
        whose = dict(zip(findings.units.keys, findings.given, strict=True))
        frame["parent"] = [whose.get(key) for key in after.keys]
    return check(
        frame,
        key=findings.key,
        parent=findings.parent,
        lines=findings.lines,
        exceptions=findings.exceptions,
        tolerance_m=findings.tolerance_m,
        sizes=findings.sizes,
        names=findings.names,
    )
