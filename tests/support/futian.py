"""Futian with people and facilities made for it: the streets are real, the rest is not.

The street network is that of OpenStreetMap in the folder of real data; communities,
people and facilities are drawn from a seed and marked as illustrative. Nothing of the
real data is kept in the repository.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata import crs
from geodata.network.building import build
from geodata.network.intake import read_streets
from tests.support import squares
from tests.support.squares import LABEL

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.network.graph import Network

ACROSS, DOWN = 6, 4
"""Communities in a row and in a column, six to a street."""
_TYPES = ("INST", "REG", "COM", "DAY", "DAY", "STATION", "STATION", "MEAL")


@lru_cache(maxsize=2)
def network(data: Path) -> Network:
    """The real streets, on foot."""
    return build(read_streets(data / "shenzhen" / "futian_osm_drive.graphml"))[0]


def divisions(streets: Network) -> gpd.GeoDataFrame:
    """Return a district of four streets with six communities each, by code."""
    lon, lat = crs.transform_points(*streets.nodes.T, streets.crs)
    bounds = (lon.min(), lat.min(), lon.max(), lat.max())
    return squares.district(bounds, "990199", "示例福田区", ACROSS, DOWN)


def population(units: gpd.GeoDataFrame, seed: int = 1) -> pd.DataFrame:
    """Return counts of every community by age, by code."""
    rng = np.random.default_rng(seed)
    codes = units.index[units["level"] == 5]
    total = rng.integers(4000, 14_000, len(codes))
    aged = (total * rng.uniform(0.08, 0.2, len(codes))).round().astype(int)
    return pd.DataFrame(
        {
            "division": codes,
            "total": total,
            "aged_60": aged,
            "aged_65": (aged * 0.7).round().astype(int),
            "aged_80": (aged * 0.14).round().astype(int),
            "households": (total / 2.6).round().astype(int),
            "settlement": "111",
            "source": LABEL,
        },
        index=pd.Index(codes, name="key"),
    )


def facilities(
    streets: Network, units: gpd.GeoDataFrame, count: int = 32, seed: int = 2
) -> gpd.GeoDataFrame:
    """Return operating facilities a few metres beside junctions, by id."""
    rng = np.random.default_rng(seed)
    nodes = streets.nodes[rng.choice(streets.node_count, count, replace=False)]
    xy = nodes + rng.normal(0, 12, (count, 2))
    lon, lat = crs.transform_points(xy[:, 0], xy[:, 1], streets.crs)
    points = shapely.points(lon, lat)
    lowest = units[units["level"] == 5]
    nearest = shapely.STRtree(lowest.geometry.to_numpy()).nearest(points)
    ids = [f"YL990199{n + 1:04}" for n in range(count)]
    beds = rng.integers(12, 180, count)
    frame = {
        "facility": ids,
        "name": [f"示例养老设施{n + 1}" for n in range(count)],
        "type": [_TYPES[n % len(_TYPES)] for n in range(count)],
        "status": "operating",
        "division": lowest.index.to_numpy()[nearest],
        "beds_total": np.where(np.arange(count) % len(_TYPES) < 3, beds, 0),
        "radius_m": None,
        "public": True,
        "remark": LABEL,
    }
    return gpd.GeoDataFrame(
        frame, geometry=points, crs=crs.STORAGE, index=pd.Index(ids, name="key")
    )
