"""Bad input ends in a finding for the unit, and the rest is checked."""

from __future__ import annotations

import time

import geopandas as gpd
import numpy as np
import pyarrow as pa
import pytest
import shapely

from geodata.topology import check

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
