"""Streets, people and facilities of the demonstration territory."""

from __future__ import annotations

import sys
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import rasterio
import shapely

from boundaries.services.words import FacilityType, Status

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"
sys.path.insert(0, str(SCRIPTS))

from demonstration import (  # noqa: E402
    byhand,
    care,
    entered,
    land,
    others,
    people,
    plan,
    services,
    territory,
)
from demonstration.heights import STEP  # noqa: E402

SEED = 7


@pytest.fixture(scope="module")
def folder(made: territory.Territory, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("services")
    services.write(made, out)
    return out


@pytest.fixture(scope="module")
def places(made: territory.Territory) -> care.Places:
    return care.Places(made.second, made.streets)


@pytest.fixture(scope="module")
def register(made: territory.Territory, places: care.Places) -> pd.DataFrame:
    return care.facilities(places, made.population["second"], SEED)


def test_a_seed_draws_the_same_streets_and_writes_the_same_files(
    made: territory.Territory, folder: Path, tmp_path: Path
) -> None:
    services.write(made, tmp_path)
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir())
    for name in names:
        assert (folder / name).read_bytes() == (tmp_path / name).read_bytes(), name


def test_streets_stay_on_the_land_and_are_denser_in_streets_than_in_towns(
    made: territory.Territory,
) -> None:
    streets, units = made.streets, made.second
    city = units.geometry[units["level"] == 2].iloc[0]
    lines = streets.geometry.to_numpy()
    assert shapely.is_valid(lines).all()
    shapely.prepare(city)
    assert (~shapely.covers(city, lines)).sum() < 0.02 * len(lines)
    km = {}
    for kind in ("street", "town"):
        chosen = units[(units["level"] == 4) & (units["kind"] == kind)]
        tree = shapely.STRtree(lines)
        hits = tree.query(chosen.geometry.to_numpy(), predicate="intersects")[1]
        km[kind] = len(hits) / chosen["area_official_km2"].sum()
    assert km["street"] > 2.5 * km["town"]


def test_a_river_is_crossed_by_bridges_and_by_nothing_else(
    made: territory.Territory,
) -> None:
    """Within the city, where blocks are drawn; roads outside wind a little."""
    main = made.rivers.set_index("name").geometry["澜水"]
    streets = made.streets[made.streets["layer"] == 0]
    near = shapely.dwithin(
        streets.geometry.to_numpy(), shapely.Point(plan.CENTRE), 0.05
    )
    over = streets[near & shapely.intersects(streets.geometry.to_numpy(), main)]
    blocks = over[over["class"].isin(["primary", "residential", "secondary"])]
    assert 2 <= blocks["bridge"].sum() <= 12
    assert (over["bridge"] == 0).sum() <= 2


def test_the_road_layer_has_what_real_ones_have(made: territory.Territory) -> None:
    streets = made.streets
    assert set(streets["layer"]) == {0, 1}
    assert {"footway", "crossing", "motorway", "primary"} <= set(streets["class"])
    assert (streets["foot"] == "no").sum() == (streets["class"] == "motorway").sum()
    assert streets["oneway"].sum() > 100
    assert streets["street"].is_unique
    assert (streets["remark"] == plan.LABEL).all()


def test_every_type_of_facility_is_there_in_every_state(register: pd.DataFrame) -> None:
    assert 150 <= len(register) <= 200
    assert set(register["类型"].map(_type)) == set(FacilityType) - {
        each for each in FacilityType if each.domain.value != "eldercare"
    }
    states = {Status.PLANNED, Status.BUILDING, Status.OPERATING, Status.CLOSED}
    assert {each.label.zh for each in states} | {"停业", "已迁建"} >= set(
        register["状态"]
    )
    moved = register[register["状态"] == "已迁建"]
    assert set(moved["迁至"]) <= set(register["设施编码"])
    assert register["设施编码"].is_unique
    assert register["名称"].is_unique


def _type(word: str) -> FacilityType:
    """Return the type a heading of the register means, by how it begins."""
    return next(each for each in FacilityType if each.label.zh.startswith(word[:5]))


