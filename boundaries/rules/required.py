"""Attributes every division must have (architecture: the layer's schema)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from boundaries.layers import DIVISIONS
from boundaries.rules import finding
from boundaries.rules.context import missing
from geodata.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from boundaries.rules.context import Context

WORDS = {
    "name": Text("名称", "name"),
    "kind": Text("类别", "kind"),
    "level": Text("级别", "level"),
    "parent": Text("上级", "superior"),
    "seat": Text("驻地", "seat"),
    "pinyin": Text("汉语拼音", "romanised name"),
    "area_official_km2": Text("公布面积", "official area"),
    "population": Text("人口", "population"),
}


def rule(context: Context) -> gpd.GeoDataFrame:
    """Report changed units that lack a required attribute."""
    subjects = context.candidate.index.isin(context.changed)
    rows = []
    for field in context.settings.required:
        words = WORDS.get(field, Text(field, field))
        values = context.column(field)[subjects]
        rows += [
            finding.finding(
                "required",
                "error",
                [str(key)],
                Text(
                    f"{context.label(key)} 缺少必填项“{words.zh}”。请补填。",
                    f"{context.label(key)} has no {words.en}. Fill it in.",
                ),
                place=field,
                source=f"schema of layer {DIVISIONS.name}",
            )
            for key, value in zip(values.index, values, strict=True)
            if missing(value)
        ]
    return finding.frame(rows)
