"""Tables as a workbook in which text is text, whatever it begins with or holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geodata.files import formulas
from geodata.files.write_tables import FORBIDDEN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

_LONGEST = 32_000


def write_book(sheets: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Write each table as a sheet, its columns as the first row."""
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for name, table in sheets.items():
        sheet = book.create_sheet(name)
        sheet.append([_text(sheet, str(column)) for column in table.columns])
        for row in table.itertuples(index=False):
            sheet.append([_cell(sheet, value) for value in row])
    book.save(path)


def _cell(sheet: Any, value: Any) -> Any:
    if isinstance(value, str):
        return _text(sheet, value)
    if value is None or isinstance(value, bool | int):
        return value
    return float(value) if value == value else None


def _text(sheet: Any, text: str) -> Any:
    """Return a cell of text without the characters no workbook can hold."""
    from openpyxl.cell import WriteOnlyCell

    clean = FORBIDDEN.sub("", text)[:_LONGEST]
    cell = WriteOnlyCell(sheet, clean)
    cell.data_type = "s"
    if formulas.guard(clean) != clean:
        cell.quotePrefix = True  # so that editing it does not make it a formula
    return cell
