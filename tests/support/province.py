"""A province made of copies of Porto Alegre: streets, divisions, people, facilities.

Made up but for the streets: every tile is a district with eight streets, the people of
a community stand at one place beside a street, facilities anywhere.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata import crs
from tests.support.streets import porto_alegre, tiled

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.network.graph import Network

ACROSS, DOWN = 2, 4
"""Streets of a district, across and down."""
TYPES = ("DAY", "STATION", "MEAL", "INST")


def streets(data: Path, side: int) -> Network:
    """Return the network of ``side`` by ``side`` tiles."""
    return tiled(porto_alegre(data), side, side)


def divisions(network: Network, side: int) -> gpd.GeoDataFrame:
    """Return the province, its cities, districts and streets, EPSG:4490."""
    low, high = network.nodes.min(axis=0) - 1000, network.nodes.max(axis=0) + 1000
    step = (high - low) / side
    rows: dict[str, tuple[str, int, str | None, object]] = {}

    def box(x: float, y: float, wide: float, tall: float) -> shapely.MultiPolygon:
        west, south = low + np.array([x, y]) * step
        east, north = low + np.array([x + wide, y + tall]) * step
        return shapely.MultiPolygon([shapely.box(west, south, east, north)])

    rows["990000"] = "省", 1, None, box(0, 0, side, side)
    for y in range(side):
        city = f"99{y + 1:02}00"
        rows[city] = f"{y + 1}市", 2, "990000", box(0, y, side, 1)
        for x in range(side):
            district = f"{city[:4]}{x + 1:02}"
            rows[district] = f"{district}区", 3, city, box(x, y, 1, 1)
            for at in range(ACROSS * DOWN):
                i, j = at % ACROSS, at // ACROSS
                part = box(x + i / ACROSS, y + j / DOWN, 1 / ACROSS, 1 / DOWN)
                street = f"{district}{at + 1:03}"
                rows[street] = f"{street}街道", 4, district, part
    table = pd.DataFrame(
        [row[:3] for row in rows.values()],
        columns=["name", "level", "parent"],
        index=pd.Index(rows, name="key"),
    )
    shapes = [row[3] for row in rows.values()]
    plane = gpd.GeoDataFrame(table, geometry=shapes, crs=network.crs)
    return crs.transform(plane, crs.STORAGE)


def population(
    network: Network, units: gpd.GeoDataFrame, places: int, people: int
) -> pd.DataFrame:
    """Return communities, each with its people at one place, below their street."""
    lonlat = _beside(network, places, 40.0, seed=1)
    street = _within(units, lonlat)
    order = np.argsort(street, kind="stable")
    lonlat, street = lonlat[order], street[order]
    first = np.searchsorted(street, street)
    number = np.arange(places) - first + 1
    codes = [f"{code}{at:03}" for code, at in zip(street, number, strict=True)]
    rng = np.random.default_rng(2)
    total = np.round(rng.gamma(4.0, people / places / 4, places))
    cells = [
        [[x, y, t, None, None, None]] for (x, y), t in zip(lonlat, total, strict=True)
    ]
    return pd.DataFrame(
        {
            "total": total,
            "aged_60": np.round(total * rng.uniform(0.15, 0.3, places)),
            "settlement": np.where(rng.random(places) < 0.7, "111", "220"),
            "places": cells,
        },
        index=pd.Index(codes, name="key"),
    )


def facilities(
    network: Network, units: gpd.GeoDataFrame, count: int
) -> gpd.GeoDataFrame:
    """Return operating facilities beside streets."""
    lonlat = _beside(network, count, 20.0, seed=3)
    keys = [f"F{at}" for at in range(count)]
    frame = {
        "facility": keys,
        "name": keys,
        "type": [TYPES[at % len(TYPES)] for at in range(count)],
        "status": "operating",
        "division": _within(units, lonlat),
        "radius_m": None,
    }
    index = pd.Index(keys, name="key")
    points = shapely.points(lonlat)
    return gpd.GeoDataFrame(frame, geometry=points, crs=crs.STORAGE, index=index)


def _beside(network: Network, count: int, far_m: float, seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    nodes = network.nodes[rng.choice(network.node_count, count)]
    xy = nodes + rng.normal(0, far_m, (count, 2))
    lon, lat = crs.transform_points(xy[:, 0], xy[:, 1], network.crs)
    return np.column_stack([lon, lat])


def _within(units: gpd.GeoDataFrame, lonlat: np.ndarray) -> np.ndarray:
    """Return the code of the street each position lies in."""
    lowest = units[units["level"] == 4]
    tree = shapely.STRtree(lowest.geometry.to_numpy())
    return lowest.index.to_numpy(str)[tree.nearest(shapely.points(lonlat))]
