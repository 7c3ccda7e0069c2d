"""Indicators on frames: the vectors of J12 and A6, and what is left out of each."""

from __future__ import annotations

import time
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from boundaries.services.indicators import (
    INDICATORS,
    Figure,
    Inputs,
    Options,
    figure,
    indicator,
    table,
)
from boundaries.services.indicators.checks import facility_checks
from boundaries.services.indicators.figures import lacking, ratio
from boundaries.services.indicators.plan import BOX_1, starting_targets
from boundaries.services.indicators.standards import STANDARDS
from boundaries.services.indicators.targets import Comparator, Target, Verdict, chosen
from boundaries.services.indicators.templates import BUILT_IN, Template, fit
from boundaries.services.words import Function
from geodata.errors import InputError

CITY, NORTH, SOUTH = "120000", "120101", "120102"
S1, S2, S3, T1, T2 = (
    *("120101001", "120101002", "120101003"),
    *("120102100", "120102200"),
)
C1, C2, V1, V2 = "120101001001", "120101002001", "120102100201", "120102200201"

UNITS = [
    (CITY, "天津市", "municipality", 1, None),
    (NORTH, "和平区", "district", 3, CITY),
    (SOUTH, "河东区", "district", 3, CITY),
    (S1, "东风街道", "street", 4, NORTH),
    (S2, "南门街道", "street", 4, NORTH),
    (S3, "北站街道", "street", 4, NORTH),
    (T1, "西关镇", "town", 4, SOUTH),
    (T2, "北塘乡", "township", 4, SOUTH),
    (C1, "东风社区", "community", 5, S1),
    (C2, "南门社区", "community", 5, S2),
    (V1, "西关村", "village", 5, T1),
    (V2, "北塘村", "village", 5, T2),
]
PEOPLE = {C1: (900, 500), C2: (1500, 600), V1: (300, 200), V2: (1300, 700)}


def units(*more: tuple[Any, ...]) -> pd.DataFrame:
    """Return the divisions of a small city."""
    rows = pd.DataFrame(
        [*UNITS, *more], columns=["code", "name", "kind", "level", "parent"]
    )
    return rows.set_index("code")


def facilities(*rows: dict[str, Any]) -> pd.DataFrame:
    """Return facilities, numbered, in operation unless said otherwise."""
    made = [
        {"facility": f"F{n}", "name": f"设施{n}", "status": "operating", **row}
        for n, row in enumerate(rows, 1)
    ]
    frame = pd.DataFrame(made or [{"facility": "F0", "name": "", "type": "OTHER"}])
    return frame.set_index("facility")


def inputs(*rows: dict[str, Any], **more: Any) -> Inputs:
    """Return a computation's inputs for 2025-12-31."""
    people = pd.DataFrame.from_dict(
        PEOPLE, orient="index", columns=["aged_60", "households"]
    )
    given = {"units": units(), "population": people, **more}
    standard = STANDARDS["gb50437"].numbers
    return Inputs(
        "2025-12-31", facilities=facilities(*rows), standard=standard, **given
    )


def value(name: str, found: Inputs, scope: str | None = None) -> float | None:
    """Return the value of an indicator."""
    return figure(indicator(name), found, scope).value


def of(division: str, kind: str, **more: Any) -> dict[str, Any]:
    """Return a facility of a type in a division."""
    return {"division": division, "type": kind, **more}


COVERED = [of(code, "REG", area_m2=1200.0) for code in (S1, S2, T1)]


def test_j12_streets_and_towns_are_kept_apart() -> None:
    found = inputs(*COVERED)
    assert value("I2", found) == 60.0
    assert round(value("I2a", found) or 0, 2) == 66.67
    assert value("I2b", found) == 50.0


def test_j12_a_share_of_districts_and_the_minimum_income() -> None:
    assert ratio(12, 16, 100) == 75.0
    assert round(ratio(1010 * 12, 31854, 100) or 0, 2) == 38.05
    rows = [(f"1201{n:02d}", f"第{n}区", "district", 3, CITY) for n in range(10, 24)]
    sixteen = units(*rows)
    assert (sixteen["level"] == 3).sum() == 16
    having = [of(code, "CMD") for code in sixteen.index[sixteen["level"] == 3][:12]]
    assert value("I7a", inputs(*having, units=sixteen)) == 75.0


