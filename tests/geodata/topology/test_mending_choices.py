"""Who gets the ground, which record goes, where a repair stops, and what undoes it."""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geodata.errors import ConflictError, InputError
from geodata.topology import check
from geodata.topology.mending import preview, repair, undo
from tests.geodata.topology.test_borders import assert_same_bits

HERE = np.array([500_000.0, 3_300_000.0])


def layer(*shapes: Any, **columns: Any) -> gpd.GeoDataFrame:
    """Units A, B, C… in a plane, each drawn anticlockwise."""
    moved = shapely.transform(np.array(shapes, dtype=object), lambda xy: xy + HERE)
    given = {"code": list("ABCDEFG")[: len(shapes)], **columns}
    return gpd.GeoDataFrame(given, geometry=shapely.orient_polygons(moved), crs=4547)


def areas(frame: gpd.GeoDataFrame) -> dict[str, float]:
    return dict(zip(frame["code"], frame.geometry.area, strict=True))


def lobed() -> gpd.GeoDataFrame:
    """A tongue of B, 200 m long, over A."""
    tongue = shapely.box(800, 400, 1000, 450)
    return layer(
        shapely.box(0, 0, 1000, 1000),
        shapely.union(shapely.box(1000, 0, 2000, 1000), tongue),
    )


def hollow() -> gpd.GeoDataFrame:
    """A gap of 200 m by 50 m that A surrounds on three sides."""
    gap = shapely.box(800, 400, 1000, 450)
    return layer(
        shapely.difference(shapely.box(0, 0, 1000, 1000), gap),
        shapely.box(1000, 0, 2000, 1000),
    )


@pytest.mark.parametrize("drawn", [lobed, hollow])
def test_the_ground_goes_to_whom_it_borders_longest(drawn):
    frame = drawn()
    mended, log = repair(frame, check(frame, key="code"))
    assert [entry["done"] for entry in log] == [True]
    assert areas(mended) == pytest.approx({"A": 1e6, "B": 1e6})
    assert check(mended, key="code").frame.empty


@pytest.mark.parametrize("drawn", [lobed, hollow])
def test_the_ground_goes_to_the_one_that_is_named(drawn):
    frame = drawn()
    found = check(frame, key="code")
    mark = found.frame["fingerprint"].iloc[0]
    mended, log = repair(frame, found, to={mark: "B"})
    assert areas(mended) == pytest.approx({"A": 990_000, "B": 1_010_000})
    assert check(mended, key="code").frame.empty
    named = log[0]["cost"]
    sides = (named["area_gained_m2"], named["area_lost_m2"])
    assert sum(sum(each.values()) for each in sides) == pytest.approx(10_000, rel=2e-3)
    _, refused = repair(frame, found, to={mark: "Z"})
    assert not refused[0]["done"]
    assert "Z" in refused[0]["why"]["zh"]


def test_an_overlap_that_nobody_gets_leaves_a_gap_that_is_named():
    frame = lobed()
    found = check(frame, key="code")
    mark = found.frame["fingerprint"].iloc[0]
    mended, log = repair(frame, found, to={mark: ""})
    assert log[0]["done"]
    assert areas(mended) == pytest.approx({"A": 990_000, "B": 1_000_000})
    left = check(mended, key="code").frame
    assert set(left["rule"]) == {"gap"}
    assert log[0]["leaves"] == list(left["fingerprint"])
    assert check(mended, key="code", exceptions=log[0]["leaves"]).frame.empty
    assert_same_bits(frame, undo(mended, log))


def test_a_gap_that_nobody_gets_is_registered_instead():
    frame = hollow()
    found = check(frame, key="code")
    mark = found.frame["fingerprint"].iloc[0]
    mended, log = repair(frame, found, to={mark: ""})
    assert "exception" in log[0]["why"]["en"]
    assert_same_bits(frame, mended)


