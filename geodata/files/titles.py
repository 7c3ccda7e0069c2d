"""Rows of a table that are no records: titles above its header, sums and remarks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from geodata.errors import Text
from geodata.files import grid as grids
from geodata.files import spelling

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LOOKED_AT = 10
"""Rows above the header at most."""
_FORM = re.compile(r"^[^:：\d]{1,12}[:：](?!//)")
_SUM = re.compile(
    r"^(合计|总计|小计|共计|汇总|(grand ?)?total|subtotal)$", re.IGNORECASE
)
_REMARK = re.compile(
    r"^(注|备注|附注|说明|填[表报写]|制表|编制|审核|复核|负责人|单位负责人|联系人|联系电话|"
    r"数据来源|资料来源|统计截止|note|remarks?)[^:：]{0,10}[:：]",
    re.IGNORECASE,
)
_UNIT = re.compile(r"\d{9}(\d{3})?")
"""A township's code or a community's."""


def header_row(
    rows: Sequence[Sequence[Any]], merged: Callable[[int], bool] = lambda _: False
) -> int:
    """Return which of the first rows names the columns.

    Titles span the table, and lines of a form (填报单位：…) fill less than half of
    it, or are words with a colon; a header has neither numbers nor gaps.

    Parameters
    ----------
    rows
        All of one width, the first :data:`LOOKED_AT` are looked at.
    merged
        Tells whether a row has its own names of columns in the row below it.
    """
    filled = [
        [cell for cell in row if not spelling.blank(cell)] for row in rows[:LOOKED_AT]
    ]
    counts = [len(cells) for cells in filled]
    several = next((at for at, count in enumerate(counts) if count > 1), None)
    if several is None:
        return next((at for at, count in enumerate(counts) if count), 0)
    widest = max(counts)
    for at in range(several, len(filled)):
        form, narrow = _is_form(filled[at]), counts[at] * 2 < widest
        if counts[at] > 1 and not form and merged(at):
            return at
        if not form and not narrow:
            return several if any(map(grids.is_value, filled[at])) else at
    return several


def why_no_record(row: Sequence[Any]) -> Text | None:
    """Return why a row below the header is none of the table's records, if so."""
    cells = [" ".join(spelling.plain(c).split()) for c in row if not spelling.blank(c)]
    told = next((c for c in cells[:2] if _SUM.match(c.replace(" ", ""))), None)
    # a sum that names its unit is what a table of townships is made of
    if told is not None and len(row) > 1 and not any(map(_UNIT.fullmatch, cells)):
        return Text(
            f"这一行是“{told}”，不是记录，未采用。",
            f"This row is a sum (“{told}”), no record, and was left out.",
        )
    if cells and len(row) > len(cells) and all(map(_REMARK.match, cells)):
        return Text(
            f"这一行是表下说明（“{cells[0][:20]}”），不是记录，未采用。",
            f"This row is a remark (“{cells[0][:20]}”), no record, and was left out.",
        )
    return None


def skipped(rows: Sequence[Sequence[Any]]) -> tuple[dict[str, str], ...]:
    """Return the remark that the rows above a header were taken for titles."""
    words = [
        " ".join(spelling.plain(cell) for cell in row if not spelling.blank(cell))
        for row in rows
    ]
    named = [text[:40] for text in words if text]
    if not named:
        return ()
    zh, en = "”“".join(named), "”, “".join(named)
    return (
        Text(
            f"表头之上的 {len(named)} 行按标题略过：“{zh}”。",
            f"{len(named)} rows above the header were taken for titles: “{en}”.",
        )._asdict(),
    )


def _is_form(cells: Sequence[Any]) -> bool:
    told = sum(bool(_FORM.match(spelling.plain(cell).strip())) for cell in cells)
    return bool(cells) and told * 2 >= len(cells)
