"""How long a planner waits: from the message of a drag to the changed figures.

Network L: 1.18 million junctions (Porto Alegre tiled), 1,000 facilities, 100,000
places of people. The message is JSON, as the planning process gets it, and so is the
answer. Processor time, since that does not count what else the machine does.
"""

from __future__ import annotations

import json
import time

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from boundaries.services.coverage import coverage
from boundaries.services.edits import applied, checked
from boundaries.services.ground import ground as land
from boundaries.services.planning.ground import Ground
from boundaries.services.planning.land import Served
from boundaries.services.planning.plan import Plan
from boundaries.services.profiles import Profile
from boundaries.services.room import room
from boundaries.services.situation import Situation, assemble
from boundaries.settings import Settings
from geodata import crs
from tests.support.streets import TILES, porto_alegre, tiled

pytestmark = [pytest.mark.benchmark, pytest.mark.alone]

DRAGS = 200
MOST_P95_S = 0.1
FACILITIES, PLACES = 1000, 100_000
SIDE = 30
"""Units across and down."""


@pytest.fixture(scope="module")
def ground(data):
    network = tiled(porto_alegre(data), *TILES["L"])
    random = np.random.default_rng(0)
    low, high = network.nodes.min(axis=0), network.nodes.max(axis=0)
    edges = np.linspace(0, 1, SIDE + 1)
    boxes, codes = [], []
    for row in range(SIDE):
        for column in range(SIDE):
            corner = low + (high - low) * [edges[column], edges[row]]
            other = low + (high - low) * [edges[column + 1], edges[row + 1]]
            boxes.append(shapely.box(*corner, *other))
            codes.append(f"9901{row // 10:02d}{row % 10}{column:02d}")
    shapes = gpd.GeoSeries(boxes, crs=network.crs).to_crs(crs.STORAGE)
    divisions = gpd.GeoDataFrame(
        {"name": codes, "level": 4, "parent": None, "kind": "street"},
        geometry=shapes.to_numpy(), index=codes, crs=crs.STORAGE,
    )  # fmt: skip
    nodes = network.nodes[random.integers(0, network.node_count, FACILITIES)]
    points = gpd.GeoSeries(gpd.points_from_xy(*nodes.T), crs=network.crs)
    facilities = gpd.GeoDataFrame(
        {"name": "F", "type": "DAY", "status": "operating", "division": None,
         "beds_total": 20},
        geometry=points.to_crs(crs.STORAGE).to_numpy(),
        index=[f"F{at}" for at in range(FACILITIES)], crs=crs.STORAGE,
    )  # fmt: skip
    population = pd.DataFrame(
        {"aged_60": random.integers(500, 5000, len(codes))}, codes
    )
    profile = Profile.of(Settings(), places=PLACES // len(codes))
    place: Situation = assemble(
        "2026-01-01", divisions, facilities, population, profile, network=network
    )
    return Ground.of(place)


def test_a_drag_is_answered_in_time_and_as_from_nothing(ground, record_property):
    plan = Plan(ground)
    lonlat = ground.situation.people.lonlat
    path = lonlat[np.random.default_rng(1).integers(0, len(lonlat), DRAGS)]
    spent = []
    for lon, lat in path.tolist():
        message = json.dumps(
            [{"do": "move", "facility": "F7", "lon": lon, "lat": lat},
             {"do": "close", "facility": "F8"}]
        )  # fmt: skip
        begin = time.process_time()
        plan.put(checked(json.loads(message)))
        answer = json.dumps(plan.answer())
        spent.append(time.process_time() - begin)
    record_property("p50_ms", float(np.percentile(spent, 50)) * 1e3)
    record_property("p95_ms", float(np.percentile(spent, 95)) * 1e3)
    record_property("kilobytes", len(answer) / 1e3)
    begin = time.process_time()
    place = ground.situation
    after = place.with_facilities(applied(place, json.loads(message)), "plan")
    wanted = coverage(after)
    record_property("anew_ms", (time.process_time() - begin) * 1e3)
    assert len(ground.weight) >= 0.9 * PLACES
    assert (plan.reached()[1] == wanted.reach.seconds).all()
    for unit, mine in zip(wanted.to_dict()["units"], plan.whole()["all_units"],
                          strict=True):  # fmt: skip
        for name in ("people", "reached", "circle", "share", "minutes"):
            assert mine[name] == pytest.approx(unit[name], abs=2e-3), name
    found = room(after).to_dict()
    for unit, mine in zip(found["units"], plan.whole()["all_units"], strict=True):
        for name in ("need", "roomed", "unroomed", "per_thousand"):
            assert mine[name] == pytest.approx(unit[name], abs=2e-3), name
    assert np.percentile(spent[5:], 95) < MOST_P95_S


def test_the_ground_within_reach_is_that_from_nothing(ground, record_property):
    begin = time.process_time()
    served, plan = Served(ground), Plan(ground)
    before = served.km2({}, {})
    record_property("first_ms", (time.process_time() - begin) * 1e3)
    lonlat, spent = ground.situation.people.lonlat, []
    path = lonlat[np.random.default_rng(2).integers(0, len(lonlat), DRAGS // 4)]
    for lon, lat in path.tolist():
        edits = checked(
            [{"do": "move", "facility": "F7", "lon": lon, "lat": lat},
             {"do": "close", "facility": "F8"}]
        )  # fmt: skip
        plan.put(edits)
        begin = time.process_time()
        found = served.km2(plan.stands, plan.places)
        spent.append(time.process_time() - begin)
    record_property("p50_ms", float(np.percentile(spent, 50)) * 1e3)
    record_property("p95_ms", float(np.percentile(spent, 95)) * 1e3)
    place = ground.situation
    after = place.with_facilities(applied(place, edits), "plan")
    begin = time.process_time()
    anew = land(after, after.serving(), "street")["served_m2"] / 1e6
    record_property("anew_ms", (time.process_time() - begin) * 1e3)
    reached = "area_reached_km2"
    assert np.allclose(found[reached][anew.index], anew, rtol=1e-9, atol=1e-6)
    assert np.abs(found[reached] - before[reached]).max() > 0.1
    assert np.percentile(spent, 95) < MOST_P95_S
