"""Repairs of findings: the conflict goes, nothing else moves, all can be undone."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import ConflictError, GeometryError, InputError
from geodata.topology import mender
from geodata.topology.bench import Drawn
from geodata.topology.check import check
from geodata.topology.mending import preview, repair, undo
from geodata.topology.shaping import with_vertices
from tests.geodata.topology.test_borders import assert_same_bits
from tests.support.drawn import coverage_of

M = 1e-5 / 1.1132
"""A metre north, in degrees."""


def with_shape(layer: gpd.GeoDataFrame, row: int, shape: Any) -> gpd.GeoDataFrame:
    shapes = layer.geometry.to_numpy().copy()
    shapes[row] = shape
    return layer.set_geometry(gpd.GeoSeries(shapes, crs=layer.crs))


def moved_vertex(
    layer: gpd.GeoDataFrame, row: int, at: tuple[float, float], by: tuple[float, float]
) -> gpd.GeoDataFrame:
    """One unit's vertex moved by metres, its neighbours' not."""
    shape = shapely.transform(
        layer.geometry.iloc[row],
        lambda xy: xy + (abs(xy - at).max(axis=1) < 1e-9)[:, None] * np.multiply(by, M),
    )
    return with_shape(layer, row, shape)


def gap(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return moved_vertex(layer, 0, (117.02, 39.18), (-8.0, 0.0))


def overlap(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return moved_vertex(layer, 0, (117.02, 39.18), (8.0, 0.0))


def near(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return moved_vertex(layer, 0, (117.02, 39.18), (0.008, 0.0))


def lacking(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """A neighbour's vertex taken out of a straight border."""
    xy = shapely.get_coordinates(layer.geometry.iloc[0])
    kept = abs(xy - (117.02, 39.18)).max(axis=1) > 1e-9
    ring = xy[kept]
    return with_shape(layer, 0, shapely.Polygon(ring))


