"""Every polygon is one that can be computed with; where not, the exact place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from boundaries.rules import finding
from boundaries.rules.context import at
from geodata.errors import Text
from geodata.topology.validity import INFORMATION, validity

if TYPE_CHECKING:
    import geopandas as gpd

    from boundaries.rules.context import Context

SOURCE = "OGC Simple Features; domain H7"

WORDS = {
    "self_crossing": Text("边界自相交", "its ring crosses itself"),
    "spike": Text("边界有尖刺", "its ring has a spike"),
    "hole_outside": Text("有洞位于外环之外", "a hole lies outside its shell"),
    "hole_nested": Text("洞中有洞", "one hole lies within another"),
    "part_nested": Text("部件互相包含", "one part lies within another"),
    "part_duplicate": Text("有重复的环", "a ring is drawn twice"),
    "too_few_points": Text("环的顶点不足", "a ring has too few points"),
    "not_finite": Text("坐标不是有限数值", "a coordinate is not a finite number"),
    "not_closed": Text("环未闭合", "a ring is not closed"),
    "unusable": Text(
        "自相交过多，无法自动修复",
        "it crosses itself too often to be repaired by itself",
    ),
    "empty": Text("没有图形", "it has no geometry"),
    "not_polygon": Text("图形不是面", "its geometry is not a polygon"),
    "repeated_point": Text("有重复顶点", "a vertex is drawn twice"),
    "orientation": Text("洞与外环方向相同", "a hole turns the same way as its shell"),
}
OWN_RULE = (
    "self_crossing",
    "spike",
    "too_few_points",
    "not_finite",
    "unusable",
    "repeated_point",
    "orientation",
)
"""Kinds that have a rule word of their own; the others are ``validity``."""


def rule(context: Context) -> gpd.GeoDataFrame:
    """Report what is wrong with each moved polygon."""
    units = context.candidate[context.candidate.index.isin(context.moved)]
    shapes = units.geometry.to_numpy()
    found = validity(shapes)
    keys = [str(key) for key in units.index]
    return finding.frame(
        [_row(context, keys, row) for row in found.itertuples(index=False)]
    )


def _row(context: Context, keys: list[str], row: Any) -> dict[str, Any]:
    key, words = keys[row.index], WORDS[row.kind]
    slight = row.kind in INFORMATION
    placed = np.isfinite(row.x) and np.isfinite(row.y)
    where = at(row.x, row.y) if placed else ""
    named = row.kind if row.kind in OWN_RULE else "validity"
    return finding.finding(
        named,
        "info" if slight else "error",
        [key],
        _message(context.label(key), words, where, row, slight=slight),
        geometry=shapely.Point(row.x, row.y) if placed else None,
        place="" if named == row.kind else row.kind,
        source=SOURCE,
        repair=None if slight else _repair(key, row.kind),
    )


def _message(label: str, words: Text, where: str, row: Any, *, slight: bool) -> Text:
    many = f"（共约 {row.count} 处）" if row.count > 1 else ""
    many_en = f" ({row.count} places or so)" if row.count > 1 else ""
    which = _vertex(row)
    zh = f"{label} {words.zh}{'，位于 ' + where if where else ''}{many}。{which.zh}"
    en = f"{label}: {words.en}{' at ' + where if where else ''}{many_en}.{which.en}"
    if slight:
        return Text(zh.strip(), en.strip())
    if row.kind in _BY_HAND:
        return Text(f"{zh.strip()} 请改正该处。", f"{en.strip()} Correct it there.")
    return Text(
        f"{zh.strip()} 请改正该处，或查看修复建议。",
        f"{en.strip()} Correct it there, or look at the suggested repair.",
    )


def _vertex(row: Any) -> Text:
    """Name the vertex that is no number.

    Other reasons are words of GEOS, which `WORDS` say in both languages already.
    """
    if row.kind != "not_finite":
        return Text("", "")
    which, _, values = row.reason.partition(": ")
    place, whole = which.removeprefix("vertex ").split(" of ")
    return Text(
        f" 第 {int(place) + 1} 个顶点（共 {whole} 个）的坐标为 {values}。",
        f" Vertex {int(place) + 1} of {whole} is {values}.",
    )


_BY_HAND = ("empty", "not_polygon", "not_finite", "unusable", "too_few_points")
"""Kinds no structural repair can cure."""


def _repair(key: str, kind: str) -> dict[str, Any] | None:
    """Suggest the structural repair where there is something to repair."""
    if kind in _BY_HAND:
        return None
    return {"kind": "make_valid", "unit": key}
