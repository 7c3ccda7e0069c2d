"""Units make up their superior, no more and no less (domain H7; B3 rule 6).

Only where the layer holds both. A unit that lies mostly in another superior may be
an enclave, which exists in law: a warning, never mended by itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from boundaries.rules import finding
from boundaries.rules.context import metres, middle_of, middles_of, square_metres
from geodata.errors import Text
from geodata.topology.fingerprints import places_of
from geodata.topology.nesting import nesting

if TYPE_CHECKING:
    from collections.abc import Iterator

    import geopandas as gpd
    from numpy.typing import NDArray

    from boundaries.rules.context import Context

SOURCE = "domain H7, B3; 行政区域界线管理条例 art 11"


def rule(context: Context) -> gpd.GeoDataFrame:
    """Report children outside their parent, and ground of it that no child has."""
    return finding.joined(
        _of_parent(context, parent, children) for parent, children in _families(context)
    )


def _families(context: Context) -> Iterator[tuple[int, NDArray[np.intp]]]:
    """Yield parents and their children, as positions, where one of them moved.

    A unit that was put under another superior where it lies counts as moved.
    """
    index = context.candidate.index
    if not index.is_unique:
        return
    above = context.places(context.parent)
    usable = context.sound.usable
    moved = index.isin(context.rehung)
    touched = set(above[moved & (above >= 0)]) | set(np.flatnonzero(moved))
    touched |= set(context.places(_parents_before(context)).tolist())
    order = np.argsort(above, kind="stable")
    bounds = np.searchsorted(above[order], np.arange(len(index) + 1))
    for parent in sorted(touched - {-1}):
        children = order[bounds[parent] : bounds[parent + 1]]
        children = children[usable[children] & (children != parent)]
        if len(children) and usable[parent]:
            yield int(parent), children


def _parents_before(context: Context) -> list[Any]:
    """Return the superiors had by units that the draft removes, moves or rehangs."""
    if "parent" not in context.base.columns:
        return []
    gone = context.rehung.intersection(context.base.index)
    return list(context.base["parent"].reindex(gone).dropna())


def _of_parent(
    context: Context, parent: int, children: NDArray[np.intp]
) -> gpd.GeoDataFrame:
    shapes = context.sound.polygons
    found = nesting(shapes[parent], shapes[children])
    outside = found.outside
    who = [children[list(row)] for row in outside["units"]]
    strayed = _strayed(context, outside, who)
    away = np.array([bool(set(row) & strayed.keys()) for row in who], bool)
    small = _small(context, outside)
    rows = [_enclave(context, parent, child, size) for child, size in strayed.items()]
    rows += [
        _outside(context, parent, who[place], outside.iloc[place])
        for place in np.flatnonzero(~away & ~small)
    ]
    residual = found.residual[~_in_gaps(context, found.residual)]
    covered = 1 - found.residual["area_m2"].sum() / context.area_m2[parent]
    slight = _small(context, residual)
    if covered < context.settings.complete_share:
        rows.append(_partial(context, parent, children, found.residual))
    else:
        rows += [
            _residual(context, parent, row)
            for row in residual[~slight].itertuples(index=False)
        ]
        slivers = [outside[small & ~away], residual[slight]]
        rows += _slight(context, parent, slivers)
    return finding.frame(rows)


def _small(context: Context, places: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    settings = context.settings
    narrow = places["width_m"] < settings.outside_parent_m
    return (narrow | (places["area_m2"] < settings.outside_parent_m2)).to_numpy()


def _strayed(
    context: Context,
    outside: gpd.GeoDataFrame,
    who: list[NDArray[np.intp]],
) -> dict[int, float]:
    """Return the children that lie mostly outside the parent, and how much of each."""
    total: dict[int, float] = {}
    for row, area in zip(who, outside["area_m2"], strict=True):
        for child in row.tolist():
            total[child] = total.get(child, 0.0) + float(area)
    return {
        child: area
        for child, area in sorted(total.items())
        if area > context.area_m2[child] / 2
    }


def _enclave(context: Context, parent: int, child: int, area: float) -> dict[str, Any]:
    a, b = context.label(context.keys[child]), context.label(context.keys[parent])
    shape = context.sound.polygons[child]
    return finding.finding(
        "parent",
        "warning",
        [context.keys[child], context.keys[parent]],
        Text(
            f"{a} 的大部分（{square_metres(area)}）位于上级 {b} 之外。"
            "如为飞地请登记，否则请改正代码、上级或图形。",
            f"Most of {a} ({square_metres(area)}) lies outside its superior {b}. "
            "Declare an enclave, or correct code, superior or shape.",
        ),
        geometry=shape,
        area_m2=area,
        source=SOURCE,
    )


def _outside(
    context: Context, parent: int, units: NDArray[np.intp], row: Any
) -> dict[str, Any]:
    keys = [context.keys[unit] for unit in units]
    above = context.keys[parent]
    who = (*keys, above)
    return finding.finding(
        "outside_parent",
        "error",
        who,
        Text(
            f"{context.labels(keys)} 在 {middle_of(row.geometry)} 超出上级 "
            f"{context.label(above)}：{square_metres(row.area_m2)}，"
            f"平均宽 {metres(row.width_m)}。请核对双方界线。",
            f"{context.labels(keys)} reaches out of its superior "
            f"{context.label(above)} at {middle_of(row.geometry)}: "
            f"{square_metres(row.area_m2)}, {metres(row.width_m)} wide on average. "
            "Compare the two borders.",
        ),
        geometry=row.geometry,
        place=places_of([row.geometry], [who])[0],
        area_m2=float(row.area_m2),
        width_m=float(row.width_m),
        source=SOURCE,
    )


def _residual(context: Context, parent: int, row: Any) -> dict[str, Any]:
    key = context.keys[parent]
    return finding.finding(
        "parent_residual",
        "warning",
        [key],
        Text(
            f"{context.label(key)} 在 {middle_of(row.geometry)} 有 "
            f"{square_metres(row.area_m2)} 不属于任何下级单元，"
            f"平均宽 {metres(row.width_m)}。请核对界线或补上缺失的单元。",
            f"{square_metres(row.area_m2)} of {context.label(key)} at "
            f"{middle_of(row.geometry)} belong to none of its units, "
            f"{metres(row.width_m)} wide on average. Compare the borders, or add the "
            "missing unit.",
        ),
        geometry=row.geometry,
        place=places_of([row.geometry], [(key,)])[0],
        area_m2=float(row.area_m2),
        width_m=float(row.width_m),
        source=SOURCE,
    )


def _partial(
    context: Context,
    parent: int,
    children: NDArray[np.intp],
    residual: gpd.GeoDataFrame,
) -> dict[str, Any]:
    """Say once that a parent is only partly divided so far."""
    key = context.keys[parent]
    area = float(residual["area_m2"].sum())
    return finding.finding(
        "parent_residual",
        "info",
        [key],
        Text(
            f"{context.label(key)} 目前只有 {len(children)} 个下级单元有图形，"
            f"尚有 {square_metres(area)} 未覆盖。",
            f"Only {len(children)} units of {context.label(key)} have a shape so far; "
            f"{square_metres(area)} are not covered.",
        ),
        geometry=shapely.union_all(residual.geometry.to_numpy()),
        place="partial",
        area_m2=area,
        source=SOURCE,
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
            source=SOURCE,
        )
    ]


def _in_gaps(context: Context, residual: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return which places are reported already, as gaps between units."""
    inside = np.zeros(len(residual), bool)
    points = shapely.point_on_surface(residual.geometry.to_numpy())
    for tiling in context.tilings:
        gaps = tiling.found.gaps.geometry.to_numpy()
        inside[shapely.STRtree(gaps).query(points, predicate="within")[0]] = True
    return inside
