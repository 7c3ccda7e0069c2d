"""What is kept beside eldercare: medical sites, houses of communities, candidates."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from demonstration import plan
from demonstration.care import Places
from geodata import crs

_ELSEWHERE = (
    ("救助管理站", 1, "990100", "望澜市救助管理站"),
    ("儿童福利机构", 1, "990100", "望澜市儿童福利院"),
    ("殡仪馆", 1, "990105", "望澜市殡仪馆"),
)


def medical(places: Places, seed: int) -> pd.DataFrame:
    """Return medical sites: a health centre a township, and stations besides."""
    rng = np.random.default_rng([seed, *b"medical"])
    units = places.units
    townships = units.index[units["level"] == 4]
    urban = units.index[(units["level"] == 5) & (units["kind"] == "community")]
    chosen = [*townships, *rng.choice(sorted(urban), 24, replace=False)]
    rows = []
    for number, code in enumerate(chosen):
        centre = len(code) == 9
        ending = "社区卫生服务中心" if centre else "社区卫生服务站"
        if centre and units["kind"][code] != "street":
            ending = "卫生院"
        name = units["name"][code] + ending.removeprefix("社区" if not centre else "")
        leaf = _leaf(places, code, rng)
        rows.append(
            _row(places, leaf, name, "社区卫生服务机构", f"YY{number + 1:05d}", rng)
        )
    return pd.DataFrame(rows)


def houses(places: Places, seed: int) -> pd.DataFrame:
    """Return community service buildings, and a few of the other services."""
    rng = np.random.default_rng([seed, *b"houses"])
    units = places.units
    leaves = sorted(units.index[units["level"] == 5])
    chosen = sorted(rng.choice(leaves, 150, replace=False))
    rows = []
    for number, code in enumerate(chosen):
        name = f"{units['name'][code]}综合服务中心"
        row = _row(places, code, name, "社区综合服务设施", f"SQ{number + 1:05d}", rng)
        rows.append(row | {"建筑面积": int(rng.integers(180, 1400))})
    for number, (kind, _, code, name) in enumerate(_ELSEWHERE):
        leaf = _leaf(places, code if code != plan.CITY[0] else "990102", rng)
        rows.append(_row(places, leaf, name, kind, f"MZ{number + 1:05d}", rng))
    for district in plan.DISTRICTS:
        leaf = _leaf(places, district.code, rng)
        name, number = f"{district.name}婚姻登记处", len(rows) - 149
        rows.append(_row(places, leaf, name, "婚姻登记处", f"MZ{number:05d}", rng))
    return pd.DataFrame(rows)


def candidates(places: Places, seed: int) -> gpd.GeoDataFrame:
    """Return sites the bureau owns and could build on."""
    rng = np.random.default_rng([seed, *b"candidates"])
    units = places.units
    urban = sorted(units.index[(units["level"] == 5) & (units["kind"] == "community")])
    rural = sorted(units.index[(units["level"] == 5) & (units["kind"] == "village")])
    chosen = [
        *rng.choice(urban, 44, replace=False),
        *rng.choice(rural, 16, replace=False),
    ]
    at = [places.pick(code, rng) for code in chosen]
    former = ("旧校舍", "闲置厂房", "老办公楼", "储备地块", "旧供销社")
    return gpd.GeoDataFrame(
        {
            "site": [f"C{n + 1:03d}" for n in range(len(chosen))],
            "name": [
                f"{units['name'][code]}{former[n % len(former)]}"
                for n, code in enumerate(chosen)
            ],
            "division": chosen,
            "area_m2": rng.integers(400, 4200, len(chosen)),
            "cost_10k": rng.integers(60, 900, len(chosen)),
            "remark": plan.LABEL,
        },
        geometry=shapely.points(at),
        crs=crs.STORAGE,
    )


def faulty(register: pd.DataFrame) -> pd.DataFrame:
    """Return rows with the faults such tables have; each is named in its remark."""
    whole = register[(register["状态"] == "运营") & register["床位数"].notna()]
    row = whole.iloc[0].to_dict()
    faults: tuple[tuple[str, dict[str, Any]], ...] = (
        ("缺坐标", {"经度": None, "纬度": None}),
        ("经纬度颠倒", {"经度": row["纬度"], "纬度": row["经度"]}),
        ("坐标为GCJ-02而未说明", _gcj02(row)),
        ("在全部区划之外（海上）", {"经度": 120.31, "纬度": 38.21}),
        ("护理型床位多于床位数", {"护理型床位": int(row["床位数"]) + 12}),
        ("类型不在表中", {"类型": "老年活动角"}),
        ("区划代码不存在", {"区划代码": "990102001999"}),
        ("区域型机构不足1000平方米", {"类型": "区域型嵌入式机构", "建筑面积": 640}),
        ("与已有设施重复", {"经度": row["经度"] + 1e-4}),
        ("床位数写成文字", {"床位数": "约六十"}),
        ("日期不存在", {"开业日期": "2023-02-30"}),
        ("迁往设施不存在", {"状态": "已迁建", "迁至": "YL9999999999"}),
    )
    made = [
        {
            **row,
            "设施编码": f"YL990199{n + 1:04d}",
            "名称": row["名称"] if "重复" in fault else f"补充登记示例{n + 1}号养老院",
            **changed,
            "备注": f"{plan.LABEL}：{fault}",
        }
        for n, (fault, changed) in enumerate(faults)
    ]
    return pd.DataFrame(made)


def _gcj02(row: dict[str, Any]) -> dict[str, Any]:
    """Return the coordinates as a commercial map gives them."""
    longitude, latitude = crs.wgs84_to_gcj02(
        np.array([row["经度"]]), np.array([row["纬度"]])
    )
    return {
        "经度": round(float(longitude[0]), 6),
        "纬度": round(float(latitude[0]), 6),
        "坐标来源": "网络地图",
    }


def _leaf(places: Places, code: str, rng: np.random.Generator) -> str:
    if len(code) == 12:
        return code
    units = places.units
    below = units.index[(units["level"] == 5) & units.index.str.startswith(code)]
    return str(rng.choice(sorted(below)))


def _row(
    places: Places,
    code: str,
    name: str,
    kind: str,
    number: str,
    rng: np.random.Generator,
) -> dict[str, Any]:
    at = places.pick(code, rng)
    return {
        "设施编码": number,
        "名称": name,
        "类型": kind,
        "状态": "运营",
        "区划代码": code,
        "地址": places.address(code, at, int(rng.integers(1, 200))),
        "经度": round(at[0], 6),
        "纬度": round(at[1], 6),
        "坐标来源": "实地测量",
        "联系电话": f"0000-555{rng.integers(0, 10_000):04d}",
        "是否公开": "是",
        "数据来源": plan.LABEL,
        "备注": plan.LABEL,
    }
