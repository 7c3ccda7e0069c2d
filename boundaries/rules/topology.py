"""What the check of a level says of the units that a draft moved (domain H7, C6).

The check looks at the whole level; here is left out what does not concern the draft
and what a register of divisions knows better: declared enclaves, holes that the
superior has too, units below which nothing is in the layer yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boundaries.rules import finding
from boundaries.rules.levels import GAPS, MIXED, NESTING, involving
from boundaries.vocabulary import Rule
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from boundaries.rules.context import Context
    from boundaries.rules.levels import Checked

LAW = "行政区域界线管理条例 art 2; domain H7"
ENCLAVES = "行政区域界线管理条例 art 11; domain H7"
SHAPES = "OGC Simple Features; domain H7"
SOURCES = {
    **dict.fromkeys(
        ("overlap", "sliver_overlap", "duplicate", "near_duplicate", "uncut_host"), LAW
    ),
    **dict.fromkeys(
        ("self_crossing", "spike", "too_few_points", "not_finite", "unusable"), SHAPES
    ),
    "multipart": ENCLAVES,
    **dict.fromkeys(NESTING, ENCLAVES),
    "precision": "domain C6: coordinate equality 0.001 m",
}
"""The article or standard a rule rests on; others rest on our specification."""
ELSE = "domain H7, C6"
LINES = ("off_line", "line_dangle", "line_self_overlap", "line_end", "line_sides")
BESIDE_DEG = 2e-5
"""A line finding this near to a unit that moved (two metres) concerns it."""
SIZED = ("fill", "give")
"""Repairs that move ground, and so no more than the settings allow."""
ORDER = {rule.value: place for place, rule in enumerate(Rule)}


def rule(context: Context) -> gpd.GeoDataFrame:
    """Report what the units of each level have with each other, and by themselves."""
    return finding.joined(
        _of_level(context, checked)
        for checked in context.levels
        if checked.touched and checked.level != MIXED
    )


def _of_level(context: Context, checked: Checked) -> gpd.GeoDataFrame:
    table = checked.table
    table = table[~table["rule"].isin(NESTING)]
    rules = table["rule"].to_numpy()
    keep = involving(context, table, context.moved)
    keep |= (rules == "multipart") & _named(table, context.changed)
    keep |= np.isin(rules, LINES) & _beside(context, table)
    keep &= rules != "precision"
    keep[rules == "multipart"] &= ~_declared(context, table[rules == "multipart"])
    gaps = keep & np.isin(rules, GAPS)
    keep[gaps] = _ours(context, checked, table[gaps])
    keep[rules == "orientation"] &= _odd(context, table[rules == "orientation"])
    found = rows_of(context, table[keep])
    return finding.joined([found, _precision(context, checked)])


def rows_of(context: Context, table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return rows of a check as rows of a report, in the order of the words."""
    table = table.iloc[np.argsort(table["rule"].map(ORDER).to_numpy(), kind="stable")]
    repairs = [
        _within(context, repair, area)
        for repair, area in zip(table["repair"], table["area_m2"], strict=True)
    ]
    made = table.assign(
        severity=_severity(context, table),
        place="",
        source=[SOURCES.get(word, ELSE) for word in table["rule"]],
        repair=pd.Series(repairs, index=table.index, dtype=object),
    )
    return gpd.GeoDataFrame(made[list(finding.COLUMNS)].reset_index(drop=True))


def _severity(context: Context, table: gpd.GeoDataFrame) -> NDArray[Any]:
    """Return how grave findings are: units may not share more than slivers.

    A border drawn twice that is wider is ground claimed by both.
    """
    settings = context.settings
    wide = (
        (table["rule"] == "redrawn_border")
        & (table["width_m"] >= settings.sliver_width_m)
        & (table["area_m2"] >= settings.sliver_area_m2)
    )
    return np.where(wide, "error", table["severity"].to_numpy(dtype=object))


def _within(context: Context, repair: Any, area: float) -> dict[str, Any] | None:
    """Return the suggestion, None for one that moves more than is ever done."""
    if not isinstance(repair, dict):
        return None
    if repair["kind"] in SIZED and area > context.settings.repair_area_m2:
        return None
    return repair