def test_a6_the_numbers_of_the_seeds() -> None:
    homes = [
        of(S1, "INST", beds_total=663, beds_nursing=163),
        of(S2, "INST", beds_total=337, beds_nursing=174),
    ]
    assert value("I1", inputs(*homes)) == pytest.approx(33.7)
    target = Target("I1", 2025, Comparator.AT_LEAST, 60.0, baseline_value=33.7)
    assert target.verdict(33.7) is Verdict.MISSED
    assert target.verdict(60.0) is Verdict.REACHED
    private = [of(S1, "INST", ownership="private")] * 17
    assert value("I13", inputs(*private, *[of(S1, "INST")] * 3)) == 85.0
    by_name = {(row["indicator"], row["year"]): row for row in starting_targets()}
    assert by_name["I2b", 2022]["value"] == 40
    assert [by_name["I3u", year]["value"] for year in (2022, 2025)] == [90, 100]
    assert by_name["I3r", 2025]["value"] == 70
    assert by_name["I4", 2022]["value"] == 60


def test_box_1_has_sixteen_with_sentences_comparators_and_unknown_baselines() -> None:
    rows = {row["indicator"]: row for row in starting_targets()}
    assert len(BOX_1) == 16
    assert rows["B07"]["comparator"] == "text"
    assert "全覆盖" in rows["B07"]["text"]
    assert rows["B12"]["baseline_value"] is None
    assert (rows["B15"]["comparator"], rows["B15"]["value"]) == (">", 1500)
    assert rows["B15"]["baseline_text"] == ">1500"
    assert sum(row.attribute == "binding" for row in BOX_1) == 5
    assert {row.id: row.formula for row in BOX_1 if row.formula} == {
        "B03": "I10", "B09": "I1", "B10": "I2",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("cell", "read"),
    [
        ("≥30", (Comparator.AT_LEAST, 30.0, "")),
        (">=30%", (Comparator.AT_LEAST, 30.0, "")),
        ("＞1500", (Comparator.ABOVE, 1500.0, "")),
        ("≤ 5", (Comparator.AT_MOST, 5.0, "")),
        (60, (Comparator.EQUAL, 60.0, "")),
        ("1,500", (Comparator.EQUAL, 1500.0, "")),
        ("—", (Comparator.EQUAL, None, "")),
        (None, (Comparator.EQUAL, None, "")),
        ("全覆盖", (Comparator.TEXT, None, "全覆盖")),
        ("≥三十", (Comparator.TEXT, None, "≥三十")),
    ],
)
def test_a_cell_of_a_plan(cell: Any, read: Any) -> None:
    assert Comparator.read(cell) == read


@pytest.mark.parametrize(
    ("sign", "reached", "missed"),
    [("=", 100.0, 99.9), ("≥", 30.0, 29.99), (">", 30.01, 30.0), ("≤", 5.0, 5.01)],
)
def test_comparators(sign: str, reached: float, missed: float) -> None:
    limit = {"=": 100.0, "≥": 30.0, ">": 30.0, "≤": 5.0}[sign]
    target = Target("I1", 2025, Comparator(sign), limit)
    assert target.verdict(reached) is Verdict.REACHED
    assert target.verdict(missed) is Verdict.MISSED
    assert target.verdict(None) is Verdict.NO_VALUE


def test_the_target_that_holds_is_the_nearest_units_next_year() -> None:
    def target(year: int, scope: str = "", value: float | None = 1.0) -> Target:
        return Target("I3u", year, Comparator.EQUAL, value, scope=scope)

    plan = [target(2022), target(2025), target(2025, CITY), target(2025, "130000")]
    assert chosen(plan, "I3u", [NORTH, CITY], 2023) == target(2025, CITY)
    assert chosen(plan, "I3u", [SOUTH], 2021) == target(2022)
    assert chosen(plan, "I3u", [SOUTH], 2023) == target(2025)
    assert chosen(plan, "I3u", [], 2030) == target(2025)
    assert chosen(plan, "I4", [], 2030) is None
    assert target(2025, value=None).verdict(3.0) is Verdict.NO_TARGET


