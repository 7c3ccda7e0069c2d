"""Valid-time dates known to the year, the month or the day.

A date is kept as text to the precision it is known: ``"2016"``, ``"2016-06"``
or ``"2016-06-08"``. Dates compare as text, so ``"2016" < "2016-06"``: a change
known only to the year takes effect from that year's start when dates are
ordered, and is still shown as the year, never as 1 January.
"""

from __future__ import annotations

import calendar
import datetime as dt
import re

from geodata.errors import InputError, Text

_SHAPE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_HINT = Text(
    "请写成 2016、2016-06 或 2016-06-08。",
    "Write it as 2016, 2016-06 or 2016-06-08.",
)


def parse(value: str | dt.date) -> str:
    """Return the date as text to the precision given; raise InputError.

    Parameters
    ----------
    value
        ISO 8601 year, month or day, or a ``datetime.date``.
    """
    text = value.strip() if isinstance(value, str) else value.isoformat()[:10]
    found = _SHAPE.fullmatch(text)
    if found is None or not _exists(*found.groups()):
        raise InputError(
            Text(f"“{text}”不是日期。", f"“{text}” is not a date."), _HINT, code="date"
        )
    return text


def precision(date: str) -> str:
    """Return ``"year"``, ``"month"`` or ``"day"``."""
    return {4: "year", 7: "month", 10: "day"}[len(date)]


def last_day(date: str) -> str:
    """Return the last day the date may mean: ``"2016-02"`` -> ``"2016-02-29"``.

    A question about 2016 is answered with the state at the end of 2016.
    """
    if len(date) == len("2016"):
        return f"{date}-12-31"
    if len(date) == len("2016-06"):
        year, month = int(date[:4]), int(date[5:])
        return f"{date}-{calendar.monthrange(year, month)[1]:02d}"
    return date


def in_force(valid_from: str, valid_to: str | None, on: str) -> bool:
    """Return whether ``[valid_from, valid_to)`` holds at the end of ``on``."""
    moment = last_day(on)
    return valid_from <= moment and (valid_to is None or moment < valid_to)


def label(date: str, language: str) -> str:
    """Return the date for a reader, to the precision known and no finer."""
    if language.startswith("en"):
        return date
    parts = date.split("-")
    return "".join(
        f"{int(part)}{unit}" for part, unit in zip(parts, "年月日", strict=False)
    )


def instant_end(moment: str) -> str:
    """Return the last UTC instant of a day, month or year, or the instant itself.

    Parameters
    ----------
    moment
        A date, or an ISO 8601 instant (UTC when it names no offset).

    Returns
    -------
    str
        ``YYYY-MM-DDTHH:MM:SS.ffffffZ``, which compares as text with
        :func:`now`.
    """
    text = moment.strip()
    if _SHAPE.fullmatch(text):
        return f"{last_day(parse(text))}T23:59:59.999999Z"
    try:
        instant = dt.datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            Text(f"“{text}”不是时间。", f"“{text}” is not a time."), _HINT, code="date"
        ) from error
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=dt.UTC)
    return _instant(instant)


def now() -> str:
    """Return the present UTC instant as the store records it."""
    return _instant(dt.datetime.now(dt.UTC))


def _instant(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _exists(year: str, month: str | None, day: str | None) -> bool:
    try:
        dt.date(int(year), int(month or 1), int(day or 1))
    except ValueError:
        return False
    return True
