"""Simplified layers: borders shared, levels nested, nothing lost."""

from __future__ import annotations

import itertools
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.crs import STORAGE
from geodata.tiles.pyramid import simplified
from geodata.topology import check, simplify
from geodata.topology.borders import borders
from geodata.topology.joining import dissolve
from tests.support.drawn import coverage_of


def edges(shapes: Any) -> set[tuple[tuple[float, ...], ...]]:
    """The edges of shapes, whichever way they are drawn."""
    rings = shapely.get_rings(shapely.get_parts(np.asarray(shapes, dtype=object)))
    found = set()
    for ring in rings:
        xy = shapely.get_coordinates(ring).tolist()
        found |= {
            tuple(sorted((tuple(a), tuple(b)))) for a, b in itertools.pairwise(xy)
        }
    return found  # fmt: skip


def wavy(picture: str, seed: int, vertices: int = 12) -> gpd.GeoDataFrame:
    """Letters whose borders have more vertices, moved at random, both sides alike."""
    layer = coverage_of(picture).set_index("code")
    dense = shapely.segmentize(layer.geometry.to_numpy(), 0.0101 / vertices)
    xy = shapely.get_coordinates(dense)
    number = {tuple(p): None for p in np.round(xy, 9).tolist()}
    rng = np.random.default_rng(seed)
    shift = dict(zip(number, rng.uniform(-2e-4, 2e-4, (len(number), 2)), strict=True))
    moved = np.array([np.add(p, shift[tuple(p)]) for p in np.round(xy, 9).tolist()])
    shapes = shapely.set_coordinates(dense, moved)
    return layer.set_geometry(gpd.GeoSeries(shapes, index=layer.index, crs=layer.crs))


def two_levels(low: gpd.GeoDataFrame, above: dict[str, str]) -> gpd.GeoDataFrame:
    """The units and what is made of them, to the bit."""
    low = low.assign(level=5)
    groups = sorted(set(above.values()))
    shapes = [
        dissolve([low.geometry[k] for k in above if above[k] == g]) for g in groups
    ]
    high = gpd.GeoDataFrame({"level": 4}, index=groups, geometry=shapes, crs=low.crs)
    return gpd.GeoDataFrame(pd.concat([low, high]), crs=low.crs)


NESTED = ("AABB/AEEB/CEED/CCDD", {"A": "P", "C": "P", "E": "P", "B": "Q", "D": "Q"})


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.floats(20.0, 3000.0))
def test_levels_nest_at_every_tolerance(seed, tolerance_m):
    picture, above = NESTED
    frame = two_levels(wavy(picture, seed), above)
    simple = simplify(frame, tolerance_m, level="level")
    assert simple.is_valid.all()
    low, high = (simple[simple["level"] == level] for level in (5, 4))
    assert edges(high.geometry) <= edges(low.geometry)
    for key in high.index:
        made = [low.geometry[k] for k in above if above[k] == key]
        assert shapely.equals(dissolve(made), high.geometry[key])
    for level in (low, high):
        assert set(check(level.reset_index(names="key"), key="key").frame["rule"]) <= {
            "multipart"
        }


def test_a_level_that_does_not_match_is_simplified_by_itself():
    low = wavy("AB/AB", 1).assign(level=5)
    high = wavy("PP/PP", 2).assign(level=4)
    frame = gpd.GeoDataFrame(pd.concat([low, high]), crs=low.crs)
    simple = simplify(frame, 200.0, level="level")
    assert simple.is_valid.all()
    count = [
        shapely.get_num_coordinates(f.geometry.to_numpy()).sum()
        for f in (frame, simple)
    ]
    assert count[1] < count[0] / 2  # fmt: skip


def test_vertices_are_some_of_those_there_were():
    frame = wavy("AAB/ACB/CCC", 4)
    simple = simplify(frame, 150.0)
    before, after = (
        set(map(tuple, shapely.get_coordinates(f.geometry.to_numpy()).tolist()))
        for f in (frame, simple)
    )
    assert after < before
    ends = borders(frame).tripoints.geometry
    assert {(p.x, p.y) for p in ends} <= after


def test_no_unit_is_lost_at_any_tolerance():
    simple = simplify(wavy("AAAA/ABCA/AAAA", 5), 1e6)
    assert simple.is_valid.all()
    assert not simple.is_empty.any()
    rules = check(simple.reset_index(names="key"), key="key").frame["rule"]
    assert not rules.isin(["overlap", "sliver_overlap", "duplicate"]).any()


def test_tolerance_is_metres_in_a_plane_too():
    frame = wavy("AAB/ACB/CCC", 6)
    plane = frame.to_crs("EPSG:4548")
    one, two = simplify(frame, 120.0), simplify(plane, 120.0)
    counts = [
        shapely.get_num_coordinates(f.geometry.to_numpy()).sum() for f in (one, two)
    ]
    assert counts[0] == pytest.approx(counts[1], rel=0.05)  # fmt: skip


@pytest.mark.parametrize("odd", [None, shapely.Polygon(), shapely.Point(0, 0)])
def test_rows_without_ground_stay(odd):
    frame = gpd.GeoDataFrame(geometry=[odd, shapely.box(117, 39, 118, 40)], crs=STORAGE)
    assert simplify(frame, 100.0).geometry.iloc[0] is odd
    assert simplify(frame.iloc[:1], 100.0).geometry.iloc[0] is odd


def test_tiles_draw_shenzhen_nested(data):
    streets = gpd.read_file(data / "shenzhen/shenzhen.gpkg", layer="streets")
    whole = streets[["DISTRICT", "geometry"]].dissolve("DISTRICT", method="coverage")
    shapes = np.r_[streets.geometry.to_numpy(), whole.geometry.to_numpy()]
    levels = np.r_[np.full(len(streets), 5), np.full(len(whole), 4)]
    before = shapely.get_num_coordinates(shapes).sum()
    for degrees in (0.0005, 0.005):
        drawn = simplified(shapes, levels, degrees)
        assert shapely.get_num_coordinates(drawn).sum() < before / 2
        assert shapely.is_valid(drawn).all()
        assert edges(drawn[levels == 4]) <= edges(drawn[levels == 5])


@pytest.mark.full
def test_counties_with_their_defects_stay_valid(data):
    frame = gpd.read_parquet(data / "bench/cn_county_2020.parquet")
    simple = simplify(frame, 1000.0)
    assert simple.is_valid.all()
    assert not simple.is_empty.any()
