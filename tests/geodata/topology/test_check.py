"""One check finds every conflict, whatever the layer's coordinates."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.topology import check

SQUARES = [
    shapely.box(0, 0, 100, 100),
    shapely.box(98, 0, 200, 100),
    shapely.box(0, 100, 100, 200),
    shapely.box(100, 100, 200, 200),
    shapely.box(0, 200, 200, 300),
]
COVERAGE = {"overlap", "gap", "duplicate", "near_duplicate", "missing_unit"}


def layer(shapes, crs=None, keys=None):
    keys = keys or [chr(97 + place) for place in range(len(shapes))]
    return gpd.GeoDataFrame({"code": keys}, geometry=list(shapes), crs=crs)


def in_degrees(shapes):
    return shapely.transform(
        np.array(shapes), lambda xy: xy * 1e-5 + np.array([117.0, 39.0])
    )


def found(findings):
    rows = zip(findings.frame["rule"], findings.frame["participants"], strict=True)
    return sorted(rows)


@pytest.mark.parametrize("crs", [None, 4490, 4526])
def test_the_same_conflict_in_degrees_and_metres(crs):
    far = shapely.transform(
        np.array(SQUARES), lambda xy: xy + np.array([38.5e6, 4.3e6])
    )
    shapes = in_degrees(SQUARES) if crs == 4490 else far
    findings = check(layer(shapes, crs), key="code")
    assert ("overlap", ("a", "b")) in found(findings)
    row = findings.frame[findings.frame["rule"] == "overlap"].iloc[0]
    assert row["area_m2"] == pytest.approx(200, rel=0.2)
    assert row["width_m"] == pytest.approx(2, rel=0.2)
    assert row["repair"]["among"] == ["a", "b"]


@pytest.mark.parametrize("turned", [(0,), (0, 1), (0, 1, 2, 3, 4)])
def test_the_way_a_ring_runs_changes_no_conflict(turned):
    shapes = [s.reverse() if at in turned else s for at, s in enumerate(SQUARES)]
    plain, other = (
        [row for row in found(check(layer(drawn), key="code")) if row[0] in COVERAGE]
        for drawn in (SQUARES, shapes)
    )
    assert plain == other
    assert ("overlap", ("a", "b")) in plain
