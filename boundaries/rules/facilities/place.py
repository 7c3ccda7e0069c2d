"""A facility lies in the division its record names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import shapely

from boundaries.rules.records import gap_m, said_of, text
from geodata.crs import gcj
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records

_SERVICES = (
    ("GCJ-02", gcj.gcj02_to_wgs84),
    ("BD-09", gcj.bd09_to_wgs84),
)

RULE = "facility_place"


def rule(records: Records) -> list[dict[str, Any]]:
    """Report facilities without a place, outside their division or outside all."""
    found = []
    units = records.divisions
    tree = shapely.STRtree(units.geometry.to_numpy())
    for row, placed in zip(records.rows(), records.placed, strict=True):
        code, name = text(row.get("division")), text(row["name"])
        if not placed:
            words = Text(
                f"“{name}”没有坐标，不参与覆盖计算。请在地图上标出，或补填地址后重新导入。",
                f"{name} has no coordinates and is left out of coverage. Mark it on "
                "the map, or add its address and import again.",
            )
            found.append(said_of(row, RULE, "warning", words, place="none"))
            continue
        if units.empty:
            continue
        if code and code not in units.index:
            words = Text(
                f"“{name}”的所属区划“{code}”不在现行区划中。请改正区划代码或名称。",
                f"The division '{code}' of {name} is not in force. Correct its code "
                "or name.",
            )
            found.append(said_of(row, RULE, "error", words, place=code))
            continue
        inside = len(tree.query(row["point"], predicate="intersects")) > 0
        if code and units.geometry.loc[code].covers(row["point"]):
            continue
        if code:
            found.append(_outside(records, row, code))
        elif not inside:
            words = Text(
                f"“{name}”不在任何区划之内（{_at(row['point'])}）。请核对坐标和坐标系。",
                f"{name} lies in no division ({_at(row['point'])}). Check the "
                "coordinates and their system.",
            )
            found.append(said_of(row, RULE, "error", words, place="outside"))
    return found


def _outside(records: Records, row: dict[str, Any], code: str) -> dict[str, Any]:
    area = records.divisions.geometry.loc[code]
    gap, where, name = gap_m(row["point"], area), records.division(code), row["name"]
    zh = f"“{name}”的位置在所属区划 {where} 之外 {gap:.0f} 米。"
    en = f"{name} lies {gap:.0f} m outside its division, {where}."
    point = row["point"]
    for service, back in _SERVICES:
        lon, lat = back(point.x, point.y)
        if gap > _FARTHEST_M or not area.covers(shapely.Point(float(lon), float(lat))):
            continue
        zh += (
            f"按 {service} 纠正后（{float(lon):.6f}, {float(lat):.6f}）落在区划内，"
            "坐标可能取自互联网地图：请核实后改正。"
        )
        en += (
            f" Corrected from {service} ({float(lon):.6f}, {float(lat):.6f}) it lies "
            "inside; the coordinates may be a web map's: verify and correct them."
        )
        break
    else:
        zh += "请核对坐标或所属区划。"
        en += " Check the coordinates or the division."
    severity = "error" if gap > records.settings.facility_off_m else "warning"
    words = Text(zh, en)
    return said_of(row, RULE, severity, words, place=code, length_m=gap)


_FARTHEST_M = 2_000.0
"""Web maps shift by less than this."""


def _at(point: Any) -> str:
    return f"{point.x:.6f}, {point.y:.6f}"
