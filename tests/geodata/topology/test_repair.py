from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geodata.errors import GeometryError
from geodata.topology import apply_repair, conflicts, simplify, suggest_repair
from geodata.topology.soundness import MAX_CROSSINGS, crossings
from tests.support.drawn import coverage_of


def test_bow_tie_is_mended_with_its_cost():
    fixed, cost = suggest_repair(shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]))
    assert fixed.is_valid
    assert shapely.get_num_geometries(fixed) == 2
    assert cost["vertices_added"] == 1
    assert cost["vertices_dropped"] == 0
    assert cost["largest_shift_m"] == 0


def test_valid_polygon_costs_nothing():
    box = shapely.box(0, 0, 1, 1)
    fixed, cost = suggest_repair(box)
    assert fixed.equals_exact(box)
    assert set(cost.values()) == {0.0}


def test_spike_is_cut_and_its_length_told():
    spiked = shapely.Polygon([(0, 0), (1, 0), (1, 1), (1, 2), (1, 1), (0, 1)])
    _, cost = suggest_repair(spiked)
    assert cost["largest_shift_m"] == pytest.approx(110_600, rel=0.01)


def star(points: int) -> shapely.Polygon:
    turn = np.arange(points) * np.pi * 0.9999
    return shapely.Polygon(np.stack([np.cos(turn), np.sin(turn)], axis=1))


@pytest.mark.parametrize(
    "shape",
    [
        shapely.Polygon(np.random.default_rng(5).random((1000, 2))),
        shapely.Polygon(np.random.default_rng(5).random((4000, 2))),
        star(5001),
        shapely.MultiPolygon(
            [
                shapely.box(x, y, x + 0.5, y + 0.5)
                for x, y in np.random.default_rng(6).random((5000, 2))
            ]
        ),
    ],
    ids=["ring of 1000", "ring of 4000", "star", "5000 squares"],
)
def test_explosive_shapes_are_refused_with_a_place(shape):
    with pytest.raises(GeometryError) as caught:
        suggest_repair(shape)
    assert "at " in caught.value.message.en


def test_crossings_of_a_simple_ring():
    assert crossings(shapely.box(0, 0, 1, 1)) == 0
    assert crossings(shapely.Polygon([(0, 0), (1, 1), (1, 0), (0, 1)])) == 1
    assert crossings(star(5001)) > MAX_CROSSINGS


def test_gap_goes_to_the_longest_border_and_stays_closed():
    layer = coverage_of("AAA/A.B/AAA").set_index("code")
    gap = conflicts(layer.geometry.to_numpy()).gaps.geometry.item()
    mended, log = apply_repair(
        layer, [{"kind": "fill", "to": None, "among": ["A", "B"], "place": gap}]
    )
    assert log[0]["done"]
    assert log[0]["keys"] == ["A"]
    after = conflicts(mended.geometry.to_numpy())
    assert after.gaps.empty
    assert after.overlaps.empty
    assert after.borders.empty
    assert conflicts(layer.geometry.to_numpy()).gaps.shape[0] == 1


def test_overlap_is_taken_from_the_others():
    layer = coverage_of("AB").set_index("code")
    shapes = layer.geometry.to_numpy().copy()
    shapes[0] = shapely.union(shapes[0], shapely.box(117.01, 39.19, 117.011, 39.2))
    layer = layer.set_geometry(shapes, crs=layer.crs)
    place = conflicts(shapes).overlaps.geometry.item()
    mended, log = apply_repair(
        layer, [{"kind": "give", "to": "A", "among": ["A", "B"], "place": place}]
    )
    assert log[0]["done"]
    found = conflicts(mended.geometry.to_numpy())
    assert found.overlaps.empty
    assert found.gaps.empty
    assert found.borders.empty
    assert (mended.geometry["A"] ^ shapes[0]).area < 1e-12


def test_no_unit_is_emptied():
    layer = coverage_of("A").set_index("code")
    twin = layer.rename(index={"A": "B"})
    both = pd.concat([layer, twin])
    place = layer.geometry.item()
    mended, log = apply_repair(
        both, [{"kind": "give", "to": "A", "among": ["A", "B"], "place": place}]
    )
    assert not log[0]["done"]
    assert log[0]["why"]["en"]
    assert not mended.geometry["B"].is_empty


def test_host_is_cut_around_the_inner_unit():
    layer = coverage_of("AAA/AAA/AAA").set_index("code")
    inner = coverage_of("I", west=117.01, north=39.19).set_index("code")
    both = pd.concat([layer, inner])
    mended, log = apply_repair(
        both,
        [
            {
                "kind": "cut_host",
                "unit": "I",
                "host": "A",
                "place": inner.geometry.item(),
            }
        ],
    )
    assert log[0]["done"]
    assert conflicts(mended.geometry.to_numpy()).overlaps.empty
    assert (
        shapely.get_num_interior_rings(shapely.get_parts(mended.geometry["A"])[0]) == 1
    )


def test_repair_beyond_the_limit_is_refused():
    layer = coverage_of("AAA/A.B/AAA").set_index("code")
    gap = conflicts(layer.geometry.to_numpy()).gaps.geometry.item()
    mended, log = apply_repair(
        layer,
        [{"kind": "fill", "to": None, "among": ["A", "B"], "place": gap}],
        max_area_m2=10.0,
    )
    assert not log[0]["done"]
    assert mended.geometry.geom_equals_exact(layer.geometry, tolerance=0).all()


def test_simplified_borders_stay_shared(data):
    path = data / "tianjin" / "tianjin.gpkg"
    layer = gpd.read_file(path, layer="districts_datav_areas_v3")
    simple = simplify(layer, 1000.0)
    before = shapely.get_num_coordinates(layer.geometry.to_numpy()).sum()
    after = shapely.get_num_coordinates(simple.geometry.to_numpy()).sum()
    assert after < before / 2
    assert simple.is_valid.all()
    assert not simple.is_empty.any()
    assert shapely.coverage_is_valid(simple.geometry.to_numpy())
    assert simple.crs == layer.crs


def test_simplify_keeps_what_is_no_polygon_and_small_units():
    layer = coverage_of("AB")
    shapes = np.append(layer.geometry.to_numpy(), [None])
    frame = gpd.GeoDataFrame({"n": [1, 2, 3]}, geometry=shapes, crs="EPSG:4490")
    simple = simplify(frame, 100_000.0)
    assert simple.geometry.iloc[2] is None
    assert not simple.geometry.iloc[:2].is_empty.any()
