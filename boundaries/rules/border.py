"""Neighbours share the vertices of their border, not only its course (domain H7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from boundaries.rules import finding
from boundaries.rules.context import middles_of
from geodata.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from boundaries.rules.context import Context
    from boundaries.rules.tiling import Tiling

SOURCE = "domain H7, C6"


def rule(context: Context) -> gpd.GeoDataFrame:
    """Report borders on which one neighbour has vertices that the other lacks."""
    return finding.joined(_of_level(context, tiling) for tiling in context.tilings)


def _of_level(context: Context, tiling: Tiling) -> gpd.GeoDataFrame:
    found = tiling.found.borders
    if found.empty:
        return finding.frame()
    shapes = found.geometry.to_numpy()
    who = [tuple(context.keys[unit] for unit in row) for row in found["units"]]
    length = found["length_m"].to_numpy()
    return finding.columns(
        rule=np.full(len(found), "unmatched_vertex", dtype=object),
        severity=np.full(len(found), "warning", dtype=object),
        participants=who,
        geometry=shapes,
        length_m=length,
        messages=[
            Text(
                f"{context.label(lacks)} 的边界缺少邻接单元 {context.label(has)} 的 "
                f"{count} 个顶点，首处在 {place}，涉及 {metres:.1f} m。"
                "请在其边界上补入这些顶点。",
                f"The border of {context.label(lacks)} lacks {count} vertices that "
                f"{context.label(has)} has on it, the first at {place}, along "
                f"{metres:.1f} m. Insert them.",
            )
            for (lacks, has), place, metres, count in zip(
                who,
                middles_of(shapely.get_geometry(shapes, 0)),
                length.tolist(),
                shapely.get_num_geometries(shapes).tolist(),
                strict=True,
            )
        ],
        source=SOURCE,
        repair=[
            {"kind": "insert", "unit": lacks, "among": [lacks, has], "cost": {}}
            for lacks, has in who
        ],
    )
