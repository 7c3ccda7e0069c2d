"""Population of the communities by age, as a statistics bureau hands it over."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd

from demonstration import plan

COUNTED_ON = {"first": "2023-12-31", "second": "2025-12-31"}


def table(frame: gpd.GeoDataFrame, rng: np.random.Generator, day: str) -> pd.DataFrame:
    """Return the table of a vintage: one row a community, aggregates only."""
    leaves = frame[frame["level"] == 5]
    above = frame.set_index("code")
    total = leaves["population"].to_numpy()
    urban = (leaves["kind"] == "community").to_numpy()
    aged = np.clip(rng.normal(np.where(urban, 0.235, 0.275), 0.02), 0.12, 0.4)
    aged_60 = (total * aged).round().astype(int)
    aged_65 = (aged_60 * rng.uniform(0.68, 0.74, len(total))).round().astype(int)
    aged_80 = (aged_60 * rng.uniform(0.12, 0.16, len(total))).round().astype(int)
    per_home = rng.uniform(2.3, 2.9, len(total))
    disabled = (aged_60 * rng.uniform(0.035, 0.055, len(total))).round().astype(int)
    parents = above.loc[leaves["parent"]]
    return pd.DataFrame(
        {
            "区划代码": leaves["code"].to_numpy(),
            "区划名称": parents["name"].to_numpy() + leaves["name"].to_numpy(),
            "总人口": total,
            "60岁及以上": aged_60,
            "65岁及以上": aged_65,
            "80岁及以上": aged_80,
            "户数": (total / per_home).round().astype(int),
            "失能老年人": disabled,
            "城乡分类": _settlement(leaves, parents["kind"].to_numpy()),
            "统计时点": day,
            "数据来源": plan.LABEL,
        }
    )


def _settlement(leaves: gpd.GeoDataFrame, above: np.ndarray) -> list[str]:
    """Return the class of settlement of each community, three digits."""
    found = []
    for kind, parent in zip(leaves["kind"], above, strict=True):
        if parent == "street":
            found.append("111" if kind == "community" else "112")
        elif parent == "town":
            found.append("121" if kind == "community" else "220")
        else:
            found.append("210" if kind == "community" else "220")
    return found


def faulty(register: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the faults such tables have; each is named in its remark."""
    rows = register.head(6).astype(object).copy()
    rows["备注"] = ""
    rows.loc[0, ["区划代码", "备注"]] = ["990102001999", "代码不存在"]
    rows.loc[1, ["60岁及以上", "备注"]] = [
        rows.loc[1, "总人口"] + 1,
        "60岁以上多于总人口",
    ]
    rows.loc[2, ["80岁及以上", "备注"]] = ["约三百", "数量写成文字"]
    rows.loc[3, ["失能老年人", "备注"]] = [3, "少于五人，公开时不显示"]
    again = rows.iloc[[4]].assign(
        总人口=rows.loc[4, "总人口"] + 40, 备注="同一代码两行"
    )
    return pd.concat([rows, again], ignore_index=True)
