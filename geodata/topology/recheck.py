"""The same answer as a full check, at the cost of what changed and its neighbours."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

import geopandas as gpd
import numpy as np
import shapely

from geodata.topology.check import places_of_units, precision
from geodata.topology.findings import Findings, rows_of, without
from geodata.topology.levels import apart
from geodata.topology.table import WHO, boxes_of, concerned
from geodata.topology.units import unit_keys

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from geodata.topology.findings import Place
    from geodata.topology.layer import Layer
    from geodata.topology.table import Row

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
    Of superiors those are looked at again that have, or had, one of the units; of
    lines those near them. A column ``parent`` of ``changed`` names superiors.

    Raises
    ------
    InputError
        When a unit to be removed is not there.
    """
    layer, keys = findings.layer, unit_keys(changed[findings.key])
    shapes = np.asarray(changed.geometry.to_numpy(), dtype=object)
    removed = sorted(set(map(str, removed)))
    after = layer.edited(keys, shapes, removed)
    touched = {*keys, *removed}
    before = [row for name in touched if (row := layer.row(name)) is not None]
    now = [row for name in keys if (row := after.row(name)) is not None]
    ground = np.concatenate([layer.boxes(before), after.boxes(now)])
    ground = ground[~np.isnan(ground[:, 0])]
    stale = findings.table.concerned(touched, ground)
    void = [row for row in stale.rows if not apart(row)]
    stale_boxes = boxes_of(void)
    asked = np.concatenate([ground, stale_boxes[~np.isnan(stale_boxes[:, 0])]])
    places, noise, close = _around(findings, after, asked, now)
    noisy = _noisy(stale.whole, noise, close, touched)
    if noisy:
        places = [*places, *precision(after, noisy)]
    found = rows_of(places, after.metres, findings.names)
    mine = concerned(found, touched, ground)
    fresh = [row for row, its in zip(found, mine, strict=True) if its]
    fresh = list(without(fresh, findings.exceptions))
    edit = keys, removed, ground
    levels, more, others = findings.levels.rechecked(findings, after, changed, edit)
    fresh += without(rows_of(others, after.metres, findings.names), findings.exceptions)
    table = findings.table.edited([*void, *stale.whole, *more], fresh)
    return replace(
        findings,
        frame=cast("Any", table),
        units=cast("Any", after),
        levels=levels,
    )


def _around(
    findings: Findings, after: Layer, asked: NDArray[np.float64], now: list[int]
) -> tuple[list[Place], list[str], set[str]]:
    """Check what lies around some boxes, as far as needed.

    Returns the places found, the keys of units with noise, and the keys of units of
    which all neighbours were looked at.
    """
    reach = after.metres.units(NEAR_M)
    inner = sorted(after.near(asked, reach).union(now))
    rows = after.near(after.boxes(inner), reach).union(inner)
    if len(rows) > MOST * len(after):
        rows = set(after.all_rows().tolist())
    while True:
        part = after.subset(sorted(rows))
        found = places_of_units(part, findings.tolerance_m, findings.sizes)
        holes = [p.geometry for p in found.places if p.rule in GAPS]
        if not holes:
            break
        # A gap reaches past the units next to it, and where the part ends there
        # are gaps that the rest of the layer fills: look again with what is there.
        around = shapely.bounds(np.array(holes, dtype=object)).reshape(-1, 4)
        around = around[_meet(around, asked, reach)]
        wider = rows | after.near(around, reach)
        if len(wider) == len(rows):
            break
        rows = wider
    names = [part.keys[row] for row in found.noisy.tolist()]
    return found.places, names, {after.key(row) for row in inner}


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


def _noisy(
    told: list[Row], found: list[str], close: set[str], touched: set[str]
) -> set[str]:
    """Return the units whose borders differ by noise only, after the edit."""
    known = {name for row in told for name in row[WHO]} - close - touched
    return known | (set(found) & close)
