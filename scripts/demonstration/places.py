"""Place names of the city, of every class; all of them invented."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pypinyin import lazy_pinyin

from demonstration import plan
from demonstration.stones import dms

_FIRST = "澜汀桂槐书观织钟鼓银文临船竹柳芦锦云鹤望石青长重乐朝曲"
_SECOND = "安平乐阳泉波兴宁和义仁信昌盛华丰秀明远新庆春康泰福祥瑞"
_CLASSES: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    ("街路巷", 150, ("路", "街", "巷", "大街", "胡同")),
    ("住宅区、楼宇", 80, ("小区", "花园", "公寓", "家园", "大厦")),
    ("自然地理实体", 45, ("山", "岭", "河", "溪", "湾", "泉")),
    ("交通水利电力通信气象设施", 45, ("桥", "水库", "车站", "闸", "码头", "隧道")),
    ("城市公园、自然保护地", 25, ("公园", "湿地公园", "自然保护区")),
    ("村（居）委会所在地", 30, ("村", "社区")),
    ("其他", 17, ("广场", "遗址", "古渡口")),
)
_POLYPHONES = "长重乐朝曲"
_CAPITAL = {"大街": "Dajie", "胡同": "Hutong"}


def places(divisions: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the register as the census has it."""
    towns = divisions[divisions["level"] == 4].sort_values("code")
    stems = [a + b for a in _FIRST for b in _SECOND if a != b]
    rng.shuffle(stems)
    sounds: set[tuple[str, str]] = set()
    rows: list[dict[str, Any]] = []
    for kind, count, endings in _CLASSES:
        made = 0
        while made < count:
            stem, ending = stems.pop(), str(rng.choice(endings))
            town = towns.iloc[int(rng.integers(0, len(towns)))]
            sound = (str(town["code"])[:6], "".join(lazy_pinyin(stem + ending)))
            if sound in sounds:
                continue
            sounds.add(sound)
            rows.append(_row(stem, ending, kind, town, rng))
            made += 1
            if len(stems) < 30:
                stems += [
                    a + b + c for a in _FIRST[:9] for b in _SECOND[:9] for c in "东西"
                ]
                rng.shuffle(stems)
    rows += [_division(town) for _, town in towns.head(12).iterrows()]
    return pd.DataFrame(rows)


def additions(register: pd.DataFrame) -> pd.DataFrame:
    """Return names handed in later, with what the rules are there to find."""
    streets = register[register["地名类别"] == "街路巷"]
    streets = streets[streets["使用状态"] == "现用"]
    first, second = streets.iloc[0], streets.iloc[1]
    made = [
        {**_elsewhere(streets, first), "标准名称": first["标准名称"]},
        {**_elsewhere(streets, second), "标准名称": second["标准名称"]},
        {**first, "标准名称": "威尼斯花园", "地名类别": "住宅区、楼宇"},
        {**first, "标准名称": "乐陵路"},
        {**first, "标准名称": "长汀里"},
        {**first, "标准名称": "B2号路"},
    ]
    spelt = ("罗马字母拼写", "专名", "通名", "曾用名", "别名", "含义")
    wrong = {"乐陵路": "Lele Lu", "B2号路": "B2 Road"}
    return pd.DataFrame(
        {
            **row,
            **dict.fromkeys(spelt, ""),
            "罗马字母拼写": wrong.get(row["标准名称"], ""),
            "拼写已确认": "否",
        }
        for row in made
    )


def _elsewhere(streets: pd.DataFrame, name: Any) -> dict[str, Any]:
    """Return a street of the same district in another township."""
    here = streets["所属区划代码"]
    others = streets[
        (here.str[:6] == name["所属区划代码"][:6]) & (here != name["所属区划代码"])
    ]
    return dict(others.iloc[0])


def _row(
    stem: str, ending: str, kind: str, town: Any, rng: np.random.Generator
) -> dict[str, Any]:
    at = _inside(town.geometry, rng)
    name = stem + ending
    former = stem[::-1] + ending if rng.random() < 0.2 else ""
    return {
        "地名代码": "",
        "标准名称": name,
        "罗马字母拼写": _spelt(stem, ending),
        "拼写已确认": "是"
        if rng.random() < 0.7 or not set(name) & set(_POLYPHONES)
        else "否",
        "地名类别": kind,
        "专名": stem,
        "通名": ending,
        "所属区划代码": town["code"],
        "东经": dms(at.x),
        "北纬": dms(at.y),
        "位置描述": f"{town['name']}辖区内",
        "曾用名": former,
        "别名": f"老{stem}{ending}" if rng.random() < 0.08 else "",
        "含义": f"取“{stem}”之意，寓意安定和美。",
        "来历": "示例：由旧时集市得名。" if rng.random() < 0.4 else "",
        "使用状态": "历史" if rng.random() < 0.05 else "现用",
        "批准文号": f"望地名办〔{rng.integers(1998, 2026)}〕{rng.integers(1, 90)}号",
        "批准日期": f"{rng.integers(1998, 2026)}-0{rng.integers(1, 9)}-15",
        "是否公开": "是" if rng.random() < 0.85 else "否",
        "备注": plan.LABEL,
    }


def _division(town: Any) -> dict[str, Any]:
    at = shapely.point_on_surface(town.geometry)
    return {
        "地名代码": "",
        "标准名称": town["name"],
        "罗马字母拼写": town["pinyin"],
        "拼写已确认": "是",
        "地名类别": "行政区划",
        "所属区划代码": town["code"],
        "东经": dms(at.x),
        "北纬": dms(at.y),
        "使用状态": "现用",
        "是否公开": "是",
        "备注": plan.LABEL,
    }


def _spelt(stem: str, ending: str) -> str:
    parts = lazy_pinyin(stem, v_to_u=True)
    specific = parts[0] + "".join(
        f"'{part}" if part[0] in "aoe" else part for part in parts[1:]
    )
    generic = _CAPITAL.get(ending) or "".join(lazy_pinyin(ending, v_to_u=True))
    if ending == "村":
        return (specific + generic).capitalize()
    return f"{specific.capitalize()} {generic.capitalize()}"


def _inside(shape: Any, rng: np.random.Generator) -> Any:
    west, south, east, north = shape.bounds
    while True:
        point = shapely.Point(rng.uniform(west, east), rng.uniform(south, north))
        if shape.contains(point):
            return point
