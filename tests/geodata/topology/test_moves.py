from __future__ import annotations

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.crs import area_m2
from geodata.topology import moves, symmetric_difference_m2
from tests.support.drawn import coverage_of
from tests.support.noise import jittered, turned


def layer(picture: str) -> gpd.GeoDataFrame:
    return coverage_of(picture).set_index("code")


def pairs(found: gpd.GeoDataFrame) -> dict[tuple, int]:
    """The moves in cells of the drawing, roughly."""
    cell = area_m2([shapely.box(117.0, 39.18, 117.01, 39.19)])[0]
    return {
        (row["from"], row["to"]): round(row["area_m2"] / cell)
        for row in found.to_dict("records")
    }


@pytest.mark.parametrize(
    ("old", "new", "moved"),
    [
        ("AAB/AAB", "AAB/AAB", {}),
        ("AAB/AAB", "AAB/ABB", {("A", "B"): 1}),
        ("AA/AA", "AB/AB", {("A", "B"): 2}),
        ("AB/AB", "AA/AA", {("B", "A"): 2}),
        ("AB", "A.", {("B", None): 1}),
        ("A.", "AB", {(None, "B"): 1}),
        ("ABC", "BCA", {("A", "B"): 1, ("B", "C"): 1, ("C", "A"): 1}),
    ],
)
def test_who_gave_what_to_whom(old, new, moved):
    assert pairs(moves(layer(old), layer(new))) == moved


def test_float_noise_and_other_start_are_no_change():
    old = layer("ABC/DEF")
    drawn = jittered(turned(old.geometry.to_numpy()), 2e-9)
    new = old.set_geometry(drawn, crs=old.crs)
    assert moves(old, new).empty
    assert symmetric_difference_m2(old, new).tolist() == [0.0] * 6


def drawings(letters: str = "ABC."):
    row = st.text(letters, min_size=4, max_size=4)
    return st.lists(row, min_size=3, max_size=3).map("/".join)


@settings(max_examples=40, deadline=None)
@given(drawings(), drawings())
def test_what_came_less_what_went_is_the_difference(old, new):
    if not set(old) & set("ABC") or not set(new) & set("ABC"):
        return
    before, after = layer(old), layer(new)
    found = moves(before, after)
    for key in before.index.union(after.index):
        came = found.loc[found["to"] == key, "area_m2"].sum()
        went = found.loc[found["from"] == key, "area_m2"].sum()
        one = area_m2(before.geometry[[key]])[0] if key in before.index else 0.0
        two = area_m2(after.geometry[[key]])[0] if key in after.index else 0.0
        assert came - went == pytest.approx(two - one, abs=1.0)


def test_ground_two_units_shared_is_given_once():
    old = gpd.GeoDataFrame(
        geometry=[shapely.box(0, 0, 2, 1), shapely.box(0, 0, 2, 1)], index=["A", "B"]
    )
    new = gpd.GeoDataFrame(
        geometry=[shapely.box(0, 0, 1, 1)] * 2 + [shapely.box(1, 0, 2, 1)],
        index=["A", "B", "C"],
    )
    found = moves(old, new)
    took = found.loc[found["to"] == "C", "area_m2"].sum()
    assert took == pytest.approx(area_m2([shapely.box(1, 0, 2, 1)])[0])


TIANJIN_HA = {
    "河西区": 909.5,
    "津南区": 566.5,
    "西青区": 393.2,
    "宁河区": 93.3,
    "南开区": 41.1,
    "滨海新区": 11.4,
    "北辰区": 10.4,
    "武清区": 10.4,
    "蓟州区": 9.8,
}


def test_tianjin_districts(data):
    path = data / "tianjin" / "tianjin.gpkg"
    old = gpd.read_file(path, layer="districts_datav_older").set_index("name")
    new = gpd.read_file(path, layer="districts_datav_areas_v3").set_index("name")
    changed = symmetric_difference_m2(old, new) / 1e4
    assert changed[changed > 0].to_dict() == pytest.approx(TIANJIN_HA, abs=0.06)
    assert (changed == 0).sum() == 7
    found = moves(old, new)
    first = found.iloc[0]
    assert (first["from"], first["to"]) == ("津南区", "河西区")
    assert first["area_m2"] / 1e4 == pytest.approx(561.9, abs=0.1)
