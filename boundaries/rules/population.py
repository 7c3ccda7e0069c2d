"""People of a unit neither halve nor double between two counts, but by a mistake.

A digit too few, a column mistaken, a grid that covers only part of a unit: the
figure would be taken for the whole unit's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.rules.finding import finding
from boundaries.rules.records import amount
from boundaries.services.counts import COUNTS, FIELD_WORDS, Method
from geodata.errors import Text

if TYPE_CHECKING:
    from geodata.store.changes import ChangeSet

_TIMES = 2.0
_FEWEST = 100
"""People by which a figure must differ: small units change quickly."""


def rows(changes: ChangeSet) -> list[dict[str, Any]]:
    """Report units with less than half, or more than double, the people before."""
    found = []
    for key in changes.changed:
        was, now = changes.old.loc[key], changes.new.loc[key]
        for name in COUNTS:
            before, after = (
                amount(row.get(name)) if name in row else None for row in (was, now)
            )
            if before is not None and after is not None and _odd(before, after):
                found.append(_row(str(key), name, before, after, now.get("method")))
                break
    return found


def _odd(before: float, after: float) -> bool:
    low, high = sorted((before, after))
    return high > low * _TIMES and high - low >= _FEWEST


def _row(
    key: str, name: str, before: float, after: float, method: Any
) -> dict[str, Any]:
    what = FIELD_WORDS[name]
    part = (
        Text("网格若只盖住该单位的一部分，请从文件中去掉它。",
             " Where the grid covers only part of the unit, take it out of the file.")
        if method == Method.GRID
        else Text("", "")
    )  # fmt: skip
    words = Text(
        f"{key} 的{what.zh}由 {before:,.0f} 变为 {after:,.0f}，变化过大。"
        f"请核对原始数据。{part.zh}",
        f"{what.en.capitalize()} of {key} goes from {before:,.0f} to {after:,.0f}. "
        f"Check the source.{part.en}",
    )
    return finding("population_change", "warning", [key], words, place=name)
