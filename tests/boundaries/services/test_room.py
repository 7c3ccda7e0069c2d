"""Room for so many, and how much of the ground is within reach."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely

from boundaries.services.coverage import coverage
from boundaries.services.ground import Land, ground
from boundaries.services.maps import map_document
from boundaries.services.room import pairs_within, room
from geodata.errors import InputError
from tests.boundaries.services.frames import situation

CORNER = (0.0, 0.0)


def test_beds_are_shared_among_all_who_can_come() -> None:
    town = situation({"at": CORNER, "type": "INST", "beds_total": 20})
    found = room(town, level="community", need_per_thousand=40)
    assert found.total["need"] == pytest.approx(40)
    assert found.total["roomed"] == pytest.approx(20)
    assert found.total["unroomed"] == pytest.approx(20)
    assert found.total["per_thousand"] == pytest.approx(20)  # of a thousand people
    json.dumps(found.to_dict(), allow_nan=False)


def test_people_go_to_the_nearest_with_room_the_rest_to_the_next() -> None:
    near = {"at": CORNER, "type": "INST", "beds_total": 1}
    far = {"at": (7.0, 7.0), "type": "INST", "beds_total": 100}
    one = room(situation(near), need_per_thousand=40).total
    both = room(situation(near, far, urban_minutes=30), need_per_thousand=40).total
    assert one["roomed"] == pytest.approx(1)
    assert both["unroomed"] == pytest.approx(0, abs=1e-6)


def test_beds_not_on_record_are_named_and_kinds_never_added() -> None:
    town = situation(
        {"at": CORNER, "type": "INST", "beds_total": 20, "day_places": 9},
        {"at": (3.0, 3.0), "type": "DAY", "day_places": 30},
    )
    beds, day = room(town), room(town, supply="day_places")
    assert (beds.total["places"], day.total["places"]) == (20, 39)
    [omitted] = beds.omitted
    assert omitted.keys == ("F2",)
    with pytest.raises(InputError, match="no supply"):
        room(town, supply="sofas")


def test_places_of_a_unit_are_those_that_stand_in_it() -> None:
    """Whoever lives there may find room elsewhere all the same."""
    town = situation(
        {"at": CORNER, "beds_total": 5, "division": "990101001001"},
        {"at": (3.6, 3.0), "beds_total": 9, "division": "990101002001"},
        {"at": (3.6, 1.0), "beds_total": 2},
    )
    assert room(town).total["places"] == 16
    part = room(town, within="990101001").total
    assert (part["places"], part["people"]) == (5, pytest.approx(300))
    assert part["roomed"] > 5


def test_without_a_network_or_facilities_nobody_finds_room() -> None:
    for town in (situation(), situation({"at": CORNER, "beds_total": 9}, network=None)):
        total = room(town).total
        assert (total["roomed"], total["per_thousand"]) == (0, 0)


def test_the_pairs_are_those_of_coverage() -> None:
    """Urban and rural limits, and a radius of its own, decide both alike."""
    town = situation(
        CORNER, {"at": (6.0, 2.0), "radius_m": 150}, urban_minutes=4, rural_minutes=9
    )
    rows = town.serving()
    found = coverage(town).reach
    pairs = pairs_within(town, rows)
    covered = np.zeros(len(town.people), bool)
    covered[pairs.target] = True
    assert found.reached is not None
    assert found.reached.tolist() == covered.tolist()
    assert pairs.cost_s[pairs.indptr[1] :].max() <= 150


def test_served_ground_is_that_of_the_service_areas() -> None:
    town = situation(CORNER, urban_minutes=5, rural_minutes=5)
    units = ground(town, town.serving(), "community")
    whole = ground(town, town.serving(), "district")
    assert 0 < units.loc["990101001001", "area_share"] < 100
    assert units.loc["990101002200", "served_m2"] == 0
    assert units["served_m2"].sum() == pytest.approx(whole["served_m2"].sum())
    drawn = shapely.geometry.shape(map_document(town, ())["areas"])
    share = drawn.area / town.divisions.geometry["990101"].area * 100
    assert whole["area_share"].iloc[0] == pytest.approx(share, abs=2)
    assert ground(situation(), situation().serving(), "street")["served_m2"].sum() == 0


def test_ground_has_the_limit_of_its_side_and_of_a_radius_of_its_own() -> None:
    """Town and country are drawn as they are counted, circles too."""
    short = situation(CORNER, urban_minutes=3, rural_minutes=3)
    long = situation(CORNER, urban_minutes=3, rural_minutes=12)
    town, country = Land(long).sides
    for straight in (False, True):
        one, other = (
            shapely.area(Land(each).served(each.serving(), straight=straight))
            for each in (short, long)
        )
        assert other[town.here] == pytest.approx(one[town.here])
        assert other[country.here].sum() > one[country.here].sum()
    own = situation({"at": CORNER, "radius_m": 60}, urban_minutes=12, rural_minutes=12)
    [square] = [shapely.area(Land(own).served(own.serving(), straight=True)).sum()]
    assert 0 < square <= np.pi * 60**2