def _named(table: gpd.GeoDataFrame, keys: Iterable[Any]) -> NDArray[np.bool_]:
    named = {str(key) for key in keys}
    return np.array([not named.isdisjoint(row) for row in table["participants"]], bool)


def _beside(context: Context, table: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return which findings lie beside a unit that moved."""
    near = np.zeros(len(table), bool)
    there = context.places(context.moved)
    shapes = np.asarray(context.candidate.geometry.to_numpy(), dtype=object)
    tree = shapely.STRtree(table.geometry.to_numpy())
    hit = tree.query(
        shapes[there[there >= 0]], predicate="dwithin", distance=BESIDE_DEG
    )
    near[hit[1]] = True
    return near


def _declared(context: Context, table: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return which units of several parts are declared to have an enclave."""
    said = context.column("enclave").map(lambda value: value is True or value == 1)
    flags = said.fillna(value=False).astype(bool).to_numpy()
    at = context.places(row[0] for row in table["participants"])
    return np.asarray(flags[at])


def _ours(
    context: Context, checked: Checked, table: gpd.GeoDataFrame
) -> NDArray[np.bool_]:
    """Leave out holes of the superiors, and of superiors without a unit here.

    A hole that the superiors leave out too is theirs (an enclave of a neighbour),
    and a hole inside a superior of which no unit is in the layer is not mapped yet.
    """
    keep = np.ones(len(table), bool)
    above = np.unique(context.above[checked.places])
    above = above[above >= 0]
    levels = context.level.to_numpy()
    higher = np.flatnonzero((levels > 0) & (levels < checked.level))
    if not len(above) or table.empty:
        return keep
    inside = shapely.STRtree(shapely.point_on_surface(table.geometry.to_numpy()))
    held, elsewhere = np.zeros(len(table), bool), np.zeros(len(table), bool)
    polygons = context.polygons(above)
    held[inside.query(polygons, predicate="intersects")[1]] = True
    polygons = context.polygons(higher)
    elsewhere[inside.query(polygons, predicate="intersects")[1]] = True
    for place in np.flatnonzero(~held):
        units = context.places(table["participants"].iloc[place])
        known = context.above[units] >= 0
        keep[place] = not (elsewhere[place] or known.all())
    return keep


def _odd(context: Context, table: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Leave out a file of which all rings run the other way: that is its habit."""
    if table.empty:
        return np.ones(0, bool)
    keys = [row[0] for row in table["participants"]]
    shapes = np.asarray(context.candidate.geometry.to_numpy(), dtype=object)
    odd = np.array([not _one_way(shapes[at]) for at in context.places(keys)], bool)
    if odd.sum() < len(odd) <= len(context.moved) / 2:
        odd[:] = True
    return odd


def _one_way(shape: Any) -> bool:
    """Return whether shells run one way and holes the other."""
    rings, part = shapely.get_rings(shapely.get_parts(shape), return_index=True)
    hole = np.r_[False, part[1:] == part[:-1]]
    left = shapely.is_ccw(rings) != hole
    return bool(left.all() or not left.any())


def _precision(context: Context, checked: Checked) -> gpd.GeoDataFrame:
    """Say once a level which moved units miss their neighbours' vertices by noise."""
    moved = {str(key) for key in context.moved}
    told = checked.table.loc[checked.table["rule"] == "precision", "participants"]
    units = sorted(moved.intersection(*told)) if len(told) else []
    if not units:
        return finding.frame()
    words = Text(
        f"{len(units)} 个单元的顶点与邻接单元相差不足 1 毫米（坐标噪声），"
        "按同一位置处理。导出时请把坐标统一取到 8 位小数。",
        f"Vertices of {len(units)} units miss their neighbours' by less "
        "than a millimetre (noise); they are taken as one position. Export "
        "with coordinates rounded to 8 decimals.",
    )
    place = f"level {checked.level}"
    return finding.frame(
        [
            finding.finding(
                "precision",
                "info",
                units,
                words,
                place=place,
                source=SOURCES["precision"],
            )
        ]
    )
