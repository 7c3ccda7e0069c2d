"""CSV and text tables: find delimiter, quotes and header, and lose no row."""

from __future__ import annotations

import csv
import io
import re
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pandas as pd

from geodata.errors import FileRefusedError, Text
from geodata.files import evidence, formulas, titles
from geodata.files import grid as grids
from geodata.files.decoding import DAMAGE
from geodata.files.grid import Grid
from geodata.files.limits import Limits
from geodata.files.reading import Encoding, Guess, Refusal

_SAMPLE_ROWS = 200
_SAMPLE_CHARACTERS = 65_536
_SPACE = " "
_DELIMITERS = (",", "\t", ";", "|", "，", "、", _SPACE)
_MOST_UNCLOSED = 100
_FEWEST_TITLED = 3
"""Columns below which a row of one cell may as well be a record."""

Row = list[str]


@dataclass(frozen=True)
class Dialect:
    """How the cells of a text table are parted and quoted."""

    delimiter: str
    quote: str = '"'
    escape: str | None = None


def read_text(
    text: str,
    name: str,
    encoding: Encoding,
    limits: Limits,
    *,
    delimiter: str | None = None,
    header: bool | None = None,
) -> Grid:
    """Return the table in ``text``.

    ``delimiter`` and ``header`` (whether the first row names the columns) are a
    person's word over what is found.

    Raises
    ------
    FileRefusedError
        If there is no row at all, or it is not text.
    LimitError
        For too many rows or columns.
    """
    if "\x00" in text:
        raise FileRefusedError(
            Text(
                "这不是文本表格：文件中有空字符。",
                "This is not a text table: it holds NUL characters.",
            ),
            Text("请重新导出为 CSV。", "Export it again as CSV."),
        )
    dialect, agreement = sniff(text, (delimiter,) if delimiter else _DELIMITERS)
    rows, unclosed = _all_rows(text, dialect, limits)
    top = next((i for i, row in enumerate(rows) if any(map(str.strip, row))), None)
    if top is None:
        raise FileRefusedError(
            Text("文件里没有任何数据行。", "The file holds no row of data."),
            Text("请确认导出的文件不是空的。", "Check that the export is not empty."),
        )
    titled = top
    if header is not False and dialect.delimiter != _SPACE:
        top += _titles(rows[top:])
    rows[top] = [DAMAGE.sub("\ufffd", cell) for cell in rows[top]]
    named = grids.header_of(_trimmed(rows[top]), rows[top + 1 :], given=header)
    start = top + 1 if named.given else top
    kept, refused = _sorted_out(rows[start:], len(named.names), unclosed, start)
    frame = pd.DataFrame(
        [[formulas.unguard(cell) for cell in row] for row in kept.values()],
        columns=list(named.names),
        index=pd.Index(list(kept), dtype="int64"),
        dtype="object",
    )
    return Grid(
        name,
        frame,
        read=len(kept) + len(refused),
        encoding=encoding,
        refused=tuple(refused),
        guesses=named.guesses + (() if delimiter else _guesses(dialect, agreement)),
        notes=titles.skipped(rows[titled:top]),
    )


def _titles(rows: list[Row]) -> int:
    """Return how many rows are titles of a table that a spreadsheet exported."""
    shown = rows[: titles.LOOKED_AT]
    width = max(map(len, shown))
    if width < _FEWEST_TITLED or any(len(row) != width for row in shown if any(row)):
        return 0
    return titles.header_row(shown)


def sniff(
    text: str, delimiters: tuple[str, ...] = _DELIMITERS
) -> tuple[Dialect, float]:
    """Return the dialect whose rows agree best, and the share that agree."""
    sample = text[:_SAMPLE_CHARACTERS]
    best, score = Dialect(delimiters[0]), 0.0
    for delimiter in delimiters:
        agreement = _agreement(sample, Dialect(delimiter), len(text))
        if agreement > score + 1e-9:
            best, score = Dialect(delimiter), agreement
    if best.delimiter == _SPACE or not score:
        return best, score
    for other in _other_quotings(sample, best.delimiter):
        agreement = _agreement(sample, other, len(text))
        if agreement > score + 1e-9:
            best, score = other, agreement
    return best, score


