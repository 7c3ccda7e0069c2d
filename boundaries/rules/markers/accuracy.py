"""A marker's coordinates say how accurate they are (domain C6, D7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.rules.finding import finding
from boundaries.rules.records import text
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records


def rule(records: Records) -> list[dict[str, Any]]:
    """Report positions without accuracy, and heights without their system."""
    found = []
    for row, placed in zip(records.rows(), records.placed, strict=True):
        key = row["key"]
        if placed and not text(row.get("accuracy_m")):
            words = Text(
                f"界桩 {key} 没有点位精度。请从成果表补录。",
                f"Marker {key} has no accuracy. Take it from the table of results.",
            )
            found.append(_row(row, "accuracy_m", words))
        if text(row.get("height_m")) and not text(row.get("height_type")):
            words = Text(
                f"界桩 {key} 有高程而未说明高程系统（1985国家高程基准或大地高）。",
                f"Marker {key} has a height but not its system (1985 datum or "
                "ellipsoidal).",
            )
            found.append(_row(row, "height_type", words))
    return found


def _row(row: dict[str, Any], place: str, words: Text) -> dict[str, Any]:
    return finding(
        "marker_accuracy",
        "info",
        [row["key"]],
        words,
        place=place,
        geometry=row["point"],
    )