def test_a_pinned_line_decides_who_gives_way():
    """B would keep its tongue's ground by no other way than A's border moving."""
    frame = lobed()
    found = check(frame, key="code")
    border = shapely.transform(
        shapely.LineString([(1000, 0), (1000, 1000)]), lambda xy: xy + HERE
    )
    mended, log = repair(frame, found, pin=[border])
    assert [entry["done"] for entry in log] == [True]
    assert areas(mended)["A"] == pytest.approx(1e6)
    tongue = shapely.boundary(frame.geometry.iloc[1])
    mended, log = repair(frame, found, pin=[tongue])
    assert [entry["done"] for entry in log] == [True]
    assert areas(mended)["A"] == pytest.approx(990_000)


def doubled(**columns: Any) -> gpd.GeoDataFrame:
    west, east = shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)
    frame = layer(west, east, east, **columns)
    frame["code"] = ["A", "B", "B"]
    return frame


def test_the_same_record_twice_is_dropped_and_comes_back():
    frame = doubled(
        people=pd.array([1, 2, 2], "Int64"),
        since=pd.to_datetime(["2001-01-01", "2002-02-02", "2002-02-02"]),
        name=["a", None, None],
        share=[0.5, 0.25, 0.25],
    )
    mended, log = repair(frame, check(frame, key="code"))
    assert log[0]["removed"] == {"2": "B#2"}
    assert log[0]["cost"]["area_lost_m2"] == {"B#2": pytest.approx(1e6, rel=1e-3)}
    assert mended["code"].tolist() == ["A", "B"]
    assert check(mended, key="code").frame.empty
    back = undo(mended, json.loads(json.dumps(log)))
    pd.testing.assert_frame_equal(pd.DataFrame(back), pd.DataFrame(frame))
    assert_same_bits(frame, back)


@pytest.mark.parametrize("how", ["rule", "fingerprint"])
def test_records_that_differ_are_dropped_only_by_name(how):
    frame = doubled(people=[1, 2, 3])
    found = check(frame, key="code")
    mended, log = repair(frame, found)
    assert "people" in log[0]["why"]["en"]
    assert len(mended) == 3
    mended, log = repair(frame, found, accept=[found.frame[how].iloc[0]])
    assert log[0]["done"]
    assert mended["people"].tolist() == [1, 2]
    assert undo(mended, log)["people"].tolist() == [1, 2, 3]


def test_one_of_three_copies_stays():
    east = shapely.box(1000, 0, 2000, 1000)
    frame = layer(shapely.box(0, 0, 1000, 1000), east, east, east)
    frame["code"] = ["A", "B", "B", "B"]
    found = check(frame, key="code")
    mended, log = repair(frame, found)
    assert mended["code"].tolist() == ["A", "B"]
    assert log[0]["removed"] == {"2": "B#2", "3": "B#3"}
    assert check(mended, key="code").frame.empty
    assert_same_bits(frame, undo(mended, log))
    frame["code"] = ["A", "B", "B", "C"]
    _, log = repair(frame, check(frame, key="code"))
    assert "C" in log[0]["why"]["en"]


def test_other_repairs_wait_for_which_copy_stays():
    frame = hollow()
    more = frame.iloc[[1]].assign(code="C")
    frame = pd.concat([frame, more], ignore_index=True)
    found = check(frame, key="code")
    assert set(found.frame["rule"]) == {"duplicate", "gap"}
    _, log = repair(frame, found)
    assert not any(entry["done"] for entry in log)
    assert any("decide first" in entry["why"]["en"] for entry in log)
    mended, log = repair(frame, found, accept=set(found.frame["rule"]))
    assert areas(mended) == pytest.approx({"A": 1e6, "B": 1e6})
    assert check(mended, key="code").frame.empty
    assert_same_bits(frame, undo(mended, log))


