"""Workbooks of tables: text stays text, and nothing in it stops the writing."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd

from boundaries.books import write_book


def test_text_is_no_formula_and_what_xml_cannot_hold_is_left_out(
    tmp_path: Path,
) -> None:
    table = pd.DataFrame(
        {"name": ["=1+1", "\x00＝cmd|\x1fx", "东城区"], "n": [1, 2.5, float("nan")]}
    )
    path = tmp_path / "book.xlsx"
    write_book({"表": table, "nothing": table.iloc[:0]}, path)
    book = openpyxl.load_workbook(path)
    cells = [row[0] for row in book["表"].iter_rows(min_row=2)]
    assert [cell.value for cell in cells] == ["=1+1", "＝cmd|x", "东城区"]
    assert {cell.data_type for cell in cells} == {"s"}
    assert [cell.quotePrefix for cell in cells] == [True, True, False]
    assert [row[1].value for row in book["表"].iter_rows(min_row=2)] == [1, 2.5, None]
    assert book["nothing"].max_row == 1
