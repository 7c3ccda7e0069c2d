"""A re-check with superiors and lines says what a full check would say."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geodata.topology import check, levels, recheck
from tests.geodata.topology.test_check_levels import layer, square

SIDE = 12


def rows(findings):
    frame = findings.frame
    return sorted(
        zip(frame["fingerprint"], frame["rule"], frame["participants"], strict=True)
    )


def level(known):
    """Units in twos, superiors of 3 × 3 of them, lines along these."""
    shapes, keys, whose = [], [], []
    for row in range(SIDE):
        for column in range(SIDE):
            shapes.append(square(1000 * column, 1000 * row))
            above = f"{'ABCD'[row // 3]}{'abcd'[column // 3]}"
            number = f"{row:02}{column:02}"
            whose.append(above)
            keys.append(above + number if known == "by prefix" else number)
    parents = gpd.GeoDataFrame({"above": whose}, geometry=shapes).dissolve("above")
    above = layer(parents.geometry.to_numpy(), list(parents.index))
    columns = {"parent": whose} if known == "by column" else {}
    west, south = shapely.get_coordinates(square(0, 0))[:, :2].min(axis=0)
    ends = [
        [(west + 3000 * at, south), (west + 3000 * at, south + 12_000)]
        for at in range(1, 4)
    ]
    lines = layer(shapely.linestrings(ends), ["L1", "L2", "L3"])
    return layer(shapes, keys, **columns), {"parent": above, "lines": lines}


@pytest.mark.parametrize("known", ["by prefix", "by column", "by place"])
def test_edits_one_after_the_other(known, monkeypatch):
    frame, given = level(known)
    findings = check(frame, key="code", **given)
    rng = np.random.default_rng(4)
    seen = []
    looked = levels.nesting_places
    monkeypatch.setattr(
        levels,
        "nesting_places",
        lambda *known: seen.append(len(known[2])) or looked(*known),
    )
    for turn in range(14):
        if turn % 5 == 4:
            at = int(rng.integers(len(frame)))
            gone = [frame["code"].iloc[at]]
            frame = frame.drop(index=frame.index[at])
            findings = recheck(findings, frame.iloc[:0], removed=gone)
        else:
            at = int(rng.integers(len(frame)))
            shape = frame.geometry.iloc[at]
            moved = shapely.transform(
                shape, lambda xy: xy + rng.choice([0, 0, 20, 700], 2)
            )
            frame = frame.copy()
            frame.loc[frame.index[at], "geometry"] = moved
            findings = recheck(findings, frame.iloc[[at]])
        assert rows(findings) == rows(check(frame, key="code", **given))
    assert levels.OF_SUPERIORS & set(findings.frame["rule"])
    assert set(findings.frame["rule"]) & levels.OF_LINES
    assert max(seen) <= 6  # of sixteen superiors


def test_a_unit_that_goes_to_another_superior():
    frame, given = level("by column")
    findings = check(frame, key="code", **given)
    one = frame.iloc[[0]].assign(parent="Bb")
    after = recheck(findings, one)
    frame = frame.copy()
    frame.loc[0, "parent"] = "Bb"
    assert rows(after) == rows(check(frame, key="code", **given))
    again = recheck(after, frame.iloc[[0]].drop(columns="parent"))
    assert rows(again) == rows(after)
