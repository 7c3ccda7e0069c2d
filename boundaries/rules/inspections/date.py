"""An inspection has happened, and not before its marker was set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.rules.finding import finding
from boundaries.rules.records import text
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records


def rule(records: Records) -> list[dict[str, Any]]:
    """Report inspections of the future, and of before the marker stood."""
    found = []
    for row in records.rows():
        day, key = text(row["date"]), row["key"]
        if day > records.today:
            words = Text(
                f"检查记录 {key} 的日期 {day} 在今天之后。请改正。",
                f"The inspection {key} is dated {day}, which is to come. Correct it.",
            )
            found.append(_row(row, "error", "date", words))
        stood = _set_on(records, text(row["subject"]))
        if day and stood and day < stood:
            words = Text(
                f"检查记录 {key} 的日期 {day} 早于界桩埋设（{stood}）。",
                f"The inspection {key} of {day} is before the marker was set "
                f"({stood}).",
            )
            found.append(_row(row, "warning", "set_on", words))
    return found


def _set_on(records: Records, marker: str) -> str:
    if marker not in records.markers.index:
        return ""
    return text(records.markers.loc[marker, "set_on"])


def _row(row: dict[str, Any], severity: str, place: str, words: Text) -> dict[str, Any]:
    return finding(
        "inspection_date",
        severity,
        [row["key"]],
        words,
        place=place,
        geometry=row["point"],
    )
