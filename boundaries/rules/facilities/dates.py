"""Dates of a facility can be read and follow each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.rules.records import said_of, text
from boundaries.words import FACILITY_WORDS
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records

RULE = "facility_dates"
_DATES = ("planned_for", "opened_on", "closed_on", "updated_on")


def rule(records: Records) -> list[dict[str, Any]]:
    """Report dates that cannot be read, and facilities closed before they opened."""
    found = []
    for row in records.rows():
        extra = row.get("extra") or {}
        for name in _DATES:
            if said := text(extra.get(name)):
                label = FACILITY_WORDS[name]
                words = Text(
                    f"“{row['name']}”的{label.zh}“{said}”不是日期。"
                    "请写作 2026、2026-06 或 2026-06-08。",
                    f"“{said}” ({label.en} of {row['name']}) is no date. Write 2026, "
                    "2026-06 or 2026-06-08.",
                )
                found.append(said_of(row, RULE, "error", words, place=name))
        opened, closed = text(row.get("opened_on")), text(row.get("closed_on"))
        if opened and closed and closed < opened[: len(closed)]:
            words = Text(
                f"“{row['name']}”的停业日期 {closed} 早于开业日期 {opened}。请改正。",
                f"{row['name']} closed on {closed}, before it opened on {opened}. "
                "Correct them.",
            )
            found.append(said_of(row, RULE, "error", words, place="order"))
    return found
