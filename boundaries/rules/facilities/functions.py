"""Functions are those of 三入四嵌一床位 (seed E-16)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.rules.finding import finding
from boundaries.rules.records import items
from boundaries.services.words import Function
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records


def rule(records: Records) -> list[dict[str, Any]]:
    """Report functions that are none of the eight."""
    known = {each.value for each in Function}
    listed_zh = "、".join(each.label.zh for each in Function)
    listed_en = ", ".join(each.label.en for each in Function)
    return [
        finding(
            "word",
            "error",
            [row["key"]],
            Text(
                f"“{row['name']}”的服务功能“{said}”不在词表内。可用：{listed_zh}。",
                f"“{said}”, a function of {row['name']}, is not in the list: "
                f"{listed_en}.",
            ),
            place=f"functions {said}",
            geometry=row["point"],
        )
        for row in records.rows()
        for said in items(row.get("functions"))
        if said not in known
    ]
