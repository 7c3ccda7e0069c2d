"""Who is reached, by unit and by date, and what every figure says it left out."""

from __future__ import annotations

import json

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import dijkstra

from boundaries.services.coverage import coverage
from boundaries.services.edits import applied, checked
from geodata.errors import InputError
from tests.boundaries.services.frames import (
    EVERYBODY,
    SOUTH,
    STEP,
    WEST,
    divisions,
    population,
    situation,
)
from tests.support.workers import Here

CORNER = (0.0, 0.0)


def test_everybody_is_counted_once_at_every_level() -> None:
    town = situation(CORNER)
    for level, units in (("district", 1), ("street", 2), ("community", 4)):
        found = coverage(town, level=level)
        assert len(found.units) == units
        assert found.total["people"] == pytest.approx(1000)
        assert (
            found.units["reached"] + found.units["unreached"]
        ).to_numpy() == pytest.approx(found.units["people"].to_numpy())


def test_who_lives_in_no_unit_of_a_level_is_said_beside_its_figures() -> None:
    """The town has no cities: their figures would say that nobody lives here."""
    town = situation(CORNER)
    found = coverage(town, level="city")
    assert (len(found.units), found.total["people"]) == (0, 0)
    [lost] = [each for each in found.omitted if each.kind == "no_unit"]
    assert (lost.count, lost.people) == (4, pytest.approx(1000))
    assert "prefecture" in lost.why.en
    part = coverage(town, level="city", within="990101001")
    [lost] = [each for each in part.omitted if each.kind == "no_unit"]
    assert lost.people == pytest.approx(300)
    for level in ("district", "community"):
        told = coverage(town, level=level).omitted
        assert "no_unit" not in {each.kind for each in told}


@pytest.mark.parametrize(
    ("said", "serves"),
    [({}, True), ({"opened_on": "2026-01-01"}, True), ({"opened_on": "2025"}, True),
     ({"opened_on": "2026-03"}, False), ({"closed_on": "2025-12-31"}, False),
     ({"closed_on": "2026-06-30"}, True)],
)  # fmt: skip
def test_who_is_not_open_that_day_serves_nobody(said: dict, serves: bool) -> None:
    town = situation(CORNER)
    town.facilities["opened_on"] = said.get("opened_on")
    town.facilities["closed_on"] = said.get("closed_on")
    assert bool(len(town.serving())) == serves
    assert (coverage(town).total["reached"] > 0) == serves
    opened = applied(town, checked([{"do": "open", "facility": "F1"}]))
    assert len(town.with_facilities(opened, "plan").serving()) == 1


def test_a_sum_above_that_says_no_total_differs_from_nothing() -> None:
    said = {**EVERYBODY, "_990101001": {"total": 3100},
            "_990101002": {"aged_60": 701, "total": 7000}}  # fmt: skip
    found = situation(CORNER, people=population(**said))
    [differs] = [each for each in found.people.omitted if "990101002" in each.keys]
    assert "990101001" not in differs.keys
    assert coverage(found).total["people"] == pytest.approx(1000)


def test_a_circle_counts_people_whom_no_street_reaches_in_time() -> None:
    """Blocks of about 100 m, 5 minutes at 1 m/s: 300 m, straight and along streets."""
    found = coverage(
        situation(CORNER, urban_minutes=5, rural_minutes=5), level="community"
    )
    first = found.units.loc["990101001001"]
    assert 0 < first["reached"] < first["circle"]
    assert first["difference"] == pytest.approx(first["circle"] - first["reached"])
    assert first["circle_only"] >= first["difference"] - 1e-9
    assert first["corrected"] < first["circle"]
    assert found.units.loc["990101002200", "reached"] == 0
    assert found.lacking().index[0] == "990101002200"


def test_rural_people_may_take_longer() -> None:
    """The far village lies beyond 10 urban minutes and within 30 rural ones."""
    town = situation(CORNER, urban_minutes=10, rural_minutes=30)
    units = coverage(town, level="community").units
    assert units.loc["990101002200", "share"] == pytest.approx(100)
    assert units.loc["990101002001", "share"] < 100


def test_by_vehicle_the_village_is_near() -> None:
    walked = situation(CORNER, rural_minutes=2, urban_minutes=2)
    ridden = situation(CORNER, rural_minutes=2, urban_minutes=2, rural_mode="vehicle")
    village = "990101002200"
    before = coverage(walked, level="community").units
    after = coverage(ridden, level="community").units
    assert before.loc[village, "reached"] == 0
    assert after.loc[village, "reached"] > 0
    urban = [code for code in before.index if code != village]
    assert after.loc[urban, "reached"].tolist() == before.loc[urban, "reached"].tolist()


