"""Numbers of a facility are numbers, and can be (domain F1)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.rules.finding import finding
from boundaries.rules.records import amount
from boundaries.services.columns import NUMBERS
from boundaries.words import FACILITY_WORDS
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records

_GRADES = range(1, 6)


def rule(records: Records) -> list[dict[str, Any]]:
    """Report text in numbers, numbers below zero and grades that do not exist."""
    found = []
    for row in records.rows():
        extra = row.get("extra") or {}
        unused = sorted({*NUMBERS, "rating", "level"} & extra.keys())
        found += [_row(row, name, extra[name], _NO_NUMBER) for name in unused]
        for name in sorted(NUMBERS):
            if (value := amount(row.get(name))) is not None and value < 0:
                found.append(_row(row, name, f"{value:g}", _BELOW))
        grade = amount(row.get("rating"))
        if grade is not None and grade not in _GRADES:
            found.append(_row(row, "rating", f"{grade:g}", _GRADE))
    return found


_NO_NUMBER = Text(
    "不是数，未采用；请改为数字", "is no number and was not used; write a number"
)
_BELOW = Text("小于零；请改正", "is below zero; correct it")
_GRADE = Text("不在 1 至 5 级之间；请改正", "is not a grade of 1 to 5; correct it")


def _row(row: dict[str, Any], field: str, value: Any, why: Text) -> dict[str, Any]:
    label = FACILITY_WORDS[field]
    return finding(
        "facility_number",
        "error",
        [row["key"]],
        Text(
            f"“{row['name']}”的“{label.zh}”写作“{value}”，{why.zh}。",
            f"{label.en.capitalize()} of {row['name']}: “{value}” {why.en}.",
        ),
        place=field,
        geometry=row["point"],
    )
