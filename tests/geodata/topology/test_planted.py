"""What is planted in a territory is found by kind and participants, no more."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geodata.topology import check
from tests.support.planting import PLANTINGS, enclave, plant, score
from tests.support.townships import coverage, hub

HELD_OUT = (90_001, 90_002, 90_003)
"""Seeds never looked at while the engine was written."""


@pytest.mark.parametrize("crs", ["metres", "degrees"])
def test_nothing_is_reported_for_clean_data(crs):
    land = coverage(16, 20, 12, seed=31)
    plant(land, 31, kinds=(enclave,))
    frame = land.frame()
    if crs == "degrees":
        frame = frame.to_crs(4490)
    assert check(frame, key="code").frame.empty


def test_planted_conflicts_are_found_with_their_participants(full_size):
    rows, columns = (121, 161) if full_size else (31, 41)
    total = {}
    for seed in HELD_OUT:
        land = coverage(rows, columns, 12, seed)
        plant(land, seed)
        found = check(land.frame(np.random.default_rng(seed)), key="code").frame
        for rule, counts in score(land, found).items():
            total[rule] = np.add(total.get(rule, 0), counts)
    assert len(total) >= len(PLANTINGS) - 1  # enclaves are clean
    for rule, (planted, hit, extra) in total.items():
        assert planted, f"{rule} reported {extra} times without reason"
        assert hit / planted >= 0.99, rule
        assert hit / (hit + extra) >= 0.99, rule


def test_every_unit_that_geos_flags_is_a_participant():
    land = coverage(16, 20, 12, seed=32)
    plant(land, 32)
    frame = land.frame()
    shapes = frame.geometry.to_numpy()
    fine = np.isfinite(shapely.bounds(shapes)).all(axis=1) & shapely.is_valid(shapes)
    edges = shapely.coverage_invalid_edges(shapes[fine], gap_width=1.0)
    flagged = set(frame["code"][fine][~shapely.is_empty(edges)])
    flagged |= set(frame["code"][~fine])
    named = {
        key for row in check(frame, key="code").frame["participants"] for key in row
    }
    assert flagged <= named


def test_fingerprints_do_not_depend_on_order_or_on_other_edits():
    land = coverage(16, 20, 12, seed=33)
    plant(land, 33)
    first = check(land.frame(), key="code")
    again = check(land.frame(np.random.default_rng(1)), key="code")
    assert list(first.frame["fingerprint"]) == list(again.frame["fingerprint"])
    assert first.frame["fingerprint"].is_unique
    known = first.frame["fingerprint"].iloc[:5]
    rest = check(land.frame(), key="code", exceptions=known)
    assert set(rest.frame["fingerprint"]) == set(first.frame["fingerprint"]) - set(
        known
    )


def test_a_unit_that_touches_all_others():
    import geopandas as gpd

    shapes = hub(300)
    frame = gpd.GeoDataFrame({"code": range(len(shapes))}, geometry=shapes, crs=4547)
    assert check(frame, key="code").frame.empty
