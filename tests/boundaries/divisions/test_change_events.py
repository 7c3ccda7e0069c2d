"""What two states of our own layer amount to: the change types of domain B4."""

from __future__ import annotations

import json

import geopandas as gpd
import pandas as pd
import pytest

from boundaries.divisions.change_events import codes_in, infer
from boundaries.divisions.kinds_of_change import reform
from boundaries.vocabulary import ChangeType, Kind
from geodata import topology
from geodata.store.changes import ChangeSet
from tests.support.drawn import coverage_of

CODES = {
    "A": "990102001",
    "B": "990102002",
    "C": "990102003",
    "D": "990102100",
    "E": "990102004",
    "F": "990103001",
}


def state(picture: str, **columns: dict[str, object]) -> gpd.GeoDataFrame:
    """Return drawn units under the codes of their letters."""
    drawn = coverage_of(picture)
    letters = drawn["code"].tolist()
    names = [
        f"{'甲乙丙丁戊己'['ABCDEF'.index(x)]}{'镇' if x == 'D' else '街道'}"
        for x in letters
    ]
    frame = drawn.assign(
        code=[CODES[letter] for letter in letters],
        name=names,
        kind=["town" if letter == "D" else "street" for letter in letters],
        parent=[CODES[letter][:6] for letter in letters],
    )
    frame = frame.set_index(pd.Index(frame["code"].tolist(), name="key"))
    for column, values in columns.items():
        given = {CODES[letter]: value for letter, value in values.items()}
        old = frame[column] if column in frame else pd.Series(None, frame.index, object)
        frame[column] = [given.get(key, old[key]) for key in frame.index]
    return frame


def events(
    old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, *, moves: bool = True
) -> set[tuple[str, tuple[str, ...], tuple[str, ...]]]:
    changes = ChangeSet("divisions", 1, "2026-03-01", old, new)
    given = topology.moves(old, new) if moves else None
    letters = {code: letter for letter, code in CODES.items()}
    return {
        (
            event.type.value,
            tuple(letters[code] for code in event.before),
            tuple(letters[code] for code in event.after),
        )
        for event in infer(changes, given)
    }


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("AAAA/AAAA", "BBCC/BBCC", {("split", ("A",), ("B", "C"))}),
        ("AABB/AABB", "CCCC/CCCC", {("merge", ("A", "B"), ("C",))}),
        ("AABB/AABB", "AAAA/AAAA", {("merge", ("B",), ("A",))}),
        ("AABB/AABB", "AAAB/AABB", {("border", ("B",), ("A",))}),
        ("AAAA/AAAA", "AABB/AABB", {("establish", ("A",), ("B",))}),
        ("DD/DD", "EE/EE", {("town_to_street", ("D",), ("E",))}),
        ("AA/AA", "FF/FF", {("subordination", ("A",), ("F",))}),
        ("AA../AA..", "AABB/AABB", {("establish", (), ("B",))}),
        ("AABB/AABB", "AA../AA..", {("abolish", ("B",), ())}),
    ],
)
def test_the_ground_tells_what_happened(
    before: str, after: str, expected: set[object]
) -> None:
    assert events(state(before), state(after)) == expected


def test_what_is_declared_needs_no_ground() -> None:
    new = state("BB/BB", predecessors={"B": json.dumps([CODES["A"]])})
    assert events(state("AA/AA"), new, moves=False) == {("rename", ("A",), ("B",))}
    again = new.assign(name="别名街道")
    assert events(new, again, moves=False) == {("rename", ("B",), ("B",))}


def test_attributes_tell_renames_seats_and_kinds() -> None:
    old = state("AA/AA", seat={"A": "一社区"})
    assert events(old, old.assign(name="新名街道")) == {("rename", ("A",), ("A",))}
    assert events(old, old.assign(seat="二社区")) == {("seat", ("A",), ("A",))}
    assert events(old, old.assign(kind="town")) == {("kind", ("A",), ("A",))}
    moved = old.assign(parent="990103")
    assert events(old, moved) == {("subordination", ("A",), ("A",))}
    assert events(old, old) == set()


def test_an_event_is_told_in_both_languages() -> None:
    old, new = state("AABB/AABB"), state("AAAB/AABB")
    changes = ChangeSet("divisions", 1, "2026-03-01", old, new)
    (event,) = infer(changes, topology.moves(old, new))
    told = event.to_dict()
    assert told["type_zh"] == "行政区域界线变更"
    assert told["declared"] is False
    assert float(str(told["area_m2"])) == pytest.approx(960_000, rel=0.05)


@pytest.mark.parametrize(
    ("old", "new", "word"),
    [
        (Kind.COUNTY, Kind.DISTRICT, ChangeType.COUNTY_TO_DISTRICT),
        (Kind.BANNER, Kind.COUNTY_CITY, ChangeType.COUNTY_TO_CITY),
        (Kind.COUNTY_CITY, Kind.DISTRICT, ChangeType.CITY_TO_DISTRICT),
        (Kind.PREFECTURE, Kind.CITY, ChangeType.PREFECTURE_TO_CITY),
        (Kind.TOWNSHIP, Kind.TOWN, ChangeType.TOWNSHIP_TO_TOWN),
        (Kind.TOWN, Kind.STREET, ChangeType.TOWN_TO_STREET),
        (Kind.ETHNIC_TOWNSHIP, Kind.STREET, ChangeType.TOWNSHIP_TO_STREET),
        (Kind.STREET, Kind.TOWN, ChangeType.KIND),
        (None, Kind.TOWN, ChangeType.KIND),
    ],
)
def test_reforms_have_names(
    old: Kind | None, new: Kind | None, word: ChangeType
) -> None:
    assert reform(old, new) is word


@pytest.mark.parametrize(
    ("value", "codes"),
    [
        (None, []),
        ("", []),
        (float("nan"), []),
        ('["990102001"]', ["990102001"]),
        (["990102001", {"code": "990102002"}], ["990102001", "990102002"]),
        ("990102001；990102002", ["990102001", "990102002"]),
        ("990102001", ["990102001"]),
        ('{"a": 1}', []),
    ],
)
def test_codes_are_read_from_whatever_holds_them(
    value: object, codes: list[str]
) -> None:
    assert codes_in(value) == codes
