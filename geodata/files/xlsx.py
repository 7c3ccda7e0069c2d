"""Worksheets of an XLSX workbook, read row by row and bounded before they are read."""

from __future__ import annotations

import datetime as dt
import re
import warnings
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from geodata.errors import FileRefusedError, Text
from geodata.files import evidence, points, spelling, titles
from geodata.files import grid as grids
from geodata.files.fields import ALIASES, fold
from geodata.files.grid import Grid
from geodata.files.limits import Limits
from geodata.files.reading import Refusal

Row = tuple[Any, ...]

_ENCODING = evidence.encoding(
    "utf-8", Text("工作簿内部为 XML", "XML of the workbook"), 1.0
)
_REFERENCE = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,4})([0-9]{1,8})"')
_ROW = re.compile(rb"<(?:\w+:)?row\b")
_ROW_NUMBER = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="([0-9]{6,9})"')
_FORMULA = re.compile(rb"<(?:\w+:)?f[ >/]")
_UNCOMPUTED = re.compile(rb"</(?:\w+:)?f>\s*(?:<v\s*/>\s*|<v></v>)?</(?:\w+:)?c>")
_DOCTYPE = re.compile(rb"<!\s*(?:DOCTYPE|ENTITY)", re.IGNORECASE)
_CHUNK = 1 << 20
_OVERLAP = 64
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
"""How OOXML writes a character XML lacks, such as a carriage return."""
_TITLE_ROWS = titles.LOOKED_AT
_SUBHEADERS = frozenset(ALIASES) | {
    fold(name) for names in points.NAMES.values() for name in names
}


def read_workbook(path: Path, limits: Limits) -> tuple[Grid, ...]:
    """Return each sheet that holds rows, as a table.

    Raises
    ------
    FileRefusedError
        If it is no workbook, is damaged, or no sheet holds data.
    LimitError
        If a sheet is larger than allowed, before its cells are read.
    """
    notes = _formula_notes(*_inspect(path, limits))
    grids_found = []
    for name, rows in _sheets(path, limits):
        found = _grid(name, rows, limits)
        if found is not None:
            grids_found.append(replace(found, notes=found.notes + notes))
    if not grids_found:
        raise FileRefusedError(
            Text("工作簿里没有数据。", "The workbook holds no data."),
            Text("请确认数据在可见的工作表中。", "Check that a sheet holds the data."),
        )
    return tuple(grids_found)


def _inspect(path: Path, limits: Limits) -> tuple[int, int]:
    """Check sizes and cell references of a workbook without loading it.

    Returns
    -------
    tuple of int
        How many cells hold a formula, and how many of them no stored result.
    """
    formulas = empty = 0
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
            limits.check("entries", len(members))
            for member in members:
                if member.filename.lower().endswith((".xml", ".rels", ".vml")):
                    found = _inspect_member(archive, member, limits)
                    formulas, empty = formulas + found[0], empty + found[1]
    except (
        zipfile.BadZipFile,
        zlib.error,
        OSError,
        EOFError,
        NotImplementedError,
        RuntimeError,
    ) as error:
        raise _damaged(path) from error
    return formulas, empty


def _inspect_member(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, limits: Limits
) -> tuple[int, int]:
    """Read one part of the workbook once, counting, and stop at the first excess."""
    sheet = member.filename.startswith("xl/worksheets/")
    most = min(limits.unpacked_mb << 20, max(member.compress_size, 1) * limits.ratio)
    seen = rows = formulas = empty = 0
    tail = b""
    with archive.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            seen += len(chunk)
            if seen > max(most, _CHUNK):
                name = "ratio" if most < limits.unpacked_mb << 20 else "unpacked_mb"
                raise limits.exceeded(name, "more", where=member.filename)
            block = tail + chunk
            if _DOCTYPE.search(block):
                raise _hostile(member.filename)
            if sheet:
                rows += len(_ROW.findall(chunk))
                formulas += len(_FORMULA.findall(chunk))
                empty += len(_UNCOMPUTED.findall(chunk))
                _check_references(block, rows, limits)
            tail = block[-_OVERLAP:]
    return formulas, empty


def _formula_notes(formulas: int, empty: int) -> tuple[dict[str, str], ...]:
    """Say that results of formulas were read, and which are missing."""
    notes = []
    if formulas:
        text = Text(
            f"工作簿有 {formulas} 个公式单元格，采用保存时的计算结果。",
            f"{formulas} cells hold formulas; their stored results were read.",
        )
        notes.append(text._asdict())
    if empty:
        text = Text(
            f"其中 {empty} 个公式没有保存结果，读作空；"
            "请在 Excel 或 WPS 中打开并保存一次。",
            f"{empty} formulas have no stored result and are empty; open the workbook "
            "in a spreadsheet and save it once.",
        )
        notes.append(text._asdict())
    return tuple(notes)


