"""Divisions made for a place that has none here: squares, marked as illustrative."""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata import crs

if TYPE_CHECKING:
    from collections.abc import Sequence

LABEL = "示例数据（虚构）"
MARGIN = 1e-4
"""Degrees beyond the bounds."""


def district(
    bounds: Sequence[float], code: str, name: str, across: int = 6, down: int = 4
) -> gpd.GeoDataFrame:
    """Return a district of four streets, each a quarter of its communities, by code.

    Parameters
    ----------
    bounds
        West, south, east, north in degrees.
    across, down
        How many communities in a row and in a column; even.
    """
    west, south, east, north = bounds
    x = np.linspace(west - MARGIN, east + MARGIN, across + 1)
    y = np.linspace(south - MARGIN, north + MARGIN, down + 1)
    wide, high = across // 2, down // 2
    rows = [(code, name, "district", 3, None, x[0], y[0], x[-1], y[-1])]
    corners = ((0, 0), (wide, 0), (0, high), (wide, high))
    for n, (i, j) in enumerate(corners, 1):
        street = f"{code}{n:03}"
        box = (x[i], y[j], x[i + wide], y[j + high])
        rows.append((street, f"示例{n}街道", "street", 4, code, *box))
        cells = [(i + a, j + b) for b in range(high) for a in range(wide)]
        for m, (a, b) in enumerate(cells, 1):
            box = (x[a], y[b], x[a + 1], y[b + 1])
            named = f"示例{n}-{m}社区"
            rows.append((f"{street}{m:03}", named, "community", 5, street, *box))
    names = ["code", "name", "kind", "level", "parent"]
    frame = pd.DataFrame([row[:5] for row in rows], columns=names)
    shapes = [shapely.box(*row[5:]) for row in rows]
    made = gpd.GeoDataFrame(frame, geometry=shapes, crs=crs.STORAGE)
    return made.assign(remark=LABEL).set_index("code", drop=False)
