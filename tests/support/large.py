"""A city of network L in a store: streets, facilities and people of a metropolis.

Made up but for the streets, which are copies of Porto Alegre's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata import crs
from tests.support.published import publish
from tests.support.registries import Office, office
from tests.support.streets import TILES, porto_alegre, tiled

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.network.graph import Network

SIDE = 42
"""Units across and down: with 60 places each some 100,000 where people are."""
FACILITIES = 1000
PLANNER = "judge"


def large_office(folder: Path, data: Path, size: str = "L", side: int = SIDE) -> Office:
    """Return a store with divisions, people, facilities and the network published."""
    made = office(folder)
    registry = made.registry
    registry.add_user("root", PLANNER)
    registry.set_roles("keeper", PLANNER, ["planner:990000"])
    network = tiled(porto_alegre(data), *TILES[size])
    units = divisions(network, side)
    publish(registry.store, units, "2020")
    publish(registry.store, people(units), "2024", layer="population")
    publish(registry.store, facilities(network), "2024", layer="facilities")
    registry.add_network(PLANNER, network, title=size, effective="2020-01-01")
    return made


def divisions(network: Network, side: int) -> gpd.GeoDataFrame:
    """Return a chessboard: its rows are districts, its fields their streets."""
    low, high = network.nodes.min(axis=0), network.nodes.max(axis=0)
    step = (high - low) / side

    def box(column: float, row: float, wide: float) -> Any:
        corner = low + [column, row] * step
        return shapely.box(*corner, *(corner + [wide, 1] * step))

    rows: list[tuple[str, str, int, str, str | None, Any]] = []
    for row in range(side):
        district = f"9901{row + 1:02}"
        name = f"{row + 1}区"
        rows.append((district, name, 3, "district", None, box(0, row, side)))
        rows.extend(
            (f"{district}{column + 1:03}", f"{row + 1}-{column + 1}街道", 4,
             "street", district, box(column, row, 1))
            for column in range(side)
        )  # fmt: skip
    *table, shapes = zip(*rows, strict=True)
    names = ("code", "name", "level", "kind", "parent")
    frame = pd.DataFrame(dict(zip(names, table, strict=True)), index=list(table[0]))
    plane = gpd.GeoDataFrame(frame, geometry=list(shapes), crs=network.crs)
    return crs.transform(plane, crs.STORAGE)


def people(units: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return how many live in each street, and how many of them are elderly."""
    codes = [code for code, level in units["level"].items() if level == 4]
    elderly = np.random.default_rng(0).integers(500, 5000, len(codes))
    table: Any = {"total": elderly * 5, "aged_60": elderly}
    return gpd.GeoDataFrame(
        table, geometry=[None] * len(codes), index=codes, crs=crs.STORAGE
    )


def facilities(network: Network) -> gpd.GeoDataFrame:
    """Return day-care centres at junctions."""
    random = np.random.default_rng(1)
    at = network.nodes[random.integers(0, network.node_count, FACILITIES)]
    keys = [f"F{number:04}" for number in range(FACILITIES)]
    frame = gpd.GeoDataFrame(
        {"facility": keys, "name": [f"中心{key}" for key in keys], "type": "DAY",
         "status": "operating", "division": None, "beds_total": 20},
        geometry=shapely.points(at), index=keys, crs=network.crs,
    )  # fmt: skip
    return crs.transform(frame, crs.STORAGE)
