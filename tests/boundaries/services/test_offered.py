"""What anybody may know of facilities, and the way there."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from boundaries.services.offered import GROUPS, SERVICES, free_beds, offers
from boundaries.services.profiles import ServiceSettings
from boundaries.services.walking import Walks
from boundaries.services.words import Domain, FacilityType, Function
from geodata import crs
from tests.support import streets

NAMES = {"120101": "和平区", "120101001": "听澜街道", "120102": "河东区"}
KEYS = {
    "id", "name", "type", "group", "division", "district", "street", "address",
    "phone", "website", "beds", "beds_nursing", "beds_free", "has_room", "day_places",
    "home_beds", "meals", "price_low", "price_high", "rating", "functions", "medical",
    "ownership", "opened_on", "updated_on", "lon", "lat",
}  # fmt: skip
"""Adding one is a decision: what is public is named here too."""


def register(*rows: dict[str, Any]) -> gpd.GeoDataFrame:
    usual = {
        "name": "松鹤养老院", "type": "INST", "status": "operating", "public": True,
        "division": "120101001001", "beds_total": 40, "beds_occupied": 30,
        "remark": "内部备注", "contact": "赵主任", "staff": 12,
    }  # fmt: skip
    made = [{**usual, **row} for row in rows]
    columns = {name: [row.get(name) for row in made] for row in made for name in row}
    points = [row.get("at", shapely.Point(116.003, 39.002)) for row in made]
    frame = gpd.GeoDataFrame(columns, geometry=points, crs=crs.STORAGE)
    return frame.drop(columns="at", errors="ignore").set_axis(
        [f"F{n}" for n in range(len(made))]
    )


def offered(*rows: dict[str, Any]) -> Any:
    frame = register(*rows)
    return offers(frame, NAMES, version=3, as_of="2026-03-01", divisions_version=2)


def test_only_named_keys_are_told() -> None:
    (row,) = offered({}).rows
    assert set(row) == KEYS
    assert "内部备注" not in str(row)
    assert "赵主任" not in str(row)


@pytest.mark.parametrize(
    "hidden",
    [
        {"public": False},
        {"public": None},
        {"status": "planned"},
        {"status": "closed"},
        {"status": "moved"},
        {"type": "MED"},
        {"type": "FUNERAL"},
    ],
)
def test_what_is_not_public_not_open_or_no_eldercare_is_left_out(
    hidden: dict[str, Any],
) -> None:
    assert [row["id"] for row in offered({}, hidden).rows] == ["F0"]


def test_the_order_is_that_of_a_book_and_units_are_named() -> None:
    found = offered(
        {"name": "乙", "division": "120102"},
        {"name": "丙", "type": "DAY"},
        {"name": "甲"},
        {"name": "丁", "division": None},
    )
    assert [row["name"] for row in found.rows] == ["甲", "丙", "乙", "丁"]
    assert found.rows[0]["street"] == "120101001"
    assert found.rows[2]["street"] is None
    assert found.divisions == NAMES
    assert [row["name"] for row in found.within("120102")] == ["乙"]


@pytest.mark.parametrize(
    ("beds", "taken", "free"),
    [(40, 30, 10), (40, 40, 0), (40, 0, 40), (40, 4, None), (40, 5, 35), (40, 41, None),
     (None, 3, None), (40, None, None)],
)  # fmt: skip
def test_free_beds_do_not_tell_of_fewer_than_five_people(
    beds: int | None, taken: int | None, free: int | None
) -> None:
    assert free_beds(beds, taken, 5) == free


def test_few_beds_in_homes_and_other_links_than_web_addresses_are_not_told() -> None:
    found = offered(
        {"home_beds": 4, "website": "javascript:alert(1)"},
        {"home_beds": 5, "website": "https://example.org/"},
    ).rows
    assert [row["home_beds"] for row in found] == [None, 5]
    assert [row["website"] for row in found] == [None, "https://example.org/"]


def test_every_type_of_eldercare_has_one_symbol() -> None:
    named = [each for _, _, types in GROUPS for each in types]
    care = [each for each in FacilityType if each.domain is Domain.ELDERCARE]
    assert sorted(named) == sorted(care)


def test_a_walk_goes_along_the_streets_nearest_first_and_not_beyond_its_limit() -> None:
    network = streets.town(8, 8)
    at = shapely.points([(116.0, 39.0), (116.007, 39.007), (116.003, 39.0)])
    found = offered(*({"at": each, "name": str(n)} for n, each in enumerate(at)))
    walks = Walks.to(found, network, ServiceSettings())
    walk = walks.from_place(116.0, 39.0)
    assert [key for key, _ in walk.times] == ["F0", "F2", "F1"]
    seconds = dict(walk.times)
    assert seconds["F2"] == pytest.approx(3 * 86.5 / walks.speed_mps, rel=0.01)
    straight = np.hypot(7 * 86.5, 7 * 111.0)
    assert seconds["F1"] > 1.3 * straight / walks.speed_mps
    assert walk.snap_m == pytest.approx(0, abs=0.5)
    near = Walks(
        network, ["F"], np.array([(116.007, 39.007)]),
        speed_mps=1.0, limit_s=600, snap_m=100,
    )  # fmt: skip
    assert near.from_place(116.0, 39.0).times == ()


def test_waiting_at_crossings_counts_as_the_bureau_has_set_it() -> None:
    network = streets.town(8, 8)
    network = replace(network, delay_s=np.full(network.edge_count, 10.0))
    at = shapely.points([(116.003, 39.0)])
    found = offered({"at": at[0]})

    def seconds(times: float) -> float:
        walks = Walks.to(found, network, ServiceSettings(crossings=times))
        return walks.from_place(116.0, 39.0).times[0][1]

    waited = seconds(1.0) - seconds(0.0)
    assert waited > 10
    assert seconds(2.0) - seconds(0.0) == pytest.approx(2 * waited)


def test_what_is_not_open_on_the_day_is_no_offer() -> None:
    rows = ({}, {"opened_on": "2026-04-01"}, {"closed_on": "2026-02-28"},
            {"opened_on": "2020-01-01", "closed_on": "2026-12-31"})  # fmt: skip
    assert [row["id"] for row in offered(*rows).rows] == ["F0", "F3"]
    later = offers(
        register(*rows), NAMES, version=3, as_of="2026-03-01", divisions_version=2,
        day="2027-01-01",
    )  # fmt: skip
    assert [row["id"] for row in later.rows] == ["F0", "F1"]


def test_a_place_without_streets_reaches_nothing_and_says_so() -> None:
    walks = Walks.to(offered({}), streets.town(4, 4), ServiceSettings())
    walk = walks.from_place(117.0, 39.0)
    assert walk.snap_m is None
    assert walk.times == ()


def test_a_register_without_a_single_place_has_no_ways() -> None:
    found = offered({"at": None})
    assert found.rows[0]["lon"] is None
    walks = Walks.to(found, streets.town(4, 4), ServiceSettings())
    assert walks.from_place(116.001, 39.001).times == ()


def test_every_function_is_said_in_plain_words() -> None:
    assert list(SERVICES) == [each.value for each in Function]
    for each in Function:
        assert SERVICES[each.value].zh.startswith(each.label.zh)
