"""Code tables as they are published, read into one shape: revision by revision."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from boundaries.codes import is_code
from boundaries.divisions.notation import Block, Table, read_blocks
from geodata.errors import FileRefusedError, Text

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Tables:
    """A series of tables, oldest first, and the changes between them."""

    source: str
    tables: dict[str, Table]
    """By revision: a year (``2015``) or a month (``2015-06``)."""
    blocks: dict[str, tuple[Block, ...]] = field(default_factory=dict)
    """Of the difference file that leads to a revision."""
    notices: tuple[Text, ...] = ()
    """Rows left out, and why."""

    @property
    def has_differences(self) -> bool:
        """Whether difference files came with the tables."""
        return bool(self.blocks)


def read_tables(folder: Path) -> Tables:
    """Return the tables in ``folder``, whichever of the known layouts it has.

    Raises
    ------
    FileRefusedError
        When the folder is of no known layout.
    """
    if (folder / "data").is_dir() and list((folder / "data").glob("*.txt")):
        return _yearly(folder)
    if series := sorted(folder.glob("*.tsv")):
        listed = [path for path in series if re.fullmatch(r"\d{6}", path.stem)]
        if listed:
            return _monthly(folder.name, listed)
    if (folder / "provinces.csv").is_file():
        return _one_year("china-division", _china_division(folder), folder)
    if listed := sorted(folder.glob("ok_data_level*.csv")):
        return _one_year("AreaCity", _area_city(listed[-1]), listed[-1])
    if (folder / "mca").is_dir():
        return read_tables(folder / "mca")
    raise FileRefusedError(
        Text(
            f"“{folder.name}”中没有可识别的代码表。",
            f"No code tables of a known layout in {folder.name!r}.",
        ),
        Text(
            "支持：data/年.txt 与 diff/年-年.diff；GB2260 的 *.tsv；"
            "china-division 或 AreaCity 的 CSV。",
            "Known: data/YEAR.txt with diff/YEAR-YEAR.diff; *.tsv of GB2260; "
            "the CSV of china-division or AreaCity.",
        ),
    )


def _yearly(folder: Path) -> Tables:
    """Read ``data/1981.txt`` (code, blank, name) and ``diff/1981-1982.diff``."""
    tables, notices = {}, []
    for path in sorted((folder / "data").glob("*.txt")):
        rows = [line.split(" ", 1) for line in _lines(path) if line.strip()]
        tables[path.stem], left_out = _table(rows, path)
        notices += left_out
    blocks = {
        path.stem[-4:]: tuple(read_blocks(_lines(path), path.name))
        for path in sorted((folder / "diff").glob("*.diff"))
    }
    return Tables("areacodes", tables, blocks, tuple(notices))


def _monthly(series: str, paths: list[Path]) -> Tables:
    """Read GB2260's tables; the file name is the month they are as of."""
    tables, notices = {}, []
    for path in paths:
        rows = [[row["Code"], row["Name"]] for row in _rows(path, delimiter="\t")]
        month = f"{path.stem[:4]}-{path.stem[4:]}"
        tables[month], left_out = _table(rows, path)
        notices += left_out
    return Tables(f"GB2260 {series}", tables, notices=tuple(notices))


def _one_year(source: str, rows: list[list[str]], path: Path) -> Tables:
    """Return a series of one table; these projects state the year 2023."""
    table, notices = _table(rows, path)
    return Tables(source, {"2023": table}, notices=tuple(notices))


def _china_division(folder: Path) -> list[list[str]]:
    parts = ("provinces", "cities", "areas", "streets")
    paths = [folder / f"{part}.csv" for part in parts]
    return [
        [_full(row["code"]), row["name"]]
        for path in [*paths, *sorted(folder.glob("villages*.csv"))]
        if path.is_file()
        for row in _rows(path)
    ]


def _area_city(path: Path) -> list[list[str]]:
    """Read AreaCity; an entry without an official code (``ext_id`` 0) is skipped."""
    rows = _rows(path)
    return [
        [_shortest(row["ext_id"]), row["ext_name"]]
        for row in rows
        if row["ext_id"].strip("0")
    ]


def _full(code: str) -> str:
    """Return 2 or 4 digits of a province or prefecture as 6; 9 or 12 cut short."""
    return _shortest(code.ljust(6, "0"))


def _shortest(code: str) -> str:
    """Return 9 or 12 digits without the empty levels at their end."""
    for length in (6, 9):
        if len(code) in {9, 12} and len(code) > length and not code[length:].strip("0"):
            return code[:length]
    return code


def _table(rows: list[list[str]], path: Path) -> tuple[Table, list[Text]]:
    """Return a table and a notice for each row left out of it.

    Of a code given two names the first row stands: published tables have such
    slips and the rest of the table is good.
    """
    names: dict[str, str] = {}
    notices = []
    for row in rows:
        code, name = row[0], row[-1]
        if len(row) != 2 or not is_code(code):
            told = f"{path.name}: {' '.join(row)}"
            notices.append(Text(f"{told}：没有代码", f"{told}: no code"))
        elif names.get(code, name) != name:
            told = f"{path.name}: {code} {name}"
            notices.append(
                Text(f"{told}：已是 {names[code]}", f"{told}: already {names[code]}")
            )
        else:
            names.setdefault(code, name)
    return Table(names), notices


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8-sig").splitlines()


def _rows(path: Path, *, delimiter: str = ",") -> Iterator[dict[str, str]]:
    with path.open(encoding="utf-8-sig", newline="") as stream:
        yield from csv.DictReader(stream, delimiter=delimiter)
