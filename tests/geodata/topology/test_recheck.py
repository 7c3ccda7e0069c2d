"""A re-check says what a full check would say, at the cost of the edit."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from geodata.errors import InputError
from geodata.topology import check, layer, recheck, table
from tests.support.planting import plant
from tests.support.townships import coverage


def rows(findings):
    frame = findings.frame
    return sorted(
        zip(frame["fingerprint"], frame["rule"], frame["participants"], strict=True)
    )


def measures(findings):
    return findings.frame[["area_m2", "width_m", "length_m"]].to_numpy()


@pytest.fixture(scope="module")
def planted():
    land = coverage(22, 26, 12, seed=71)
    plant(land, 71)
    frame = land.frame()
    return frame, check(frame, key="code")


def edited(frame, key, shape):
    out = frame.copy()
    out.loc[out["code"] == key, "geometry"] = shape
    return out


@pytest.mark.parametrize("most", [500, 2])
def test_units_moved_one_after_the_other(planted, monkeypatch, most):
    for kept in (layer, table):
        monkeypatch.setattr(kept, "MOST_EDITS", most)
    frame, findings = planted
    rng = np.random.default_rng(1)
    fine = frame[np.isfinite(frame.bounds).all(axis=1) & frame.is_valid]
    for key in rng.choice(fine["code"], 12, replace=False):
        shape = frame.geometry[frame["code"] == key].iloc[0]
        moved = shapely.transform(
            shape, lambda xy: xy + np.sin(xy[:, ::-1] / 700) * rng.uniform(0.1, 40)
        )
        moved = shapely.polygons(
            shapely.get_coordinates(shapely.get_parts(moved)[0].exterior)
        )
        frame = edited(frame, key, moved)
        findings = recheck(findings, frame[frame["code"] == key])
        whole = check(frame, key="code")
        assert rows(findings) == rows(whole)
        np.testing.assert_allclose(measures(findings), measures(whole), rtol=1e-5)


def test_a_conflict_mended_and_a_unit_removed(planted):
    frame, findings = planted
    doubled = next(key for key in frame["code"] if key.endswith("D"))
    rest = frame[frame["code"] != doubled]
    after = recheck(findings, frame.iloc[:0], removed=[doubled])
    assert rows(after) == rows(check(rest, key="code"))
    assert len(after) < len(findings)
    back = recheck(after, frame[frame["code"] == doubled])
    assert rows(back) == rows(findings)


def test_a_hole_the_size_of_a_unit_appears(planted):
    frame, findings = planted
    after = recheck(findings, frame.iloc[:0], removed=["00080008"])
    whole = check(frame[frame["code"] != "00080008"], key="code")
    assert rows(after) == rows(whole)


def test_a_unit_that_is_not_there_cannot_be_removed(planted):
    frame, findings = planted
    with pytest.raises(InputError, match="nowhere"):
        recheck(findings, frame.iloc[:0], removed=["nowhere"])


def test_the_units_and_findings_after_an_edit_are_those_of_the_edited_layer(planted):
    frame, findings = planted
    one = frame.iloc[[40]].assign(code="new")
    after = recheck(findings, one, removed=["00080008"])
    back = recheck(after, frame[frame["code"] == "00080008"], removed=["new"])
    left = frame[frame["code"] != "00080008"]
    assert after.keys == (*left["code"], "new")
    assert list(after.shapes) == [*left.geometry, one.geometry.iloc[0]]
    assert after.units.place["new"] == len(left)
    assert back.keys == (*left["code"], "00080008")
    assert list(after.frame.columns) == list(findings.frame.columns)
    assert (after.frame.dtypes == findings.frame.dtypes).all()
    assert after.frame["fingerprint"].tolist() == [row[9] for row in after.table.rows]
    assert len(after) == len(after.frame)
    assert after.crs == findings.crs
    assert sorted(back.frame["fingerprint"]) == sorted(findings.frame["fingerprint"])
