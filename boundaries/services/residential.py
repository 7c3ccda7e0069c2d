"""Totals shared out over residential areas, where nothing finer was counted.

Of a township or community of which only the total is known people live where the
housing is: each area, or the part of it within the unit, takes its share of every
count by its weight. What was counted stays as it was, to the last person.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boundaries.services.counts import Faults
from boundaries.services.counts import Method as Counted
from boundaries.services.gridded import (
    MOST_PEOPLE,
    PLACED,
    refuse_person_points,
    usable_shapes,
)
from geodata import crs
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    import numpy.typing as npt

WEIGHT = "weight"
"""Our column of what an area weighs: floor space, dwellings, or simply its ground."""


def shared_out(
    frame: gpd.GeoDataFrame, divisions: gpd.GeoDataFrame, counted: pd.DataFrame
) -> tuple[gpd.GeoDataFrame, Faults]:
    """Return the counted units with the areas as the places their people are at.

    Parameters
    ----------
    frame
        Areas (or points) with :data:`WEIGHT`, EPSG:4490; the index is the record.
    divisions
        With shapes.
    counted
        The population in force, by code.

    Raises
    ------
    InputError
        No total is stored to share out, or no area lies in a counted unit.
    """
    faults = Faults()
    units = _units(divisions, counted, faults)
    weight = pd.to_numeric(frame[WEIGHT], errors="coerce").to_numpy(float)
    shapes: Any = frame.geometry.to_numpy(object)
    heavy: Any = (weight > 0) & (weight < MOST_PEOPLE)
    refuse_person_points(frame, weight[:, None])
    usable = usable_shapes(frame, faults)
    for at in np.flatnonzero(usable & ~heavy):
        faults.refuse(
            frame.index[int(at)],
            Text("权重不是正数或过大，未采用。请改正。",
                 "Its weight is no number above zero, or too large; left out."),
        )  # fmt: skip
    usable &= heavy
    kept = np.flatnonzero(usable)
    area, unit, piece, share = _pieces(
        shapes[kept], units.geometry.to_numpy(object)
    )  # fmt: skip
    for at in np.setdiff1d(np.arange(len(kept)), area):
        faults.refuse(
            frame.index[kept[at]],
            Text("不在任何有合计人口的单位之内，未采用。",
                 "In no unit of which a total is stored; left out."),
        )  # fmt: skip
    if not len(area):
        raise InputError(
            Text("没有一处居住区落在有合计人口的单位内。",
                 "Not one area lies in a unit of which a total is stored."),
            Text("请核对坐标系和范围，或先导入人口表。",
                 "Check the coordinate system, or import the totals first."),
        )  # fmt: skip
    made = _rows(units, counted, unit, piece, weight[kept][area] * share)
    there = set(made["division"])
    for code in (each for each in units.index if str(each) not in there):
        faults.mend(
            "places",
            Text("没有居住区，仍沿道路或按面积布设。",
                 "Without a residential area; placed along its streets or evenly."),
            str(code),
        )  # fmt: skip
    return made, faults


def _units(
    divisions: gpd.GeoDataFrame, counted: pd.DataFrame, faults: Faults
) -> gpd.GeoDataFrame:
    """Return the units with a total, a shape, and nothing finer known of them."""
    parents = set(divisions["parent"].dropna().astype(str))
    below = {
        str(divisions["parent"].get(code))
        for code in counted.index
        if code in divisions.index
    }
    shaped = divisions.geometry.notna() & ~divisions.geometry.is_empty
    known = divisions[shaped & divisions.index.isin(counted.index)]
    known = known[~known.index.isin(parents & below)]
    grid = counted.loc[known.index, "method"] == Counted.GRID.value
    for code in known.index[grid]:
        faults.mend(
            "places",
            Text("已有网格人口，位置不变。", "Counted by a grid; its places stay."),
            str(code),
        )
    found: gpd.GeoDataFrame = known[~grid.to_numpy()]
    if not len(found):
        raise InputError(
            Text("没有可以分摊的合计人口。", "There is no total to share out."),
            Text("请先导入并核准人口表（街道或社区合计）。",
                 "Import a table of totals by street or community first."),
        )  # fmt: skip
    return found


def _pieces(areas: Any, units: Any) -> tuple[Any, Any, Any, Any]:
    """Return area, unit, piece and the piece's share of the area, where they meet."""
    area, unit = shapely.STRtree(units).query(areas, predicate="intersects")
    piece = shapely.intersection(areas[area], units[unit])
    size, whole = shapely.area(piece), shapely.area(areas[area])
    flat = whole <= 0
    first = np.zeros(len(area), bool)
    first[np.unique(area, return_index=True)[1]] = True
    share = np.where(flat, 1.0, size / np.where(flat, 1.0, whole))
    kept = np.where(flat, first, size > 0)
    return area[kept], unit[kept], piece[kept], share[kept]


def _rows(
    units: gpd.GeoDataFrame, counted: pd.DataFrame, unit: Any, piece: Any, weight: Any
) -> gpd.GeoDataFrame:
    order = np.argsort(unit, kind="stable")
    points = shapely.get_coordinates(shapely.point_on_surface(piece))
    found: dict[str, list[Any]] = {"division": [], "method": [], "places": []}
    for at in np.unique(unit):
        these = order[unit[order] == at]
        code = str(units.index[at])
        shares = weight[these] / weight[these].sum()
        groups = [_parts(counted.loc[code].get(name), shares) for name in PLACED]
        found["division"].append(code)
        found["method"].append(Counted.RESIDENTIAL.value)
        found["places"].append(
            [
                [round(float(x), 6), round(float(y), 6),
                 *(None if group is None else group[row] for group in groups)]
                for row, (x, y) in enumerate(points[these])
            ]
        )  # fmt: skip
    count = len(found["division"])
    table = pd.DataFrame(found, dtype=object, index=pd.RangeIndex(1, count + 1))
    nowhere: Any = [None] * count
    return gpd.GeoDataFrame(table, geometry=nowhere, crs=crs.STORAGE)


def _parts(total: Any, shares: npt.NDArray[np.float64]) -> list[float] | None:
    """Return a count by its shares; what rounding leaves goes to the largest."""
    if total is None or pd.isna(total):
        return None
    parts = np.round(float(total) * shares, 3)
    parts[np.argmax(shares)] += float(total) - parts.sum()
    return [round(float(each), 3) for each in parts]
