"""Figures of few people cannot be known: not from a sum, a level, a class, a total."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from boundaries.services.guarding import Guard, guard
from boundaries.services.suppressing import suppressed, suppressed_map
from boundaries.services.tree import Tree

DISTRICTS = ("990101", "990102")
STREETS = ("990101001", "990101002", "990102001")
LEAST = 5
TREE = Tree(
    pd.DataFrame(
        {
            "name": [*DISTRICTS, *STREETS],
            "level": [3, 3, 4, 4, 4],
            "parent": [None, None, "990101", "990101", "990102"],
        },
        index=[*DISTRICTS, *STREETS],
    )
)
ADDED = ("people", "reached", "circle")


def unit(code: str, people: float, reached: float, circle: float) -> dict[str, Any]:
    return {
        "code": code, "people": people, "reached": reached, "share": 50.0,
        "unreached": people - reached, "circle": circle, "uncircled": people - circle,
        "circle_share": 50.0, "difference": circle - reached, "circle_only": 0.0,
        "corrected": 0.0, "minutes": 7.0,
    }  # fmt: skip


def summed(units: Iterable[dict[str, Any]], code: str = "") -> dict[str, Any]:
    rows = [each for each in units if each["code"].startswith(code)]
    sums = {name: sum(each[name] for each in rows) for name in ADDED}
    return unit(code, **sums)


def document(units: list[dict[str, Any]]) -> dict[str, Any]:
    return {"units": units, "total": summed(units), "omitted": []}


def levels(units: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """Return the units of every level, from those of the lowest."""
    made = []
    for digits in (6, 9):
        above = sorted({each["code"][:digits] for each in units})
        made.append([summed(units, code) for code in above])
    return [*made, units]


def guarded(units: list[dict[str, Any]], **more: Any) -> Guard:
    return guard(levels(units), summed(units), LEAST, tree=TREE, **more)


@st.composite
def counted(draw: st.DrawFn) -> list[dict[str, Any]]:
    made = []
    for street in STREETS:
        for number in range(1, draw(st.integers(1, 4)) + 1):
            people = draw(st.integers(0, 30))
            reached = draw(st.integers(0, people))
            circle = draw(st.integers(0, people))
            made.append(unit(f"{street}{number:03d}", people, reached, circle))
    return made


@given(counted())
def test_no_figure_of_few_people_is_told_nor_found_from_what_is(
    units: list[dict[str, Any]],
) -> None:
    """Also not with the figures of all levels beside one another."""
    hidden = guarded(units)
    shown: dict[str, Any] = {}
    full: dict[str, Any] = {}
    for level in levels(units):
        told = suppressed(document(level), hidden)
        shown |= {each["code"]: each for each in told["units"]}
        full |= {each["code"]: each for each in level}
        shown[""], full[""] = told["total"], summed(units)
    for name in (*ADDED, "unreached", "uncircled"):
        few = {code for code, each in full.items() if 0 < each[name] < LEAST}
        assert not {code for code in few if shown[code][name] is not None}
    for name in ADDED:
        for above, digits in (("", 6), *((d, 9) for d in DISTRICTS),
                              *((s, 12) for s in STREETS)):  # fmt: skip
            parts = [c for c in full if len(c) == digits and c.startswith(above)]
            lacking = [c for c in (above, *parts) if shown[c][name] is None]
            assert len(lacking) != 1
            gone = [c for c in lacking if c != above]
            if above not in lacking and len(gone) < len(parts):
                assert not 0 < sum(full[c][name] for c in gone) < LEAST


def test_an_only_child_is_not_told_by_the_unit_above_it() -> None:
    """Its figure is the one left out beside that of few people."""
    few = unit(f"{STREETS[0]}001", 3, 0, 0)
    beside = unit(f"{STREETS[1]}001", 60, 0, 0)
    far = [unit(f"{STREETS[2]}00{n}", 900, 0, 0) for n in (1, 2)]
    hidden = guarded([few, beside, *far])
    assert hidden.hides(few["code"], "people")
    assert hidden.hides(STREETS[0], "people")
    assert hidden.hides(STREETS[1], "people")  # else 63 - 60 would be known
    assert hidden.hides(beside["code"], "people")
    assert not hidden.hides(DISTRICTS[0], "people")


def test_what_two_known_figures_leave_is_not_told_either() -> None:
    """Of 100 in the circle 98 are reached: 2 are not, and could be counted."""
    units = [unit(f"{STREETS[0]}00{n}", 500, 98, 100) for n in (1, 2)]
    units[1] = unit(units[1]["code"], 500, 98, 300)
    hidden = guarded(units)
    assert hidden.hides(units[0]["code"], "circle")
    assert not hidden.hides(units[0]["code"], "reached")


def test_facilities_do_not_tell_what_the_total_leaves_of_one() -> None:
    units = [unit(f"{STREETS[0]}001", 200, 103, 200)]
    sites = [{"id": "a", "people": 60.0}, {"id": "b", "people": 40.0},
             {"id": "c", "people": 3.0}, {"id": "d", "people": 0.0}]  # fmt: skip
    hidden = guarded(units, facilities=sites)
    assert hidden.facilities == {"b", "c"}
    asked = {"levels": {}, "omitted": [], "unreached": [], "facilities": sites}
    shown = suppressed_map(asked, hidden)["facilities"]
    assert [each["people"] for each in shown] == [60.0, None, None, 0.0]


def test_the_total_of_a_unit_asked_for_is_that_units() -> None:
    units = [unit(f"{STREETS[0]}001", 3, 0, 0), unit(f"{STREETS[0]}002", 90, 0, 0),
             unit(f"{STREETS[1]}001", 80, 0, 0)]  # fmt: skip
    hidden = guarded(units)
    asked = {"units": units[:1], "total": units[0], "omitted": []}
    told = suppressed(asked, hidden, units[0]["code"])
    assert told["total"]["people"] is None
    above = {"units": [summed(units, DISTRICTS[0]) | units[0]], "total": units[0]}
    part = suppressed(above, hidden, units[0]["code"])
    assert part["units"][0]["people"] is None


def test_what_is_left_out_does_not_tell_of_a_unit_either() -> None:
    """Assumed of one unit only, its people are that unit's figure."""
    units = [unit(f"{STREETS[0]}001", 3, 0, 0), unit(f"{STREETS[0]}002", 90, 0, 0),
             unit(f"{STREETS[1]}001", 80, 0, 0)]  # fmt: skip
    rows = [{"kind": "interpolated", "keys": [each["code"]], "people": each["people"]}
            for each in units]  # fmt: skip
    asked = {**document(units), "omitted": rows}
    told = suppressed(asked, guarded(units))["omitted"]
    assert [row["people"] for row in told] == [None, None, 80]