def _check_references(block: bytes, rows: int, limits: Limits) -> None:
    """Refuse a cell or row beyond the allowed corner, before room is made for it."""
    top = _TITLE_ROWS + limits.sheet_rows
    if rows > top:
        raise limits.exceeded("sheet_rows", "more")
    for letters, digits in _REFERENCE.findall(block):
        if len(digits) > 7 or int(digits) > top:
            raise limits.exceeded("sheet_rows", int(digits))
        if len(letters) > 1 and _column(letters) > limits.sheet_columns:
            raise limits.exceeded("sheet_columns", _column(letters))
    for digits in _ROW_NUMBER.findall(block):
        if int(digits) > top:
            raise limits.exceeded("sheet_rows", int(digits))


def _column(letters: bytes) -> int:
    """Return 1 for A, 27 for AA."""
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number


def _sheets(path: Path, limits: Limits) -> Iterator[tuple[str, list[Row]]]:
    """Yield each visible sheet's name and rows."""
    import openpyxl  # a sixth of a second, which other tables need not wait for
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        with warnings.catch_warnings():
            # Unknown extensions and styles of other programs do not touch the cells.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            try:
                limits.check("layers", len(book.worksheets))
                shown = [s for s in book.worksheets if s.sheet_state == "visible"]
                for sheet in shown or book.worksheets:
                    # The declared dimension may lie; rows are read as they come.
                    sheet.reset_dimensions()
                    yield sheet.title, list(sheet.iter_rows(values_only=True))
            finally:
                book.close()
    except (
        KeyError,
        ValueError,
        TypeError,
        AttributeError,
        IndexError,
        SyntaxError,
        zipfile.BadZipFile,
        InvalidFileException,
    ) as error:
        raise _damaged(path) from error


def _grid(name: str, rows: list[Row], limits: Limits) -> Grid | None:
    """Return a sheet as a table: below titles, with a header of one or two rows."""
    limits.check("sheet_rows", len(rows) - _TITLE_ROWS)
    width = max((len(_trimmed(row)) for row in rows), default=0)
    if not width:
        return None
    limits.check("sheet_columns", width)
    padded = [(*row, *[None] * (width - len(row)))[:width] for row in rows]
    top = titles.header_row(
        padded,
        lambda at: at + 1 < len(padded) and _is_subheader(padded[at], padded[at + 1]),
    )
    first, start = padded[top], top + 1
    if start < len(padded) and _is_subheader(first, padded[start]):
        first = tuple(
            top_cell if spelling.blank(below) else below
            for top_cell, below in zip(first, padded[start], strict=True)
        )
        start += 1
    header = grids.header_of(first, padded[start:])
    start = start if header.given else top
    kept: dict[int, list[Any]] = {}
    refused = []
    for number, row in enumerate(padded[start:], start=1):
        why = titles.why_no_record(row)
        if why is not None:
            refused.append(Refusal(number, why._asdict()))
        elif not all(map(spelling.blank, row)):
            kept[number] = [_cell(value) for value in row]
    frame = pd.DataFrame(
        list(kept.values()),
        columns=list(header.names),
        index=pd.Index(list(kept), dtype="int64"),
        dtype="object",
    )
    return Grid(
        name,
        frame,
        len(kept) + len(refused),
        _ENCODING,
        refused=tuple(refused),
        guesses=header.guesses,
        notes=titles.skipped(padded[:top]),
    )


def _is_subheader(first: Row, second: Row) -> bool:
    """Return whether ``second`` names the columns under merged cells of ``first``."""
    words = [v for v in second if not spelling.blank(v)]
    if not words or not all(isinstance(v, str) for v in words):
        return False
    under = [
        not spelling.blank(below)
        for above, below in zip(first, second, strict=True)
        if spelling.blank(above)
    ]
    # A column without a header over a plain first record is no merged header.
    known = sum(fold(word) in _SUBHEADERS for word in words)
    return any(under) and known * 2 >= len(words)


def _trimmed(row: Row) -> Row:
    end = len(row)
    while end and spelling.blank(row[end - 1]):
        end -= 1
    return row[:end]


def _cell(value: Any) -> Any:
    """Return a cell as text, number, truth value or None."""
    if isinstance(value, dt.datetime):
        plain = value.time() == dt.time()
        return value.date().isoformat() if plain else value.isoformat(sep=" ")
    if isinstance(value, dt.date | dt.time):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return str(value)
    if value is None or isinstance(value, bool | int | float):
        return value
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), str(value))


def _damaged(path: Path) -> FileRefusedError:
    return FileRefusedError(
        Text(
            f"{path.name} 不是完整的 Excel 工作簿。",
            f"{path.name} is not a complete Excel workbook.",
        ),
        Text(
            "请在 Excel 或 WPS 中打开后另存为 .xlsx 再提交。",
            "Open it in Excel or WPS, save it as .xlsx and hand it in again.",
        ),
    )


def _hostile(part: str) -> FileRefusedError:
    return FileRefusedError(
        Text(
            f"工作簿的 {part} 含有 DOCTYPE 声明，已拒绝。",
            f"The part {part} of the workbook holds a DOCTYPE and is refused.",
        ),
        Text(
            "正常的工作簿没有这种声明；请另存为新的 .xlsx。",
            "No proper workbook has one; save it as a new .xlsx.",
        ),
    )