def test_the_middle_of_two_drawings():
    y = np.arange(0, 1001, 50.0)
    aside = np.where(np.arange(len(y)) % 2, 3.0, -3.0)
    aside[[0, -1]] = 0
    one, two = np.stack([1000 + aside, y], 1), np.stack([1000 - aside, y], 1)
    frame = layer(
        shapely.Polygon([(0, 0), *one, (0, 1000)]),
        shapely.Polygon([(2000, 1000), *two[::-1], (2000, 0)]),
    )
    found = check(frame, key="code")
    assert set(found.frame["rule"]) == {"redrawn_border"}
    shown = preview(frame, found, found.frame["fingerprint"].iloc[0])
    assert shown["cost"]["largest_shift_m"] == pytest.approx(3.0, rel=0.01)
    assert set(shown["after"]) == {"A", "B"}
    mended, _ = repair(frame, found)
    assert check(mended, key="code").frame.empty
    assert areas(mended) == pytest.approx({"A": 1e6, "B": 1e6}, rel=1e-6)
    shared = shapely.intersection(*mended.geometry)
    assert abs(shapely.get_coordinates(shared)[:, 0] - HERE[0] - 1000).max() < 0.01


@pytest.mark.parametrize("name", ["max_shift_m", "max_area_m2"])
@pytest.mark.parametrize("limit", [float("nan"), -1.0])
def test_a_limit_that_is_none_is_refused(name, limit):
    frame = lobed()
    with pytest.raises(InputError, match=name):
        repair(frame, check(frame, key="code"), **{name: limit})


def test_heights_stay_where_vertices_do():
    frame = hollow()
    shapes = shapely.force_3d(frame.geometry.to_numpy(), 7.0)
    frame = frame.set_geometry(shapes, crs=frame.crs)
    mended, log = repair(frame, check(frame, key="code"))
    assert log[0]["done"]
    assert mended.geometry.has_z.all()
    assert set(shapely.get_coordinates(mended.geometry, include_z=True)[:, 2]) == {7.0}
    back = undo(mended, json.loads(json.dumps(log)))
    assert (shapely.to_wkb(back.geometry) == shapely.to_wkb(frame.geometry)).all()


def test_a_repair_does_not_cross_a_superiors_border():
    """Filled to B, which is another county's, the ground would leave its county."""
    frame = hollow()
    parents = layer(shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000))
    parents["code"] = ["X", "Y"]
    frame["parent"] = ["X", "Y"]
    found = check(frame, key="code", parent=parents)
    (mark,) = found.frame.loc[found.frame["rule"] == "gap", "fingerprint"]
    mended, log = repair(frame, found, accept=[mark], to={mark: "B"})
    assert not log[0]["done"]
    assert_same_bits(frame, mended)
    mended, log = repair(frame, found, accept=[mark])
    assert log[0]["done"]
    assert check(mended, key="code", parent=parents).frame.empty


@pytest.mark.parametrize(
    "broken",
    [
        lambda log: [{**log[0], "before": {}}],
        lambda log: [{**log[0], "before": {"0": "zz"}, "after": {"0": "zz"}}],
        lambda log: [{**log[0], "after": {"x": None}, "before": {"x": None}}],
        lambda log: [{**log[0], "after": {"-1": None}, "before": {"-1": None}}],
        lambda log: [{**log[0], "before": {"0": 5}, "after": {"0": 5}}],
        lambda log: [{**log[0], "removed": {"9": "A"}, "attributes": {}}],
        lambda log: [
            {**log[0], "removed": {"9": "A"}, "attributes": {"9": {"values": 3}}}
        ],
        lambda _: [{"rule": "gap"}],
        lambda _: ["gap"],
        lambda _: [None],
        lambda _: {"a": 1},
        lambda _: 5,
    ],
)
def test_a_broken_log_is_said_to_be_none(broken):
    frame = hollow()
    mended, log = repair(frame, check(frame, key="code"))
    with pytest.raises(InputError):
        undo(mended, broken(json.loads(json.dumps(log))))


@pytest.mark.parametrize("by", [0.02, 5.0])
def test_a_unit_that_moved_since_is_not_overwritten(by):
    frame = hollow()
    mended, log = repair(frame, check(frame, key="code"))
    moved = mended.set_geometry(mended.geometry.translate(by, 0))
    with pytest.raises(ConflictError):
        undo(moved, log)


def test_undo_knows_units_of_which_a_format_turned_the_rings():
    frame = hollow()
    mended, log = repair(frame, check(frame, key="code"))
    turned = shapely.transform(
        shapely.normalize(shapely.reverse(mended.geometry.to_numpy())),
        lambda xy: np.round(xy, 3),
    )
    back = undo(mended.set_geometry(turned, crs=mended.crs), log)
    row = int(next(iter(log[0]["before"])))
    assert shapely.to_wkb(back.geometry.iloc[row]) == shapely.to_wkb(
        frame.geometry.iloc[row]
    )


