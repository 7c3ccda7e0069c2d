"""Drawn layers of a few units: every conflict with its place, size and units."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.crs import area_m2
from geodata.topology import check
from tests.support.drawn import coverage_of
from tests.support.noise import jittered


def shapes(picture: str) -> np.ndarray:
    return coverage_of(picture).geometry.to_numpy().copy()


def places(units) -> gpd.GeoDataFrame:
    """The findings of units named by their position, but which way rings run."""
    units = np.asarray(units, dtype=object)
    frame = gpd.GeoDataFrame(
        {"key": range(len(units))}, geometry=units, crs="EPSG:4490"
    )
    found = check(frame, key="key").frame
    return found[found["rule"] != "orientation"].reset_index(drop=True)


def told(units) -> list[tuple[str, tuple[str, ...]]]:
    found = places(units)
    return sorted(zip(found["rule"], found["participants"], strict=True))


@pytest.mark.parametrize(
    "picture",
    ["A", "AB", "AAB/AAB/CCC", "ABCD/EFGH/IJKL", "AAA/ABA/AAA", "AB/BA"],
)
def test_clean_drawings_have_no_conflict(picture):
    assert [rule for rule, _ in told(shapes(picture))] in ([], ["multipart"] * 2)


def test_gap_names_all_around_and_its_size():
    (found,) = places(shapes("AAA/B.C/DDD")).itertuples()
    assert found.participants == ("0", "1", "2", "3")
    hole = shapely.box(117.01, 39.18, 117.02, 39.19)
    assert found.area_m2 == pytest.approx(area_m2([hole])[0], rel=1e-6)
    assert area_m2([found.geometry ^ hole])[0] < 1e-3


def test_overlap_is_measured_and_named():
    units = shapes("AABB")
    west, south, east, north = units[0].bounds
    units[0] = shapely.box(west, south, east + 0.002, north)
    (found,) = places(units).itertuples()
    assert (found.rule, found.participants) == ("overlap", ("0", "1"))
    shared = shapely.intersection(units[0], units[1])
    assert found.area_m2 == pytest.approx(area_m2([shared])[0], rel=1e-6)
    assert found.width_m == pytest.approx(172.6, rel=0.02)


def test_three_units_over_one_place():
    units = [shapely.box(x, 0, x + 3, 3) for x in (0, 1, 2)]
    found = told([*units, shapely.box(9, 0, 10, 1)])
    assert found == [
        ("overlap", ("0", "1")),
        ("overlap", ("0", "1", "2")),
        ("overlap", ("1", "2")),
    ]


def test_overlap_across_a_matched_border_is_told_apart():
    found = told([*shapes("AB"), shapely.box(117.005, 39.192, 117.015, 39.198)])
    assert found == [("overlap", ("0", "2")), ("overlap", ("1", "2"))]


def test_duplicate_and_unit_in_uncut_host():
    units = shapes("AB")
    assert told([*units, units[0]]) == [("duplicate", ("0", "2"))]
    inner = shapely.box(117.002, 39.192, 117.004, 39.194)
    (host,) = places([*units, inner]).itertuples()
    assert (host.rule, host.participants) == ("uncut_host", ("0", "2"))
    assert host.area_m2 == pytest.approx(area_m2([inner])[0], rel=1e-6)


def test_enclave_cut_out_is_clean_and_a_hole_is_a_gap():
    ring = shapely.difference(shapely.box(0, 0, 3, 3), shapely.box(1, 1, 2, 2))
    assert told([ring, shapely.box(1, 1, 2, 2)]) == []
    assert told([ring]) == [("missing_unit", ("0",))]


def test_noise_below_the_precision_is_noise():
    assert [rule for rule, _ in told(jittered(shapes("ABC/DEF/GHI"), 1e-9))] == [
        "precision"
    ]


def test_invalid_unit_hides_nothing_and_hopeless_one_is_named():
    bow = shapely.Polygon([(120, 30), (121, 31), (121, 30), (120, 31)])
    junk = shapely.Polygon(np.random.default_rng(2).random((1000, 2)) + 30)
    found = told([*shapes("AAA/B.C/DDD"), bow, junk, None, shapely.Point(0, 0)])
    assert found == [
        ("missing_unit", ("0", "1", "2", "3")),
        ("self_crossing", ("4",)),
        ("unusable", ("5",)),
        ("unusable", ("6",)),
        ("unusable", ("7",)),
    ]
