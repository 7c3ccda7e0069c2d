"""A finding is the same however often, and in whatever order, it is found."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.boundaries.rules.making import checked, layer
from tests.support.noise import jittered, turned


def defective() -> gpd.GeoDataFrame:
    """Nine districts with an overlap, two gaps between one pair, a broken ring."""
    names = {
        letter: (f"1201{place + 1:02d}", f"{letter}区", "district")
        for place, letter in enumerate("ABCDEFGHI")
    }
    frame = layer("AAABBBCCC/AAABBBCCC/DDDEEEFFF/DDDEEEFFF/GGGHHHIII", names)
    shapes = frame.geometry.to_dict()
    west, south, east, north = shapes["120101"].bounds
    shapes["120101"] = shapely.box(west, south, east + 0.0013, north)
    cut = [shapely.box(117.0297, 39.162, 117.03, 39.163)]
    cut += [shapely.box(117.0298, 39.175, 117.03, 39.1755)]
    shapes["120104"] = shapely.difference(shapes["120104"], shapely.union_all(cut))
    west, south, east, north = shapes["120109"].bounds
    shapes["120109"] = shapely.Polygon(
        [(west, south), (east, south), (west, north), (east, north)]
    )
    values = [shapes[key] for key in frame.index]
    return frame.set_geometry(values, crs=frame.crs)


FRAME = defective()
# Which way a ring runs is told of itself, and noise of the whole file.
APART = ("precision", "orientation")


def marks(frame: gpd.GeoDataFrame) -> list[str]:
    found = checked(frame)
    return sorted(found.loc[~found["rule"].isin(APART), "fingerprint"])


MARKS = marks(FRAME)


def test_the_layer_has_what_it_should():
    rules = checked(FRAME)["rule"].tolist()
    assert rules.count("overlap") == 1
    assert rules.count("gap") >= 2
    assert rules.count("self_crossing") == 1
    assert len(set(MARKS)) == len(MARKS)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.sampled_from([0.0, 1e-12, 1e-10]))
def test_order_start_and_noise_change_nothing(seed, noise):
    rng = np.random.default_rng(seed)
    shuffled = FRAME.iloc[rng.permutation(len(FRAME))]
    shapes = turned(shuffled.geometry.to_numpy(), seed)
    if noise:
        shapes = jittered(shapes, noise, seed)
    assert marks(shuffled.set_geometry(shapes, crs=FRAME.crs)) == MARKS


@pytest.mark.parametrize("key", ["120107", "120103"])
def test_an_unrelated_edit_changes_nothing(key):
    shapes = FRAME.geometry.to_dict()
    west, south, east, north = shapes[key].bounds
    shapes[key] = shapely.box(west, south, east, north).difference(
        shapely.box(west, south, west + 0.001, south + 0.001)
    )
    edited = FRAME.set_geometry([shapes[k] for k in FRAME.index], crs=FRAME.crs)
    now = set(checked(edited)["fingerprint"])
    assert set(MARKS) <= now


def test_two_places_of_one_pair_are_two_findings():
    found = checked(FRAME)
    gaps = found[found["rule"] == "gap"]
    pair = gaps[gaps["participants"] == ("120104", "120105")]
    assert pair["fingerprint"].nunique() == 2
