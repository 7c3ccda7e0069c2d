"""Units make up their superior, no more and no less (domain H7; B3 rule 6).

Only where the layer holds both. A unit that lies mostly in another superior may be
an enclave, which exists in law: a warning, never mended by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boundaries.rules import finding
from boundaries.rules.context import middles_of, square_metres
from boundaries.rules.levels import GAPS, NESTING
from boundaries.rules.topology import ENCLAVES, rows_of
from geodata.errors import Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from boundaries.rules.context import Context
    from boundaries.rules.levels import Checked


def rule(context: Context) -> gpd.GeoDataFrame:
    """Report children outside their parent, and ground of it that no child has."""
    return finding.joined(
        part for checked in context.levels for part in _of_level(context, checked)
    )


def _of_level(context: Context, checked: Checked) -> list[gpd.GeoDataFrame]:
    table = checked.table
    table = table[table["rule"].isin(NESTING)]
    above = {context.keys[place]: place for place in checked.superiors.tolist()}
    whose = pd.Series(
        [next((above[key] for key in row if key in above), -1)
         for row in table["participants"]],
        index=table.index,
    )  # fmt: skip
    gaps = _in_gaps(context, table)
    return [
        _of_parent(context, int(parent), gpd.GeoDataFrame(part), gaps[part.index])
        for parent, part in table.groupby(whose)
        if parent in context.families
    ]


def _of_parent(
    context: Context, parent: int, table: gpd.GeoDataFrame, gap: pd.Series[Any]
) -> gpd.GeoDataFrame:
    outside = table[table["rule"] == "outside_parent"]
    residual = table[table["rule"] == "parent_residual"]
    strayed = _strayed(context, parent, outside)
    away = np.array(
        [bool(set(who) & strayed.keys()) for who in outside["participants"]]
    )
    away = away.astype(bool)
    small = _small(context, outside)
    rows = [_enclave(context, parent, key, size) for key, size in strayed.items()]
    kept = [outside[~away & ~small]]
    area = float(context.areas([parent])[0])
    if residual["area_m2"].sum() > (1 - context.settings.complete_share) * area:
        rows.append(_partial(context, parent, residual))
    else:
        residual = residual[~gap[residual.index].to_numpy()]
        slight = _small(context, residual)
        kept.append(residual[~slight])
        slivers = [outside[small & ~away], residual[slight]]
        rows += _slight(context, parent, slivers)
    some = [part for part in kept if len(part)]
    tables = [rows_of(context, gpd.GeoDataFrame(pd.concat(some)))] if some else []
    return finding.joined([finding.frame(rows), *tables])


def _small(context: Context, places: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    settings = context.settings
    narrow = places["width_m"] < settings.outside_parent_m
    return (narrow | (places["area_m2"] < settings.outside_parent_m2)).to_numpy()


def _strayed(
    context: Context, parent: int, outside: gpd.GeoDataFrame
) -> dict[str, float]:
    """Return the children that lie mostly outside the parent, and how much of each."""
    total: dict[str, float] = {}
    for who, area in zip(outside["participants"], outside["area_m2"], strict=True):
        for key in who:
            if key != context.keys[parent]:
                total[key] = total.get(key, 0.0) + float(area)
    known = dict(zip(total, context.areas(context.places(total)), strict=True))
    return {key: area for key, area in sorted(total.items()) if area > known[key] / 2}


def _enclave(context: Context, parent: int, key: str, area: float) -> dict[str, Any]:
    above = context.keys[parent]
    a, b = context.label(key), context.label(above)
    return finding.finding(
        "parent",
        "warning",
        [key, above],
        Text(
            f"{a} 的大部分（{square_metres(area)}）位于上级 {b} 之外。"
            "如为飞地请登记，否则请改正代码、上级或图形。",
            f"Most of {a} ({square_metres(area)}) lies outside its superior {b}. "
            "Declare an enclave, or correct code, superior or shape.",
        ),
        geometry=context.polygons(context.places([key]))[0],
        area_m2=area,
        source=ENCLAVES,
    )


def _partial(
    context: Context, parent: int, residual: gpd.GeoDataFrame
) -> dict[str, Any]:
    """Say once that a parent is only partly divided so far."""
    key = context.keys[parent]
    area = float(residual["area_m2"].sum())
    count = int((context.above == parent).sum())
    return finding.finding(
        "parent_residual",
        "info",
        [key],
        Text(
            f"{context.label(key)} 目前只有 {count} 个下级单元有图形，"
            f"尚有 {square_metres(area)} 未覆盖。",
            f"Only {count} units of {context.label(key)} have a shape so far; "
            f"{square_metres(area)} are not covered.",
        ),
        geometry=shapely.union_all(residual.geometry.to_numpy()),
        place="partial",
        area_m2=area,
        source=ENCLAVES,
    )


def _slight(
    context: Context, parent: int, places: list[gpd.GeoDataFrame]
) -> list[dict[str, Any]]:
    """Say once what differs by less than the tolerance along a parent's border."""
    shapes = np.concatenate([table.geometry.to_numpy() for table in places])
    if not len(shapes):
        return []
    key = context.keys[parent]
    area = float(sum(table["area_m2"].sum() for table in places))
    return [
        finding.finding(
            "parent_residual",
            "info",
            [key],
            Text(
                f"{context.label(key)} 与下级单元的边界有 {len(shapes)} 处细微差异"
                f"（容差以内，合计 {square_metres(area)}），首处在 "
                f"{middles_of(shapes[:1])[0]}。",
                f"The border of {context.label(key)} differs from its units' at "
                f"{len(shapes)} places within tolerance ({square_metres(area)} in "
                f"all), the first at {middles_of(shapes[:1])[0]}.",
            ),
            geometry=shapely.union_all(shapes),
            place="slight",
            area_m2=area,
            source=ENCLAVES,
        )
    ]


def _in_gaps(context: Context, table: gpd.GeoDataFrame) -> pd.Series[Any]:
    """Return which places are reported already, as gaps between units."""
    inside = np.zeros(len(table), bool)
    if len(table):
        points = shapely.point_on_surface(table.geometry.to_numpy())
        for checked in context.levels:
            found = checked.table
            gaps = found.geometry.to_numpy()[found["rule"].isin(GAPS).to_numpy()]
            inside[shapely.STRtree(gaps).query(points, predicate="within")[0]] = True
    return pd.Series(inside, index=table.index, dtype=bool)
