"""Names are unique in their scope, also by sound (地名管理条例 art 9(8)).

Towns and townships do not share a name within one province. Sound is toneless
pinyin of the full name, ü written v; the same tones are said to be so.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from boundaries.rules import finding
from boundaries.vocabulary import Kind
from geodata.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd

    from boundaries.rules.context import Context

SOURCE = "地名管理条例 art 9"
DIVISIONS_IN_LAW = frozenset(
    {Kind.TOWN, Kind.TOWNSHIP, Kind.ETHNIC_TOWNSHIP, Kind.SUM, Kind.ETHNIC_SUM}
)
"""Towns and townships; a 街道 is an agency's area, not a division in law."""


def rule(context: Context) -> gpd.GeoDataFrame:
    """Report towns of one province with the same name, or the same sound."""
    units = _units(context)
    here = units.loc[units["changed"], "province"].unique()
    units = units[units["province"].isin(here)]
    rows = _same_names(context, units)
    if units["changed"].any():
        units = units.assign(sound=[sound(name) for name in units["name"]])
        rows += _same_sounds(context, units)
    return finding.frame(rows)


def _units(context: Context) -> pd.DataFrame:
    """Return the units whose names are unique in the province."""
    units = pd.DataFrame(
        {
            "key": context.keys,
            "name": context.column("name").astype(object).to_numpy(),
            "kind": context.column("kind").astype(object).to_numpy(),
            "parent": context.parent.astype(object).to_numpy(),
            "level": context.level.to_numpy(),
            "changed": context.candidate.index.isin(context.changed),
        }
    )
    lawful = units["kind"].isna() | units["kind"].isin(
        [str(k) for k in DIVISIONS_IN_LAW]
    )
    units = units[
        units["name"].notna()
        & lawful
        & (units["level"] == context.settings.name_scope_level)
    ]
    return units.assign(
        name=units["name"].astype(str).str.strip(),
        province=[key[:2] for key in units["key"]],
        parent=units["parent"].fillna(""),
    )


def _same_names(context: Context, units: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    by = ["province", "name"]
    repeated = units[units.duplicated(by, keep=False)]
    for (province, name), group in repeated.groupby(by, sort=True):
        # Siblings of one name are the rule on siblings' business.
        if not group["changed"].any() or group["parent"].nunique() < 2:
            continue
        where = context.label(f"{province}0000")
        listed = context.labels(group["key"])
        rows.append(
            finding.finding(
                "name_scope",
                "error",
                group["key"].tolist(),
                Text(
                    f"同一省级行政区域（{where}）内 {len(group)} 个乡镇同名“{name}”："
                    f"{listed}。请更名。",
                    f"{len(group)} townships within one province ({where}) are named "
                    f"{name!r}: {listed}. Rename.",
                ),
                place=str(name),
                source=SOURCE,
            )
        )
    return rows


def _same_sounds(context: Context, units: pd.DataFrame) -> list[dict[str, Any]]:
    rows = []
    by = ["province", "sound"]
    repeated = units[units.duplicated(by, keep=False)]
    for (province, spelled), group in repeated.groupby(by, sort=True):
        if not group["changed"].any() or group["name"].nunique() < 2:
            continue
        where = context.label(f"{province}0000")
        listed = context.labels(group["key"])
        exact = len({toned(name) for name in group["name"]}) == 1
        rows.append(
            finding.finding(
                "name_homophone",
                "warning",
                group["key"].tolist(),
                Text(
                    f"同一省级行政区域（{where}）内 {listed} 读音相同"
                    f"（{spelled}{'，声调也相同' if exact else '，声调不同'}）。"
                    "请核对读音，必要时更名。",
                    f"Within one province ({where}) {listed} sound the same "
                    f"({spelled}, tones {'too' if exact else 'differ'}). Check how "
                    "they are read; rename if need be.",
                ),
                place=str(spelled),
                source=SOURCE,
            )
        )
    return rows


@lru_cache(maxsize=100_000)
def sound(name: str) -> str:
    """Return the name's toneless pinyin; a draft, as polyphones may be misread."""
    from pypinyin import Style, lazy_pinyin

    return " ".join(lazy_pinyin(name, style=Style.NORMAL, v_to_u=False))


@lru_cache(maxsize=10_000)
def toned(name: str) -> str:
    """Return the name's pinyin with tones."""
    from pypinyin import Style, lazy_pinyin

    return " ".join(lazy_pinyin(name, style=Style.TONE3))
