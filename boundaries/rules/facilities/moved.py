"""A facility built anew elsewhere is linked with its new site (seed E-10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.rules.records import said_of, text
from boundaries.services.words import Status
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records


def rule(records: Records) -> list[dict[str, Any]]:
    """Report moves without a new site, links to nowhere and old sites that run on."""
    found = []
    for row in records.rows():
        name, new = text(row["name"]), text(row.get("moved_to"))
        if row.get("status") == Status.MOVED and not new:
            words = Text(
                f"“{name}”已迁建，但没有注明新址。请填新址的设施编码。",
                f"{name} moved elsewhere, but no new site is named. Give its code.",
            )
            found.append(_said(row, "error", "new", words))
        if new and row.get("status") not in (Status.MOVED, Status.CLOSED):
            words = Text(
                f"“{name}”注明了新址 {new}，状态却不是已迁建。请改正其一。",
                f"{name} names a new site ({new}) but its status is not 'moved'. "
                "Correct one of them.",
            )
            found.append(_said(row, "warning", "status", words))
        for field in ("moved_to", "moved_from"):
            other = text(row.get(field))
            if other and (other == row["key"] or other not in records.candidate.index):
                words = Text(
                    f"“{name}”迁建关系中的 {other} 不是另一处已登记的设施。"
                    "请改正编码，或先登记该设施。",
                    f"{other}, to which {name} is linked, is no other facility on "
                    "record. Correct the code, or enter that facility.",
                )
                found.append(_said(row, "error", field, words))
    return found


def _said(
    row: dict[str, Any], severity: str, place: str, words: Text
) -> dict[str, Any]:
    source = "seed E-10"
    return said_of(row, "facility_moved", severity, words, place=place, source=source)