def test_places_where_people_lack_are_told_without_how_many() -> None:
    """Added up they would be the figure that a unit is not told."""
    units = [unit(f"{STREETS[0]}001", 100, 97, 97), unit(f"{STREETS[0]}002", 90, 50, 0)]
    asked = {"levels": {}, "omitted": [], "facilities": [],
             "unreached": [[116.0, 39.0, 40.0], [116.1, 39.0, 3.0]]}  # fmt: skip
    assert suppressed_map(asked, guarded(units))["unreached"] == [[116.0, 39.0, None]]


def test_what_the_register_keeps_back_is_not_told_here() -> None:
    """Of 3, 60 and 70 it keeps 3 and 70: with the 60 kept here all would be known."""
    units = [unit(f"{STREETS[0]}00{n}", people, 0, 0)
             for n, people in enumerate((3, 60, 70), 1)]  # fmt: skip
    alone = guarded(units)
    assert not alone.hides(units[2]["code"], "people")
    beside = guarded(units, kept=[units[0]["code"], units[2]["code"]])
    assert beside.hides(units[2]["code"], "people")
    assert not beside.hides(units[1]["code"], "people")


def test_parts_of_a_unit_left_out_beside_few_do_not_give_it_away() -> None:
    """Its other part is nobody: what is told of it was all but the whole."""
    one, two = "990101001", "990101002"
    hidden = guarded([
        unit(f"{one}001", 50, 2, 30), unit(f"{two}001", 90, 40, 60),
        unit(f"{two}002", 3, 0, 0), unit(f"{two}003", 60, 20, 40),
        unit("990102001001", 80, 30, 50),
    ])  # fmt: skip
    assert hidden.hides(one, "reached")
    assert hidden.hides(two, "reached")
    told = [code for code in (f"{two}001", f"{two}003")
            if not hidden.hides(code, "reached")]  # fmt: skip
    assert told == [f"{two}001"]


def test_figures_of_many_stay() -> None:
    units = [unit(f"{STREETS[0]}00{n}", 100, 60, 80) for n in (1, 2)]
    found = suppressed(document(units), guarded(units))
    assert [each["people"] for each in found["units"]] == [100, 100]
    assert found["units"][0]["reached"] == 60
    assert found["total"]["people"] == 200


def test_a_guard_is_kept_as_json() -> None:
    made = guarded([unit(f"{STREETS[0]}001", 3, 1, 2)])
    assert Guard.of_dict(made.to_dict()) == made
    assert suppressed(document([unit(f"{STREETS[0]}001", 3, 1, 2)]), made)["total"][
        "people"
    ] is None  # fmt: skip


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
    level = suppressed_map(asked, guarded(units))["levels"]["community"]
    assert level["classes"]["share"] == [20.0, 100.0]
    bounds = level["classes"]["unreached"]
    shown = [each["unreached"] for each in level["units"]]
    assert 3.0 not in bounds
    assert shown.count(None) == 2  # the 3, and one that would tell of it
    assert all(one < other for one, other in pairwise(bounds))
    assert set(bounds) <= {each for each in shown if each is not None}
