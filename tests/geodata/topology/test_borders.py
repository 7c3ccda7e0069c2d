"""Borders stored once: the units come back to the bit, whatever they are."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.crs import STORAGE, area_m2, length_m
from geodata.errors import GeometryError
from geodata.topology import check
from geodata.topology.borders import Borders, borders, polygons
from tests.support.drawn import coverage_of


def assert_same_bits(one: gpd.GeoDataFrame, other: gpd.GeoDataFrame) -> None:
    """Rings, start vertices, part order and every bit are in the WKB."""
    assert other.crs == one.crs
    assert other.index.equals(one.index)
    assert list(other.columns) == list(one.columns)
    for before, after in zip(one.geometry, other.geometry, strict=True):
        assert (before is None) == (after is None)
        assert shapely.to_wkb(before) == shapely.to_wkb(after)


def drawings() -> st.SearchStrategy[str]:
    row = st.text("ABCD.", min_size=5, max_size=5)
    return st.lists(row, min_size=4, max_size=4).map("/".join)


@settings(max_examples=80, deadline=None)
@given(drawings(), st.randoms(use_true_random=False))
def test_units_come_back_to_the_bit(picture, random):
    if not set(picture) & set("ABCD"):
        return
    layer = coverage_of(picture)
    shapes = [_disturbed(shape, random) for shape in layer.geometry]
    frame = layer.set_geometry(gpd.GeoSeries(shapes, crs=layer.crs))
    assert_same_bits(frame, polygons(borders(frame)))


def _disturbed(shape: Any, random: Any) -> Any:
    """The same unit with other starts, turns, repeats, and at times wrong vertices."""
    parts = list(shapely.get_parts(shape))
    random.shuffle(parts)
    drawn = []
    for part in parts:
        holes = [_ring(ring, random) for ring in part.interiors]
        drawn.append(shapely.Polygon(_ring(part.exterior, random), holes))
    single = len(drawn) == 1 and random.random() < 0.5
    return drawn[0] if single else shapely.MultiPolygon(drawn)


def _ring(ring: Any, random: Any) -> Any:
    xy = shapely.get_coordinates(ring)[:-1]
    xy = np.roll(xy, random.randrange(len(xy)), axis=0)
    if random.random() < 0.3:
        xy = xy[::-1]
    if random.random() < 0.3:
        at = random.randrange(len(xy))
        xy = np.insert(xy, at, [xy[at]] * random.randrange(1, 4), axis=0)
    if random.random() < 0.3:
        xy[random.randrange(len(xy))] += random.choice([1e-9, 1e-4, 0.02])
    return np.concatenate([xy, xy[:1]])


def test_each_border_is_there_once_with_its_sides():
    layer = coverage_of("AAB/AAB/CCC").set_index("code")
    found = borders(layer)
    sides = {frozenset([line.left, line.right]) for line in found.lines.itertuples()}
    assert len(found.lines) == 6
    assert sides == {
        frozenset(pair)
        for pair in [
            [("A",), ("B",)], [("A",), ("C",)], [("B",), ("C",)],
            [("A",), ()], [("B",), ()], [("C",), ()],
        ]
    }  # fmt: skip
    for line in found.lines.itertuples():
        assert line.outer == (not (line.left and line.right))
        for key in line.left:
            to_left = shapely.buffer(line.geometry, 1e-4, single_sided=True)
            assert shapely.area(to_left & layer.geometry[key]) > 0.9 * to_left.area
    assert found.lines["length_m"].tolist() == pytest.approx(
        length_m(found.lines.geometry.to_numpy()).tolist()
    )


def test_tripoints_say_who_meets_there():
    found = borders(coverage_of("AAB/AAB/CCC").set_index("code"))
    inner = found.tripoints[~found.tripoints["outer"]]
    assert inner["units"].tolist() == [("A", "B", "C")]
    assert len(found.tripoints) == 4
    for point in found.tripoints.itertuples():
        ends = [shapely.get_coordinates(found.lines.geometry[n]) for n in point.lines]
        assert len(point.lines) >= 3
        assert all(
            point.geometry.coords[0] in {tuple(xy[0]), tuple(xy[-1])} for xy in ends
        )


def test_enclave_is_one_line_of_two_units():
    found = borders(coverage_of("AAA/ABA/AAA").set_index("code"))
    inner = found.lines[~found.lines["outer"]]
    assert len(inner) == 1
    assert {*inner["left"].item(), *inner["right"].item()} == {"A", "B"}
    assert len(found.tripoints) == 0


def test_level_of_a_line_is_the_topmost_that_differs():
    layer = coverage_of("AB/CD").assign(county=["P", "P", "P", "Q"])
    found = borders(layer, key="code", above=["county"]).lines
    level = {
        frozenset(line.left + line.right): line.level for line in found.itertuples()
    }
    assert level[frozenset("AB")] == 1
    assert level[frozenset("BD")] == 0
    assert level[frozenset("CD")] == 0
    assert (found.loc[found["outer"], "level"] == 0).all()


def test_levels_in_one_frame_share_their_lines():
    low = coverage_of("AB/CD").assign(level=5)
    high = coverage_of("PP/PP").assign(level=4)
    frame = gpd.GeoDataFrame(gpd.pd.concat([low, high], ignore_index=True), crs=low.crs)
    found = borders(frame, key="code", level="level")
    outer = found.lines[found.lines["outer"]]
    assert set(outer["level"]) == {4}
    assert all("P" in line.left + line.right for line in outer.itertuples())
    assert set(found.lines.loc[~found.lines["outer"], "level"]) == {5}
    assert_same_bits(frame, polygons(found))


def redrawn(found: Borders, line: int, shape: Any) -> Borders:
    shapes = found.lines.geometry.to_numpy().copy()
    shapes[line] = shape
    return replace(found, lines=found.lines.set_geometry(shapes, crs=found.lines.crs))


def test_drawing_a_border_anew_draws_both_neighbours():
    layer = coverage_of("AB/AB").set_index("code")
    found = borders(layer)
    line = int(found.lines.index[~found.lines["outer"]][0])
    xy = shapely.get_coordinates(found.lines.geometry[line])
    bent = shapely.linestrings(
        [xy[0], *(xy[[1]] + [0.002, 0.0]), xy[1] - [0, 5e-3], xy[-1]]
    )
    after = polygons(redrawn(found, line, bent))
    was, now = (area_m2(each.geometry.to_numpy()) for each in (layer, after))
    assert now.sum() == pytest.approx(was.sum(), abs=1e-3)
    assert abs(now[0] - was[0]) > 1000
    assert check(after.reset_index(names="key"), key="key").frame.empty


def test_lines_that_no_longer_meet_are_refused():
    found = borders(coverage_of("AB/AB").set_index("code"))
    line = int(found.lines.index[~found.lines["outer"]][0])
    moved = shapely.transform(found.lines.geometry[line], lambda xy: xy + 0.001)
    with pytest.raises(GeometryError, match="meet"):
        polygons(redrawn(found, line, moved))


def test_lengths_are_metres_in_any_crs():
    layer = coverage_of("AB").set_index("code")
    plane = layer.to_crs("EPSG:4548")
    one, two = borders(layer).lines, borders(plane).lines
    assert two["length_m"].tolist() == pytest.approx(one["length_m"].tolist(), rel=1e-6)
    unnamed = plane.set_crs(None, allow_override=True)
    assert borders(unnamed).lines["length_m"].sum() == pytest.approx(
        one["length_m"].sum(), rel=1e-3
    )


BOX = shapely.box(0, 0, 1, 1)
AROUND = list(BOX.exterior.coords)
with np.errstate(invalid="ignore"):
    NAN = shapely.polygons([[0, 0], [1, 0], [np.nan, 1], [0, 0]])
THERE_AND_BACK = shapely.Polygon([(0, 0), (1, 0), (2, 0), (1, 0), (1, 1), (0, 0)])
ODD: dict[str, list[Any]] = {
    "none": [],
    "one": [BOX],
    "empty and null": [None, shapely.Polygon(), shapely.MultiPolygon(), BOX],
    "mixed": [shapely.Point(0, 0), shapely.LineString([(0, 0), (1, 1)]), BOX,
              shapely.GeometryCollection([BOX])],
    "third ordinate": [shapely.force_3d(BOX, 4.0), BOX, shapely.force_3d(BOX, 7.0)],
    "bow tie": [shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), BOX],
    "twice around": [shapely.Polygon([*AROUND[:-1], *AROUND]), BOX],
    "there and back": [THERE_AND_BACK, BOX],
    "one point": [shapely.Polygon([(0, 0)] * 4), BOX],
    "a line": [shapely.Polygon([(0, 0), (1, 1), (0, 0), (0, 0)]), BOX],
    "the same twice": [BOX, shapely.reverse(BOX), shapely.MultiPolygon([BOX, BOX])],
    "not finite": [NAN, BOX],
    "signed zeros": [shapely.Polygon([(-0.0, 0), (1, -0.0), (1, 1)]), BOX],
    "random ring": [shapely.Polygon(np.random.default_rng(3).random((1000, 2)))],
}  # fmt: skip


@pytest.mark.parametrize("name", ODD)
def test_odd_layers_come_back_as_they_were(name):
    frame = gpd.GeoDataFrame(
        {"n": range(len(ODD[name]))}, geometry=ODD[name], crs=STORAGE
    )
    assert_same_bits(frame, polygons(borders(frame)))


@pytest.mark.parametrize(
    ("path", "layer"),
    [
        ("tianjin/tianjin.gpkg", "districts_datav_older"),
        ("shenzhen/shenzhen.gpkg", "streets"),
        ("china_admin/china_province_city_datav.gpkg", "city"),
        ("swiss_history/2016/municipalities.shp", None),
    ],
)
def test_real_layers_come_back_to_the_bit(data, path, layer):
    frame = pyogrio.read_dataframe(data / path, layer=layer)
    assert_same_bits(frame, polygons(borders(frame)))


@pytest.mark.full
@pytest.mark.parametrize("name", ["cn_county_2020", "uk_oa2011_england_wales"])
def test_large_layers_come_back_to_the_bit(data, name):
    frame = gpd.read_parquet(data / "bench" / f"{name}.parquet")
    assert_same_bits(frame, polygons(borders(frame)))
