"""People of a file as points on the streets of a file's network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from boundaries.services.omissions import Omission
from boundaries.services.reach_drawn import moved
from geodata import crs
from geodata.errors import InputError, Text
from geodata.network import snap, spreading

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.network.graph import Floats, Mode, Network, Spots

COUNTS = ("population", "total", "pop", "people", "人口", "总人口", "常住人口")


@dataclass(frozen=True, eq=False)
class People:
    """Points that stand for people: where, on which street, and for how many."""

    xy: Floats
    spots: Spots
    count: Floats
    method: Text
    omitted: tuple[Omission, ...] = ()


def placed(
    network: Network,
    population: gpd.GeoDataFrame,
    counted_by: str | None,
    snap_m: float,
    mode: Mode,
) -> People:
    """Return the people of a frame as points on streets."""
    count = _counts(population, counted_by)
    shapes = population.geometry.to_numpy()
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes)) & (count > 0)
    areal = there & (shapely.get_dimensions(shapes) == 2)
    points = np.flatnonzero(there & ~areal)
    at = shapely.point_on_surface(shapes[points])
    xy = snap.to_plane(network, shapely.get_x(at), shapely.get_y(at))
    weight, method = count[points], Text("按点位", "at their points")
    record = points
    if areal.any():
        rows = np.flatnonzero(areal)
        plane = moved(shapes[rows], crs.STORAGE, network.crs)
        spread = spreading.along_streets(network, plane)
        without = np.setdiff1d(np.arange(len(rows)), spread.area)
        even = spreading.evenly(plane[without])
        xy = np.concatenate([xy, spread.xy, even.xy])
        weight = np.concatenate([
            weight,
            count[rows[spread.area]] * spread.share,
            count[rows[without[even.area]]] * even.share,
        ])  # fmt: skip
        record = np.concatenate([
            record, rows[spread.area], rows[without[even.area]]
        ])  # fmt: skip
        method = Text(
            "面内人口沿道路按长度布设，面内没有道路的按面积均匀布设",
            "people of polygons stand along their streets by length, evenly over "
            "the area where there is none",
        )
    spots = snap.snap(network, xy, max_m=snap_m, mode=mode)
    off = float(weight[spots.edge < 0].sum())
    lost = population.index[~there & (count > 0)]
    return People(
        xy, spots, weight, method,
        (
            Omission.of(
                "no_place", "population",
                Text("人口记录没有位置。", "Records of population have no place."),
                Text("请补充坐标或边界。", "Give them a point or an outline."), lost,
                people=float(count[~there].sum()),
            ),
            Omission.of(
                "off_streets", "population",
                Text(f"人口点离道路超过 {snap_m:g} 米，计为未到达。",
                     f"People live more than {snap_m:g} m from any street and "
                     "count as not reached."),
                Text("请检查路网是否完整。", "See whether the network is complete."),
                population.index[np.unique(record[spots.edge < 0])],
                people=off, left_out=False,
            ),
        ),
    )  # fmt: skip


def _counts(population: gpd.GeoDataFrame, counted_by: str | None) -> Floats:
    """Return the column of counts as numbers, missing ones as none."""
    table = pd.DataFrame(population.drop(columns=population.geometry.name))
    lowered = {str(name).lower(): name for name in table.columns}
    chosen = (
        [counted_by] if counted_by else [lowered[n] for n in COUNTS if n in lowered]
    )
    if not chosen or chosen[0] not in table.columns:
        listed = "、".join(map(str, table.columns))
        raise InputError(
            Text("人口文件没有可识别的人数字段。", "No column of people was found."),
            Text(f"请用 --count 指明字段；现有：{listed}",
                 f"Name it with --count; there are: {listed}"),
        )  # fmt: skip
    count = pd.to_numeric(table[chosen[0]], errors="coerce").to_numpy(float)
    wrong = population.index[~(count >= 0) & table[chosen[0]].notna()]
    if len(wrong):
        listed = ", ".join(map(str, wrong[:10]))
        raise InputError(
            Text(f"字段“{chosen[0]}”有不是人数的值，记录 {listed}。",
                 f"Column {chosen[0]!r} holds no counts in records {listed}."),
            Text("请改正后再算。", "Mend them and run this again."),
        )  # fmt: skip
    kept: Floats = np.nan_to_num(count)
    return kept
