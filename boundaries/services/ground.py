"""How much of the ground is within reach (I12): service areas and circles, by unit.

Each of the lowest divisions is measured against the areas of its own time limit, as
its people are urban or rural; what lies above is their sum.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boundaries.services import coverage as figures
from boundaries.services.settlement import is_urban
from geodata import crs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boundaries.services.situation import Situation


def ground(
    situation: Situation, rows: npt.NDArray[np.int64], level: str
) -> pd.DataFrame:
    """Return ``area_m2, served_m2, area_share`` by unit of a level.

    Areas are of the plane of the situation; empty without a network.
    """
    return grounds(situation, rows, (level,))[level]


def grounds(
    situation: Situation, rows: npt.NDArray[np.int64], levels: Sequence[str]
) -> dict[str, pd.DataFrame]:
    """Return the ground of the units of several levels, measured once."""
    leaves = _leaves(situation)
    area, served = shapely.area(leaves.to_numpy()), _served(situation, rows, leaves)
    made = {}
    for level in levels:
        number = figures.level_number(level)
        unit = [situation.tree.at(str(code), number) for code in leaves.index]
        made[level] = _summed(
            pd.DataFrame({"unit": unit, "area_m2": area, "served_m2": served})
        )
    return made


def _summed(table: pd.DataFrame) -> pd.DataFrame:
    """Return ground by unit, and what share of it is served."""
    sums = table.dropna(subset="unit").groupby("unit")[["area_m2", "served_m2"]].sum()
    share = sums["served_m2"] / sums["area_m2"].where(sums["area_m2"] > 0) * 100
    return sums.assign(area_share=share.round(6))


def _leaves(situation: Situation) -> pd.Series[Any]:
    """Return the shapes of the divisions that have none below them, in the plane."""
    parents = situation.tree.parents_of(str(code) for code in situation.divisions.index)
    lowest = situation.divisions[~situation.divisions.index.isin(parents)]
    there = lowest[lowest.geometry.notna() & ~lowest.geometry.is_empty]
    moved = crs.transform(there[["geometry"]], situation.crs)
    return pd.Series(moved.geometry.to_numpy(object), index=there.index)


def _served(
    situation: Situation, rows: npt.NDArray[np.int64], leaves: pd.Series[Any]
) -> npt.NDArray[np.float64]:
    from geodata.network.areas import polygons, reached_parts

    served = np.zeros(len(leaves))
    classes = situation.people.units["settlement"].to_dict() if (
        "settlement" in situation.people.units
    ) else {}  # fmt: skip
    urban = np.array(
        [is_urban(str(code), classes.get(code)) for code in leaves.index], bool
    )
    profile = situation.profile
    for town, limit in ((True, profile.urban_s), (False, profile.rural_s)):
        here = np.flatnonzero(urban == town)
        graph = situation.walk if town else situation.ride
        spots = situation.facility_spots if town else situation.facility_ride_spots
        if graph is None or spots is None or not len(here):
            continue
        standing = spots.take(rows)
        standing = standing.take(standing.edge >= 0)
        shapes = polygons(graph.network, reached_parts(graph, standing, limit))
        served[here] = _shared(shapes, leaves.to_numpy()[here])
    return served


def _shared(shapes: Any, leaves: Any) -> npt.NDArray[np.float64]:
    """Return how much of each unit the areas cover together."""
    found = np.zeros(len(leaves))
    kept = shapes[~shapely.is_empty(shapes)]
    if not len(kept):
        return found
    at, area = shapely.STRtree(kept).query(leaves, predicate="intersects")
    for unit in np.unique(at):
        near = kept[area[at == unit]]
        whole = near[0] if len(near) == 1 else shapely.union_all(near)
        found[unit] = shapely.area(shapely.intersection(whole, leaves[unit]))
    return found
