"""A marker stands on the border of the units it is recorded between (domain C6)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.rules.finding import finding
from boundaries.rules.records import gap_m, items
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records

_BESIDE = frozenset({"double", "triple"})


def rule(records: Records) -> list[dict[str, Any]]:
    """Report markers off their border, with the distance.

    Double and triple markers stand beside the line, on both banks say: for them
    only a distance that cannot be is reported.
    """
    found = []
    borders: dict[str, Any] = {}
    for row, placed in zip(records.rows(), records.placed, strict=True):
        units = [unit for unit in items(row.get("units")) if _has(records, unit)]
        if not placed or not units:
            continue
        gaps = {
            unit: gap_m(row["point"], _border(records, unit, borders)) for unit in units
        }
        worst = max(gaps, key=lambda unit: gaps[unit])
        severity = _severity(records, str(row.get("form")), gaps[worst])
        if severity is None:
            continue
        where = records.division(worst)
        found.append(
            finding(
                "marker_off_border",
                severity,
                [row["key"]],
                Text(
                    f"界桩 {row['key']} 距 {where} 的界线 {gaps[worst]:.1f} 米。"
                    "请核对坐标、坐标系和两侧单位。",
                    f"Marker {row['key']} stands {gaps[worst]:.1f} m from the border "
                    f"of {where}. Check coordinates, their system and the sides.",
                ),
                place=worst,
                geometry=row["point"],
                length_m=gaps[worst],
                source="domain C6",
            )
        )
    return found


def _severity(records: Records, form: str, gap: float) -> str | None:
    limits = records.settings
    if form in _BESIDE:
        return "warning" if gap > limits.beside_border_m else None
    if gap > limits.off_border_error_m:
        return "error"
    return "warning" if gap > limits.off_border_warn_m else None


def _has(records: Records, unit: str) -> bool:
    return unit in records.divisions.index


def _border(records: Records, unit: str, known: dict[str, Any]) -> Any:
    if unit not in known:
        known[unit] = records.divisions.geometry.loc[unit].boundary
    return known[unit]
