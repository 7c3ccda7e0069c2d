"""The computed area agrees with the official one (domain D6, H7).

The official area is never overwritten: which of the two is wrong, a person decides.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from boundaries.rules import finding
from geodata.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from boundaries.rules.context import Context

SOURCE = "domain H7, D6"


def rule(context: Context) -> gpd.GeoDataFrame:
    """Report units whose area differs from the official one by too large a share."""
    official = pd.to_numeric(context.column("area_official_km2"), errors="coerce")
    official_km2 = official.to_numpy(dtype=float, na_value=np.nan)
    told = np.isfinite(official_km2) & (official_km2 > 0)
    told &= context.candidate.index.isin(context.changed)
    computed_km2 = np.full(len(told), np.nan)
    computed_km2[told] = context.areas(np.flatnonzero(told)) / 1e6
    with np.errstate(invalid="ignore", divide="ignore"):
        share = np.abs(computed_km2 - official_km2) / official_km2
    wrong = (share > context.settings.area_share) & (computed_km2 > 0)
    return finding.frame(
        [
            finding.finding(
                "area",
                "warning",
                [context.keys[place]],
                Text(
                    f"{context.label(context.keys[place])} 的计算面积 "
                    f"{computed_km2[place]:.2f} km² 与公布面积 "
                    f"{official_km2[place]:.2f} km² 相差 {share[place]:.2%}，"
                    f"超过 {context.settings.area_share:.2%}。请核对界线与公布数据。",
                    f"{context.label(context.keys[place])}: computed area "
                    f"{computed_km2[place]:.2f} km², official "
                    f"{official_km2[place]:.2f} km², {share[place]:.2%} apart (allowed "
                    f"{context.settings.area_share:.2%}). Check border and figure.",
                ),
                area_m2=float(abs(computed_km2[place] - official_km2[place]) * 1e6),
                source=SOURCE,
            )
            for place in np.flatnonzero(wrong)
        ]
    )
