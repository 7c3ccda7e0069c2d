"""Findings as a map shows them: in degrees, and bounded, whatever the layer."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely

from geodata.topology import check, picture
from tests.support.planting import plant, plant_all
from tests.support.townships import above, coverage


def drawn(crs, **more):
    land = coverage(13, 17, 12, seed=51)
    plant(land, 51)
    frame = land.frame()
    if crs is None:
        frame = frame.set_crs(None, allow_override=True)
    elif crs != frame.crs:
        frame = frame.to_crs(crs)
    found = check(frame, key="code", **more)
    return frame, found, picture.picture(frame, found)


@pytest.mark.parametrize("crs", [4490, 4547, 3857, None])
def test_everything_is_where_it_lies(crs):
    frame, found, told = drawn(crs)
    json.dumps(told, allow_nan=False)
    assert told["total"] == len(told["findings"]) == len(found)
    assert told["units"]["keys"] == list(frame["code"])
    assert told["plane"] == (crs is None)
    if crs is not None:
        west, south, east, north = frame.to_crs(4490).total_bounds
    else:
        west, south, east, north = -0.3, -0.3, 0.3, 0.3
    for one in told["findings"]:
        if one["box"] is None:
            assert one["rule"] in ("not_finite", "unusable")
            continue
        box = shapely.box(*one["box"])
        assert west - 0.01 <= one["box"][0] <= one["box"][2] <= east + 0.01
        assert south - 0.01 <= one["box"][1] <= one["box"][3] <= north + 0.01
        near = shapely.buffer(box, 0.2)
        for row, lines in one["around"]:
            assert told["units"]["keys"][row] in one["participants"]
            for line in lines:
                assert len(line) >= 2
                assert shapely.covers(near, shapely.LineString(line))
    ranks = ["error", "warning", "info"]
    order = [ranks.index(one["severity"]) for one in told["findings"]]
    assert order == sorted(order)


def test_it_stays_small(monkeypatch):
    monkeypatch.setattr(picture, "MOST", 7)
    monkeypatch.setattr(picture, "MOST_CLOSE", 3)
    monkeypatch.setattr(picture, "MOST_UNITS", 20)
    monkeypatch.setattr(picture, "PLENTY", 100)
    frame, found, told = drawn(4547)
    assert told["total"] == len(found) > 7
    assert len(told["findings"]) == 7
    assert [one["geometry"] is None for one in told["findings"]][3:] == [True] * 4
    named = {key for one in told["findings"] for key in one["participants"]}
    assert set(told["units"]["keys"]) <= named
    vertices = sum(len(line) for lines in told["units"]["lines"] for line in lines)
    whole = shapely.get_num_coordinates(
        frame.geometry[frame["code"].isin(named)].to_numpy()
    ).sum()
    assert 0 < vertices < 0.8 * whole


def test_superiors_and_lines_take_part_without_a_place_among_the_units():
    land = coverage(16, 33, 12, seed=52)
    plant_all(land, 52)
    frame = land.frame()
    frame["parent"] = [above(key) for key in frame["code"]]
    found = check(frame, key="code", parent=land.superiors(), lines=land.line_frame())
    told = picture.picture(frame, found, name="parent")
    assert {"outside_parent", "off_line"} <= {one["rule"] for one in told["findings"]}
    assert told["units"]["names"] == list(frame["parent"])
    assert np.isfinite([one["box"] for one in told["findings"] if one["box"]]).all()
