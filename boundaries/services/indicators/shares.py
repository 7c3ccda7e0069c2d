"""Shares: how many units, facilities or areas have what they should have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from boundaries.services.indicators.figures import Members, part
from boundaries.services.indicators.inputs import (
    STREETS,
    Inputs,
    column,
)
from boundaries.services.indicators.options import Test
from boundaries.services.omissions import Omission
from boundaries.services.words import Function
from boundaries.vocabulary import Level
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Sequence

ALL_FUNCTIONS = frozenset(word.value for word in Function)
SYNCHRONOUS = ("planned_sync", "built_sync", "accepted_sync", "handed_sync")


def units_with(
    inputs: Inputs,
    units: pd.DataFrame,
    having: pd.DataFrame,
    *,
    why: str = "none_there",
    omitted: Sequence[Omission] = (),
    also: pd.Series[Any] | None = None,
) -> Members:
    """Return the units of one level, each 1 over 1 where it has such a facility.

    Parameters
    ----------
    units
        The units asked about, all of one level.
    having
        The facilities that count.
    also
        Units that count although they have none, indexed by code (bool).
    """
    if units.empty:
        return Members.of((), omitted)
    level = int(units["level"].iloc[0])
    at = inputs.place.loc[having.index].map(inputs.above[level])
    met = pd.Series(units.index.isin(at), units.index)
    if also is not None:
        met |= also.reindex(units.index).fillna(value=False).astype(bool)
    return Members.of(
        [
            part(
                "unit", units.index, units["name"], units.index,
                numerator=met.astype(float), denominator=1.0,
                why=["" if each else why for each in met],
            )
        ],
        [*omitted, *adrift(inputs)],
    )  # fmt: skip


def facilities_that(
    inputs: Inputs, rows: pd.DataFrame, met: pd.Series[Any], why: str,
    omitted: Sequence[Omission] = (),
) -> Members:  # fmt: skip
    """Return facilities, each 1 over 1 where it is as it should be.

    ``rows`` and ``met`` hold those of which it is known; ``omitted`` the others.
    """
    met = met.astype(bool)
    return Members.of(
        [
            part(
                "facility", rows.index, rows["name"], inputs.place.loc[rows.index],
                numerator=met.astype(float), denominator=1.0,
                why=["" if each else why for each in met],
            )
        ],
        [*omitted, *adrift(inputs)],
    )  # fmt: skip


def adrift(inputs: Inputs) -> list[Omission]:
    """Return the facilities that lie in no unit in force, as left out."""
    why = Text("不在任何现行区划内", "they lie in no division in force")
    todo = Text("请填写所属区划代码或坐标。", "State their division or their place.")
    left = Omission.of("outside", "facilities", why, todo, inputs.adrift)
    return [left, *inputs.assumed]


# -- what counts as what ---------------------------------------------------------


def institutions(inputs: Inputs) -> pd.DataFrame:
    """Return the operating care homes, with those registered as such if chosen."""
    rows, options = inputs.operating, inputs.options
    mask = rows["type"].isin(options.institutions)
    if options.registered:
        mask |= truth(column(rows, "registered", default=False))
    return rows[mask]


def comprehensive(inputs: Inputs) -> tuple[pd.DataFrame, list[Omission]]:
    """Return the centres that pass every chosen test, and those that say too little."""
    options = inputs.options
    rows = inputs.of_type(*options.comprehensive_types)
    passed, omitted = pd.Series(data=True, index=rows.index), []
    if Test.FLAG in options.comprehensive:
        passed &= truth(column(rows, "comprehensive", default=False))
    if Test.AREA in options.comprehensive:
        area = pd.to_numeric(column(rows, "area_m2", None), errors="coerce")
        passed &= (area >= options.comprehensive_m2).fillna(value=False)
        why = Text(
            "未填建筑面积，不计为达标", "floor area not stated, so not large enough"
        )
        todo = Text("请补填建筑面积。", "State the floor area.")
        omitted = [
            Omission.of(
                "area_missing", "facilities", why, todo, rows.index[area.isna()]
            )
        ]
    if Test.FUNCTIONS in options.comprehensive:
        passed &= column(rows, "functions", None).map(has_all_functions)
    return rows[passed], omitted


def has_all_functions(cell: Any) -> bool:
    """Tell whether a facility's functions are all eight of 三入四嵌一床位."""
    given = cell if isinstance(cell, (list, tuple, set, frozenset)) else ()
    return set(given) >= ALL_FUNCTIONS


def truth(values: pd.Series[Any]) -> pd.Series[bool]:
    """Return a column of yes, no and nothing as yes or no."""
    return values.notna() & values.astype(object).where(values.notna(), False).map(bool)


# -- the indicators --------------------------------------------------------------


