"""A marker has coordinates, and they lie in this country."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.rules.finding import finding
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records

_WEST, _SOUTH, _EAST, _NORTH = 73.0, 3.0, 136.0, 54.0


def rule(records: Records) -> list[dict[str, Any]]:
    """Report markers without a position or with one that cannot be."""
    found = []
    for row, placed in zip(records.rows(), records.placed, strict=True):
        key, point = row["key"], row["point"]
        if not placed:
            words = Text(
                f"界桩 {key} 没有坐标。请补测或从界桩成果表补录。",
                f"Marker {key} has no coordinates. Measure it, or take them from the "
                "table of results.",
            )
            found.append(finding("marker_place", "error", [key], words))
        elif not (_WEST <= point.x <= _EAST and _SOUTH <= point.y <= _NORTH):
            words = Text(
                f"界桩 {key} 的坐标（{point.x:.6f}, {point.y:.6f}）不在我国范围内。"
                "请核对经纬度次序和坐标系。",
                f"Marker {key} lies at {point.x:.6f}, {point.y:.6f}, outside China. "
                "Check the order of the coordinates and their system.",
            )
            found.append(finding("marker_place", "error", [key], words, geometry=point))
    return found
