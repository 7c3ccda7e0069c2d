"""What a plan says while facilities change, against coverage computed from nothing."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from boundaries.services.coverage import coverage
from boundaries.services.edits import MOST_EDITS, applied, checked
from boundaries.services.planning.field import Field
from boundaries.services.planning.ground import Ground
from boundaries.services.planning.plan import Plan
from boundaries.services.room import room
from boundaries.services.scenarios import scope_of
from geodata.errors import InputError
from tests.boundaries.services.frames import SOUTH, STEP, WEST, situation

ROWS = (
    {"at": (0.0, 0.0), "beds_total": 9},
    {"at": (5.0, 6.0), "status": "planned", "beds_total": 30},
    {"at": (7.0, 1.0), "radius_m": 300, "beds_total": 12, "division": "990101002001"},
)
FIGURES = ("people", "reached", "unreached", "share", "circle", "circle_share",
           "minutes", "facilities")  # fmt: skip
ROOM = ("need", "roomed", "unroomed", "roomed_share", "per_thousand")
KINDS = {
    "walk": Ground.of(situation(*ROWS, urban_minutes=4, rural_minutes=6), "community"),
    "ride": Ground.of(
        situation(*ROWS, urban_minutes=4, rural_minutes=1, rural_mode="vehicle"),
        "community",
    ),
    "circle": Ground.of(situation(*ROWS, network=None, urban_minutes=4), "community"),
}


def degrees(x, y):
    return {"lon": WEST + x * STEP, "lat": SOUTH + y * STEP}


@st.composite
def edits(draw):
    """Some edits of the three that are there and of two that are not."""
    found = []
    added: set[str] = set()
    for _ in range(draw(st.integers(0, 6))):
        name = draw(st.sampled_from(["F1", "F2", "F3", "N1", "N2"]))
        do = draw(st.sampled_from(["move", "close", "open", "resize"]))
        if name.startswith("N") and name not in added:
            do = "add"
            added.add(name)
        edit = {"do": do, "facility": name, "beds": draw(st.integers(0, 50))}
        if do == "add":
            edit["type"] = draw(st.sampled_from(["DAY", "MED"]))
        place = degrees(draw(st.floats(-1, 9)), draw(st.floats(-1, 9)))
        found.append(edit | place)
    return checked(found)


@pytest.mark.parametrize("kind", KINDS)
@settings(max_examples=12, deadline=None)
@given(st.lists(edits(), min_size=1, max_size=3))
def test_a_plan_is_what_coverage_computes_from_nothing(kind, asked):
    ground = KINDS[kind]
    plan = Plan(ground)
    for some in asked:
        plan.put(some)
        place = ground.situation
        after = place.with_facilities(applied(place, some), "plan")
        wanted = coverage(after, level="community").to_dict()
        answer = plan.whole()
        for unit, mine in zip(wanted["units"], answer["all_units"], strict=True):
            told = {name: mine[name] for name in FIGURES}
            assert told == pytest.approx({name: unit[name] for name in FIGURES})
        for name in ("facilities", "facilities_elsewhere"):
            assert answer["total"]["after"][name] == wanted["total"][name]
        if place.network is not None:
            same_room(answer, room(after, level="community").to_dict())
        total = answer["total"]["after"]
        assert total["circle"] == pytest.approx(wanted["total"]["circle"])
        changed = {unit["code"] for unit in answer["units"]}
        for unit, mine in zip(plan.base.rows(), answer["all_units"], strict=True):
            same = all(unit[name] == mine[name] for name in unit)
            assert same == (mine["code"] not in changed)


def same_room(answer, wanted):
    for unit, mine in zip(wanted["units"], answer["all_units"], strict=True):
        told = {name: mine[name] for name in ROOM}
        assert told == pytest.approx({name: unit[name] for name in ROOM}, abs=2e-3)
    total, mine = wanted["total"], answer["total"]["after"]
    told = {name: mine[name] for name in ROOM}
    assert told == pytest.approx({name: total[name] for name in ROOM}, abs=2e-3)


def test_gained_and_lost_people_are_named():
    plan = Plan(KINDS["walk"])
    plan.put(checked([{"do": "close", "facility": "F1"}]))
    gone = plan.answer()
    assert gone["lost"]["people"] > 0
    assert gone["gained"]["people"] == 0
    plan.put(checked([{"do": "add", "facility": "N", "type": "DAY", **degrees(0, 0)}]))
    answer = plan.answer()
    assert answer["total"]["after"]["facilities"] == 3  # F1 names no unit
    assert answer["lost"]["people"] == 0
    plan.put([])
    assert plan.answer()["units"] == []
    assert plan.answer()["facilities"] == []


def test_beds_change_only_where_they_are_said():
    plan = Plan(KINDS["walk"])
    plan.put(checked([{"do": "resize", "facility": "F3", "beds": 40}]))
    total = plan.answer()["total"]
    assert (total["before"]["beds"], total["after"]["beds"]) == (12, 40)
    assert total["after"]["beds_per_thousand"] == 40


def test_a_facility_that_moves_concerns_both_divisions():
    """Who may approve is asked of the one it leaves, too."""
    home = {"at": (0, 0), "division": "990101002001"}
    plan = Plan(Ground.of(situation(home), "community"))
    to = degrees(1, 1)
    moved = {"do": "move", "facility": "F1", **to}
    plan.put(checked([moved, {"do": "add", "facility": "N", "type": "DAY", **to}]))
    answer = plan.answer()
    assert [row["was_in"] for row in answer["facilities"]] == ["990101002001", None]
    assert scope_of(answer) == ["990101001001", "990101002001"]


def test_a_facility_that_names_no_division_concerns_the_one_it_lies_in():
    """Else closing or moving it would be nobody's, and anybody could approve it."""
    plan = Plan(Ground.of(situation({"at": (0, 0), "division": None}), "community"))
    plan.put(checked([{"do": "close", "facility": "F1"}]))
    [home] = scope_of(plan.answer())
    plan.put(checked([{"do": "move", "facility": "F1", **degrees(7, 1)}]))
    assert plan.answer()["facilities"][0]["was_in"] == home
    assert len(scope_of(plan.answer())) == 2


