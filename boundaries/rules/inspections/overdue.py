"""Joint inspections come round in time (domain C7; every five years by default)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.rules.finding import finding
from boundaries.rules.records import text
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records


def rule(records: Records) -> list[dict[str, Any]]:
    """Report markers in the draft whose last joint inspection is too old."""
    joint = records.candidate[records.candidate["kind"] == "joint"]
    last = joint.groupby("subject")["date"].max()
    limit = int(records.today[:4]) - records.settings.joint_years
    found = []
    newest = {text(row["subject"]): row for row in records.rows()}
    for marker, row in newest.items():
        day = text(last.get(marker))
        if day and int(day[:4]) >= limit:
            continue
        said = Text(day or "从未", day or "never")
        found.append(
            finding(
                "inspection_overdue",
                "info",
                [row["key"]],
                Text(
                    f"界桩 {marker} 上次联合检查：{said.zh}；周期为 "
                    f"{records.settings.joint_years} 年，已超期。",
                    f"Last joint inspection of marker {marker}: {said.en}; it is due "
                    f"every {records.settings.joint_years} years.",
                ),
                place=marker,
                geometry=row["point"],
                source="行政区域界线管理条例",
            )
        )
    return found