def _other_quotings(sample: str, delimiter: str) -> Iterator[Dialect]:
    """Yield the quotings whose marks are there; a stray ``"`` would favour them."""
    if re.search(rf"(?:^|{re.escape(delimiter)})\s*'", sample, re.MULTILINE):
        yield Dialect(delimiter, "'")
    if '\\"' in sample:
        yield Dialect(delimiter, '"', "\\")


def _agreement(sample: str, dialect: Dialect, length: int) -> float:
    """Return the share of the first rows that have the commonest width over one."""
    rows = [
        row
        for row in islice(_records(sample, dialect), _SAMPLE_ROWS)
        if any(map(str.strip, row))
    ]
    if length > len(sample) and len(rows) > 1:
        rows.pop()
    full = {len(row) for row in rows}
    if (
        dialect.delimiter != _SPACE
        and len(rows) > 1
        and len(full) == 1
        and max(full) > 1
    ):
        return 1.0  # a spreadsheet pads titles and sums to the width of its table
    widths = Counter(len(_trimmed(row)) for row in rows)
    wide = [(count, width) for width, count in widths.items() if width > 1]
    if not wide:
        return 0.0
    count, width = max(wide)
    # Words are parted by spaces too; a table parted so has at least three columns.
    if dialect.delimiter == _SPACE and width < 3:
        return 0.0
    return count / len(rows)


def _records(text: str, dialect: Dialect) -> Iterator[Row]:
    """Yield the records of ``text``, blank ones as empty lists."""
    lines = io.StringIO(text, newline="")
    if dialect.delimiter == _SPACE:
        return (line.split() for line in lines)
    return iter(_reader(lines, dialect))


def _reader(lines: Iterable[str], dialect: Dialect, *, strict: bool = False) -> Any:
    """Return a csv reader over lines."""
    # A geometry as text may be longer than csv's own limit; the file's size is
    # bounded already.
    csv.field_size_limit(sys.maxsize)
    return csv.reader(
        lines,
        delimiter=dialect.delimiter,
        quotechar=dialect.quote,
        escapechar=dialect.escape,
        doublequote=dialect.escape is None,
        skipinitialspace=True,
        strict=strict,
    )


def _all_rows(
    text: str, dialect: Dialect, limits: Limits
) -> tuple[list[Row], set[int]]:
    """Return all rows, and the positions of those whose quotation never closes.

    Such a quotation swallows everything behind it: its first line is given up, and
    reading goes on with the next line.
    """
    if dialect.delimiter == _SPACE:
        return list(_bounded(_records(text, dialect), limits)), set()
    source = _Lines(text)
    rows: list[Row] = []
    unclosed: set[int] = set()
    while True:
        rows += _bounded(_strict_rows(source, dialect), limits, len(rows))
        if source.done:
            return rows, unclosed
        line = source.give_up_line()
        if len(source.broken) == 1:
            # Only its own line is odd: read it leniently, it swallowed nothing.
            rows += _reader([line], dialect)
            continue
        unclosed.add(len(rows))
        rows.append([])
        if len(unclosed) > _MOST_UNCLOSED:
            raise _too_many_unclosed()


class _Lines:
    """The lines of a text for a reader that may have to go back.

    After a record fails, ``broken`` holds the lines it took, and the next reader
    starts behind the first of them.
    """

    def __init__(self, text: str) -> None:
        self.lines = list(io.StringIO(text, newline=""))
        if self.lines and not self.lines[-1].endswith(("\n", "\r")):
            self.lines[-1] += "\n"
        self.position = self.record = 0
        self.done = False
        self.broken: list[str] = []

    def __iter__(self) -> Iterator[str]:
        while self.position < len(self.lines):
            self.position += 1
            yield self.lines[self.position - 1]
        self.done = True

    def give_up_line(self) -> str:
        """Return the first line of the record that failed, and go on behind it."""
        self.broken = self.lines[self.record : self.position]
        self.position = self.record = self.record + 1
        self.done = False
        return self.broken[0]


