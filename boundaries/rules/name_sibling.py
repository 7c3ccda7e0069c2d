"""Siblings bear different names (地名管理条例 art 9; domain B3 rule 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from boundaries.rules import finding
from geodata.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from boundaries.rules.context import Context

SOURCE = "地名管理条例 art 9"


def rule(context: Context) -> gpd.GeoDataFrame:
    """Report units of one level and superior that bear the same name."""
    names = pd.DataFrame(
        {
            "key": context.keys,
            "name": context.column("name").astype(object).to_numpy(),
            "parent": context.parent.astype(object).to_numpy(),
            "level": context.level.to_numpy(),
            "changed": context.candidate.index.isin(context.changed),
        }
    ).dropna(subset=["name"])
    names["name"] = names["name"].astype(str).str.strip()
    names["parent"] = names["parent"].fillna("")
    by = ["level", "parent", "name"]
    repeated = names[names.duplicated(by, keep=False) & (names["name"] != "")]
    rows = []
    for _, group in repeated.groupby(by, sort=True):
        parent, name = group[["parent", "name"]].iloc[0]
        if not group["changed"].any():
            continue
        above = context.label(parent) if parent else "同一上级"
        above_en = context.label(parent) if parent else "one superior"
        rows.append(
            finding.finding(
                "name_sibling",
                "error",
                group["key"].tolist(),
                Text(
                    f"{above} 之下有 {len(group)} 个单元同名“{name}”"
                    f"（{'、'.join(group['key'])}）。请更名或删除重复。",
                    f"{len(group)} units under {above_en} are named {name!r} "
                    f"({', '.join(group['key'])}). Rename, or remove the repetition.",
                ),
                place=str(name),
                source=SOURCE,
            )
        )
    return finding.frame(rows)
