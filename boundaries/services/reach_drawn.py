"""What is reached as shapes of a file: areas, streets or a grid, and all together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata import crs
from geodata.network import areas

if TYPE_CHECKING:
    from geodata.network.graph import Floats, Graph, Network, Spots

POLYGON, STREETS, GRID = "polygon", "streets", "grid"
UNION = "union"
"""The layer of a file that holds what all facilities reach together."""


def by_facility(
    network: Network, table: pd.DataFrame, parts: areas.Parts, land: areas.Geometries,
    form: str,
) -> gpd.GeoDataFrame:  # fmt: skip
    """Return a row a facility: its service area, or the streets it reaches."""
    drawn = areas.streets(network, parts) if form == STREETS else land
    return gpd.GeoDataFrame(
        table, geometry=degrees(drawn, network.crs), crs=crs.STORAGE
    )


def by_cell(
    graph: Graph, spots: Spots, table: pd.DataFrame, limit_s: float,
    *, cell_m: float, width_m: float,
) -> gpd.GeoDataFrame:  # fmt: skip
    """Return a row a reached cell: minutes to the nearest facility, and which it is."""
    found = areas.grid(graph, spots, limit_s, cell_m=cell_m, width_m=width_m)
    reached = np.isfinite(found.cost_s)
    which = found.source[reached]
    rows = pd.DataFrame({
        "id": table["id"].to_numpy(object)[which],
        "name": table["name"].to_numpy(object)[which],
        "minutes": (found.cost_s[reached] / 60).round(2),
    })  # fmt: skip
    shapes = degrees(found.squares(), graph.network.crs)
    return gpd.GeoDataFrame(rows, geometry=shapes, crs=crs.STORAGE)


def together(
    outline: shapely.Geometry, plane: str, figures: dict[str, Any]
) -> gpd.GeoDataFrame:
    """Return one row: the outline of all that is reached, with its figures."""
    shapes = degrees(np.array([outline], object), plane)
    return gpd.GeoDataFrame(pd.DataFrame([figures]), geometry=shapes, crs=crs.STORAGE)


def degrees(geometries: areas.Geometries, plane: str) -> areas.Geometries:
    """Return shapes of a network's plane in degrees."""
    return moved(geometries, plane, crs.STORAGE)


def moved(geometries: areas.Geometries, source: Any, to: Any) -> areas.Geometries:
    """Return shapes in another coordinate system."""

    def run(xy: Floats) -> Floats:
        return np.column_stack(crs.transform_points(xy[:, 0], xy[:, 1], source, to))

    made: areas.Geometries = shapely.transform(geometries, run)
    return made