def test_no_denominator_is_no_value_and_not_nought() -> None:
    found = inputs()
    for row in INDICATORS:
        made = figure(row, found, S1)
        assert (made.value is None) == (made.denominator == 0), row.id
    assert value("I1", found) is None
    assert value("I2a", found, T1) is None
    bare = inputs(units=units().iloc[:0], population=pd.DataFrame())
    assert [figure(row, bare).value for row in INDICATORS] == [None] * len(INDICATORS)


def test_what_is_comprehensive_is_a_choice() -> None:
    all_eight = [word.value for word in Function]
    rows = [
        of(S1, "REG", area_m2=1200.0, comprehensive=True, functions=all_eight),
        of(S2, "REG", area_m2=999.0, comprehensive=True, functions=all_eight[:7]),
        of(S3, "REG", area_m2=None, comprehensive=False, functions=None),
    ]

    def streets(*tests: str) -> Figure:
        options = Options.of({"comprehensive": tests})
        return figure(indicator("I2a"), inputs(*rows, options=options))

    assert [streets(*t).numerator for t in (("area",), ("flag",), ("functions",))] == [
        *(1, 2, 1)
    ]
    assert streets("flag", "area").numerator == 1
    assert streets().numerator == 3
    (unsaid,) = streets("area").omitted
    assert unsaid.keys == ("F3",)


def test_only_operating_facilities_of_that_day_count() -> None:
    rows = [
        of(S1, "REG", area_m2=2000.0, status="building"),
        of(S2, "REG", area_m2=2000.0, opened_on="2026-03-01"),
        of(S3, "REG", area_m2=2000.0, closed_on="2025-06-30"),
        of(T1, "REG", area_m2=2000.0, opened_on="2019", closed_on="2026-01-01"),
    ]
    made = figure(indicator("I2"), inputs(*rows))
    assert list(made.members.query("numerator > 0")["member"]) == [T1]


def test_day_care_of_urban_and_rural_communities_apart() -> None:
    rows = [of(C1, "DAY"), of(V1, "HAPPY"), of(C2, "HAPPY")]
    found = inputs(*rows)
    assert value("I3u", found) == 50.0
    assert value("I3r", found) == 50.0
    people = found.population.assign(settlement=["111", "112", "121", None])
    found = inputs(*rows, population=people)
    assert found.urban.to_dict() == {C1: True, C2: True, V1: True, V2: False}
    assert value("I3r", found) == 0.0


def test_a_community_wholly_within_reach_counts_as_served_where_chosen() -> None:
    served = {"COM+DAY+REG": pd.Series({C1: 0.4, C2: 1.0})}
    assert value("I3u", inputs(served=served)) == 50.0
    off = inputs(served=served, options=Options(by_radius=False))
    assert value("I3u", off) == 0.0
    words = [figure(indicator("I3u"), each).base.zh for each in (inputs(), off)]
    assert not any("服务圈" in each for each in words)
    assert "服务圈" in figure(indicator("I3u"), inputs(served=served)).base.zh


def test_beds_per_thousand_name_their_base() -> None:
    rows = [of(S1, "INST", beds_total=96), of(C2, "HOMEBED", home_beds=50)]
    made = figure(indicator("I9"), inputs(*rows))
    assert made.value == pytest.approx(96 / 4000 * 1000)
    assert "60岁及以上" in made.base.zh
    assert "家庭" not in made.base.zh
    both = Options.of({"beds": ["beds_total", "home_beds"]})
    made = figure(indicator("I9"), inputs(*rows, options=both))
    assert made.numerator == 146
    assert "家庭养老床位" in made.base.zh


def test_beds_that_cannot_be_are_left_out_and_named() -> None:
    rows = [
        of(S1, "INST", beds_total=100, beds_nursing=40),
        of(S2, "INST", beds_total=50, beds_nursing=60),
        of(S3, "INST", beds_total=80),
    ]
    made = figure(indicator("I1"), inputs(*rows))
    assert made.value == 40.0
    assert {item.kind: item.keys for item in made.omitted} == {
        "beds_missing": ("F3",), "beds_odd": ("F2",),
    }  # fmt: skip


