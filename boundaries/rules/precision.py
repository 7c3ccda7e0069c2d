"""Noise below the data's own precision is one finding about the file (domain C6)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from boundaries.rules import finding
from geodata.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from boundaries.rules.context import Context

SOURCE = "domain C6: coordinate equality 0.001 m"


def rule(context: Context) -> gpd.GeoDataFrame:
    """Report, once a level, units whose vertices miss their neighbours' by noise."""
    rows = []
    for tiling in context.tilings:
        units = [context.keys[unit] for unit in np.sort(tiling.found.noisy)]
        if not units:
            continue
        rows.append(
            finding.finding(
                "precision",
                "info",
                units,
                Text(
                    f"{len(units)} 个单元的顶点与邻接单元相差不足 1 毫米（坐标噪声），"
                    "按同一位置处理。导出时请把坐标统一取到 8 位小数。",
                    f"Vertices of {len(units)} units miss their neighbours' by less "
                    "than a millimetre (noise); they are taken as one position. Export "
                    "with coordinates rounded to 8 decimals.",
                ),
                place=f"level {tiling.level}",
                source=SOURCE,
            )
        )
    return finding.frame(rows)
