"""Bad input ends in a finding for the unit, and the rest is checked."""

from __future__ import annotations

import struct
import time

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pytest
import shapely

from geodata.errors import CRSError, GeometryError, InputError
from geodata.topology import borders, changes, check, polygons, simplify

HERE = np.array([500_000.0, 3_300_000.0])
FAR = np.array([9_000.0, 0.0])


def square(x, y, size=1000.0):
    west, south = HERE + np.array([x, y])
    return shapely.box(west, south, west + size, south + size)


def layer(shapes, keys=None):
    keys = keys or [f"u{place}" for place in range(len(shapes))]
    return gpd.GeoDataFrame({"code": keys}, geometry=list(shapes), crs=4547)


def found(findings):
    rows = zip(findings.frame["rule"], findings.frame["participants"], strict=True)
    return sorted(rows)


OVERLAPPING = [square(0, 0), square(990, 0)]


def test_no_units_and_one_unit():
    assert found(check(layer([]), key="code")) == []
    assert found(check(layer([square(0, 0)]), key="code")) == []


def test_rows_without_a_polygon():
    shapes = [None, shapely.Polygon(), shapely.Point(HERE), *OVERLAPPING]
    rows = found(check(layer(shapes), key="code"))
    assert [row for row in rows if row[0] == "unusable"] == [
        ("unusable", (f"u{at}",)) for at in range(3)
    ]
    assert ("overlap", ("u3", "u4")) in rows


def test_heights_are_let_be():
    shapes = shapely.force_3d(np.array(OVERLAPPING), 12.0)
    assert found(check(layer(shapes), key="code")) == [("overlap", ("u0", "u1"))]


def test_keys_missing_and_repeated():
    rows = found(
        check(layer([*OVERLAPPING, square(1980, 0)], ["a", "a", None]), key="code")
    )
    assert rows == [("overlap", ("#2", "a#2")), ("overlap", ("a", "a#2"))]


def test_a_ring_of_random_points_is_named_and_costs_little():
    rng = np.random.default_rng(3)
    ring = shapely.Polygon(HERE + rng.uniform(0, 900, (1000, 2)) + FAR)
    before = time.process_time()
    rows = found(check(layer([*OVERLAPPING, ring]), key="code"))
    assert rows == [("overlap", ("u0", "u1")), ("unusable", ("u2",))]
    assert time.process_time() - before < 60  # compiling included


def test_thousands_of_squares_over_each_other(full_size):
    count = 5000 if full_size else 1500
    rng = np.random.default_rng(4)
    squares = [square(x, y) for x, y in rng.uniform(0, 700, (count, 2)) + FAR]
    rows = found(check(layer([*OVERLAPPING, *squares]), key="code"))
    assert ("overlap", ("u0", "u1")) in rows
    assert sum(rule == "unusable" for rule, _ in rows) > count / 2
    assert len(rows) < 5 * count


def test_a_table_of_wkb_is_read_as_it_is():
    shapes = np.array([*OVERLAPPING, None, shapely.Point(HERE)], dtype=object)
    shapes = np.append(shapes, shapely.force_3d(np.array([square(0, 1000)])))
    table = pa.table(
        {"code": list("abcde"), "geometry": pa.array(shapely.to_wkb(shapes))}
    )
    rows = found(check(table, key="code"))
    assert ("overlap", ("a", "b")) in rows
    assert [row for row in rows if row[0] == "unusable"] == [
        ("unusable", ("c",)),
        ("unusable", ("d",)),
    ]
    frame = gpd.GeoDataFrame({"code": list("abcde")}, geometry=shapes)
    assert rows == found(check(frame, key="code"))


@pytest.mark.parametrize("shift", [1e-5, 2e-4])
def test_noise_is_one_finding_about_the_file(shift):
    rng = np.random.default_rng(5)
    rings = [
        shapely.get_coordinates(square(x, y))[:-1]
        for x in range(0, 4000, 1000)
        for y in (0, 1000)
    ]
    # Corners in the middle of a side are drawn by both units there.
    noisy = [shapely.Polygon(xy + rng.uniform(-shift, shift, xy.shape)) for xy in rings]
    findings = check(layer(noisy), key="code")
    assert [rule for rule, _ in found(findings)] == ["precision"]
    assert len(findings.frame["participants"][0]) == len(noisy)


def test_a_curve_and_a_record_that_is_cut_off_are_named():
    curve = struct.pack("<BII", 1, 10, 1)
    curve += struct.pack("<BII6d", 1, 8, 3, 0, 0, 1, 1, 2, 0)
    whole = shapely.to_wkb(np.array(OVERLAPPING, dtype=object)).tolist()
    records = [curve, *whole, whole[0][:40]]
    table = pa.table({"code": list("abcd"), "geometry": pa.array(records)})
    assert found(check(table, key="code")) == [
        ("overlap", ("b", "c")),
        ("unusable", ("a",)),
        ("unusable", ("d",)),
    ]


def test_what_cannot_be_checked_at_all_is_an_error():
    frame = layer(OVERLAPPING)
    with pytest.raises(InputError, match="gbm"):
        check(frame, key="gbm")
    with pytest.raises(InputError, match="gbm"):
        changes(frame, frame, key="gbm")
    with pytest.raises(CRSError, match="500000"):
        check(frame.set_crs(4490, allow_override=True), key="code")