def townships_with_centre(inputs: Inputs, kinds: str = "all") -> Members:
    """I2, I2a, I2b: streets and towns with a comprehensive centre."""
    units = inputs.at_level(Level.TOWNSHIP)
    if kinds != "all":
        street = units["kind"].isin(STREETS)
        units = units[street if kinds == "street" else ~street]
    having, omitted = comprehensive(inputs)
    return units_with(inputs, units, having, omitted=omitted, why="no_centre")


def communities_with_day_care(inputs: Inputs, *, urban: bool) -> Members:
    """I3u, I3r: communities with day care, or all of whose elderly it reaches."""
    units = inputs.at_level(Level.VILLAGE)
    units = units[inputs.urban.reindex(units.index).astype(bool) == urban]
    types = inputs.options.day_urban if urban else inputs.options.day_rural
    also = _fully_served(inputs, types)
    return units_with(
        inputs, units, inputs.of_type(*types), why="no_day_care", also=also
    )


def rural_townships_with_home(inputs: Inputs) -> Members:
    """I4: towns and townships with a care home."""
    units = inputs.at_level(Level.TOWNSHIP)
    units = units[~units["kind"].isin(STREETS)]
    return units_with(inputs, units, institutions(inputs), why="no_home")


def villages_with_meals(inputs: Inputs) -> Members:
    """I5: rural communities with a meal service, or fully reached by one."""
    units = inputs.at_level(Level.VILLAGE)
    units = units[~inputs.urban.reindex(units.index).astype(bool)]
    also = _fully_served(inputs, ("MEAL",))
    return units_with(inputs, units, inputs.of_type("MEAL"), why="no_meals", also=also)


def farming_districts_with_home(inputs: Inputs) -> Members:
    """C1 (E-25): farming districts with a home for people in need (敬老院)."""
    units = farming_districts(inputs)
    return units_with(inputs, units, inputs.of_type("INST-TK"), why="no_home_in_need")


def farming_districts(inputs: Inputs) -> pd.DataFrame:
    """Return the 涉农区: those named in the options, else districts with towns."""
    units, named = inputs.at_level(Level.COUNTY), inputs.options.farming
    if named:
        return units[units.index.isin(named)]
    towns = inputs.at_level(Level.TOWNSHIP)
    towns = towns[~towns["kind"].isin(STREETS)]
    return units[units.index.isin(inputs.above.loc[towns.index, Level.COUNTY])]


def units_with_type(inputs: Inputs, level: int, *types: str) -> Members:
    """Return units of a level with at least one facility of these types."""
    units = inputs.at_level(level)
    return units_with(inputs, units, inputs.of_type(*types))


def large_enough(inputs: Inputs) -> Members:
    """C3: area care centres of 1,000 m² or more (the option says how many).

    One that does not state its floor area is neither large enough nor too small: it is
    left out on both sides of the line.
    """
    rows = inputs.of_type(*inputs.options.comprehensive_types)
    area = pd.to_numeric(column(rows, "area_m2", None), errors="coerce")
    why = Text("未填建筑面积，未计入", "floor area not stated, not counted")
    todo = Text("请补填建筑面积。", "State the floor area.")
    unsaid = rows.index[area.isna()]
    omitted = [Omission.of("area_missing", "facilities", why, todo, unsaid)]
    rows, area = rows[area.notna()], area.dropna()
    met = area >= inputs.options.comprehensive_m2
    return facilities_that(inputs, rows, met, "too_small", omitted)


def privately_run(inputs: Inputs) -> Members:
    """I13: care homes run by society."""
    rows = institutions(inputs)
    met = column(rows, "ownership", None).isin(inputs.options.private)
    return facilities_that(inputs, rows, met, "")  # none of them is at fault


def with_medical_care(inputs: Inputs) -> Members:
    """I14: care homes and day-care centres with any way of medical care."""
    rows = inputs.operating
    both = institutions(inputs).index.union(inputs.of_type("DAY").index)
    rows = rows.loc[rows.index.isin(both)]
    mode = column(rows, "medical_mode", None)
    return facilities_that(
        inputs, rows, mode.notna() & (mode != "none"), "no_medical_care"
    )


def near_medical_site(inputs: Inputs) -> Members:
    """C2 (E-24): facilities with a medical site within the chosen distance.

    One without a place, whose distance nobody knows, is left out.
    """
    from boundaries.services.indicators.checks import medical_distances, placed

    rows = inputs.of_type(*inputs.options.near_medical)
    away = medical_distances(inputs).reindex(rows.index)
    known = placed(rows) | away.notna()
    why = Text("没有坐标，未计入", "without coordinates, not counted")
    todo = Text("请补填坐标。", "State where it stands.")
    lost = rows.index[~known]
    omitted = [Omission.of("place_missing", "facilities", why, todo, lost)]
    rows, away = rows[known], away[known]
    met = (away <= inputs.options.medical_m).fillna(value=False)
    return facilities_that(inputs, rows, met, "far_from_medical", omitted)