def test_facilities_stand_where_they_say_and_beds_add_up(
    register: pd.DataFrame, places: care.Places
) -> None:
    for _, row in register.iterrows():
        shape = places.units.geometry[row["区划代码"]]
        assert shapely.contains_xy(shape, row["经度"], row["纬度"]), row["名称"]
    nursing = register["护理型床位"].fillna(0).astype(float)
    taken = register["入住人数"].fillna(0).astype(float)
    beds = register["床位数"].fillna(0).astype(float)
    assert (nursing <= beds).all()
    assert (taken <= beds).all()
    bare = places.units.index[places.units["name"].isin(care.BARE)]
    assert len(bare) == len(care.BARE)
    assert not register["区划代码"].str[:9].isin(bare).any()


def test_planted_faults_are_there_and_only_in_their_own_files(
    register: pd.DataFrame, made: territory.Territory
) -> None:
    wrong = others.faulty(register)
    assert wrong["设施编码"].is_unique
    assert not set(wrong["设施编码"]) & set(register["设施编码"])
    assert wrong["备注"].str.startswith(plan.LABEL + "：").all()
    counted = made.population["second"]
    assert counted["区划代码"].is_unique
    assert (counted["60岁及以上"] <= counted["总人口"]).all()
    assert (counted["80岁及以上"] <= counted["65岁及以上"]).all()
    faulty = people.faulty(counted)
    assert faulty["区划代码"].duplicated().sum() == 1
    by_level = made.second[made.second["level"] == 2]["population"].iloc[0]
    assert counted["总人口"].sum() == by_level


def test_candidates_lie_in_the_community_they_name(
    folder: Path, places: care.Places
) -> None:
    sites = gpd.read_file(folder / services.CANDIDATES)
    shapes = places.units.geometry[sites["division"]].to_numpy()
    assert shapely.contains(shapes, sites.geometry.to_numpy()).all()
    assert len(sites) == 60
    assert np.isfinite(sites["area_m2"]).all()


def test_heights_lie_under_all_streets_and_hills_inland(
    folder: Path, made: territory.Territory
) -> None:
    heights = made.heights
    west, south, east, north = made.streets.total_bounds
    rows, columns = heights.metres.shape
    assert heights.west <= west
    assert heights.north >= north
    assert heights.west + columns * STEP >= east
    assert heights.north - rows * STEP <= south
    assert heights.metres[:, -columns // 4 :].mean() < 20 < 80 < heights.metres.max()
    with rasterio.open(folder / services.HEIGHTS) as kept:
        assert kept.crs.to_epsg() == made.streets.crs.to_epsg()
        assert (kept.read(1) == heights.metres).all()


def test_links_cross_the_river_and_walls_cross_a_street(
    made: territory.Territory,
) -> None:
    lines = byhand.lines(made)
    river = made.rivers.set_index("name").geometry[land.MAIN_RIVER]
    links = lines.geometry[lines["kind"] == "link"].to_numpy()
    walls = lines.geometry[lines["kind"] == "barrier"].to_numpy()
    streets = made.streets.geometry.to_numpy()
    assert len(links) == len(walls) == 2
    assert shapely.intersects(links, river).all()
    assert all(shapely.intersects(streets, wall).any() for wall in walls)
    on = {shapely.Point(end) for link in links for end in link.coords}
    assert all(shapely.distance(streets, end).min() < 1e-6 for end in on)


def test_plans_are_for_the_streets_where_nothing_is(
    places: care.Places, made: territory.Territory
) -> None:
    plans = byhand.scenarios(places, made.population["second"])
    assert [len(each["edits"]) for each in plans] == [1, 2]
    units = places.units.set_index("name")
    for name, edit in zip(care.BARE, plans[1]["edits"], strict=True):
        assert shapely.contains_xy(units.geometry[name], edit["lon"], edit["lat"])


def test_what_is_entered_names_units_there_are(places: care.Places) -> None:
    areas = entered.areas(places, SEED)
    assert set(areas["区划代码"]) <= set(places.units.index)
    small = areas["建成面积"] < areas["应建面积"]
    assert small.sum() == (areas["同步交付"] == "否").sum() == 2
    assert areas["户数"].isna().sum() == 1
    assert set(entered.values()["区划代码"]) <= set(places.units.index)