def test_population_is_not_counted_twice_and_gaps_are_named() -> None:
    people = pd.DataFrame(
        {"aged_60": {C1: 900, S1: 5000, S2: 1500, T1: 300}, "households": 1}
    )
    found = inputs(population=people)
    assert found.elderly[S1] == 900
    assert found.elderly[NORTH] == 2400
    made = figure(indicator("I9"), found)
    (gap,) = [item for item in made.omitted if item.kind == "population_missing"]
    assert gap.keys == (S3, V2)


def test_communities_of_a_street_without_any_count_for_it() -> None:
    below, gone = f"{S3}001", "990101001001"
    people = pd.DataFrame(
        {"aged_60": {C1: 900, C2: 600, S3: 50, below: 70, f"{S3}002": 30, gone: 8},
         "places": {C1: [[117.2, 39.1, 900]]}}
    )  # fmt: skip
    found = inputs(of(S3, "INST", beds_total=4), population=people)
    assert found.elderly[S3] == 100  # theirs, not the street's own row
    assert found.elderly[CITY] == 1600
    made = figure(indicator("I9"), found)
    assert made.value == 2.5
    (left,) = [item for item in made.omitted if item.kind == "unknown_unit"]
    assert (left.keys, left.people) == ((gone,), 8)


def test_a_facility_of_a_division_abolished_is_placed_by_its_point() -> None:
    drawn = units()
    boxes = [
        shapely.box(n, 0, n + 1, 1) if level == 4 else None
        for n, level in enumerate(drawn["level"])
    ]
    frame = gpd.GeoDataFrame(drawn, geometry=boxes)
    rows = facilities(
        of("120101", "REG", area_m2=1e4), of("130202009", "REG"), of("999", "REG"),
        of(C2, "DAY"),
    )  # fmt: skip
    points = [(3.5, 0.5), (6.5, 0.5), (90, 45), (3.5, 0.5)]
    spots = gpd.GeoDataFrame(rows, geometry=[shapely.Point(p) for p in points])
    found = Inputs("2025-12-31", frame, spots)
    assert list(found.place) == [S1, T1, None, C2]
    made = figure(indicator("I2"), found)
    assert [item.keys for item in made.omitted if item.kind == "outside"] == [("F3",)]


def test_units_lacking_come_by_how_many_elderly_live_there() -> None:
    found = inputs(of(V1, "DAY"))
    gaps = lacking(indicator("I7c").members(found), found)
    assert list(gaps["member"]) == [C2, V2, C1]
    assert list(gaps["elderly"]) == [1500, 1300, 900]
    assert list(lacking(indicator("I7c").members(found), found, SOUTH)["member"]) == [
        V2
    ]


def test_a_table_of_districts_adds_up_to_the_city() -> None:
    found = inputs(*COVERED)
    by_district = table(indicator("I2"), found, 3)
    whole = figure(indicator("I2"), found)
    assert by_district["numerator"].sum() == whole.numerator
    assert by_district["denominator"].sum() == whole.denominator
    assert round(by_district.loc[NORTH, "value"], 2) == 66.67
    assert by_district.loc[SOUTH, "elderly"] == 1600
    assert table(indicator("I2"), found, 5)["value"].isna().all()


def test_reported_counts_give_way_to_those_below() -> None:
    reported = pd.DataFrame(
        {
            "indicator": ["I6a", "I6a", "I6b"],
            "scope": [SOUTH, T1, SOUTH],
            "numerator": [2.0, 1.0, 2.0],
            "denominator": [None, None, None],
        }
    )
    found = inputs(reported=reported)
    assert value("I6a", found) == 50.0
    assert value("I6b", found) == 100.0
    (item,) = figure(indicator("I6a"), found).omitted
    assert item.keys == (SOUTH,)