@pytest.mark.parametrize("tolerance", [float("nan"), float("inf"), -1.0])
def test_a_tolerance_is_a_number_of_metres(tolerance):
    frame = layer(OVERLAPPING)
    with pytest.raises(InputError, match=str(tolerance)):
        check(frame, key="code", tolerance_m=tolerance)
    with pytest.raises(InputError, match=str(tolerance)):
        simplify(frame, tolerance)
    with pytest.raises(InputError, match="0"):
        check(frame, key="code", tolerance_m=0)


@pytest.mark.parametrize("level", [2.5, None, "县", float("inf")])
def test_a_level_is_a_whole_number(level):
    frame = layer(OVERLAPPING).assign(tier=[1, level])
    for work in (simplify, borders):
        with pytest.raises(InputError, match="tier"):
            work(frame, *([5.0] if work is simplify else []), level="tier")


DEGREES = [shapely.box(117, 39, 117.1, 39.1), shapely.box(117.09, 39, 117.2, 39.1)]


@pytest.mark.parametrize(
    ("shapes", "crs"),
    [
        (OVERLAPPING, 4547),
        (OVERLAPPING, None),
        (OVERLAPPING, 'LOCAL_CS["site",UNIT["metre",1]]'),
        (OVERLAPPING, 2230),  # feet
        (DEGREES, 4490),
        (DEGREES, None),
    ],
)
def test_any_coordinates_will_do(shapes, crs):
    frame = gpd.GeoDataFrame({"code": ["u0", "u1"]}, geometry=shapes, crs=crs)
    findings = check(frame, key="code")
    assert found(findings) == [("overlap", ("u0", "u1"))]
    box = shapely.intersection(*shapes)
    foot = 0.3048 if crs == 2230 else 1.0
    known = 10.0 * 1000.0 if shapes is OVERLAPPING else box.area * 9.58e9
    assert findings.frame["area_m2"][0] == pytest.approx(known * foot**2, rel=0.01)


def comb(turned):
    """A valid comb of three thousand teeth."""
    x = np.linspace(0, 1000, 6001)
    y = np.where(np.arange(6001) % 2, 1000.0, 10.0)
    xy = np.concatenate([np.column_stack([x, y]), [[1000, 0], [0, 0]]])
    return shapely.Polygon((xy[:, ::-1] if turned else xy) + HERE)


def test_valid_shapes_that_cross_millions_of_times(full_size):
    before = time.process_time()
    rows = found(check(layer([comb(turned=False), comb(turned=True)]), key="code"))
    assert {("unusable", ("u0",)), ("unusable", ("u1",))} <= set(rows)
    old, new = layer([comb(turned=False)]), layer([comb(turned=True)])
    with pytest.raises(GeometryError, match="u0"):
        changes(old, new, key="code")
    rng = np.random.default_rng(6)
    count = 5000 if full_size else 1500
    both = [
        layer([square(x, y) for x, y in rng.uniform(0, 700, (count, 2))]) for _ in "ab"
    ]
    with pytest.raises(GeometryError, match="overlap"):
        changes(*both, key="code")
    assert set(changes(both[0], both[0], key="code")["kind"]) == {"kept"}
    assert len(borders(both[0], key="code").lines) == count
    assert len(simplify(both[0], 5.0)) == count
    assert time.process_time() - before < 60  # compiling included


def ugly():
    """Everything at once: nothing here may stop what can be done."""
    rng = np.random.default_rng(7)
    with np.errstate(invalid="ignore"):
        odd = [
            shapely.Polygon(HERE + np.array([[0, 0], [0, bad], [9, 9], [0, 0]]))
            for bad in (np.nan, np.inf, -np.inf)
        ]
    return layer(
        [
            None,
            shapely.Polygon(),
            shapely.Point(HERE),
            shapely.LineString([HERE, HERE + 5]),
            shapely.GeometryCollection([square(0, 0)]),
            *odd,
            shapely.Polygon(HERE + rng.uniform(0, 900, (1000, 2)) + FAR),
            shapely.force_3d(square(3000, 0), 5.0),
            *OVERLAPPING,
        ]
    )


def test_borders_and_simplify_keep_what_they_cannot_use():
    frame = ugly()
    again = polygons(borders(frame, key="code"))
    same = shapely.to_wkb(again.geometry.to_numpy(), output_dimension=3)
    assert same.tolist() == shapely.to_wkb(frame.geometry.to_numpy()).tolist()
    simple = simplify(frame, 5.0)
    assert list(simple["code"]) == list(frame["code"])
    assert list(simple.geometry.is_empty) == list(frame.geometry.is_empty)


def test_changes_compare_what_can_be_compared():
    old, new = ugly(), ugly()
    new.loc[len(new) - 1, "geometry"] = square(990, 0, 1100.0)
    told = changes(old, new, key="code")
    kept = told[told["kind"] == "kept"]
    assert list(kept["from"]) == list(old["code"])
    assert set(told[told["kind"] != "kept"]["to"]) == {old["code"].iloc[-1]}