def test_plans_of_one_ground_are_apart():
    one, other = Plan(KINDS["walk"]), Plan(KINDS["walk"])
    one.put(checked([{"do": "close", "facility": "F1"}]))
    assert other.answer()["units"] == []


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        ({"do": "burn", "facility": "F1"}, "do is not"),
        ({"do": "close", "facility": " "}, "facility is not"),
        ({"do": "move", "facility": "F1", "lon": 116}, "lat is not"),
        ({"do": "move", "facility": "F1", "lon": 116, "lat": "nan"}, "lat is not"),
        ({"do": "resize", "facility": "F1", "beds": -1}, "beds is not"),
        ({"do": "add", "facility": "N", "lon": 1, "lat": 1, "type": "CAFE"}, "type is"),
    ],
)
def test_a_wrong_edit_is_named(edit, words):
    with pytest.raises(InputError, match=words):
        checked([edit])


def test_edits_of_what_is_not_there_are_refused():
    plan = Plan(KINDS["walk"])
    with pytest.raises(InputError, match="no such facilities"):
        plan.put(checked([{"do": "close", "facility": "F9"}]))
    taken = {"do": "add", "facility": "F1", "type": "DAY", **degrees(0, 0)}
    with pytest.raises(InputError, match="are taken"):
        plan.put(checked([taken]))
    with pytest.raises(InputError, match="2000 edits"):
        checked([{"do": "close", "facility": "F1"}] * (MOST_EDITS + 1))


def test_dots_add_up_to_everybody_however_many_points_there_are(monkeypatch):
    ground = KINDS["walk"]
    everybody = np.ones(len(ground.weight), bool)
    each = ground.field.gathered(everybody)
    monkeypatch.setattr("boundaries.services.planning.field.MOST_PLACES", 20)
    few = Field(ground.situation).gathered(everybody)
    assert each["people"] == few["people"] == pytest.approx(1000)
    assert each["points"] == few["points"] == len(ground.weight)
    assert 1 < len(few["places"]) <= 20
    total = sum(people for _, _, people in few["places"])
    assert total == pytest.approx(1000, abs=1)
    left, low = ground.situation.people.lonlat.min(axis=0)
    right, high = ground.situation.people.lonlat.max(axis=0)
    for lon, lat, _ in few["places"]:
        assert left - 1e-6 <= lon <= right + 1e-6
        assert low - 1e-6 <= lat <= high + 1e-6
