from __future__ import annotations

import time

import numpy as np
import pytest
import shapely

from geodata.crs import area_m2
from geodata.topology import conflicts, gaps, overlaps
from tests.support.drawn import coverage_of
from tests.support.noise import jittered


def shapes(picture: str) -> np.ndarray:
    return coverage_of(picture).geometry.to_numpy().copy()


def widened(shape, east=0.0, north=0.0):
    """The unit with its eastern and northern side moved out."""
    west, south, e, n = shape.bounds
    return shapely.box(west, south, e + east, n + north)


@pytest.mark.parametrize(
    "picture",
    ["A", "AB", "AAB/AAB/CCC", "ABCD/EFGH/IJKL", "AAA/ABA/AAA", "A.B", "AB/BA"],
)
def test_clean_drawings_have_no_conflict(picture):
    found = conflicts(shapes(picture))
    assert found.overlaps.empty
    assert found.gaps.empty
    assert found.borders.empty
    assert not len(found.noisy)


def test_gap_names_all_around_and_its_size():
    units = shapes("AAA/B.C/DDD")
    found = gaps(units)
    assert found["units"].tolist() == [(0, 1, 2, 3)]
    hole = shapely.box(117.01, 39.18, 117.02, 39.19)
    assert found["area_m2"].item() == pytest.approx(area_m2([hole])[0])
    assert area_m2([found.geometry.item() ^ hole])[0] < 1e-3


def test_overlap_is_measured_and_named():
    units = shapes("AABB")
    units[0] = widened(units[0], east=0.002)
    found = overlaps(units)
    assert found[["i", "j"]].to_numpy().tolist() == [[0, 1]]
    shared = shapely.intersection(units[0], units[1])
    assert found["area_m2"].item() == pytest.approx(area_m2([shared])[0])
    assert found["width_m"].item() == pytest.approx(172.6, rel=0.02)


def test_three_units_over_one_place():
    units = np.array(
        [shapely.box(x, 0, x + 3, 3) for x in (0, 1, 2)] + [shapely.box(9, 0, 10, 1)]
    )
    found = overlaps(units)
    assert sorted(found["units"]) == [(0, 1), (0, 1, 2), (1, 2)]


def test_overlap_across_a_matched_border_is_told_apart():
    units = np.append(shapes("AB"), shapely.box(117.005, 39.192, 117.015, 39.198))
    found = overlaps(units)
    assert sorted(found["units"]) == [(0, 2), (1, 2)]


def test_duplicate_and_unit_in_uncut_host():
    units = shapes("AB")
    both = overlaps(np.append(units, units[0]))
    assert both["units"].tolist() == [(0, 2)]
    inner = shapely.box(117.002, 39.192, 117.004, 39.194)
    host = overlaps(np.append(units, inner))
    assert host["units"].tolist() == [(0, 2)]
    assert host["area_m2"].item() == pytest.approx(area_m2([inner])[0])


def test_enclave_cut_out_is_clean_and_a_hole_is_a_gap():
    ring = shapely.difference(shapely.box(0, 0, 3, 3), shapely.box(1, 1, 2, 2))
    assert gaps([ring, shapely.box(1, 1, 2, 2)]).empty
    assert gaps([ring])["units"].tolist() == [(0,)]


def test_missing_vertex_is_an_unmatched_border_not_a_gap():
    left, right, low = (
        shapely.box(0, 0, 1, 2),
        shapely.box(1, 1, 2, 2),
        shapely.box(1, 0, 2, 1),
    )
    found = conflicts([left, right, low])
    assert found.overlaps.empty
    assert found.gaps.empty
    assert sorted(found.borders["units"]) == [(0, 1), (0, 2)]
    assert [set(map(str, row.geoms)) for row in found.borders.geometry] == [
        {"POINT (1 1)"}
    ] * 2


def test_noise_below_a_millimetre_is_noise():
    units = shapes("ABC/DEF/GHI")
    noisy = jittered(units, 1e-9)
    found = conflicts(noisy)
    assert found.overlaps.empty
    assert found.gaps.empty
    assert found.borders.empty
    assert len(found.noisy) > 0


def test_invalid_unit_hides_nothing_and_hopeless_one_is_named():
    units = shapes("AAA/B.C/DDD")
    bow = shapely.Polygon([(120, 30), (121, 31), (121, 30), (120, 31)])
    junk = shapely.Polygon(np.random.default_rng(2).random((1000, 2)) + 110)
    found = conflicts(np.concatenate([units, [bow, junk, None, shapely.Point(0, 0)]]))
    assert len(found.gaps) == 1
    assert found.unusable.tolist() == [5, 6, 7]


@pytest.mark.parametrize(
    "units", [[], [None], [shapely.Polygon()], [shapely.box(0, 0, 1, 1)]]
)
def test_nothing_to_compare(units):
    found = conflicts(units)
    assert found.overlaps.empty
    assert found.gaps.empty
    assert found.borders.empty


def test_shenzhen_has_38_gaps_and_no_overlap(data):
    import geopandas as gpd

    streets = gpd.read_file(data / "shenzhen" / "shenzhen.gpkg", layer="streets")
    found = conflicts(streets.geometry.to_numpy())
    assert len(found.gaps) == 38
    assert found.gaps["area_m2"].min() == pytest.approx(0.02, abs=0.01)
    assert found.gaps["area_m2"].max() == pytest.approx(283, abs=2)
    assert found.overlaps.empty


@pytest.mark.slow
def test_cities_agree_with_the_recipe(data):
    import geopandas as gpd

    path = data / "china_admin" / "china_province_city_datav.gpkg"
    cities = gpd.read_file(path, layer="city").geometry.to_numpy().copy()
    found = conflicts(cities)
    broken = ~shapely.is_valid(cities)
    cities[broken] = shapely.make_valid(
        cities[broken], method="structure", keep_collapsed=False
    )
    i, j = shapely.STRtree(cities).query(cities, predicate="intersects")
    i, j = i[i < j], j[i < j]
    shared = shapely.intersection(cities[i], cities[j])
    pairs = set(
        zip(*np.stack([i, j])[:, shapely.area(shared) > 0].tolist(), strict=True)
    )
    mine = {
        (a, b) for row in found.overlaps["units"] for a in row for b in row if a < b
    }
    # A few pairs share less than a square millimetre of noise.
    assert mine <= pairs
    assert len(pairs - mine) <= 5
    assert found.overlaps["area_m2"].sum() == pytest.approx(
        area_m2(shared).sum(), rel=0.002
    )
    union = shapely.union_all(cities)
    holes = shapely.get_num_interior_rings(shapely.get_parts(union)).sum()
    assert len(found.gaps) == pytest.approx(holes, abs=10)
    flagged = ~shapely.is_empty(shapely.coverage_invalid_edges(cities, gap_width=1e-5))
    named = {
        unit
        for table in (found.overlaps, found.gaps, found.borders)
        for row in table["units"]
        for unit in row
    }
    assert set(np.flatnonzero(flagged)) <= named | set(np.flatnonzero(broken))


def test_thousands_of_units_over_each_other_are_left_out_in_bounded_time():
    xy = np.random.default_rng(3).random((5000, 2))
    heap = shapely.box(xy[:, 0], xy[:, 1], xy[:, 0] + 0.5, xy[:, 1] + 0.5)
    apart = shapes("AAA/B.C/DDD")
    start = time.process_time()
    found = conflicts(np.concatenate([apart, heap]))
    assert time.process_time() - start < 30
    assert len(found.crowded) > 4500
    assert not set(found.crowded) & {0, 1, 2, 3}
    assert (0, 1, 2, 3) in set(found.gaps["units"])
