"""Repairing, replacing or moving a marker needs every side (条例 arts 6, 16)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.lines.words import Action
from boundaries.rules.finding import finding
from boundaries.rules.records import items, text
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records

SOURCE = "行政区域界线管理条例 arts 6, 16(4)"
_TOGETHER = frozenset(action.value for action in Action if action.needs_every_side)


def rule(records: Records) -> list[dict[str, Any]]:
    """Report joint work, and joint inspections, at which a side is not named."""
    found = []
    for row in records.rows():
        action, key = text(row.get("action")), row["key"]
        absent = set(items(row.get("units"))) - set(items(row.get("parties")))
        if not absent or (action not in _TOGETHER and row.get("kind") != "joint"):
            continue
        named = "、".join(records.division(code) for code in sorted(absent))
        found.append(
            finding(
                "inspection_sides",
                "error" if action in _TOGETHER else "warning",
                [key],
                Text(
                    f"检查记录 {key} 没有写明 {named} 到场。修复、更换、移动界桩"
                    "和联合检查须各方共同进行。",
                    f"The record {key} does not name {named} as present. Repair, "
                    "replacement, moving and joint inspections need every side.",
                ),
                place="parties",
                geometry=row["point"],
                source=SOURCE,
            )
        )
    return found