def new_areas(inputs: Inputs) -> Members:
    """I8: new residential areas built with what they owe, by 四同步.

    What is owed is the area's own figure, else the standard's for its households.
    """
    rows = inputs.areas
    if rows.empty or "division" not in rows:
        return Members.of(())
    each = inputs.standard.get("new_m2_per_100_households", 20.0)
    households = pd.to_numeric(column(rows, "households", None), errors="coerce")
    owed = pd.to_numeric(column(rows, "required_m2", None), errors="coerce")
    owed = owed.fillna(households / 100 * each)
    built = pd.to_numeric(column(rows, "built_m2", None), errors="coerce")
    synced = pd.DataFrame(
        {name: truth(column(rows, name, default=False)) for name in SYNCHRONOUS}
    ).all(axis=1)
    known = owed.notna() & built.notna() & rows["division"].isin(inputs.units.index)
    met = (built >= owed) & synced
    why = Text(
        "未填建成面积，未填户数或应建面积，或所在区划不存在",
        "area built not stated, households or required area not stated, or no such "
        "division",
    )
    todo = Text("请补填。", "State them.")
    left = Omission.of("area_unsaid", "areas", why, todo, rows.index[~known])
    reason = synced.map({True: "too_little_built", False: "not_synchronous"})
    rows = rows[known]
    return Members.of(
        [
            part(
                "area", rows.index, rows["name"], rows["division"],
                numerator=met[known].astype(float), denominator=1.0,
                why=reason[known].where(~met[known], ""),
            )
        ],
        [left],
    )  # fmt: skip


def reported_share(inputs: Inputs, indicator: str, level: int) -> Members:
    """Return what was entered by hand over the units of a level.

    An entry for a unit gives way to entries for units within it, so nothing is
    counted twice; one of more units than there are is a fault, counted as all of
    them and told: a share of villages is no more than 100 %.
    """
    rows = inputs.reported
    if "indicator" in rows:
        rows = rows[(rows["indicator"] == indicator) & rows["numerator"].notna()]
        rows = rows[rows["scope"].isin(inputs.units.index)]
    else:
        rows = rows.iloc[:0]
    scopes = set(rows["scope"]) if len(rows) else set()
    above = inputs.above.loc[sorted(scopes)]
    told = scopes & {
        up for code, *chain in above.itertuples(name=None) for up in chain if up != code
    }
    names = inputs.units["name"]
    why = Text("其下级已分别填报", "units below them have entries of their own")
    todo = Text("无须处理。", "Nothing needs to be done.")
    omitted = [Omission.of("told_below", "reported", why, todo, sorted(told))]
    rows = rows[~rows["scope"].isin(told)] if len(rows) else rows
    if not len(rows):
        why = Text("尚无填报", "nothing was reported")
        todo = Text("请填报各单位的数量。", "Enter the counts of the units.")
        return Members.of((), [Omission.of("unreported", "reported", why, todo, [""])])
    units = _counted_units(inputs, indicator, level)
    told_of = pd.to_numeric(rows["numerator"]).astype(float)
    most = _units_below(inputs, units, rows["scope"])
    more = (told_of > most) & (most > 0)
    return Members.of(
        [
            part(
                "reported", rows["scope"], names.loc[rows["scope"]], rows["scope"],
                numerator=told_of.where(~more, most),
            ),
            part("counted", units.index, units["name"], units.index, denominator=1.0),
        ],
        [*omitted, _too_many(rows["scope"][more], told_of[more], most[more])],
    )  # fmt: skip


def _units_below(
    inputs: Inputs, units: pd.DataFrame, scopes: pd.Series[Any]
) -> pd.Series[float]:
    """Return how many of the units counted lie in each unit that reported."""
    above = inputs.above.loc[units.index]
    sums = [above[level].value_counts() for level in above.columns]
    return scopes.map(pd.concat(sums)).fillna(0).astype(float)


def _too_many(scopes: Any, told: pd.Series[float], most: pd.Series[float]) -> Omission:
    """Return what to say of units that reported more than there are in them."""
    over = f"{told.sum():g} / {most.sum():g}"
    return Omission.of(
        "reported_more", "reported",
        Text(f"填报数多于村总数（{over}），按村总数计入",
             f"more reported than there are villages ({over}); counted as all of them"),
        Text("请核对填报数：是村数，不是人数或机构数。",
             "Check the entry: it is a number of villages, not of people or places."),
        scopes, left_out=False,
    )  # fmt: skip


def _counted_units(inputs: Inputs, indicator: str, level: int) -> pd.DataFrame:
    if indicator.startswith("I6"):
        units = inputs.at_level(Level.VILLAGE)
        return units[~inputs.urban.reindex(units.index).astype(bool)]
    return inputs.at_level(level)


def _fully_served(inputs: Inputs, types: Sequence[str]) -> pd.Series[Any] | None:
    if not inputs.options.by_radius:
        return None
    share = inputs.served.get("+".join(sorted(types)))
    return None if share is None else share >= 1.0 - 1e-9