def spike(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    xy = shapely.get_coordinates(layer.geometry.iloc[3])
    out = [xy[1] + [0.0, -30 * M], xy[1]]
    return with_shape(layer, 3, shapely.Polygon(np.insert(xy, 2, out, axis=0)))


def repeated(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    xy = shapely.get_coordinates(layer.geometry.iloc[3])
    return with_shape(layer, 3, shapely.Polygon(np.insert(xy, 2, [xy[2]] * 2, axis=0)))


def host(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    inner = shapely.box(117.004, 39.195, 117.006, 39.197)
    return gpd.GeoDataFrame(
        {"code": [*layer["code"], "X"]},
        geometry=[*layer.geometry, inner],
        crs=layer.crs,
    )


PLANTS = {
    "gap": gap,
    "overlap": overlap,
    "near_vertex": near,
    "unmatched_vertex": lacking,
    "spike": spike,
    "repeated_point": repeated,
    "uncut_host": host,
}
PICTURE = "AABB/AABB/AABB/CCDD/CCDD"


def sound() -> gpd.GeoDataFrame:
    """Four units, anticlockwise as the inner one that is planted."""
    layer = coverage_of(PICTURE)
    shapes = shapely.orient_polygons(layer.geometry.to_numpy())
    return layer.set_geometry(gpd.GeoSeries(shapes, crs=layer.crs))


def planted(kind: str) -> gpd.GeoDataFrame:
    return PLANTS[kind](sound())


@pytest.mark.parametrize("kind", PLANTS)
@pytest.mark.parametrize("plane", [False, True], ids=["degrees", "metres"])
def test_repairing_then_checking_is_clean(kind, plane):
    frame = planted(kind)
    frame = frame.to_crs("EPSG:4548") if plane else frame
    before = check(frame, key="code")
    assert len(before) >= 1
    mended, log = repair(frame, before)
    assert [entry["why"] for entry in log if not entry["done"]] == []
    assert len(check(mended, key="code")) == 0
    assert list(mended.columns) == list(frame.columns)
    assert mended.crs == frame.crs
    assert mended["code"].tolist() == frame["code"].tolist()
    assert_same_bits(frame, undo(mended, json.loads(json.dumps(log))))


@pytest.mark.parametrize("clockwise", [False, True])
def test_a_unit_is_turned_the_way_its_layer_runs(clockwise):
    """Else it would stay, and what else is done to the unit be taken back with it."""
    frame = gap(sound())
    shapes = shapely.orient_polygons(frame.geometry.to_numpy(), exterior_cw=clockwise)
    shapes[0] = shapely.reverse(shapes[0])
    frame = frame.set_geometry(gpd.GeoSeries(shapes, crs=frame.crs))
    before = check(frame, key="code")
    assert "orientation" in set(before.frame["rule"])
    mended, log = repair(frame, before)
    assert [entry["why"] for entry in log if not entry["done"]] == []
    assert len(check(mended, key="code")) == 0
    assert_same_bits(frame, undo(mended, log))


def test_costs_are_metres_and_by_unit():
    frame = planted("gap")
    mended, log = repair(frame, check(frame, key="code"))
    cost = log[0]["cost"]
    assert cost["largest_shift_m"] == pytest.approx(
        8 * np.cos(np.radians(39.18)), rel=0.02
    )
    assert sum(cost["area_gained_m2"].values()) > 1000
    assert cost["area_lost_m2"] == {}
    assert cost["vertices_moved"] >= 1
    assert not mended.geometry.iloc[0].equals(frame.geometry.iloc[0])


@pytest.mark.parametrize("limit", [{"max_shift_m": 2.0}, {"max_area_m2": 100.0}])
def test_beyond_its_limits_it_refuses(limit):
    frame = planted("gap")
    mended, log = repair(frame, check(frame, key="code"), **limit)
    assert [entry["done"] for entry in log] == [False]
    assert "limit" in log[0]["why"]["en"]
    assert_same_bits(frame, mended)


def test_a_repair_stays_when_the_next_place_takes_over_its_name():
    """Two gaps of the same units within a hundred metres, one beyond the limit."""
    here = np.array([500_000.0, 3_300_000.0])
    small, large = shapely.box(90, 5, 100, 6), shapely.box(94, 20, 100, 40)
    west = shapely.difference(shapely.box(0, 0, 100, 60), shapely.union(small, large))
    shapes = shapely.transform([west, shapely.box(100, 0, 200, 60)], lambda p: p + here)
    frame = gpd.GeoDataFrame(
        {"code": ["A", "B"]}, geometry=shapely.orient_polygons(shapes), crs=4547
    )
    found = check(frame, key="code")
    assert list(found.frame["rule"]).count("gap") == 2
    mended, log = repair(frame, found, accept=["gap"], max_area_m2=50.0)
    assert sorted(entry["done"] for entry in log) == [False, True]
    left = check(mended, key="code").frame
    (area,) = left.loc[left["rule"] == "gap", "area_m2"]
    assert area == pytest.approx(120, rel=0.01)


def test_only_what_is_accepted_is_done():
    frame = repeated(gap(sound()))
    found = check(frame, key="code")
    mended, log = repair(frame, found, accept=["repeated_point"])
    assert {entry["rule"] for entry in log} == {"repeated_point"}
    left = check(mended, key="code").frame
    assert "gap" in set(left["rule"]) | {"sliver_gap"}
    assert "repeated_point" not in set(left["rule"])


def test_preview_changes_nothing():
    frame = planted("gap")
    found = check(frame, key="code")
    shown = preview(frame, found, found.frame["fingerprint"].iloc[0])
    assert shown["done"]
    assert shown["before"].keys() == shown["after"].keys()
    assert any(
        not shown["before"][k].equals(shown["after"][k]) for k in shown["before"]
    )
    with pytest.raises(GeometryError):
        preview(frame, found, "nothing")


def test_pinned_lines_stay():
    frame = planted("overlap")
    found = check(frame, key="code")
    border = shapely.boundary(frame.geometry.iloc[0])
    mended, log = repair(frame, found, pin=[border])
    assert shapely.boundary(mended.geometry.iloc[0]).equals(border)
    free, _ = repair(frame, found)
    assert len(check(free, key="code")) == 0
    assert all(entry["done"] or "pinned" in entry["why"]["en"] for entry in log)


@pytest.mark.parametrize("kind", ["gap", "overlap", "near_vertex", "uncut_host"])
def test_the_outer_border_stays(kind):
    frame = planted(kind)
    mended, _ = repair(frame, check(frame, key="code"), pin="outer")
    assert len(check(mended, key="code")) == 0
    outlines = [
        shapely.union_all(each.geometry.to_numpy()).envelope for each in (frame, mended)
    ]
    assert outlines[0].equals(outlines[1])
    with pytest.raises(InputError):
        repair(frame, check(frame, key="code"), pin="inner")


def test_holes_that_are_no_finding_stay():
    frame = coverage_of("AAA/A.A/AAA/BBB")
    frame = moved_vertex(frame, 1, (117.02, 39.17), (0.0, -8.0))
    found = check(frame, key="code")
    lake = set(found.frame.loc[found.frame["rule"] == "missing_unit", "fingerprint"])
    assert len(lake) == 1
    mended, log = repair(frame, check(frame, key="code", exceptions=lake), pin="outer")
    assert all(entry["done"] for entry in log)
    assert len(check(mended, key="code", exceptions=lake)) == 0
    before, after = (
        shapely.get_interior_ring(each.geometry.iloc[0], 0) for each in (frame, mended)
    )
    assert before.equals(after)


def test_undo_refuses_what_was_changed_since():
    frame = planted("gap")
    mended, log = repair(frame, check(frame, key="code"))
    row = int(next(iter(log[0]["after"])))
    other = with_shape(mended, row, shapely.box(117, 39, 117.1, 39.1))
    with pytest.raises(ConflictError):
        undo(other, log)


def test_when_all_is_taken_back_nothing_of_it_stays(monkeypatch):
    """Repairs of one unit stand on each other: the last is undone first."""
    frame = repeated(spike(sound()))
    found = check(frame, key="code")

    def failed(_: Any, jobs: Any, *__: Any) -> set[int]:
        return {job.task.number for job in jobs if job.done}

    monkeypatch.setattr(mender, "failed", failed)
    mended, log = repair(frame, found)
    assert len(log) > 1
    assert not any(entry["done"] for entry in log)
    assert_same_bits(frame, mended)


@settings(max_examples=12, deadline=None)
@given(
    st.lists(
        st.sampled_from(["gap", "overlap", "spike", "repeated_point"]), min_size=1
    ),
    st.sampled_from([None, "outer"]),
)
def test_several_at_once(kinds, pin):
    frame = sound()
    for kind in dict.fromkeys(kinds):
        frame = PLANTS[kind](frame)
    before = check(frame, key="code")
    mended, log = repair(frame, before, pin=pin)
    after = check(mended, key="code").frame
    assert not mended.is_empty.any()
    assert len(mended) == len(frame)
    done = {entry["fingerprint"] for entry in log if entry["done"]}
    assert not done & set(after["fingerprint"])
    fresh = after[~after["fingerprint"].isin(before.frame["fingerprint"])]
    assert not fresh["severity"].isin(["error", "warning"]).any()
    assert_same_bits(frame, undo(mended, log))


def test_vertices_go_where_the_border_passes():
    box = Drawn.of(shapely.box(0, 0, 1, 1))
    drawn = with_vertices(box, np.array([[0.5, 0.0], [0.25, 0.5]]), 1e-6)
    assert shapely.get_num_coordinates(drawn.shape()) == 6
    assert with_vertices(box, np.array([[0.25, 0.5]]), 1e-6) is box


@pytest.mark.parametrize(
    ("path", "layer", "key"),
    [
        ("tianjin/tianjin.gpkg", "districts_datav_older", "name"),
        ("shenzhen/shenzhen.gpkg", "streets", "BLOCK_ID"),
        ("change_events/change_events.gpkg", "yantai_old", "adcode"),
    ],
)
def test_real_layers(data, path, layer, key):
    frame = gpd.read_file(data / path, layer=layer)
    before = check(frame, key=key)
    mended, log = repair(frame, before, pin="outer", max_shift_m=20.0)
    assert log
    assert all(entry["done"] for entry in log)
    after = check(mended, key=key).frame
    assert set(after["fingerprint"]) <= set(before.frame["fingerprint"])
    assert set(after["rule"]) <= {"missing_unit", "multipart"}
    assert_same_bits(frame, undo(mended, log))


def test_only_the_layer_that_was_checked_is_repaired():
    """Rows are known by their number: in another order others would be moved."""
    layer = gpd.GeoDataFrame(
        {"code": ["a", "b", "c"]},
        geometry=[shapely.box(at, 0, at + 100.5, 100) for at in (0, 100, 200)],
        crs=4547,
    )
    found = check(layer, key="code")
    assert len(found) == 2
    for other in (layer.iloc[::-1], layer.iloc[:2]):
        with pytest.raises(InputError, match="checked"):
            repair(other, found)
    nothing = layer.iloc[:0]
    mended, log = repair(nothing, check(nothing, key="code"), pin="outer")
    assert (len(mended), log) == (0, [])


@pytest.mark.parametrize("value", [1, True, 1.5, "x"])
def test_undo_leaves_empty_what_the_dropped_row_never_had(value):
    layer = gpd.GeoDataFrame(
        {"code": ["a", "b", "c"]},
        geometry=[shapely.box(at, 0, at + 100, 100) for at in (0, 100, 0)],
        crs=4547,
    )
    mended, log = repair(layer, check(layer, key="code"), accept=["duplicate"])
    back = undo(mended.assign(later=value), log)
    assert back["code"].tolist() == ["a", "b", "c"]
    assert back["later"].isna().tolist() == [False, False, True]