def test_more_villages_reported_than_there_are_is_a_fault_that_is_told() -> None:
    """A share of villages is no more than 100 %, whatever was entered."""
    entry = {"indicator": "I6a", "scope": T1, "numerator": 7.0, "denominator": None}
    found = inputs(reported=pd.DataFrame([entry]))
    made = figure(indicator("I6a"), found)
    assert made.value is not None
    assert made.value <= 100.0
    told = {each.kind: each for each in made.omitted}["reported_more"]
    assert told.keys == (T1,)
    assert "7 / 1" in told.why.en
    assert not told.left_out
    fair = inputs(reported=pd.DataFrame([{**entry, "numerator": 1.0}]))
    assert value("I6a", fair) == made.value
    assert figure(indicator("I6a"), fair).omitted == ()


def test_what_all_villages_of_a_province_report_is_not_compared_pair_by_pair() -> None:
    names = [f"120101{street:03d}{number:03d}" for street in range(1, 16)
             for number in range(200, 400)]  # fmt: skip
    units = pd.DataFrame(
        {"name": names, "kind": "village", "level": 5, "parent": None}, index=names
    )
    reported = pd.DataFrame(
        {"indicator": "I6a", "scope": names, "numerator": 1.0, "denominator": None}
    )
    nothing = pd.DataFrame({"division": [], "type": []}, dtype=object)
    found = Inputs("2026-01-01", units, nothing, reported=reported)
    began = time.process_time()
    assert value("I6a", found) == 100.0
    assert time.process_time() - began < 10  # pair by pair it takes minutes


def test_new_areas_owe_what_the_standard_says_unless_stated() -> None:
    synced = dict.fromkeys(
        ("planned_sync", "built_sync", "accepted_sync", "handed_sync"), True
    )
    owing = {"division": C1, "households": 1000, **synced}
    areas = pd.DataFrame(
        [
            {"name": "甲园", "built_m2": 200, **owing},
            {"name": "乙园", "built_m2": 199, **owing},
            {"name": "丙园", "division": C2, "required_m2": 50, "built_m2": 60},
            {"name": "丁园", "division": C2, "built_m2": 60},
        ]
    )  # fmt: skip
    made = figure(indicator("I8"), inputs(areas=areas))
    assert (made.numerator, made.denominator) == (1, 3)
    gaps = lacking(indicator("I8").members(inputs(areas=areas)), inputs(areas=areas))
    assert set(gaps["why"]) == {"too_little_built", "not_synchronous"}
    assert made.omitted[0].count == 1


def test_a_home_for_people_in_need_in_every_farming_district() -> None:
    found = inputs(of(V1, "INST-TK"))
    assert value("C1", found) == 100.0
    named = Options.of({"farming": f"{NORTH},{SOUTH}"})
    assert value("C1", inputs(of(V1, "INST-TK"), options=named)) == 50.0


def test_medical_sites_near_by_the_distance_chosen() -> None:
    rows = [
        of(C1, "DAY"), of(C2, "DAY"), of(C2, "COM", medical_mode="inside"),
        of(C1, "MED"),
    ]  # fmt: skip
    frame = facilities(*rows)
    points = [(117.0, 39.0), (117.0, 39.006), (117.3, 39.3), (117.0, 39.001)]
    spots = gpd.GeoDataFrame(frame, geometry=[shapely.Point(p) for p in points])
    people = inputs().population
    found = Inputs("2025-12-31", units(), spots, people)
    assert round(value("C2", found) or 0, 1) == 66.7
    far = found.along(options=Options(medical_m=600.0))
    assert value("C2", far) == 100.0
    checks = facility_checks(found)
    (row,) = checks[checks["check"] == "medical"].itertuples()
    assert row.facility == "F2"
    assert row.value == pytest.approx(555, abs=1)


def test_a_thousand_square_metres_and_the_standard() -> None:
    rows = [
        of(S1, "REG", area_m2=800.0), of(S2, "REG", area_m2=1000.0),
        of(S3, "INST", beds_total=15, area_m2=300.0),
    ]  # fmt: skip
    found = inputs(*rows)
    assert value("C3", found) == 50.0
    checks = facility_checks(found)
    assert set(zip(checks["facility"], checks["check"], strict=True)) >= {
        ("F1", "area"), ("F3", "beds"), ("F3", "m2_per_bed"),
    }  # fmt: skip


