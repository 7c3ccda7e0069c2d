"""What is planted and repaired is gone, and nothing else moved."""

from __future__ import annotations

import json

import numpy as np
import pytest
import shapely

from geodata.topology import check
from geodata.topology.mending import repair, undo
from tests.geodata.topology.test_borders import assert_same_bits
from tests.geodata.topology.test_planted_together import AT_BORDERS, MEETING
from tests.support import planting
from tests.support.townships import coverage

REPAIRABLE = (
    planting.overlap,
    planting.sliver_overlap,
    planting.gap,
    planting.sliver_gap,
    planting.unmatched_vertex,
    planting.near_vertex,
    planting.redrawn_border,
    planting.self_crossing,
    planting.spike,
    planting.repeated_point,
    planting.orientation,
    planting.too_few_points,
    planting.duplicate,
    planting.uncut_host,
)
LEFT = {"near_duplicate", "missing_unit", "multipart", "not_finite", "unusable"}
"""Kinds that a person decides."""


def planted(seed, *kinds, crs=None, rows=10, columns=14):
    land = coverage(rows, columns, 12, seed)
    planting.plant(land, seed, kinds=kinds or planting.PLANTINGS)
    frame = land.frame(np.random.default_rng(seed))
    return frame if crs is None else frame.to_crs(crs)


def ground(frame):
    return shapely.union_all(shapely.make_valid(frame.geometry.to_numpy())).area


@pytest.mark.parametrize("crs", [None, 4490], ids=["metres", "degrees"])
@pytest.mark.parametrize("kind", REPAIRABLE, ids=lambda kind: kind.__name__)
def test_repairing_then_checking_is_clean(kind, crs):
    frame = planted(51, kind, crs=crs)
    found = check(frame, key="code")
    assert len(found)
    mended, log = repair(frame, found, accept=set(found.frame["rule"]))
    assert [entry["why"] for entry in log if not entry["done"]] == []
    assert check(mended, key="code").frame.empty
    assert shapely.coverage_is_valid(mended.geometry.to_numpy())
    gone = {key for entry in log for key in entry["removed"].values()}
    assert gone == set(frame["code"]) - set(mended["code"])
    assert bool(gone) == (kind is planting.duplicate)
    assert_same_bits(frame, undo(mended, json.loads(json.dumps(log))))


@pytest.mark.parametrize(
    "kind",
    [
        planting.overlap,
        planting.sliver_overlap,
        planting.redrawn_border,
        planting.uncut_host,
        planting.unmatched_vertex,
        planting.duplicate,
    ],
    ids=lambda kind: kind.__name__,
)
def test_the_ground_of_all_stays(kind):
    frame = planted(52, kind)
    found = check(frame, key="code")
    mended, _ = repair(frame, found, accept=set(found.frame["rule"]))
    before = ground(frame)
    if kind is planting.redrawn_border:  # its gaps become ground
        gaps = shapely.area(found.frame.geometry.to_numpy()).sum()
        assert before <= ground(mended) <= before + gaps
    else:
        assert ground(mended) == pytest.approx(before, abs=0.01)
    assert mended.geometry.area.sum() == pytest.approx(ground(mended), abs=0.01)


def test_a_gap_becomes_ground():
    frame = planted(53, planting.gap)
    found = check(frame, key="code")
    mended, log = repair(frame, found)
    gaps = shapely.area(found.frame.geometry.to_numpy()).sum()
    assert ground(mended) == pytest.approx(ground(frame) + gaps, abs=0.1)
    told = sum(sum(entry["cost"]["area_gained_m2"].values()) for entry in log)
    assert told == pytest.approx(gaps, rel=1e-3)


@pytest.mark.parametrize("seed", [54, 55])
@pytest.mark.parametrize("pin", [None, "outer"])
def test_of_all_kinds_those_for_a_person_are_left(seed, pin):
    frame = planted(seed, rows=19, columns=25)
    found = check(frame, key="code")
    mended, log = repair(frame, found, accept=set(found.frame["rule"]), pin=pin)
    undecided = {
        key
        for rule, who in zip(
            found.frame["rule"], found.frame["participants"], strict=True
        )
        if rule == "near_duplicate"
        for key in who
    }
    left = check(mended, key="code").frame
    assert set(left["fingerprint"]) <= set(found.frame["fingerprint"])
    for rule, who in zip(left["rule"], left["participants"], strict=True):
        assert rule in LEFT or undecided & set(who)
    for entry in log:
        assert entry["done"] or undecided & set(entry["keys"]), entry["why"]
    assert_same_bits(frame, undo(mended, log))


def test_pinned_lines_stay_for_the_units_that_have_them():
    frame = planted(56, *REPAIRABLE[:7], rows=19, columns=25)
    found = check(frame, key="code")
    rng = np.random.default_rng(56)
    some = rng.choice(len(frame), len(frame) // 2, replace=False)
    lines = shapely.boundary(frame.geometry.to_numpy()[np.sort(some)])
    mended, log = repair(frame, found, pin=lines)
    refused = [entry for entry in log if not entry["done"]]
    assert refused
    assert all("pinned" in entry["why"]["en"] for entry in refused)
    for row in np.sort(some).tolist():
        was, now = (
            shapely.boundary(each.geometry.iloc[row]) for each in (frame, mended)
        )
        assert shapely.dwithin(
            shapely.points(shapely.get_coordinates(was)), now, 0.003
        ).all()


def test_units_beside_no_conflict_keep_their_bits():
    frame = planted(57, *REPAIRABLE, rows=19, columns=25)
    found = check(frame, key="code")
    mended, log = repair(frame, found)
    touched = {int(row) for entry in log for row in entry["after"]}
    assert 0 < len(touched) < len(frame) / 2
    same = shapely.to_wkb(frame.geometry.to_numpy()) == shapely.to_wkb(
        mended.geometry.to_numpy()
    )
    assert set(np.flatnonzero(~same).tolist()) <= touched


@pytest.mark.parametrize("kind", MEETING, ids=lambda kind: kind.__name__)
def test_conflicts_that_meet_others(kind):
    frame = planted(58, kind)
    found = check(frame, key="code")
    mended, log = repair(frame, found, accept=set(found.frame["rule"]))
    left = check(mended, key="code").frame
    if "near_duplicate" in set(found.frame["rule"]):
        assert_same_bits(frame, mended)
    else:
        assert left.empty
    assert_same_bits(frame, undo(mended, log))


@pytest.mark.parametrize("pin", [None, "outer"])
def test_a_conflict_at_every_border(pin):
    """Repairs of a unit stand on one another."""
    land = coverage(16, 21, 20, 59)
    rng = np.random.default_rng(59)
    for row in range(1, 15):
        for column in range(1, 18):
            rng.choice(AT_BORDERS)(planting.Site(land, row, column, rng))
    frame = land.frame()
    mended, log = repair(frame, check(frame, key="code"), pin=pin)
    assert all(entry["done"] for entry in log)
    assert check(mended, key="code").frame.empty
    assert_same_bits(frame, undo(mended, log))
