"""An inspection is of a marker that there is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.rules.finding import finding
from boundaries.rules.records import text
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records


def rule(records: Records) -> list[dict[str, Any]]:
    """Report inspections of markers that the register does not have."""
    known = set(records.markers.index)
    return [
        finding(
            "inspection_subject",
            "error",
            [row["key"]],
            Text(
                f"检查记录 {row['key']} 的界桩“{text(row['subject'])}”不在登记中。"
                "请改正编号，或先导入界桩。",
                f"The record {row['key']} is of marker '{text(row['subject'])}', which "
                "is not in the register. Correct the number, or import the marker.",
            ),
            place="subject",
        )
        for row in records.rows()
        if text(row["subject"]) and text(row["subject"]) not in known
    ]