def test_what_is_not_stated_is_neither_met_nor_missed_but_told() -> None:
    """A facility added without a floor area took C3 from 95 to 86 per cent."""
    rows = [of(S1, "REG", area_m2=1200.0), of(S2, "REG", area_m2=None)]
    made = figure(indicator("C3"), inputs(*rows))
    assert (made.numerator, made.denominator, made.value) == (1, 1, 100.0)
    (unsaid,) = made.omitted
    assert (unsaid.kind, unsaid.keys, unsaid.left_out) == (
        "area_missing",
        ("F2",),
        True,
    )
    checks = facility_checks(inputs(*rows))
    assert "area" not in set(checks["check"])

    frame = facilities(of(C1, "DAY"), of(C2, "DAY"), of(C1, "MED"))
    points = [shapely.Point(117.0, 39.0), None, shapely.Point(117.0, 39.001)]
    spots = gpd.GeoDataFrame(frame, geometry=points)
    found = Inputs("2025-12-31", units(), spots, inputs().population)
    near = figure(indicator("C2"), found)
    assert (near.numerator, near.denominator) == (1, 1)
    assert [(each.kind, each.keys) for each in near.omitted] == [
        ("place_missing", ("F2",))
    ]
    assert "medical" not in set(facility_checks(found)["check"])


def test_a_new_area_of_which_nobody_said_what_was_built_is_told() -> None:
    areas = pd.DataFrame(
        [{"name": "甲园", "division": C1, "required_m2": 40.0, "built_m2": None}]
    )
    made = figure(indicator("I8"), inputs(areas=areas))
    assert made.denominator == 0
    assert made.omitted[0].count == 1


def test_one_home_one_centre_many_stations() -> None:
    whole = [of(S1, kind) for kind in ("INST", "DAY", "STATION", "STATION")]
    partly = [of(S2, kind) for kind in ("INST", "DAY", "STATION")]
    found = inputs(*whole, *partly)
    assert value("I16", found) == 20.0
    made = fit(BUILT_IN["home_centre_stations"], found)
    gaps = made.gaps
    assert gaps.iloc[0]["code"] == S2
    assert (gaps.iloc[0]["count"], gaps.iloc[0]["wanted"]) == (1, 2)
    assert [row["whole"] for row in made.shares()] == [2, 2, 1]
    one = Template.of(
        {"id": "home_centre_stations", "name": "一站即可",
         "parts": [{"role": "站", "level": 4, "types": ["STATION"]}]}
    )  # fmt: skip
    assert value("I16", inputs(*whole, *partly, templates={one.id: one})) == 40.0


def test_one_three_n_asks_the_city_and_its_districts() -> None:
    rows = [of(NORTH, "CMD", level=1), of(NORTH, "CMD", level=3), of(S1, "STATION")]
    made = fit(BUILT_IN["one_three_n"], inputs(*rows)).shares()
    assert [(row["whole"], row["units"]) for row in made] == [(0, 1), (1, 2), (1, 5)]
    rows[0]["level"] = 2
    assert fit(BUILT_IN["one_three_n"], inputs(*rows)).shares()[0]["whole"] == 1


@pytest.mark.parametrize(
    "part",
    [
        {"role": "站", "level": 9, "types": ["STATION"]},
        {"role": "站", "level": 4, "types": ["车站"]},
        {"role": "站", "level": 4, "types": []},
        {"role": "站", "level": 4, "types": ["STATION"], "at_least": "两"},
        {"level": 4, "types": ["STATION"]},
    ],
)
def test_a_template_that_says_nothing_usable_names_its_part(part: Any) -> None:
    good = {"role": "院", "level": 4, "types": ["INST"]}
    with pytest.raises(InputError, match="Part 2"):
        Template.of({"name": "试", "parts": [good, part]})


@pytest.mark.parametrize(
    "given",
    [{"elderly": "aged_70"}, {"medical_m": "近"}, {"nothing": 1}, {"beds": "beds"}],
)
def test_an_option_that_is_none_is_refused(given: Any) -> None:
    with pytest.raises(InputError):
        Options.of(given)
