"""Layers at the edge: empty, doubled, without shapes, of one unit."""

from __future__ import annotations

import pandas as pd
import pytest
import shapely

from tests.boundaries.rules.making import checked, layer, rules_of, units


def test_an_empty_layer():
    assert checked(layer("AB").iloc[:0]).empty


def test_everything_removed():
    base = layer("AB/CD")
    assert checked(base.iloc[:0], base, list(base.index)).empty


def test_a_code_given_twice():
    twice = pd.concat([layer("AB"), layer("A", west=118.0)])
    found = checked(twice)
    assert ("code", ("120101",)) in set(
        zip(found["rule"], found["participants"], strict=True)
    )


def test_no_shape_and_no_polygon():
    frame = layer("AB").set_geometry([None, shapely.Point(117, 39)], crs="EPSG:4490")
    found = checked(frame)
    assert rules_of(found) == ["unusable", "unusable"]
    assert set(found["severity"]) == {"error"}


def test_attributes_may_be_absent_altogether():
    frame = layer("AB")[["geometry"]]
    assert set(checked(frame)["rule"]) == {"required"}


def test_types_of_the_store():
    frame = layer("AB").astype({"level": "Int64"})
    frame["level"] = frame["level"].mask(frame.index == "120101")
    frame["enclave"] = pd.array([None, True], dtype="boolean")
    frame["area_official_km2"] = float("nan")
    assert set(checked(frame)["rule"]) == {"required"}


@pytest.mark.parametrize("code", ["", "x", "１２０１０１", "120101 ", "1" * 40])
def test_odd_codes(code):
    frame = units(code=[code], name=["某区"], kind=["district"], level=[3])
    found = checked(frame)
    assert "code" in set(found["rule"])
