"""Figures of few people cannot be known: not from a sum, not from a class."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from boundaries.services.suppressing import suppressed, suppressed_map

STREETS = ("990101001", "990101002")
LEAST = 5


def unit(code: str, people: float, reached: float, circle: float) -> dict[str, Any]:
    return {
        "code": code, "people": people, "reached": reached, "share": 50.0,
        "unreached": people - reached, "circle": circle, "uncircled": people - circle,
        "circle_share": 50.0, "difference": circle - reached, "circle_only": 0.0,
        "corrected": 0.0, "minutes": 7.0,
    }  # fmt: skip


def document(units: list[dict[str, Any]]) -> dict[str, Any]:
    names = [name for name in units[0] if name not in ("code", "share", "minutes")]
    total = {name: sum(each[name] for each in units) for name in names}
    return {"units": units, "total": total, "omitted": []}


@st.composite
def counted(draw: st.DrawFn) -> list[dict[str, Any]]:
    made = []
    for street in STREETS:
        for number in range(1, draw(st.integers(2, 5))):
            people = draw(st.integers(0, 30))
            reached = draw(st.integers(0, people))
            circle = draw(st.integers(0, people))
            made.append(unit(f"{street}{number:03d}", people, reached, circle))
    return made


@given(counted())
def test_no_figure_of_few_people_is_told_nor_alone_lacking_from_a_sum(
    units: list[dict[str, Any]],
) -> None:
    shown = suppressed(document(units), LEAST)["units"]
    for name in ("people", "reached", "unreached", "circle", "uncircled"):
        few = [0 < each[name] < LEAST for each in units]
        told = [each[name] is not None for each in shown]
        assert not any(a and b for a, b in zip(few, told, strict=True))
    for name in ("people", "reached", "circle"):
        for above in ("", *STREETS):
            group = [each for each in shown if each["code"].startswith(above)]
            hidden = [each for each in group if each[name] is None]
            assert len(hidden) != 1 or len(group) == 1


def test_figures_of_many_stay() -> None:
    units = [unit(f"{STREETS[0]}00{n}", 100, 60, 80) for n in (1, 2)]
    found = suppressed(document(units), LEAST)
    assert found["units"] == units
    assert found["total"]["people"] == 200
    assert found["suppressed"] == {"below": LEAST, "units": []}


def test_a_total_of_few_is_left_out_too() -> None:
    found = suppressed(document([unit(f"{STREETS[0]}001", 3, 1, 2)]), LEAST)
    assert found["total"]["people"] is None


def test_no_bound_of_a_class_is_a_figure_left_out() -> None:
    counts = (3, 40, 90, 200)
    units = [
        unit(f"{STREETS[0]}00{n}", 1000, 1000 - c, 500) for n, c in enumerate(counts, 1)
    ]
    part = {
        **document(units),
        "classes": {"unreached": [3.0, 40.0, 90.0, 200.0], "share": [20.0, 100.0]},
    }
    asked = {"levels": {"community": part}, "omitted": [], "unreached": [],
             "facilities": []}  # fmt: skip
    level = suppressed_map(asked, LEAST)["levels"]["community"]
    assert level["classes"]["share"] == [20.0, 100.0]
    bounds = level["classes"]["unreached"]
    shown = [each["unreached"] for each in level["units"]]
    assert 3.0 not in bounds
    assert shown.count(None) == 2  # the 3, and one that would tell of it
    assert all(one < other for one, other in pairwise(bounds))
    assert set(bounds) <= {each for each in shown if each is not None}
