"""Heights drawn with roads say what passes over what, and all of it is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.crs import STORAGE
from geodata.errors import CRSError
from geodata.network.building import build
from geodata.network.intake import read_streets
from geodata.network.roads import of_frame

if TYPE_CHECKING:
    from pathlib import Path

X, Y = 117.0, 39.0


def roads(lines: list[list[tuple[float, ...]]], **columns: Any) -> gpd.GeoDataFrame:
    """Return lines in metres about a place, with the heights they are given."""
    drawn = [
        shapely.LineString([(X + x / 86_000, Y + y / 111_000, *z) for x, y, *z in line])
        for line in lines
    ]
    return gpd.GeoDataFrame(columns, geometry=drawn, crs=STORAGE)


def along(z: float) -> list[tuple[float, ...]]:
    return [(0, 0, z), (100, 0, z)]


def across(z: float) -> list[tuple[float, ...]]:
    return [(50, -50, z), (50, 50, z)]


@pytest.mark.parametrize(
    ("lines", "edges", "apart"),
    [
        # a crossing without vertices, one at a vertex of both, one that touches
        ([along(3), across(10)], 2, 1),
        ([along(3), across(4.5)], 4, 0),
        ([[(0, 0, 3), (50, 0, 3), (99, 0, 3)], [(50, -9, 9), (50, 0, 9), (50, 9, 9)]],
         2, 1),
        ([along(3), [(50, 0, 9), (50, 50, 9)]], 2, 1),
        ([along(3), [(50, 0.3, 9), (50, 50, 9)]], 2, 1),
        # a deck between ramps: high over the street, down where it begins
        ([along(3), [(50, -50, 3), (50, -20, 9), (50, 20, 9), (50, 50, 3)]], 2, 1),
        ([[(0, 0, 3), (50, 0, 3)], [(50, 0, 3), (99, 0, 9)]], 1, 0),
        ([[(0, 0, 3), (50, 0, 3)], [(50, 0, 9), (99, 0, 9)]], 2, 1),
        # a ramp that turns over itself
        ([[(0, 0, 0.5), (99, 0, 3), (99, 50, 5), (50, 50, 7), (50, -50, 12)]], 1, 1),
        # nothing is known of a line at 0 throughout, or without heights
        ([along(0), across(10)], 4, 0),
        ([[(0, 0), (100, 0)], across(10)], 4, 0),
    ],
)  # fmt: skip
def test_streets_at_clearly_different_heights_do_not_meet(
    lines: Any, edges: int, apart: int
) -> None:
    network, report = build(of_frame(roads(lines)))
    assert network.edge_count == edges
    assert report.counts["apart_heights"] == apart
    (told,) = (note for note in report.notes if "Z" in note.zh)
    assert ("未相接" in told.zh) == bool(apart)
    assert "--field level=" in told.zh
    assert "--field level=" in told.en


def test_fields_of_levels_decide_where_there_are_any() -> None:
    network, report = build(of_frame(roads([along(3), across(9)], layer=[1, 1])))
    assert network.edge_count == 4
    assert "高程未使用" in report.notes[0].zh


def test_the_crossings_are_named_by_their_place(tmp_path: Path) -> None:
    path = tmp_path / "roads.gpkg"
    roads([along(3), across(9)], name=["a", "b"]).to_file(path)
    _, report = build(read_streets(path))
    assert f"{X + 50 / 86_000:.6f} {Y:.6f}" in report.notes[0].en
    told = report.to_dict()
    assert told["done"][0]["what"] == "apart_heights"
    assert told["notes"][0]["zh"] == report.notes[0].zh


def test_heights_that_a_format_does_not_give_are_told(tmp_path: Path) -> None:
    path = tmp_path / "roads.parquet"
    roads([along(3), across(9)]).to_parquet(path)
    network, report = build(read_streets(path))
    assert network.edge_count == 4
    assert "2 条道路带高程" in report.notes[0].zh
    assert "--field level=" in report.notes[0].en


def test_a_layer_without_crs_is_taken_as_degrees_and_told_or_refused(
    tmp_path: Path,
) -> None:
    frame = roads([[(0, 0), (100, 0)], [(50, -50), (50, 50)]], name=["a", "b"])
    degrees, plane = tmp_path / "degrees.shp", tmp_path / "plane.shp"
    for path, given in ((degrees, frame), (plane, frame.to_crs("EPSG:4548"))):
        with pytest.warns(UserWarning, match="crs"):
            given.set_crs(None, allow_override=True).to_file(path)
    network, report = build(read_streets(degrees))
    assert network.edge_count == 4
    assert "EPSG:4490" in report.notes[0].zh
    assert "--crs" in report.notes[0].zh
    assert "declares no CRS" in report.notes[0].en
    said = build(read_streets(degrees, overrides={"crs": 4490}))[1]
    assert not said.notes
    with pytest.raises(CRSError) as refused:
        read_streets(plane)
    assert "没有声明坐标系" in refused.value.text("zh")
    assert "--crs" in refused.value.text("en")
    named = build(read_streets(plane, overrides={"crs": 4548}))[0]
    assert np.allclose(named.length_m.sum(), network.length_m.sum(), rtol=1e-5)
