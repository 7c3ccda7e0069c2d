"""``quhua reach``: facilities of a file served along a network of a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from boundaries.services.reaching import Wish, serve
from geodata import crs
from geodata.errors import InputError
from geodata.network import keeping
from geodata.network.building import build
from geodata.network.graph import Climb
from tests.support.commands import quhua
from tests.support.streets import streets_of

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.network.graph import Network

LON, LAT, STEP = 117.0, 39.0, 0.002
"""Streets 0.002 degrees apart: about 173 m eastward and 222 m northward."""


@pytest.fixture(scope="module")
def network() -> Network:
    """Twenty streets each way, and one by itself in the east."""
    at = STEP * np.arange(20)
    rows = [[(LON + x, LAT + y) for x in at] for y in at]
    columns = [[(LON + x, LAT + y) for y in at] for x in at]
    island = [[(LON + 0.05, LAT), (LON + 0.05, LAT + 0.01)]]
    return build(streets_of(rows + columns + island))[0]


def points(rows: list[tuple[Any, ...]], *names: str) -> gpd.GeoDataFrame:
    """Return records of a name, a position or none, and more columns."""
    at = [shapely.Point(row[1:3]) if row[1] is not None else None for row in rows]
    more = {name: [row[3 + n] for row in rows] for n, name in enumerate(names)}
    ids = [row[0] for row in rows]
    return gpd.GeoDataFrame({"id": ids, **more}, geometry=at, crs=crs.STORAGE)


def minutes(number: float, **more: Any) -> Wish:
    return Wish(minutes=number, **more)


MIDDLE = ("A", LON + 10 * STEP, LAT + 10 * STEP)


def test_the_command_reads_computes_and_writes(
    network: Network, tmp_path: Path
) -> None:
    keeping.save(network, tmp_path / "n.qnet")
    near = ("B", LON + 10.5 * STEP, LAT + 10 * STEP + 0.0001)
    rows = [MIDDLE, near, ("nowhere", None, None)]
    sites = pd.DataFrame(rows, columns=["id", "lon", "lat"])
    sites.to_csv(tmp_path / "f.csv", index=False)
    people = pd.DataFrame({"lon": [LON], "lat": [LAT], "人口": [7]})
    people.to_csv(tmp_path / "p.csv", index=False)
    ran = quhua(
        "reach", "--network", tmp_path / "n.qnet", "--facilities", tmp_path / "f.csv",
        "--minutes", 10, "--speed", 1.0, "--population", tmp_path / "p.csv",
        "--out", tmp_path / "areas.gpkg", "--json",
    )  # fmt: skip
    assert ran.status == 0, ran.err
    found = ran.document
    assert found["network"]["nodes"] == network.node_count
    assert found["network"]["edges"] == network.edge_count
    a, b = found["facilities"]
    assert (a["id"], b["id"]) == ("A", "B")
    assert a["snap_m"] == 0
    assert 10 < b["snap_m"] < 12
    assert a["reached_nodes"] == lattice_nodes(600)
    frame = gpd.read_file(tmp_path / "areas.gpkg", layer="areas")
    assert frame["id"].tolist() == ["A", "B"]
    assert frame.is_valid.all()
    assert np.allclose(crs.area_m2(frame.geometry), frame["area_m2"], rtol=1e-6)
    assert frame["area_m2"].tolist() == [a["area_m2"], b["area_m2"]]
    union = found["union"]
    assert union["facilities"] == 2
    assert a["area_m2"] < union["area_m2"] < a["area_m2"] + b["area_m2"]
    assert union["reached_length_m"] < a["reached_length_m"] + b["reached_length_m"]
    assert union["population"] == 0
    assert found["population"]["people"] == 7
    assert [row["keys"] for row in found["omitted"]] == [["nowhere"]]


def lattice_nodes(metres: float) -> int:
    """Return how many crossings lie so far along the streets from the middle."""
    dx, dy = (crs.distance_m(LON, LAT, LON + STEP, LAT),
              crs.distance_m(LON, LAT, LON, LAT + STEP))  # fmt: skip
    steps = np.arange(-9, 10)
    way = np.abs(steps)[:, None] * dx + np.abs(steps) * dy
    return int((way <= metres).sum())


def test_streets_can_be_had_instead_of_areas(network: Network) -> None:
    served = serve(network, points([MIDDLE]), minutes(5, form="streets"))
    length = served.document["facilities"][0]["reached_length_m"]
    assert np.isclose(crs.length_m(served.frame.geometry)[0], length, atol=0.02)


def test_people_are_counted_along_streets_and_by_circle(network: Network) -> None:
    # the corner is 346 m east and 444 m north: 790 m along streets, 563 m straight
    corner = (2, MIDDLE[1] + 0.004, MIDDLE[2] + 0.004, 5)
    people = points([(1, *MIDDLE[1:], 10), corner, (3, LON, LAT, 100)], "population")
    sites = points([MIDDLE])
    found = serve(network, sites, minutes(10), population=people).document
    assert found["facilities"][0]["population"] == 10
    assert found["facilities"][0]["circle_population"] == 15
    assert found["union"]["population"] == 10
    assert found["population"]["people"] == 115
    longer = serve(network, sites, minutes(13.3), population=people).document
    assert longer["union"]["population"] == 15


def test_people_of_polygons_stand_along_their_streets(network: Network) -> None:
    side = 4.5 * STEP
    west, south = MIDDLE[1] - side, MIDDLE[2] - side
    land = shapely.box(west, south, west + 2 * side, south + 2 * side)
    far = shapely.box(LON + 0.2, LAT, LON + 0.21, LAT + 0.01)
    people = gpd.GeoDataFrame(
        {"total": [1000, 50]}, geometry=[land, far], crs=crs.STORAGE
    )
    found = serve(network, points([MIDDLE]), minutes(10), population=people).document
    assert 200 < found["union"]["population"] < 600
    assert found["population"]["people"] == 1050
    (off,) = found["omitted"]
    assert off["kind"] == "off_streets"
    assert off["people"] == 50
    assert off["keys"] == ["1"]


def test_what_cannot_be_computed_is_named_and_the_rest_computed(
    network: Network,
) -> None:
    island = ("island", LON + 0.05, LAT + 0.005)
    away, abroad = ("away", LON + 0.1, LAT), ("abroad", 10.0, 50.0)
    rows = [MIDDLE, ("nowhere", None, None), island, away, abroad]
    found = serve(network, points(rows), minutes(15)).document
    assert [row["id"] for row in found["facilities"]] == ["A", "island"]
    assert [row["isolated"] for row in found["facilities"]] == [False, True]
    said = {row["kind"]: row for row in found["omitted"]}
    assert said["no_coordinates"]["keys"] == ["nowhere"]
    assert said["isolated"]["keys"] == ["island"]
    assert not said["isolated"]["left_out"]
    assert said["outside"]["keys"] == ["away", "abroad"]
    assert all(row["what_to_do"]["zh"] for row in found["omitted"])


def test_nobody_on_the_network_is_an_answer_too(network: Network) -> None:
    people = points([(1, LON, LAT, 3)], "total")
    served = serve(network, points([("x", 10.0, 50.0)]), Wish(), population=people)
    assert served.document["union"]["population"] == 0
    assert served.document["union"]["area_m2"] == 0
    assert len(served.frame) == 0


def test_hills_lengthen_the_way_and_are_named(network: Network) -> None:
    steep = Climb(*np.full((2, network.edge_count), 1.5), missing=0.25)
    found = serve(network, points([MIDDLE]), minutes(15), climb=steep).document
    assert found["facilities"][0]["reached_nodes"] == lattice_nodes(600)
    assert found["climb"]["missing_share"] == 0.25


@pytest.mark.parametrize("column", ["id", "nothing", None])
def test_a_column_that_counts_nobody_is_refused(
    network: Network, column: str | None
) -> None:
    people = points([("x", LON, LAT)])
    with pytest.raises(InputError) as refused:
        serve(network, points([MIDDLE]), Wish(), population=people, counted_by=column)
    assert refused.value.hint


def test_a_grid_says_minutes_and_the_file_holds_the_outline(
    network: Network, tmp_path: Path
) -> None:
    keeping.save(network, tmp_path / "n.qnet")
    east = ("B", LON + 15 * STEP, LAT + 10 * STEP)
    points([MIDDLE, east]).to_file(tmp_path / "f.gpkg")
    asked = ["--network", str(tmp_path / "n.qnet")]
    asked += ["--facilities", str(tmp_path / "f.gpkg"), "--minutes", "8"]
    drawn = {}
    for form in ("polygon", "grid"):
        out = tmp_path / f"{form}.gpkg"
        more = ["--form", form, "--cell", "40", "--out", str(out), "--json"]
        drawn[form] = quhua("reach", *asked, *more).document
        assert drawn[form]["layers"] == [form, "union"]
        outline = gpd.read_file(out, layer="union")
        assert len(outline) == 1
        area = float(crs.area_m2(outline.geometry.to_numpy())[0])
        assert area == pytest.approx(drawn[form]["union"]["area_m2"], rel=1e-6)
    cells = gpd.read_file(tmp_path / "grid.gpkg", layer="grid")
    assert len(cells) == drawn["grid"]["cells"] > 200
    assert cells["minutes"].between(0, 8).all()
    assert set(cells["id"]) == {"A", "B"}
    west = cells[cells.bounds["maxx"] < MIDDLE[1]]
    assert set(west["id"]) == {"A"}
    # the way from the street to a cell's middle counts too: less land than the areas'
    land = float(crs.area_m2(cells.geometry.to_numpy()).sum())
    assert 0.65 < land / drawn["polygon"]["union"]["area_m2"] < 1
    held = outline.geometry.iloc[0].buffer(0.0003)
    assert cells.geometry.within(held).all()
    one_layer = tmp_path / "a.geojson"
    found = quhua("reach", *asked, "--out", str(one_layer), "--json").document
    assert found["layers"] == ["a"]
