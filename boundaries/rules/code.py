"""A code is well formed, in a province that exists, under units that exist.

Domain B3 rules 1, 2 and 8; GB/T 2260-2007, GB/T 10114-2003.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries import codes
from boundaries.rules import finding
from geodata.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from boundaries.rules.context import Context

SOURCE = "GB/T 2260-2007; GB/T 10114-2003"


def rule(context: Context) -> gpd.GeoDataFrame:
    """Report codes that are malformed, repeated or hang on nothing."""
    rows = [
        finding.finding(
            "code",
            "error",
            [str(key)],
            message,
            place=place,
            source=SOURCE,
        )
        for key in context.subjects.index.unique()
        for place, message in _faults(context, key)
    ]
    return finding.frame(rows)


def _faults(context: Context, key: Any) -> list[tuple[str, Text]]:
    """Return what is wrong with one code."""
    label = context.label(key)
    try:
        parts = codes.parse(str(key), known_provinces=True)
    except codes.CodeError as error:
        hint = error.hint or Text("请改正代码。", "Correct the code.")
        name = context.name.get(key, "")
        before = Text(f"{name}：" if name else "", f"{name}: " if name else "")
        return [
            (
                "form",
                Text(
                    f"{before.zh}{error.message.zh}{hint.zh}",
                    f"{before.en}{error.message.en} {hint.en}",
                ),
            )
        ]
    faults = []
    many = context.counts.get(key, 1)
    if many > 1:
        faults.append(
            (
                "repeated",
                Text(
                    f"代码 {key} 用于 {many} 个单元。每个代码只能用一次。",
                    f"Code {key} is given to {many} units. A code names one unit.",
                ),
            )
        )
    if parts.text != str(key) and len(str(key)) != 17:
        faults.append(
            (
                "long",
                Text(
                    f"{label} 的代码末尾为 0，应写作 {parts.text}。",
                    f"The code of {label} ends in zeros: write {parts.text}.",
                ),
            )
        )
    above = _missing_above(context, parts)
    if above:
        faults.append(
            (
                above,
                Text(
                    f"{label} 的上级代码 {above} 不存在。请先导入上级或改正代码。",
                    f"{label} hangs on code {above}, which does not exist. Import the "
                    "superior first or correct the code.",
                ),
            )
        )
    return faults


def _missing_above(context: Context, parts: codes.Code) -> str | None:
    """Return the county or township a code hangs on when the layer lacks it.

    Only where the layer holds others of that level under the same superior: a
    layer of streets alone says nothing of its counties.
    """
    for above in (parts.township, parts.county):
        if not above or above == parts.text or above in context.known:
            continue
        # Counties stand in for each other within a province, townships in a county.
        shared = above[:2] if len(above) == 6 else above[:6]
        if shared in context.levels_known.get(len(above), frozenset()):
            return above
    return None
