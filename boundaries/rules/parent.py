"""The superior a unit names exists, and is the one its code says (domain B3 rule 6).

Counties administered by another city (代管) keep a code of their own prefecture, so
a superior that the code does not say is a warning, not an error.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries import codes
from boundaries.rules import finding
from boundaries.rules.context import missing
from geodata.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from boundaries.rules.context import Context

SOURCE = "domain B3 rule 6; 行政区划管理条例 art 8"


def rule(context: Context) -> gpd.GeoDataFrame:
    """Report superiors that do not exist, or that the code contradicts."""
    subjects = context.candidate.index.isin(context.changed)
    named = context.column("parent")[subjects]
    rows = []
    for key, above in zip(named.index, named, strict=True):
        if missing(above) or not codes.is_code(key):
            continue
        message = _fault(context, key, str(above).strip())
        if message is not None:
            severity, place, text = message
            rows.append(
                finding.finding(
                    "parent", severity, [str(key)], text, place=place, source=SOURCE
                )
            )
    return finding.frame(rows)


def _fault(context: Context, key: Any, above: str) -> tuple[str, str, Text] | None:
    label = context.label(key)
    if not codes.is_code(above) or above == str(key):
        return (
            "error",
            "form",
            Text(
                f"{label} 的上级“{above}”不是上级单元的代码。请改正。",
                f"{label} names {above!r} as its superior, which is no code of one. "
                "Correct it.",
            ),
        )
    if above in codes.ancestors(str(key)):
        return None
    if above not in context.known:
        return (
            "error",
            "unknown",
            Text(
                f"{label} 的上级 {above} 不存在。请改正，或先导入上级。",
                f"{label} names {above} as its superior, which does not exist. Correct "
                "it, or import the superior first.",
            ),
        )
    return (
        "warning",
        "code",
        Text(
            f"{label} 的上级为 {context.label(above)}，与代码不符。"
            "如属代管或飞地请登记，否则请改正其一。",
            f"{label} is under {context.label(above)}, which its code does not say. "
            "Note it if it is administered for another, else correct one of them.",
        ),
    )
