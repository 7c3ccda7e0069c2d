"""The whole way of eldercare on real streets, by command line: files in, reach out.

Futian: real streets, people and facilities made for them. Porto Alegre: real streets
and people, facilities made. Helsinki: all real, pharmacies and the like. Divisions are
squares made for the place. Everything made says that it is illustrative.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from boundaries.registry import open_registry
from geodata import crs
from geodata.network.keeping import load
from tests.support import futian, squares
from tests.support.commands import quhua
from tests.support.published import registry_at
from tests.support.signed import client_as
from webmap.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from geodata.network.graph import Network

PEOPLE = (
    ("surveyor", "surveyor"),
    ("manager", "boundary_manager"),
    ("officer", "eldercare_officer"),
    ("planner", "planner"),
)
SINCE, DAY = "2026-01-01", "2026-06-30"


@dataclass(frozen=True)
class City:
    """Where a city's files are, what was made for it, and what comes out."""

    streets: str
    group: str
    people: Callable[[Path, Path, gpd.GeoDataFrame], Path]
    facilities: Callable[[Path, Path, gpd.GeoDataFrame, Network], Path]
    counted: float
    """People the source holds."""
    share: float
    circle_share: float
    """Of them, who is reached along streets and by circle, per cent."""
    types: tuple[str, ...] = ()
    """The types of facility counted; none: those that serve the elderly."""


def futian_people(_: Path, folder: Path, units: gpd.GeoDataFrame) -> Path:
    table = futian.population(units).drop(columns="source").rename(columns=CHINESE)
    path = folder / "人口.xlsx"
    table.assign(备注=squares.LABEL).to_excel(path, index=False)
    return path


CHINESE = {
    "division": "区划代码",
    "total": "总人口",
    "aged_60": "60岁及以上",
    "aged_65": "65岁及以上",
    "aged_80": "80岁及以上",
    "households": "户数",
    "settlement": "城乡分类",
}


def hexagons(data: Path, folder: Path, _: gpd.GeoDataFrame) -> Path:
    """Return the middles of the hexagons as a file of points with counts."""
    table = pd.read_csv(data / "porto_alegre" / "poa_hexgrid.csv")
    points = gpd.points_from_xy(table["lon"], table["lat"], crs="EPSG:4326")
    path = folder / "population.gpkg"
    gpd.GeoDataFrame(table[["id", "population"]], geometry=points).to_file(path)
    return path


def grid_path(data: Path) -> Path:
    return data / "helsinki" / "helsinki_population_grid_2020.gpkg"


def grid_of_helsinki(data: Path, _: Path, __: gpd.GeoDataFrame) -> Path:
    return grid_path(data)


def made(_: Path, folder: Path, units: gpd.GeoDataFrame, streets: Network) -> Path:
    """Return facilities made beside junctions, as a bureau's list."""
    found = futian.facilities(streets, units, count=32)
    table = pd.DataFrame(
        {
            "设施编码": found["facility"],
            "名称": found["name"],
            "类型": found["type"],
            "状态": "运营",
            "区划代码": found["division"],
            "经度": found.geometry.x.round(6),
            "纬度": found.geometry.y.round(6),
            "床位数": found["beds_total"],
            "备注": squares.LABEL,
        }
    )
    path = folder / "设施.csv"
    table.to_csv(path, index=False, encoding="utf-8-sig")
    return path


def of_helsinki(data: Path, folder: Path, units: gpd.GeoDataFrame, _: Network) -> Path:
    """Return the real places of Helsinki as a list, each with the square it is in."""
    found = gpd.read_file(data / "helsinki" / "helsinki_facilities.gpkg")
    lowest = units[units["level"] == 5]
    at = shapely.STRtree(lowest.geometry.to_numpy()).nearest(found.geometry.to_numpy())
    table = pd.DataFrame(
        {
            "设施编码": [f"YL990119{n + 1:04}" for n in range(len(found))],
            "名称": found["name"].fillna("（无名）"),
            "类型": "社区卫生服务机构",
            "状态": "运营",
            "区划代码": lowest.index.to_numpy()[at],
            "经度": found.geometry.x,
            "纬度": found.geometry.y,
        }
    )
    path = folder / "facilities.csv"
    table.to_csv(path, index=False, encoding="utf-8-sig")
    return path


CITIES = {
    "futian": City(
        "shenzhen/futian_osm_drive.graphml", "aged_60", futian_people, made,
        31_851, 65.5, 88.5,
    ),
    "porto_alegre": City(
        "porto_alegre/poa.osm.pbf", "total", hexagons, made, 812_935, 44.2, 72.4,
    ),
    "helsinki": City(
        "helsinki/Helsinki.osm.pbf", "total", grid_of_helsinki, of_helsinki,
        71_724, 29.3, 80.7, ("MED",),
    ),
}  # fmt: skip


