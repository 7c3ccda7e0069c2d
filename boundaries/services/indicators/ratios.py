"""Ratios of counts: beds, floor area, staff, people and ground reached."""

from __future__ import annotations

from typing import Any

import pandas as pd

from boundaries.services.indicators.figures import Members, part
from boundaries.services.indicators.inputs import Inputs, column
from boundaries.services.indicators.shares import adrift, institutions
from boundaries.services.omissions import Omission
from boundaries.services.unplaced import stale
from geodata.errors import Text

_SOMEBODY = 0.5
"""Fewer people than this out of reach are what spreading them left over."""
_STATE_BEDS = Text("请补填床位数。", "State the beds.")
_BEDS_UNSAID = Text("未填床位数", "beds not stated")


def nursing_beds(inputs: Inputs) -> Members:
    """I1: nursing beds over all beds of the care homes.

    A home that does not state both, or states more nursing beds than beds, is left
    out on both sides of the line.
    """
    rows = institutions(inputs)
    total, nursing = _numbers(rows, "beds_total"), _numbers(rows, "beds_nursing")
    unsaid, odd = total.isna() | nursing.isna(), nursing > total
    why = Text("护理型床位多于机构床位", "more nursing beds than beds")
    todo = Text("请核对两项床位数。", "Compare both numbers.")
    omitted = [
        _unsaid(rows[unsaid]),
        Omission.of("beds_odd", "facilities", why, todo, rows.index[odd]),
    ]
    kept = rows[~unsaid & ~odd]
    above, below = nursing[kept.index], total[kept.index]
    made = _facilities(inputs, kept, numerator=above, denominator=below)
    return Members.of([made], [*omitted, *adrift(inputs)])


def beds_per_thousand(inputs: Inputs) -> Members:
    """I9: beds (of the kinds chosen) over the elderly (of the group chosen)."""
    rows, omitted = institutions(inputs), []
    parts = []
    for kind in inputs.options.beds:
        where = rows if kind.startswith("beds") else inputs.operating
        counts = _numbers(where, kind)
        if kind.startswith("beds"):
            omitted.append(_unsaid(where[counts.isna()]))
        counts = counts.dropna()
        parts.append(_facilities(inputs, where.loc[counts.index], numerator=counts))
    parts.append(_people(inputs, inputs.options.elderly))
    return Members.of(parts, [*omitted, *adrift(inputs), *uncounted(inputs)])


def community_space(inputs: Inputs) -> Members:
    """I10: floor area of community service buildings over households."""
    rows = inputs.of_type(*inputs.options.community_space)
    area = _numbers(rows, "area_m2")
    why = Text("未填建筑面积", "floor area not stated")
    todo = Text("请补填建筑面积。", "State the floor area.")
    unsaid = rows.index[area.isna()]
    omitted = [Omission.of("area_missing", "facilities", why, todo, unsaid)]
    area = area.dropna()
    return Members.of(
        [
            _facilities(inputs, rows.loc[area.index], numerator=area.to_numpy()),
            _people(inputs, "households"),
        ],
        [*omitted, *adrift(inputs), *uncounted(inputs, "households")],
    )


def workers_per_elderly(inputs: Inputs) -> Members:
    """I15a: social workers over the elderly."""
    return Members.of(
        [_workers(inputs), _people(inputs, inputs.options.elderly)],
        [*adrift(inputs), *uncounted(inputs)],
    )


def workers_per_beds(inputs: Inputs) -> Members:
    """I15b: social workers of care homes over their beds."""
    rows = institutions(inputs)
    total = _numbers(rows, "beds_total")
    omitted = [_unsaid(rows[total.isna()])]
    rows, total = rows[total.notna()], total.dropna()
    workers = _numbers(rows, "social_workers").fillna(0.0)
    made = _facilities(inputs, rows, numerator=workers, denominator=total)
    return Members.of([made], [*omitted, *adrift(inputs)])


def people_reached(inputs: Inputs) -> Members:
    """I11: elderly within the time limit over the elderly (from the coverage)."""
    return _reached(inputs, "elderly_reached", "elderly", why="unreached")


def ground_reached(inputs: Inputs) -> Members:
    """I12: ground within the service areas over the ground."""
    return _reached(inputs, "area_reached_km2", "area_km2")


def uncounted(inputs: Inputs, group: str = "") -> list[Omission]:
    """Return who is left out: units nobody was counted for, counts of no unit."""
    group = group or inputs.options.elderly
    known = inputs.people(group)
    units = inputs.units
    strange = stale(inputs.population.loc[inputs.uncounted_codes], group)
    if known.isna().all():
        every = inputs.at_level(int(units["level"].max())) if len(units) else units
        return [_no_people(every.index), *strange]
    level = units["level"].astype(int)
    deepest = level.loc[inputs.counted.index].max()
    lowest = (level == deepest) | ((level < deepest) & ~inputs.parted)
    bare = units[lowest & known.isna()]
    above = inputs.above.loc[bare.index]
    itself = above.eq(bare.index.to_series(), axis=0)
    told = above.mask(itself).isin(set(inputs.counted.index)).any(axis=1)
    return [_no_people(bare.index[~told]), *strange]


def _no_people(keys: pd.Index) -> Omission:
    why = Text("没有人口数据", "no population data")
    todo = Text("请导入人口表。", "Import the population table.")
    return Omission.of("population_missing", "population", why, todo, keys)


def _reached(inputs: Inputs, above: str, below: str, why: str = "") -> Members:
    rows = inputs.reached
    if rows is None or above not in rows:
        said = Text("尚未计算服务圈", "reach has not been computed")
        todo = Text("请在指标页计算服务圈。", "Compute it on the page of indicators.")
        return Members.of((), [Omission.of("no_coverage", "network", said, todo, [""])])
    rows = rows[rows.index.isin(inputs.units.index)].dropna(subset=[above, below])
    names = inputs.units.loc[rows.index, "name"]
    made = part(
        "people", rows.index, names, rows.index,
        numerator=rows[above], denominator=rows[below],
        why=[why if left >= _SOMEBODY else "" for left in rows[below] - rows[above]],
    )  # fmt: skip
    return Members.of([made], inputs.unreached)


def _workers(inputs: Inputs) -> pd.DataFrame:
    counts = _numbers(inputs.operating, "social_workers").dropna()
    rows = inputs.operating.loc[counts.index]
    return _facilities(inputs, rows, numerator=counts)


def _people(inputs: Inputs, group: str) -> pd.DataFrame:
    rows = inputs.counted
    counts = _numbers(rows, group).dropna()
    names = inputs.units.loc[counts.index, "name"]
    return part("people", counts.index, names, counts.index, denominator=counts)


def _facilities(inputs: Inputs, rows: pd.DataFrame, **numbers: Any) -> pd.DataFrame:
    place = inputs.place.loc[rows.index]
    return part("facility", rows.index, rows["name"], place, **numbers)


def _numbers(rows: pd.DataFrame, name: str) -> pd.Series[float]:
    return pd.to_numeric(column(rows, name, None), errors="coerce").astype(float)


def _unsaid(rows: pd.DataFrame) -> Omission:
    return Omission.of(
        "beds_missing", "facilities", _BEDS_UNSAID, _STATE_BEDS, rows.index
    )
