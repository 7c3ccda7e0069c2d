"""An area care centre has the floor area the plan asks for (seed E-15: 1,000 m²)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.rules.records import amount, said_of
from boundaries.services.words import FacilityType, Status
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records

_GONE = (Status.CLOSED, Status.MOVED)


def rule(records: Records) -> list[dict[str, Any]]:
    """Report area care centres below the area, or without one."""
    least = records.settings.facility_area_m2
    found = []
    for row in records.rows():
        if row.get("type") != FacilityType.REG or row.get("status") in _GONE:
            continue
        area = amount(row.get("area_m2"))
        if area is None:
            words = Text(
                f"“{row['name']}”没有建筑面积，不能判断是否达到 {least:g} 平方米。"
                "请补填。",
                f"{row['name']} has no floor area, so {least:g} m² cannot be judged. "
                "Fill it in.",
            )
        elif area < least:
            words = Text(
                f"“{row['name']}”建筑面积 {area:g} 平方米，不足 {least:g} 平方米，"
                "不计为区域型嵌入式机构。请核对面积或类型。",
                f"{row['name']} has {area:g} m², below {least:g} m², and does not "
                "count as an area care centre. Check the area or the type.",
            )
        else:
            continue
        said = said_of(row, "facility_area", "warning", words, source="seed E-15")
        found.append(said)
    return found
