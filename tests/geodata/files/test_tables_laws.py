"""Laws of tables: what is written is read; nothing but our own errors comes out."""

from __future__ import annotations

import csv
import io
import math
import random
from pathlib import Path

import openpyxl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import FileRefusedError, QuhuaError, Text
from geodata.files import delimited, dms, evidence, formulas, parcels, spelling
from geodata.files.limits import UPLOAD
from geodata.files.tables import read_table

ENCODING = evidence.encoding("utf-8", Text("测试", "a test"), 1.0)
CELL = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), max_size=12
)
SCRAPS = st.sampled_from(
    ['"', "'", ",", ";", "\t", "\n", "\r\n", "\\", "甲", "1", "J1", "117°", "@", "["]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8))
def test_quoted_cells_come_back(rows: list[list[str]]) -> None:
    text = io.StringIO(newline="")
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerow(["甲", "乙", "丙"])
    writer.writerows([[formulas.guard(cell) for cell in row] for row in rows])
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    found = delimited.read_text(
        text.getvalue(), "t", ENCODING, UPLOAD, delimiter=",", header=True
    )
    assert found.frame.to_numpy().tolist() == filled
    assert found.read == len(filled)


@given(CELL)
def test_a_guarded_cell_is_harmless_and_comes_back(text: str) -> None:
    guarded = formulas.guard(text)
    assert formulas.unguard(guarded) == text
    bare = guarded.lstrip("\ufeff\u200b\u200c\u200d\u2060 ")
    assert not bare.startswith(tuple("=+-@\t\r＝＋－＠"))


@settings(max_examples=150, deadline=None)
@given(st.lists(SCRAPS, max_size=60).map("".join))
def test_any_text_is_read_or_refused_and_rows_add_up(text: str) -> None:
    try:
        found = delimited.read_text(text, "t", ENCODING, UPLOAD)
    except FileRefusedError:
        return
    assert found.read == len(found.frame) + len(found.refused)
    assert found.frame.columns.is_unique
    numbers = [*found.frame.index, *(item.record for item in found.refused)]
    assert len(set(numbers)) == len(numbers)


@settings(max_examples=150, deadline=None)
@given(st.lists(SCRAPS | CELL, max_size=20).map("".join))
def test_any_cell_is_an_angle_or_has_a_reason(text: str) -> None:
    found = dms.parse_column([text], axis="lon")
    angle = float(found.degrees[0])
    if 0 in found.reasons or not spelling.plain(text):
        assert math.isnan(angle)
    else:
        assert abs(angle) <= 180


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["J", "j", "点", "@", ""]), st.integers(0, 5), CELL),
        max_size=20,
    )
)
def test_any_list_of_corners_is_read_or_refused(
    lines: list[tuple[str, int, str]],
) -> None:
    text = "\n".join(f"{mark}{n},{n}.5,{n + 1},{rest}" for mark, n, rest in lines)
    found = parcels.read_text(text)
    assert len(found.geometry) == len(found.rows) == len(found.records)
    assert not set(found.records) & {item.record for item in found.refused}


def test_a_damaged_workbook_gives_only_our_errors(
    tmp_path: Path, full_size: bool
) -> None:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    for row in (["名称", "经度", "纬度"], ["甲", 117.2, 39.1], ["乙", "117°12′", 39.2]):
        sheet.append(row)
    book.save(tmp_path / "a.xlsx")
    whole = (tmp_path / "a.xlsx").read_bytes()
    draw = random.Random(20261122)  # noqa: S311 - a seed, no secret
    path = tmp_path / "b.xlsx"
    refused = 0
    for _ in range(1_000 if full_size else 60):
        damaged = bytearray(whole)
        for _ in range(draw.randint(1, 8)):
            damaged[draw.randrange(len(damaged))] = draw.randrange(256)
        if draw.random() < 0.3:
            del damaged[draw.randrange(len(damaged)) :]
        path.write_bytes(bytes(damaged))
        try:
            raw = read_table(path)
        except QuhuaError:
            refused += 1
            continue
        assert raw.read == len(raw.frame) + len(raw.refused)
    assert refused > 0


@pytest.mark.parametrize("cut", range(1, 37))
def test_a_text_cut_in_the_middle_keeps_its_whole_rows(
    tmp_path: Path, cut: int
) -> None:
    text = 'name,lon,lat\n"甲",117.2,39.1\n"乙",117.3,39.2\n"丙",117.4,39.3\n'
    (tmp_path / "a.csv").write_bytes(text.encode()[:-cut])
    try:
        raw = read_table(tmp_path / "a.csv")
    except FileRefusedError:
        pytest.fail("the first rows are whole")
    assert raw.frame["name"].tolist()[0] == "甲"
    assert raw.read == len(raw.frame) + len(raw.refused)
