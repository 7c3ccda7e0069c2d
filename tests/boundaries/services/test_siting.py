"""Where to build in the small town: answers, their certificate, what is refused."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from boundaries.services.coverage import coverage
from boundaries.services.edits import applied, checked
from boundaries.services.siting import Wish, sited
from boundaries.services.siting.candidates import of_frame
from boundaries.services.siting.ways import ways
from geodata import crs
from geodata.errors import InfeasibleError, InputError
from tests.boundaries.services.frames import SOUTH, STEP, WEST, situation

PLACES = ((0, 0), (3, 3), (6, 6), (7, 1), (1, 6))
TOWN = situation((0.0, 0.0), urban_minutes=4, rural_minutes=4)


def offered(**columns):
    points = [shapely.Point(WEST + x * STEP, SOUTH + y * STEP) for x, y in PLACES]
    names = [f"C{at}" for at in range(len(PLACES))]
    return gpd.GeoDataFrame(
        {"name": names, **columns}, geometry=points, crs=crs.STORAGE
    )


def test_what_mclp_reaches_is_what_coverage_counts():
    found = sited(TOWN, Wish("mclp", number=2), offered())
    assert found["status"] == "optimal"
    edits = checked(
        [{"do": "add", "facility": site["site"], "type": "DAY", "lon": site["lon"],
          "lat": site["lat"]} for site in found["opened"]]
    )  # fmt: skip
    after = coverage(TOWN.with_facilities(applied(TOWN, edits), "x"))
    assert found["total"]["after"] == pytest.approx(after.total["reached"], abs=0.01)
    assert found["total"]["before"] == pytest.approx(
        coverage(TOWN).total["reached"], abs=0.01
    )
    for unit in found["units"]:
        reached = after.units.loc[unit["code"], "reached"]
        assert unit["after"] == pytest.approx(reached, abs=0.01)
    assert found["stamp"]["id"] == TOWN.stamp["id"]
    assert all(site["division"] for site in found["opened"])


@pytest.mark.parametrize("model", ["p-median", "p-center", "mclp"])
def test_junctions_are_candidates_too(model):
    found = sited(TOWN, Wish(model, number=2, candidates=20), "nodes")
    assert 2 < found["candidates"] <= 20
    assert len(found["opened"]) <= 2
    assert found["total"]["after"] > 0
    assert found["gap"] < 0.05


@pytest.mark.parametrize("column", ["price", "beds"])
@pytest.mark.parametrize("wrong", [-5.0, float("inf")])
def test_a_price_or_room_that_is_none_is_refused_by_name(column, wrong):
    values = {column: [1.0, 2.0, wrong, 4.0, None]}
    with pytest.raises(InputError, match=r"of 1 candidates .* C2"):
        sited(TOWN, Wish("mclp", number=1), offered(**values))


def test_people_nobody_counted_are_no_question_of_time():
    """The hint was to allow more time, which would have changed nothing."""
    disabled = situation((0.0, 0.0), group="disabled")
    with pytest.raises(InputError, match="no counts of people unable") as told:
        sited(disabled, Wish("mclp", number=1), offered())
    assert "column" in told.value.hint.en


def test_a_budget_needs_prices():
    with pytest.raises(InputError, match="needs a price"):
        sited(TOWN, Wish("mclp", budget=5), offered())
    found = sited(TOWN, Wish("mclp", budget=5), offered(price=[3, 2, 2, 9, 1]))
    assert found["spent"] <= 5


def test_rooms_limit_who_is_served():
    beds = offered(beds=[5, 10, 20, None, 7])
    with pytest.raises(InputError, match="without room"):
        sited(TOWN, Wish("capacitated", number=2), beds)
    found = sited(TOWN, Wish("capacitated", number=2, room=1), beds)
    assert found["total"]["before"] == 0
    assert found["total"]["after"] == pytest.approx(30)


def test_owned_sites_are_public_and_do_not_serve():
    town = situation(
        (0.0, 0.0),
        {"at": (3.0, 3.0), "status": "planned"},
        {"at": (6.0, 6.0), "status": "closed"},
    )
    town.facilities["ownership"] = ["public", "public", "private"]
    found = sited(town, Wish("mclp", number=1), "owned")
    assert [site["site"] for site in found["opened"]] == ["中心2"]


def test_more_ways_than_fit_are_refused_with_what_to_do():
    sites = of_frame(TOWN, offered())
    none = np.empty(0, np.int64)
    found, close = ways(TOWN, sites, none, minutes=None, far=False)
    assert close.all()
    assert len(close) == len(found.target)
    with pytest.raises(InputError, match="too many ways") as told:
        ways(TOWN, sites, none, minutes=None, far=False, most=len(close) - 1)
    assert "one division" in told.value.hint.en


def test_junctions_of_a_small_town_are_all_offered_while_they_are_few():
    found = sited(TOWN, Wish("mclp", number=1, candidates=1000), "nodes")
    network = TOWN.network
    assert found["candidates"] == len(np.union1d(network.tail, network.head))
    assert sited(TOWN, Wish("mclp", number=1, candidates=9), "nodes")["candidates"] <= 9


def test_what_has_no_answer_says_why():
    with pytest.raises(InputError, match="street network"):
        sited(situation((0, 0), network=None), Wish("mclp", number=1), offered())
    with pytest.raises(InputError, match="no model"):
        sited(TOWN, Wish("best", number=1), offered())
    with pytest.raises(InfeasibleError, match="5 candidates"):
        sited(TOWN, Wish("mclp", number=6), offered())
    with pytest.raises(InfeasibleError, match="no candidates"):
        sited(TOWN, Wish("mclp", number=1), offered()[:0])
    with pytest.raises(InfeasibleError, match="takes"):
        sited(TOWN, Wish("lscp", number=1), offered())