def test_between_door_and_street_everybody_walks() -> None:
    """Half a block from the street: so long on foot, however fast one rides on."""
    cell = [WEST + 6.5 * STEP, SOUTH + 6.5 * STEP, 80, 8]
    people = population(_990101002200={"aged_60": 8, "total": 80, "places": [cell]})
    ride = situation(
        (7.0, 7.0), people=people, rural_mode="vehicle", rural_kmh=36.0
    )  # fmt: skip
    found = coverage(ride, level="community").reach
    assert found.seconds is not None
    assert ride.ride_spots is not None
    gap = float(ride.ride_spots.snap_m[0])
    assert gap > 30
    street = float(found.seconds[0]) - gap / ride.profile.speed_mps
    assert 0 < street < 25  # some hundred metres at ten a second


def test_a_facility_beyond_the_border_serves_by_distance() -> None:
    east = situation({"at": (4.0, 3.0), "division": "990101002001"})
    found = coverage(east, level="street", within="990101001")
    assert list(found.units.index) == ["990101001"]
    assert found.units["reached"].iloc[0] > 0
    assert found.units["facilities"].iloc[0] == 0


def test_only_operating_facilities_of_the_types_asked_for() -> None:
    town = situation(
        {"at": CORNER, "status": "planned"},
        {"at": (7.0, 7.0), "type": "MEAL"},
        {"at": (7.0, 0.0), "status": None},
    )
    assert town.serving().tolist() == [1, 2]
    assert coverage(town, types=["MEAL"]).reach.rows.tolist() == [1]
    with pytest.raises(InputError, match="no type"):
        coverage(town, types=["CAFE"])
    with pytest.raises(InputError, match="no level"):
        coverage(town, level="planet")


def test_a_facility_may_have_a_radius_of_its_own() -> None:
    usual = coverage(situation(CORNER), level="district").total
    near = coverage(situation({"at": CORNER, "radius_m": 200}), level="district").total
    assert 0 < near["reached"] < usual["reached"]
    assert 0 < near["circle"] < usual["circle"]


def test_without_a_network_only_circles_are_given() -> None:
    found = coverage(situation(CORNER, network=None), level="street")
    assert found.units["reached"].isna().all()
    assert found.units["circle"].sum() > 0
    document = found.to_dict()
    assert document["total"]["reached"] is None
    json.dumps(document, allow_nan=False)


def test_nothing_serves_nobody() -> None:
    total = coverage(situation(), level="district").total
    assert (total["reached"], total["circle"]) == (0, 0)


def test_facilities_at_fault_are_named_and_the_rest_is_computed() -> None:
    found = coverage(
        situation(CORNER, None, (300.0, 300.0), (9.5, 3.0)), level="district"
    )
    said = {each.kind: each for each in found.omitted}
    assert said["facility_no_place"].keys == ("F2",)
    assert said["facility_no_place"].left_out
    assert said["facility_outside"].keys == ("F3", "F4")
    assert said["facility_off_street"].keys == ("F3",)
    assert found.total["reached"] > 0
    for each in found.omitted:
        assert all([*each.why, *each.what_to_do])


def test_facilities_of_no_division_are_in_the_total_and_named() -> None:
    town = situation(
        {"at": (1.0, 1.0), "division": "990101001001"},
        {"at": (5.0, 5.0), "division": None},
        {"at": (6.0, 5.0), "division": "880101001001"},
    )
    found = coverage(town, level="community")
    assert found.total["facilities"] == 3
    assert found.total["facilities_elsewhere"] == 2
    assert found.units["facilities"].sum() == 1
    told = {each.kind: each for each in found.omitted}["facility_no_division"]
    assert (told.count, told.left_out) == (2, False)
    inside = coverage(town, level="community", within="990101001").total
    assert (inside["facilities"], inside["facilities_elsewhere"]) == (1, 0)


def test_units_without_people_are_named() -> None:
    people = population(_990101001001=100)
    said = {o.kind: o for o in coverage(situation(CORNER, people=people)).omitted}
    assert said["unit_no_people"].keys == (
        "990101001002", "990101002001", "990101002200",
    )  # fmt: skip


def test_the_stamp_names_everything_and_changes_with_anything() -> None:
    stamp = situation(CORNER).stamp
    assert stamp["divisions"] == {"number": 1}
    assert stamp["network"]["version"]
    assert stamp["profile"]["urban_minutes"] == 15
    assert stamp == situation(CORNER).stamp
    assert stamp["id"] != situation(CORNER, urban_minutes=10).stamp["id"]


def test_the_same_stamp_gives_the_same_figures() -> None:
    one, other = (coverage(situation(CORNER, (5.0, 6.0))).to_dict() for _ in range(2))
    assert json.dumps(one) == json.dumps(other)


