"""A new code follows the last of its range (顺序编制; domain B3 rule 5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boundaries import codes
from boundaries.rules import finding
from boundaries.vocabulary import TOWNSHIP_RANGES, VILLAGE_RANGES, Level
from geodata.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from boundaries.rules.context import Context

SOURCE = "行政区划代码管理办法 (2025): 顺序编制"


def rule(context: Context) -> gpd.GeoDataFrame:
    """Report new townships and villages with a code below one used before."""
    last: dict[tuple[str, int], str] = {}
    for key in {*map(str, context.base.index), *context.retired}:
        block = _block(key)
        if block:
            last[block] = max(key, last.get(block, ""))
    new = context.subjects.index.difference(context.base.index)
    rows = []
    for key in new:
        block = _block(str(key))
        if not block or str(key) in context.retired:
            continue
        highest = last.get(block, "")
        if str(key) < highest:
            rows.append(
                finding.finding(
                    "code_order",
                    "warning",
                    [str(key)],
                    Text(
                        f"{context.label(key)} 的代码小于同段已用的 {highest}。"
                        "新代码应顺序编制，否则请说明理由。",
                        f"The code of {context.label(key)} is below {highest}, used "
                        "before in its range. Assign codes in order or say why not.",
                    ),
                    source=SOURCE,
                )
            )
    return finding.frame(rows)


def _block(key: str) -> tuple[str, int] | None:
    """Return the superior and the range in which a code's number runs."""
    if not codes.is_code(key):
        return None
    parts = codes.parse(key)
    if parts.level is Level.TOWNSHIP:
        number, ranges, above = int(parts.text[6:9]), TOWNSHIP_RANGES, parts.text[:6]
    elif parts.level is Level.VILLAGE:
        number, ranges, above = int(parts.text[9:12]), VILLAGE_RANGES, parts.text[:9]
    else:
        return None
    for place, (span, _) in enumerate(ranges):
        if number in span:
            return above, place
    return None
