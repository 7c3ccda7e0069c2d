"""A unit in several parts is declared to have an enclave (domain H7, L353 art 11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from boundaries.rules import finding
from boundaries.rules.context import middle_of, square_metres
from geodata.crs import area_m2
from geodata.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from boundaries.rules.context import Context

SOURCE = "行政区域界线管理条例 art 11; domain H7"


def rule(context: Context) -> gpd.GeoDataFrame:
    """Report units of several parts of which ``enclave`` is not set."""
    shapes = context.sound.polygons
    declared = context.column("enclave").map(lambda value: value is True or value == 1)
    several = (
        (shapely.get_num_geometries(shapes) > 1)
        & context.candidate.index.isin(context.changed)
        & ~declared.fillna(value=False).astype(bool).to_numpy()
    )
    rows = []
    for place in np.flatnonzero(several):  # few: most units are of one piece
        parts = shapely.get_parts(shapes[place])
        areas = pd.Series(area_m2(parts)).sort_values(ascending=False)
        key = context.keys[place]
        rest = areas.iloc[1:]
        largest = parts[rest.index[0]]
        rows.append(
            finding.finding(
                "multipart",
                "warning",
                [key],
                Text(
                    f"{context.label(key)} 由 {len(parts)} 个部分组成，除最大部分外共 "
                    f"{square_metres(rest.sum())}（最大者在 {middle_of(largest)}），"
                    "未登记为飞地。请登记飞地，或并入相邻单元。",
                    f"{context.label(key)} has {len(parts)} parts; all but the largest "
                    f"make {square_metres(rest.sum())}, the first at "
                    f"{middle_of(largest)}. Declare the enclave, or give the parts to "
                    "their neighbours.",
                ),
                geometry=shapely.multipolygons(parts[rest.index]),
                area_m2=float(rest.sum()),
                source=SOURCE,
            )
        )
    return finding.frame(rows)