class Desk:
    """The command line over one store, in this process."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __call__(self, *words: object, status: int = 0) -> Any:
        done = quhua(*words, "--store", self.path, "--json")
        assert done.status == status, f"{words}\n{done.out[-2000:]}\n{done.err}"
        return done.document


@pytest.mark.full
@pytest.mark.parametrize("name", CITIES)
def test_streets_people_and_facilities_become_coverage(
    name: str, data: Path, tmp_path: Path
) -> None:
    city, desk = CITIES[name], Desk(tmp_path / "store.sqlite")
    staff(desk.path)
    built = tmp_path / "streets.qnet"
    quhua("network", "build", data / city.streets, "--out", built)
    streets = load(built)
    units = divisions(desk, extent(name, streets, data), tmp_path)

    desk("network", "add", data / city.streets, "--effective", SINCE, "--as", "officer")
    people = city.people(data, tmp_path, units)
    words = () if city.group != "total" else ("--map", "population=total")
    agree(desk, bring_in(desk, people, "population", *words), "population")
    sites = city.facilities(data, tmp_path, units, streets)
    agree(desk, bring_in(desk, sites, "facilities"), "facilities")

    types = [word for kind in city.types for word in ("--type", kind)]
    asked = ("--as-of", DAY, "--group", city.group, "--rural-minutes", 15, *types)
    found = desk("coverage", *asked, "--level", "community")
    (tmp_path / "coverage.json").write_text(json.dumps(found))
    again = desk("coverage", "--stamp", tmp_path / "coverage.json",
                 "--group", city.group)  # fmt: skip
    assert again["units"] == found["units"]
    total = found["total"]
    assert total["people"] == pytest.approx(city.counted, rel=0.001)
    assert total["share"] == pytest.approx(city.share, abs=1)
    assert total["circle_share"] == pytest.approx(city.circle_share, abs=1)
    assert sum(unit["people"] for unit in found["units"]) == pytest.approx(
        total["people"]
    )
    registry = open_registry(str(desk.path))
    key = registry.make_coverage(
        "planner", as_of=DAY, group=city.group, types=list(city.types)
    )
    client = client_as(create_app(registry), "planner")
    shown = client.get(f"/api/v1/coverage/{key}").get_json()
    assert shown["stamp"]["network"]["number"] == 1
    assert client.get("/coverage").status_code == 200
    registry.close()


def extent(name: str, streets: Network, data: Path) -> tuple[float, ...]:
    """Return the bounds of a city's streets and people together, degrees."""
    lon, lat = crs.transform_points(*streets.nodes.T, streets.crs)
    if name == "porto_alegre":
        table = pd.read_csv(data / "porto_alegre" / "poa_hexgrid.csv")
        lon, lat = np.append(lon, table["lon"]), np.append(lat, table["lat"])
    elif name == "helsinki":
        west, south, east, north = gpd.read_file(grid_path(data)).total_bounds
        lon, lat = np.append(lon, (west, east)), np.append(lat, (south, north))
    return lon.min(), lat.min(), lon.max(), lat.max()


def staff(path: Path) -> None:
    registry = registry_at(path)
    registry.init("root")
    for name, role in PEOPLE:
        registry.add_user("root", name)
        registry.set_roles("root", name, [role])
    registry.close()


def divisions(desk: Desk, bounds: tuple[float, ...], folder: Path) -> gpd.GeoDataFrame:
    """Publish squares over some bounds; return them."""
    units = squares.district(bounds, "990119", "示例区")
    path = folder / "divisions.gpkg"
    units.reset_index(drop=True).to_file(path, layer="divisions")
    draft = bring_in(desk, path, "divisions", actor="surveyor")
    agree(desk, draft, "divisions", "surveyor", "manager")
    return units


def bring_in(
    desk: Desk, path: Path, layer: str, *words: str, actor: str = "officer"
) -> str:
    """Import a file as a draft; return its id."""
    done = desk(
        *("import", path, "--layer", layer, "--valid-from", SINCE, "--as", actor),
        *("--basis", squares.LABEL, "--yes", *words),
    )
    return str(done["draft"]["id"])


def agree(
    desk: Desk, draft: str, layer: str, author: str = "officer", judge: str = "planner"
) -> None:
    desk("draft", "submit", draft, "--as", author)
    desk("draft", "approve", draft, "--as", judge)
    desk("publish", "--layer", layer, "--as", judge)
