"""A code given up is never given again (行政区划代码管理办法: 废码不用; B3 rule 4)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boundaries.rules import finding
from geodata.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from boundaries.rules.context import Context

SOURCE = "行政区划代码管理办法 (2025)"


def rule(context: Context) -> gpd.GeoDataFrame:
    """Report new units that bear a code given up before."""
    new = context.subjects.index.difference(context.base.index)
    return finding.frame(
        [
            finding.finding(
                "code_reused",
                "error",
                [str(key)],
                Text(
                    f"{context.label(key)} 使用了已废止的代码。废止的代码不再使用，"
                    "请另编代码。",
                    f"{context.label(key)} bears a code that was given up. Codes are "
                    "never given again: assign another.",
                ),
                source=SOURCE,
            )
            for key in new
            if str(key) in context.retired
        ]
    )
