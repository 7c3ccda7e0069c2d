"""Ten thousand findings: numbered, paged and drawn within bounds."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest
import shapely

from boundaries.registry import findings
from boundaries.rules import finding
from geodata.errors import InputError, Text

COUNT = 10_000


@pytest.fixture(scope="module")
def report() -> object:
    """Gaps and overlaps all over a district, and some findings without a place."""
    random = np.random.default_rng(7)
    corners = random.uniform([117.0, 39.0], [118.0, 40.0], (COUNT, 2))
    shapes = shapely.box(*corners.T, *(corners + 1e-4).T)
    shapes = np.where(np.arange(COUNT) % 50 == 0, None, shapes)
    severities = np.array(["info", "error", "warning"])
    rules = np.array(["gap", "overlap", "name"])
    areas = random.uniform(1, 1e6, COUNT).tolist()
    made = finding.frame(
        [
            finding.finding(
                str(rules[n % 3]),
                str(severities[n % 3]),
                [f"120101{n % 999:03d}"],
                Text(f"问题 {n}", f"finding {n}"),
                geometry=shapes[n],
                place=str(n),
                area_m2=areas[n],
                source="行政区域界线管理条例 art 2",
            )
            for n in range(COUNT)
        ]
    )
    found = findings.numbered(made)
    return found.assign(waived=False, reopened=False)


def test_numbers_pages_and_marks_cover_them_all(report: object) -> None:
    started = time.process_time()
    everything = findings.chosen(report, findings.Wanted())  # type: ignore[arg-type]
    assert everything["number"].tolist() == list(range(1, COUNT + 1))
    page = findings.rows(everything.iloc[9_900:9_901])
    assert page[0]["number"] == 9_901
    assert page[0]["severity"] == "info"
    marks = findings.marks(everything)
    assert len(marks) == COUNT - COUNT // 50
    errors = findings.chosen(report, findings.Wanted(severity="error"))  # type: ignore[arg-type]
    assert errors["number"].max() == len(errors)
    assert errors["area_m2"].is_monotonic_decreasing
    drawn = findings.shapes(everything, (117.0, 39.0, 118.0, 40.0))
    assert len(drawn["features"]) <= findings.MOST
    assert drawn["left"] > 9_000
    near = findings.shapes(everything, (117.5, 39.5, 117.51, 39.51))
    assert near["left"] == 0
    for feature in near["features"]:
        shape = shapely.geometry.shape(feature["geometry"])
        assert shape.intersects(shapely.box(117.5, 39.5, 117.51, 39.51))
    assert len(json.dumps(marks)) < 1_000_000
    assert time.process_time() - started < 10


def test_what_is_asked_in_other_words_is_refused() -> None:
    for words in ({"rule": "x"}, {"severity": "bad"}, {"state": "shut"}):
        with pytest.raises(InputError):
            findings.Wanted(**words)  # type: ignore[arg-type]
