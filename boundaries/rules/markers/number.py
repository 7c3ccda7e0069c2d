"""A marker's number has a known form and names the sides it stands between."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.lines import numbers
from boundaries.registers import sides
from boundaries.rules.finding import finding
from boundaries.rules.records import items
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records


def rule(records: Records) -> list[dict[str, Any]]:
    """Report numbers of no known form, and those that name other sides."""
    found = []
    for row in records.rows():
        key = row["key"]
        if not numbers.known(key, records.settings.number_patterns):
            found.append(
                finding(
                    "marker_number",
                    "warning",
                    [key],
                    Text(
                        f"界桩编号“{key}”不是已知的格式。请核对；本地格式可在设置 "
                        "registers.number_patterns 中登记。",
                        f"The number '{key}' has no known form. Check it; local forms "
                        "go into the setting registers.number_patterns.",
                    ),
                    geometry=row["point"],
                    source="界桩编号规则（省级）",
                )
            )
            continue
        told, units = sides(key), items(row.get("units"))
        if told and units and not set(told) <= set(units):
            found.append(
                finding(
                    "marker_number",
                    "error",
                    [key],
                    Text(
                        f"界桩 {key} 的编号指向 {'、'.join(told)}，登记的两侧却是 "
                        f"{'、'.join(units)}。请改正其一。",
                        f"The number {key} names {', '.join(told)}, but the record "
                        f"says {', '.join(units)}. Correct one of them.",
                    ),
                    place="units",
                    geometry=row["point"],
                )
            )
    return found