def test_a_bow_tie_becomes_two_parts_that_are_named():
    tie = shapely.Polygon([(0, 0), (1000, 1000), (1000, 0), (0, 1000)])
    frame = layer(shapely.box(1000, 0, 2000, 1000))
    bow = gpd.GeoSeries([shapely.transform(tie, lambda xy: xy + HERE)], crs=4547)
    frame = pd.concat(
        [frame, gpd.GeoDataFrame({"code": ["T"]}, geometry=bow)], ignore_index=True
    )
    found = check(frame, key="code")
    mended, log = repair(frame, found, accept=["self_crossing"])
    assert [entry["done"] for entry in log] == [True]
    left = check(mended, key="code").frame
    parts = left.loc[left["rule"] == "multipart", "fingerprint"]
    assert log[0]["leaves"] == list(parts)
    assert_same_bits(frame, undo(mended, log))


def test_a_spike_out_of_the_layer_is_no_border_to_keep():
    ring = [(0, 0), (500, 0), (500, -300), (500, 0), (1000, 0), (1000, 1000), (0, 1000)]
    frame = layer(shapely.Polygon(ring), shapely.box(1000, 0, 2000, 1000))
    mended, log = repair(frame, check(frame, key="code"), pin="outer")
    assert [entry["done"] for entry in log] == [True]
    assert check(mended, key="code").frame.empty


@pytest.mark.parametrize("to", ["A", "B", "C", None])
def test_an_overlap_that_a_shared_border_runs_through(to):
    """C lies over the end of the border of A and B: each gives or gets its part."""
    tongue = shapely.box(990, 995, 1000, 1007)
    frame = layer(
        shapely.box(0, 0, 1000, 1000),
        shapely.box(0, 1000, 1000, 2000),
        shapely.union(shapely.box(1000, 0, 3000, 2000), tongue),
    )
    found = check(frame, key="code")
    (row,) = found.frame.itertuples()
    assert row.participants == ("A", "B", "C")
    mended, log = repair(frame, found, to={row.fingerprint: to} if to else None)
    assert [entry["done"] for entry in log] == [True]
    assert check(mended, key="code").frame.empty
    at = "ABC".index(to or "C")
    ground = shapely.transform(tongue, lambda xy: xy + HERE)
    kept = shapely.intersection(mended.geometry.to_numpy(), ground)
    if to:
        assert shapely.area(kept)[at] == pytest.approx(120)
    assert mended.geometry.area.sum() == pytest.approx(6e6)
    assert_same_bits(frame, undo(mended, log))


def test_a_slit_that_closes_moves_by_its_width():
    slit = shapely.box(400, 400, 600, 411)
    frame = layer(
        shapely.difference(shapely.box(0, 0, 1000, 1000), slit),
        shapely.box(1000, 0, 2000, 1000),
    )
    found = check(frame, key="code")
    mended, log = repair(frame, found, max_shift_m=12.0, pin="outer")
    assert [entry["done"] for entry in log] == [True]
    assert log[0]["cost"]["largest_shift_m"] == pytest.approx(11.0, rel=0.01)
    assert areas(mended) == pytest.approx({"A": 1e6, "B": 1e6})


def test_a_host_that_is_cut_moves_no_border():
    frame = layer(shapely.box(0, 0, 1000, 1000), shapely.box(400, 400, 600, 600))
    found = check(frame, key="code")
    mended, log = repair(frame, found, max_shift_m=1.0, pin="outer")
    assert log[0]["cost"]["largest_shift_m"] == 0
    assert log[0]["cost"]["area_lost_m2"] == {"A": pytest.approx(40_000, rel=2e-3)}
    assert areas(mended) == pytest.approx({"A": 960_000, "B": 40_000})
    _, log = repair(frame, found, max_area_m2=30_000)
    assert "limit" in log[0]["why"]["en"]