def _strict_rows(source: _Lines, dialect: Dialect) -> Iterator[Row]:
    """Yield rows until the end, or until a quotation breaks the rules."""
    reader = _reader(iter(source), dialect, strict=True)
    while True:
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:
            source.done = False
            return
        source.record = source.position
        yield row


def _too_many_unclosed() -> FileRefusedError:
    return FileRefusedError(
        Text(
            f"超过 {_MOST_UNCLOSED} 行的引号没有成对。",
            f"More than {_MOST_UNCLOSED} rows have a quotation mark that is never "
            "closed.",
        ),
        Text("请重新导出为 CSV。", "Export it again as CSV."),
    )


def _bounded(rows: Iterator[Row], limits: Limits, before: int = 0) -> Iterator[Row]:
    """Yield rows, checking their number and width as they come."""
    for number, row in enumerate(rows, start=before):
        if number > limits.sheet_rows + 1:
            raise limits.exceeded("sheet_rows", "more")
        if len(row) > limits.sheet_columns:
            width = len(_trimmed(row))
            limits.check("sheet_columns", width, where=f"row {number + 1}")
        yield row


def _trimmed(row: Row) -> Row:
    """Return ``row`` without the empty cells at its end."""
    end = len(row)
    while end and not row[end - 1].strip():
        end -= 1
    return row[:end]


def _sorted_out(
    rows: list[Row], width: int, unclosed: set[int], start: int
) -> tuple[dict[int, Row], list[Refusal]]:
    """Return the rows as wide as the header by number, and why the others are not."""
    kept: dict[int, Row] = {}
    refused = []
    for number, row in enumerate(rows, start=1):
        if number - 1 + start in unclosed:
            refused.append(Refusal(number, _UNCLOSED._asdict()))
        elif not any(map(str.strip, row)):
            continue
        elif (why := titles.why_no_record(row)) is not None:
            refused.append(Refusal(number, why._asdict()))
        elif any(map(DAMAGE.search, row)):
            refused.append(Refusal(number, _DAMAGED._asdict()))
        elif len(row) == width:
            kept[number] = row
        elif len(_trimmed(row)) == width:
            kept[number] = row[:width]
        else:
            refused.append(Refusal(number, _ragged(len(row), width)))
    return kept, refused


_DAMAGED = Text(
    "该行有无法解码的字节（文件被截断或混用了编码）；请重新导出。",
    "The row holds bytes that are no text (the file is cut or mixes encodings); "
    "export it again.",
)
_UNCLOSED = Text(
    "引号没有成对；请在表格软件中打开并重新导出为 CSV。",
    "A quotation mark is never closed; open it in a spreadsheet and export again.",
)


def _ragged(found: int, width: int) -> dict[str, str]:
    return Text(
        f"该行有 {found} 个单元格，表头有 {width} 列；请补齐或给含分隔符的文本加引号。",
        f"The row has {found} cells and the header {width} columns; complete it, or "
        "put text that holds the delimiter in quotation marks.",
    )._asdict()


def _guesses(dialect: Dialect, agreement: float) -> tuple[Guess, ...]:
    """Return the delimiter as a guess when it is not the usual comma or tab."""
    if dialect.delimiter in {",", "\t"} and agreement == 1 and dialect.quote == '"':
        return ()
    return (
        evidence.guess(
            "delimiter",
            dialect.delimiter,
            0.5 + 0.47 * agreement,
            Text(
                f"开头各行中 {agreement:.0%} 的单元格数相同",
                f"{agreement:.0%} of the first rows have the same number of cells",
            ),
        ),
    )
