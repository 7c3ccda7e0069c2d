"""A table as cells with a header: what CSV and worksheets have in common."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from geodata.errors import Text
from geodata.files import dms, evidence, spelling
from geodata.files.reading import Encoding, Guess, Refusal

_LOOKED_AT = 200


@dataclass(frozen=True)
class Grid:
    """Rows of a table below its header.

    Attributes
    ----------
    frame
        One column per header, each name once; the index is the row's number,
        1 for the first row below the header, blank rows counted.
    read
        Rows that hold anything: ``len(frame) + len(refused)``.
    """

    name: str
    frame: pd.DataFrame
    read: int
    encoding: Encoding
    refused: tuple[Refusal, ...] = ()
    guesses: tuple[Guess, ...] = ()
    notes: tuple[dict[str, str], ...] = ()


@dataclass(frozen=True)
class Header:
    """The names of the columns and whether the file itself gave them."""

    names: tuple[str, ...]
    given: bool
    guesses: tuple[Guess, ...] = field(default=())


def header_of(
    first: Sequence[Any],
    body: Sequence[Sequence[Any]],
    *,
    given: bool | None = None,
) -> Header:
    """Return the column names, from ``first`` if it is a header.

    A row is a header when none of its cells is a number or an angle, or when some
    column has a word on top and numbers all the way below. ``given`` is a person's
    word on it.
    """
    width = len(first)
    if given or (given is None and _is_header(first, body[:_LOOKED_AT])):
        return Header(unique(first), given=True)
    if given is False:
        return Header(unique([""] * width), given=False)
    shown = ", ".join(str(cell)[:20] for cell in first[:4])
    why = Text(
        f"第一行是数据而不是表头：{shown}",
        f"the first row holds values, not names: {shown}",
    )
    guess = evidence.guess("header", False, 0.9, why, alternatives=(True,))
    return Header(unique([""] * width), given=False, guesses=(guess,))


def unique(names: Sequence[Any]) -> tuple[str, ...]:
    """Return each name once: blanks become ``column_3``, repeats ``name_2``."""
    taken: dict[str, None] = {}
    for position, name in enumerate(names, start=1):
        plain = " ".join(spelling.plain(name).split()) or f"column_{position}"
        chosen, count = plain, 1
        while chosen in taken:
            count += 1
            chosen = f"{plain}_{count}"
        taken[chosen] = None
    return tuple(taken)


def typed(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column of one type: numbers or truth values if all are, else text.

    Text that a number would not give back (``007``, ``1.50``, ``1E5``) stays text,
    and so do whole numbers of six digits and more: they may be codes.
    """
    column = column.where(~column.map(spelling.blank).astype(bool), None)
    filled = column.dropna()
    if filled.empty:
        return column
    if filled.map(type).isin([bool]).all():
        return column.astype("boolean")
    if filled.map(type).isin([int, float]).all():
        return _numeric(column)
    texts = column.map(spelling.as_text, na_action="ignore")
    filled = texts.dropna()
    if not filled.map(_plain_number).all():
        return texts
    whole = bool(filled.str.fullmatch(r"-?\d+").all())
    return texts if whole and filled.str.len().max() >= 6 else _numeric(texts)


def _numeric(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return numbers, whole ones as (nullable) integers."""
    numbers = pd.to_numeric(column).astype("float64")
    filled = numbers.dropna()
    if not (filled == filled.round()).all() or filled.abs().max() >= 2**53:
        return numbers
    return numbers.astype("Int64" if len(filled) < len(column) else "int64")


def _plain_number(text: str) -> bool:
    """Return whether a number would be written back as exactly this text."""
    try:
        found = float(text)
    except ValueError:
        return False
    if not math.isfinite(found):
        return False
    return repr(found) == text or (found.is_integer() and f"{found:.0f}" == text)


def _is_header(first: Sequence[Any], body: Sequence[Sequence[Any]]) -> bool:
    words = [not spelling.blank(cell) and not is_value(cell) for cell in first]
    filled = [not spelling.blank(cell) for cell in first]
    if words == filled:
        return any(words)
    return any(
        word and _numbers_below(body, position) for position, word in enumerate(words)
    )


def _numbers_below(body: Sequence[Sequence[Any]], position: int) -> bool:
    cells = [
        row[position]
        for row in body
        if position < len(row) and not spelling.blank(row[position])
    ]
    return bool(cells) and all(map(is_value, cells))


def is_value(cell: Any) -> bool:
    """Return whether a cell is a number or an angle, which no header is."""
    if isinstance(cell, int | float):
        return True
    text = spelling.plain(cell)
    if not any(mark.isdigit() for mark in text):
        return False
    return spelling.number(text) is not None or not dms.parse_column([text]).reasons
