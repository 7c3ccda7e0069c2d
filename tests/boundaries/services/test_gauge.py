"""Indicators while a planner drags, against the catalogue computed from nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from boundaries.services.coverage import LOWEST
from boundaries.services.edits import applied, checked
from boundaries.services.ground import Land
from boundaries.services.indicators.catalogue import INDICATORS, indicator
from boundaries.services.indicators.figures import figure
from boundaries.services.indicators.inputs import Inputs
from boundaries.services.indicators.options import Options
from boundaries.services.indicators.reaching import (
    anew,
    frames_of,
    reach_document,
    stands_on,
)
from boundaries.services.planning.field import Field
from boundaries.services.planning.gauge import STILL, Gauge, Sheet
from boundaries.services.planning.ground import Ground
from boundaries.services.words import FacilityType
from tests.boundaries.services import frames
from tests.boundaries.services.frames import SOUTH, STEP, WEST

if TYPE_CHECKING:
    from boundaries.services.situation import Situation

ROWS = (
    {"at": (0.0, 0.0), "type": "INST", "beds_total": 90, "beds_nursing": 30,
     "ownership": "private", "social_workers": 2},
    {"at": (5.0, 6.0), "type": "REG", "beds_total": 20, "beds_nursing": 20,
     "area_m2": 1200.0, "registered": True, "status": "planned"},
    {"at": (7.0, 1.0), "type": "DAY", "radius_m": 300, "area_m2": 300.0,
     "division": "990101002001", "medical_mode": "inside"},
    {"at": (2.0, 5.0), "type": "MED"},
    {"at": (6.0, 6.0), "type": "MEAL"},
)  # fmt: skip
MORE = ("beds_nursing", "ownership", "social_workers", "area_m2", "registered",
        "medical_mode", "functions", "opened_on", "closed_on", "level")  # fmt: skip


def town(**told: Any) -> Situation:
    place = frames.situation(urban_minutes=3, rural_minutes=3, **told)
    sites = frames.facilities(*ROWS)
    for name in MORE:
        sites[name] = [row.get(name) for row in ROWS]
    place.divisions["kind"] = [
        {3: "district", 4: "street", 5: "community"}[level]
        for level in place.divisions["level"]
    ]
    return place.with_facilities(sites, "start")


PLACE = town()


def inputs(**options: Any) -> Inputs:
    people = frames.population(
        **{code: {"aged_60": n, "households": n} for code, n in PEOPLE.items()}
    )
    return Inputs(
        PLACE.as_of, PLACE.divisions, PLACE.facilities, people,
        options=Options.of(options),
        standard={},
    )  # fmt: skip


PEOPLE = frames.EVERYBODY
FIELD = Field(PLACE)


def sheet(scope: str = "", **told: Any) -> Sheet:
    kept: dict[Any, Ground] = {}

    def asking(types: tuple[str, ...]) -> Ground:
        return kept.setdefault(types, Ground(FIELD, LOWEST, types))

    return Sheet(inputs().along(**told), PLACE, asking, scope)


SHEETS = {"": sheet(), "990101002": sheet("990101002")}


@st.composite
def edits(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Some edits of those that are there, and of two that are not."""
    found, added = [], set()
    for _ in range(draw(st.integers(0, 4))):
        name = draw(st.sampled_from(["F1", "F2", "F3", "F4", "F5", "N1", "N2"]))
        do = draw(st.sampled_from(["move", "close", "open", "resize"]))
        if name.startswith("N") and name not in added:
            do = "add"
            added.add(name)
        edit: dict[str, Any] = {"do": do, "facility": name}
        edit["beds"] = draw(st.integers(0, 50))
        if do == "add":
            edit["type"] = draw(st.sampled_from([kind.value for kind in FacilityType]))
        edit["lon"] = WEST + draw(st.floats(-1, 9)) * STEP
        edit["lat"] = SOUTH + draw(st.floats(-1, 9)) * STEP
        found.append(edit)
    return checked(found)


@pytest.mark.parametrize("scope", SHEETS)
@settings(max_examples=4, deadline=None,
          suppress_health_check=[HealthCheck.too_slow])  # fmt: skip
