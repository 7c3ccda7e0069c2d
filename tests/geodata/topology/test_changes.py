"""What kind of change links an old unit to a new one."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.crs import area_m2
from geodata.errors import InputError
from geodata.topology import changes
from geodata.topology.changes import KINDS
from tests.support.drawn import coverage_of
from tests.support.noise import jittered, turned


def kinds(old: str, new: str) -> dict[tuple[str | None, str | None], str]:
    """What happened to each pair of letters, units that stayed left out."""
    found = changes(coverage_of(old), coverage_of(new), key="code")
    return {
        (row["from"], row["to"]): row["kind"]
        for row in found.to_dict("records")
        if row["kind"] != "kept"
    }


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("AAB/AAB", "AAB/AAB", {}),
        ("AAAA/BBBB", "CCCC/BBBB", {("A", "C"): "recoded"}),
        ("AABB/AABB", "AAAA/AAAA", {("B", "A"): "merged"}),
        ("AABB/AABB", "CCCC/CCCC", {("A", "C"): "merged", ("B", "C"): "merged"}),
        ("AAAA/AAAA", "CCDD/CCDD", {("A", "C"): "split", ("A", "D"): "split"}),
        ("AAAA/AAAA", "AADD/AADD", {("A", "D"): "split"}),
        ("AAAABBBB", "AAABBBBB", {("A", "B"): "transferred"}),
        ("AABB", "AA..", {("B", None): "gone"}),
        ("AA..", "AABB", {(None, "B"): "new"}),
        ("AABBCC", "AAACCC", {("B", "A"): "split", ("B", "C"): "split"}),
        # A code that moves to other ground is another unit.
        ("AAABBB", "BBBAAA", {("A", "B"): "recoded", ("B", "A"): "recoded"}),
    ],
)
def test_kinds(old, new, told):
    assert kinds(old, new) == told


def moved_border(by: float) -> gpd.GeoDataFrame:
    """A and B with the border between them moved east."""
    layer = coverage_of("AB")
    middle = 117.01
    shapes = shapely.transform(
        layer.geometry.to_numpy(),
        lambda xy: xy + [[by, 0]] * (abs(xy[:, :1] - middle) < 1e-6),
    )
    return layer.set_geometry(gpd.GeoSeries(shapes, crs=layer.crs))


@pytest.mark.parametrize(
    ("by", "kind"), [(1e-9, None), (4e-4, "border_moved"), (4e-3, "transferred")]
)
def test_strips_and_blocks(by, kind):
    found = changes(moved_border(0), moved_border(by), key="code")
    moved = found[found["kind"] != "kept"]
    assert found["kind"].tolist()[:2] == ["kept", "kept"]
    assert moved["kind"].tolist() == ([kind] if kind else [])
    if kind:
        strip = shapely.box(117.01, 39.19, 117.01 + by, 39.2)
        assert moved["area_m2"].item() == pytest.approx(area_m2([strip])[0], rel=1e-6)


def test_float_noise_is_no_change():
    old = coverage_of("ABC/DEF")
    drawn = jittered(turned(old.geometry.to_numpy()), 2e-9)
    found = changes(
        old, old.set_geometry(gpd.GeoSeries(drawn, crs=old.crs)), key="code"
    )
    assert set(found["kind"]) == {"kept"}


def test_names_tell_who_was_renamed():
    old = coverage_of("AB").assign(name=["东区", "西区"])
    new = coverage_of("AC").assign(name=["东城区", "西区"])
    found = changes(old, new, key="code", name="name")
    assert found["kind"].tolist() == ["renamed", "recoded"]
    assert found["to_name"].tolist() == ["东城区", "西区"]
    assert changes(old, new, key="code")["kind"].tolist() == ["kept", "recoded"]


def test_planes_and_degrees_tell_the_same():
    old, new = coverage_of("AAB/AAB"), coverage_of("ABB/AAB")
    one = changes(old, new, key="code")
    two = changes(old.to_crs("EPSG:4548"), new, key="code")
    assert two.crs == "EPSG:4548"
    assert two["kind"].tolist() == one["kind"].tolist()
    assert two["area_m2"].tolist() == pytest.approx(one["area_m2"].tolist(), rel=1e-4)


def test_odd_units_are_accounted_for():
    shapes = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), None, shapely.Polygon()]
    codes = ["A", "A", None, "D"]
    old = gpd.GeoDataFrame({"code": codes}, geometry=shapes, crs="EPSG:4490")
    found = changes(old, old.iloc[:2], key="code")
    told = dict(zip(found["from"], found["kind"], strict=True))
    assert told == {"A": "kept", "A#2": "kept", "#2": "gone", "D": "gone"}
    assert (
        changes(old.iloc[:0], old.iloc[:2], key="code")["kind"].tolist() == ["new"] * 2
    )
    assert changes(old.iloc[:0], old.iloc[:0], key="code").empty


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(InputError, match="adcode"):
        changes(coverage_of("AB"), coverage_of("AB"), key="adcode")


def drawings() -> st.SearchStrategy[str]:
    row = st.text("ABCD.", min_size=4, max_size=4)
    return st.lists(row, min_size=3, max_size=3).map("/".join)


@settings(max_examples=40, deadline=None)
@given(drawings(), drawings())
def test_every_unit_is_accounted_for(old, new):
    if not set(old) & set("ABCD") or not set(new) & set("ABCD"):
        return
    before, after = coverage_of(old), coverage_of(new)
    found = changes(before, after, key="code")
    assert set(found["kind"]) <= set(KINDS)
    assert not found.duplicated(["from", "to"]).any()
    for side, frame in (("from", before), ("to", after)):
        fate = found[~found["kind"].isin(["border_moved", "transferred"])]
        assert set(frame["code"]) <= set(fate[side])
        share = pd.to_numeric(found[f"share_{side}"]).groupby(found[side]).sum()
        assert share.to_numpy() == pytest.approx(1.0, abs=1e-4)


HERE = 5e5, 3.3e6


def halves(bump: float, back: float = 0.0, wave: float = 0.0) -> gpd.GeoDataFrame:
    """Two units of a kilometre and their border, which may bulge, wave and return."""
    y = np.linspace(0, 1000, 101)
    x = 1000 + wave * np.sin(y / 7)
    x = x + np.where((y > 300) & (y < 600), bump, 0) - np.where(y > 750, back, 0)
    border = np.column_stack([x, y])
    wavy = np.column_stack([wave * np.sin(y / 7), y])[::-1]
    left = shapely.Polygon(np.concatenate([border, wavy]))
    right = shapely.Polygon(np.concatenate([border, [[2000, 1000], [2000, 0]]]))
    shapes = shapely.transform(np.array([left, right]), lambda xy: xy + np.array(HERE))
    return gpd.GeoDataFrame({"code": ["a", "b"]}, geometry=shapes, crs=4547)


@pytest.mark.parametrize(
    ("new", "kind"),
    [
        (halves(200), "transferred"),
        (halves(20), "border_moved"),  # a strip
        (halves(200, back=150), "border_moved"),  # as much in return
        (halves(200, wave=4), "border_moved"),  # both drawn anew
        (halves(990, wave=4), "transferred"),  # anew, but a fifth of the unit
    ],
)
def test_land_handed_over_and_borders_drawn_anew(new, kind):
    told = changes(halves(0), new, key="code")
    moved = told[(told["from"] == "b") & (told["to"] == "a")]
    assert list(moved["kind"]) == [kind]
