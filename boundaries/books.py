"""Tables as a workbook in which text is text, whatever it begins with or holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from geodata.errors import Text
from geodata.files import formulas
from geodata.files.write_tables import FORBIDDEN

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    import pandas as pd

_LONGEST = 32_000
_LOOKED_AT, _WIDE = 200, 0x2E7F


USE = Text("使用范围", "Use")


def write_book(
    sheets: Mapping[str, pd.DataFrame], path: Path, mark: str = "", language: str = "zh"
) -> None:
    """Write each table as a sheet, its columns as the first row.

    ``mark`` says for whose use the book is, on a sheet of its own and at the head of
    every printed page.
    """
    from openpyxl import Workbook

    book = Workbook(write_only=True)
    for name, table in sheets.items():
        sheet = book.create_sheet(name)
        sheet.oddHeader.center.text = mark.replace("&", "&&")
        _lay_out(sheet, table)
        sheet.append([_text(sheet, str(column), bold=True) for column in table.columns])
        for row in table.itertuples(index=False):
            sheet.append([_cell(sheet, value) for value in row])
    if mark:
        sheet = book.create_sheet(USE.to(language))
        sheet.append([_text(sheet, mark, bold=True)])
    book.save(path)


def _lay_out(sheet: Any, table: pd.DataFrame) -> None:
    """Keep the head in view, and make columns as wide as what stands in them."""
    from openpyxl.utils import get_column_letter

    sheet.freeze_panes = "A2"
    for number, name in enumerate(table.columns, 1):
        texts = [str(name), *map(str, table.iloc[:_LOOKED_AT, number - 1])]
        wide = max(sum(2 if ord(c) > _WIDE else 1 for c in text) for text in texts)
        sheet.column_dimensions[get_column_letter(number)].width = min(wide + 2, 60)


def _cell(sheet: Any, value: Any) -> Any:
    if isinstance(value, str):
        return _text(sheet, value)
    if value is None or isinstance(value, bool | int):
        return value
    return float(value) if value == value else None


def _text(sheet: Any, text: str, *, bold: bool = False) -> Any:
    """Return a cell of text without the characters no workbook can hold."""
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    clean = FORBIDDEN.sub("", text)[:_LONGEST]
    cell = WriteOnlyCell(sheet, clean)
    cell.data_type = "s"
    if bold:
        cell.font = Font(bold=True)
    if formulas.guard(clean) != clean:
        cell.quotePrefix = True  # so that editing it does not make it a formula
    return cell