@given(st.lists(edits(), min_size=1, max_size=2))
def test_indicators_of_a_plan_are_those_computed_from_nothing(
    scope: str, asked: list[list[dict[str, Any]]]
) -> None:
    gauge = Gauge(SHEETS[scope])
    for some in asked:
        gauge.put(some)
        wanted = {row["id"]: row for row in anew(inputs(), PLACE, some, scope)}
        for row in gauge.rows():
            told = {"id": row["id"], **row["after"]}
            assert told == pytest.approx(wanted[row["id"]], abs=1e-3), row["id"]


@pytest.mark.parametrize("counted", ["communities", "street"])
def test_a_street_without_communities_is_in_every_indicator(counted: str) -> None:
    """Its people are counted by communities that no division holds, or as a whole."""
    east = "990101002"
    people = dict(frames.EVERYBODY)
    if counted == "street":
        people = {
            name: n for name, n in people.items() if not name.startswith(f"_{east}")
        }
        people[f"_{east}"] = 700
    table = frames.population(**people)
    divisions = frames.divisions(f"{east}001", f"{east}200")
    place = town(units=divisions, people=table)
    told = Inputs(place.as_of, place.divisions, place.facilities, table, standard={})
    found = told.along(**frames_of(reach_document(place, told.options)))
    whole = {
        name: figure(indicator(name), found, east).denominator
        for name in ("I9", "I11", "I12")
    }
    assert (whole["I9"], whole["I11"]) == pytest.approx((700, 700))
    assert whole["I12"] == pytest.approx(0.3078, abs=0.0005)
    assert figure(indicator("I11"), found).denominator == pytest.approx(1000)
    assert figure(indicator("I11"), found, east).numerator > 0
    rows = {row["id"]: row for row in anew(told, place, [], east)}
    ground = Field(place)
    gauge = Gauge(
        Sheet(told, place, lambda types: Ground(ground, LOWEST, types), east)
    )  # fmt: skip
    for row in gauge.rows():
        assert row["before"] == pytest.approx(
            {name: rows[row["id"]][name] for name in row["before"]}, abs=1e-3
        )


def test_every_indicator_that_a_facility_moves_is_told() -> None:
    told = {row["id"] for row in Gauge(SHEETS[""]).rows()}
    assert told == {item.id for item in INDICATORS} - STILL
    gauge = Gauge(SHEETS[""])
    gauge.put(checked([{"do": "close", "facility": "F1"}]))
    rows = {row["id"]: row for row in gauge.rows()}
    assert rows["I9"]["before"]["numerator"] == 90
    assert rows["I9"]["after"]["numerator"] == 0
    assert len(applied(PLACE, [])) == len(ROWS)


def test_ground_computed_before_is_not_computed_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refused(*_: Any) -> None:
        raise AssertionError("the areas of all facilities were united again")

    def ground(gauge: Gauge) -> dict[str, Any]:
        [row] = [row for row in gauge.rows() if row["id"] == "I12"]
        return row

    edits = checked([{"do": "close", "facility": "F1"}])
    anew = Gauge(SHEETS[""])
    anew.put(edits)
    document = reach_document(PLACE, inputs().options)
    told = {**frames_of(document), "stamp": {"reach": stands_on(document)}}
    known = sheet(**told)
    monkeypatch.setattr(Land, "served_m2", refused)
    gauge = Gauge(known)
    gauge.put(edits)
    assert ground(gauge)["after"]["value"] < ground(gauge)["before"]["value"]
    for when in ("before", "after"):
        assert ground(gauge)[when] == pytest.approx(ground(anew)[when], abs=1e-5)
    other = {**told, "stamp": {"reach": {"stamp": "of another day"}}}
    with pytest.raises(AssertionError, match="united again"):
        Gauge(sheet(**other))


def test_a_facility_without_a_floor_area_is_told_and_moves_no_share() -> None:
    gauge = Gauge(SHEETS[""])
    before = {row["id"]: row for row in gauge.rows()}["C3"]
    new = {"do": "add", "facility": "N1", "type": "REG", "beds": 5}
    gauge.put(checked([{**new, "lon": WEST + STEP, "lat": SOUTH + STEP}]))
    after = {row["id"]: row for row in gauge.rows()}["C3"]
    assert after["after"] == before["after"]
    missing = [
        sum(each["count"] for each in row["left_out"]) for row in (before, after)
    ]
    assert missing[1] == missing[0] + 1
    assert after["left_out"][0]["why"]["zh"] == "未填建筑面积，未计入"
