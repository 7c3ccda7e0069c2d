"""A place lies in the division its record names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.rules.records import gap_m, said_of, text
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records

RULE = "name_place"


def rule(records: Records) -> list[dict[str, Any]]:
    """Report names outside their division, without a place or with an unknown one."""
    found = []
    for row, placed in zip(records.rows(), records.placed, strict=True):
        code, name = text(row.get("division")), text(row["name"])
        if not placed:
            words = Text(
                f"地名“{name}”没有位置。请在地图上标出。",
                f"{name} has no position. Mark it on the map.",
            )
            found.append(said_of(row, RULE, "warning", words, place="none"))
            continue
        if not code or records.divisions.empty:
            continue
        if code not in records.divisions.index:
            words = Text(
                f"地名“{name}”的所属区划 {code} 不在现行区划中。请改正。",
                f"The division {code} of {name} is not in force. Correct it.",
            )
            found.append(said_of(row, RULE, "error", words, place=code))
            continue
        area = records.divisions.geometry.loc[code]
        if area.covers(row["point"]):
            continue
        gap = gap_m(row["point"], area)
        where = records.division(code)
        words = Text(
            f"地名“{name}”的位置在 {where} 之外 {gap:.0f} 米。请核对位置或所属区划。",
            f"{name} lies {gap:.0f} m outside {where}. Check place or division.",
        )
        found.append(said_of(row, RULE, "error", words, place=code, length_m=gap))
    return found
