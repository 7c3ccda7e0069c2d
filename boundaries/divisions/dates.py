"""Dates to the precision known: a year stays a year.

A date text is ISO 8601 cut where knowledge ends (``2016``, ``2016-06``,
``2016-06-08``), or two of them with a slash when a change is only known to lie
between them. Nothing here ever turns a year into its first of January.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re
from typing import NamedTuple

_NUMERALS = {c: i for i, c in enumerate("零一二三四五六七八九")} | {
    "〇": 0,
    "○": 0,
    "O": 0,
    "两": 2,
    "元": 1,
}
_WESTERN = re.compile(r"(\d{4})\s*[年./-]\s*(\d{1,2})(?:\s*[月./-]\s*(\d{1,2})\s*日?)?")
_YEAR = re.compile(r"(\d{4})\s*年?")
_CHINESE = re.compile(
    r"([〇○O零一二三四五六七八九]{4})年(?:([一二三四五六七八九十元]{1,3})月"
    r"(?:([一二三四五六七八九十廿]{1,3})[日号]?)?)?"
)
_ISO = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?", re.ASCII)


class Span(NamedTuple):
    """The first and the last day a date text may mean."""

    first: dt.date
    last: dt.date


def read_date(text: str) -> str | None:
    """Return the first date written in ``text`` in ISO form, to its own precision.

    Understands ``2015年7月23日``, ``一九八五年四月十五日``, ``2015-07-23``,
    ``2015.7`` and ``2015年``. None when no date is there or the day does not exist.
    """
    plain = text.strip()
    if match := _WESTERN.search(plain):
        return _iso(int(match[1]), int(match[2]), int(match[3] or 0))
    if match := _CHINESE.search(plain):
        year = int("".join(str(_NUMERALS[c]) for c in match[1]))
        return _iso(year, _number(match[2] or ""), _number(match[3] or ""))
    if match := _YEAR.search(plain):
        return _iso(int(match[1]), 0, 0)
    return None


def span(text: str) -> Span:
    """Return the days that ``text`` (a date or an interval) may mean.

    Raises
    ------
    ValueError
        When ``text`` is neither.
    """
    first, _, last = text.partition("/")
    return Span(_days(first).first, _days(last or first).last)


def between(earlier: str, later: str) -> str:
    """Return the date of a change seen in the table of ``later``, not of ``earlier``.

    Both are months (``2015-06``). One month apart gives the month, the ends of one
    year give the year, anything wider the interval.
    """
    start = _month_after(earlier)
    if start == later:
        return later
    if start[:4] == later[:4] and start[5:] == "01" and later[5:] == "12":
        return later[:4]
    return f"{start}/{later}"


def shown(text: str, *, language: str = "zh") -> str:
    """Return a date text as a person reads it, no more exact than it is."""
    first, _, last = text.partition("/")
    if last:
        joint = " 至 " if language == "zh" else " to "
        return shown(first, language=language) + joint + shown(last, language=language)
    if language != "zh":
        return first
    return "".join(
        f"{int(part)}{unit}"
        for part, unit in zip(first.split("-"), "年月日", strict=False)
    )


def _iso(year: int, month: int, day: int) -> str | None:
    if not month:
        return f"{year:04d}"
    if not 1 <= month <= 12:
        return None
    if not day:
        return f"{year:04d}-{month:02d}"
    if not 1 <= day <= calendar.monthrange(year, month)[1]:
        return None
    return f"{year:04d}-{month:02d}-{day:02d}"


def _number(numeral: str) -> int:
    """Return the value of a Chinese numeral below 100 (``二十三``); 0 for none."""
    if not numeral:
        return 0
    tens, ten, units = numeral.replace("廿", "二十").rpartition("十")
    value = _NUMERALS[units] if units else 0
    return value + 10 * (_NUMERALS[tens] if tens else 1) if ten else value


def _days(text: str) -> Span:
    match = _ISO.fullmatch(text)
    if match is None:
        message = f"{text!r} is not a date"
        raise ValueError(message)
    year, month, day = int(match[1]), int(match[2] or 0), int(match[3] or 0)
    if day:
        return Span(dt.date(year, month, day), dt.date(year, month, day))
    last_month = month or 12
    last_day = calendar.monthrange(year, last_month)[1]
    return Span(dt.date(year, month or 1, 1), dt.date(year, last_month, last_day))


def _month_after(month: str) -> str:
    year, number = int(month[:4]), int(month[5:])
    return f"{year + number // 12:04d}-{number % 12 + 1:02d}"
