"""What the page and the API of the audit share: its filters, and its table."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
from typing import TYPE_CHECKING

from geodata.errors import InputError, Text
from geodata.files import formulas
from webmap.shell import CHINA

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geodata.store.changes import JournalEntry

_HEADINGS = ("seq", "recorded", "actor", "account", "verb", "subject", "detail")

LARGEST = 2**63 - 1
"""The number of a link, as databases hold it."""


def wanted(asked: dict[str, str]) -> dict[str, str]:
    """Return the filters as the registry takes them: days become instants."""
    since, until = asked.get("since", ""), asked.get("until", "")
    return {
        "who": asked.get("who", ""),
        "verb": asked.get("verb", ""),
        "subject": asked.get("subject", ""),
        "since": _instant(since, 0) if since else "",
        "until": _instant(until, 1) if until else "",
    }


def as_csv(pages: Iterator[list[JournalEntry]]) -> Iterator[str]:
    """Yield the table in parts: a mark, the headings, then page by page."""
    yield "\ufeff" + _line(_HEADINGS)
    for page in pages:
        yield "".join(
            _line(
                (
                    str(entry.seq), entry.recorded, entry.actor, entry.account,
                    entry.verb, entry.subject,
                    json.dumps(entry.detail, ensure_ascii=False, sort_keys=True),
                )
            )
            for entry in page
        )  # fmt: skip


def _line(cells: tuple[str, ...]) -> str:
    made = io.StringIO()
    csv.writer(made, lineterminator="\r\n").writerow(map(formulas.guard, cells))
    return made.getvalue()


def _instant(day: str, later: int) -> str:
    """Return the UTC instant at which a day here begins, or the one after it."""
    try:
        moment = dt.datetime.strptime(day, "%Y-%m-%d").replace(tzinfo=CHINA)
    except ValueError as error:
        raise InputError(
            Text(f"“{day}”不是日期。", f"'{day}' is no date."),
            Text("应为 2026-01-31 的写法。", "Write it like 2026-01-31."),
        ) from error
    moment += dt.timedelta(days=later)
    return moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
