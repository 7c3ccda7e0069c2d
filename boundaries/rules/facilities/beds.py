"""Beds of a kind are part of the beds of the institution (domain F1, seed E-21)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.rules.records import amount, said_of
from boundaries.services.words import FacilityType, Status
from boundaries.words import FACILITY_WORDS
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records

RULE = "facility_beds"
_HOMES = frozenset({FacilityType.INST, FacilityType.INST_TK})


def rule(records: Records) -> list[dict[str, Any]]:
    """Report more nursing beds or residents than beds, and homes without a number."""
    found = []
    for row in records.rows():
        total = amount(row.get("beds_total"))
        for part in ("beds_nursing", "beds_occupied"):
            count = amount(row.get(part))
            if count is not None and total is not None and count > total:
                words = _more(row, part, count, total)
                found.append(said_of(row, RULE, "error", words, place=part))
        if (
            total is None
            and row.get("type") in _HOMES
            and row.get("status") == Status.OPERATING
        ):
            words = Text(
                f"“{row['name']}”没有机构床位数，床位指标不计入该机构。请补填。",
                f"{row['name']} has no number of beds; indicators of beds leave it "
                "out. Fill it in.",
            )
            found.append(said_of(row, RULE, "warning", words, place="beds_total"))
    return found


def _more(row: dict[str, Any], part: str, count: float, total: float) -> Text:
    label = FACILITY_WORDS[part]
    return Text(
        f"“{row['name']}”的{label.zh} {count:g} 大于机构床位 {total:g}。"
        "请核对两个数字。",
        f"{row['name']}: {label.en} {count:g}, but only {total:g} beds. Check both "
        "numbers.",
    )
