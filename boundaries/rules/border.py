"""Neighbours share the vertices of their border, not only its course (domain H7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

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
        width_m=found["offset_m"].to_numpy(),
        length_m=length,
        messages=[
            Text(
                f"{context.labels(units)} 的公共边界在 {place} 一带顶点不一致，"
                f"涉及 {metres:.1f} m。请在双方边界上补齐相同的顶点。",
                f"The border of {context.labels(units)} near {place} has vertices that "
                f"one side lacks, along {metres:.1f} m. Give both the same vertices.",
            )
            for units, place, metres in zip(
                who, middles_of(shapes), length.tolist(), strict=True
            )
        ],
        source=SOURCE,
    )