def test_reach_agrees_with_a_plain_search_over_the_streets() -> None:
    """Each point's seconds against Dijkstra over the pieces of its own streets."""
    town = situation(CORNER, (6.3, 4.0), urban_minutes=9, rural_minutes=9)
    found = coverage(town, level="community").reach
    network, spots, served = town.network, town.people.spots, town.facility_spots
    assert network is not None
    assert spots is not None
    assert served is not None
    assert found.seconds is not None
    rows = [
        (int(a), int(b), float(length))
        for a, b, length in zip(
            network.tail, network.head, network.length_m, strict=True
        )
    ]
    count = network.node_count
    for where in (served, spots):
        for edge, along, walk in zip(
            where.edge, where.along_m, where.snap_m, strict=True
        ):
            far = float(network.length_m[edge])
            rows.append((count, int(network.tail[edge]), along + walk))
            rows.append((count, int(network.head[edge]), far - along + walk))
            count += 1
    one, other, cost = (np.array(column) for column in zip(*rows, strict=True))
    matrix = coo_array((np.maximum(cost, 1e-9), (one, other)), (count, count)).tocsr()
    first = network.node_count
    far = dijkstra(matrix, directed=False, indices=[first, first + 1]).min(axis=0)
    best = far[first + 2 :]
    limit = town.limit_s()
    assert found.reached is not None
    same_edge = np.isin(spots.edge, served.edge)
    clear = ~same_edge & (np.abs(best - limit) > 1e-6)
    assert (found.reached == (best <= limit))[clear].all()
    near = clear & found.reached
    assert np.allclose(found.seconds[near], best[near])


def test_people_of_a_grid_stand_where_its_cells_are() -> None:
    cells = [[116.0005, 39.0, 30, 10, None, 0], [116.0025, 39.002, 70, 10, 5, 0]]
    people = population(_990101001001={"aged_60": 20, "total": 100, "places": cells})
    town = situation(CORNER, people=people)
    assert town.people.lonlat == pytest.approx(
        np.array([[116.0005, 39.0], [116.0025, 39.002]])
    )
    assert town.people.weights["total"].tolist() == pytest.approx([30, 70])
    assert town.people.weights["aged_60"].tolist() == pytest.approx([10, 10])
    assert town.people.units["method_placed"].tolist() == ["cells"]


def test_a_total_above_is_shared_out_and_not_counted_twice() -> None:
    both = population(**EVERYBODY, _990101001=350)
    found = coverage(situation(CORNER, people=both), level="street")
    assert found.total["people"] == pytest.approx(1000)
    said = {o.kind: o for o in found.omitted}
    assert said["sum_differs"].keys == ("990101001",)
    assert said["sum_differs"].people == pytest.approx(50)  # of those asked about
    only = population(_990101001=300, _990101002=700)
    spread = coverage(situation(CORNER, people=only), level="community")
    assert spread.units.loc[["990101001001", "990101001002"], "people"].sum() == (
        pytest.approx(300)
    )
    assert (spread.units["people"] > 0).all()
    assert {o.kind: o for o in spread.omitted}["interpolated"].count == 2


def test_communities_without_borders_stand_in_their_street() -> None:
    units = divisions("990101001001", "990101001002")
    found = coverage(situation(CORNER, units=units), level="community")
    said = {o.kind: o for o in found.omitted}
    assert said["borrowed_area"].keys == ("990101001001", "990101001002")
    assert found.units.loc["990101001001", "people"] == pytest.approx(100)
    assert found.units.loc["990101001002", "people"] == pytest.approx(200)


def test_codes_that_are_no_division_are_left_out_and_named() -> None:
    people = population(**EVERYBODY, _990101001099=50, _990109001001=60)
    found = coverage(situation(CORNER, people=people), level="district")
    said = {o.kind: o for o in found.omitted}["unknown_unit"]
    assert said.keys == ("990101001099", "990109001001")
    assert said.people == 110
    assert found.total["people"] == pytest.approx(1000)


def test_placing_evenly_is_another_answer_and_says_so() -> None:
    streets = situation(CORNER)
    area = situation(CORNER, placing="area")
    assert set(streets.people.units["method_placed"]) == {"streets"}
    assert set(area.people.units["method_placed"]) == {"area"}
    assert streets.stamp["id"] != area.stamp["id"]
    assert (streets.people.spots.snap_m < 1e-6).all()  # type: ignore[union-attr]


@pytest.mark.parametrize("mode", ["walk", "vehicle"])
def test_workers_give_the_figures_of_one_process(mode: str) -> None:
    rows = [(0.0, 0.0), {"at": (6.5, 5.0), "radius_m": 250}, (7.0, 1.0), None]
    asked = situation(*rows, urban_minutes=4, rural_minutes=6, rural_mode=mode)
    alone = coverage(asked, level="community")
    apart = coverage(asked, level="community", workers=Here(5))
    assert apart.to_dict() == alone.to_dict()
    assert apart.reach.seconds is not None
    np.testing.assert_array_equal(apart.reach.seconds, alone.reach.seconds)
    np.testing.assert_array_equal(apart.reach.nearest, alone.reach.nearest)
