"""The eldercare facilities of the city, of every type; all of them invented."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from demonstration import plan

HOMES = ("颐寿", "松鹤", "康宁", "福安", "乐龄", "椿萱", "瑞祥", "金桂", "怡然", "延年")
SURNAMES = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨"
FUNCTIONS = ("入托", "入照", "入户", "嵌餐", "嵌智", "嵌康", "嵌护", "家庭养老床位")
PHASES = ("2021—2025", "2026—2030", "2031—2035")
_MEDICAL, _SHARES = ("内设", "签约", "邻近", "无"), (0.2, 0.5, 0.15, 0.15)
BARE = ("织锦街道", "柳汀街道")
"""Streets where nothing was built yet: the ones a planner is to find."""


@dataclass(frozen=True)
class Kind:
    """How many of a type there are, where, and how large one is."""

    word: str
    count: int
    units: str
    name: str
    floor_m2: tuple[int, int]
    beds: tuple[int, int] | None = None
    day_places: tuple[int, int] | None = None
    meals: tuple[int, int] | None = None


KINDS = (
    Kind("养老机构", 26, "any", "{home}养老院", (2200, 14000), (40, 420)),
    Kind(
        "特困人员供养服务设施（敬老院）", 4, "seat", "{unit}中心敬老院",
        (1800, 5200), (60, 180),
    ),
    Kind(
        "区域型嵌入式机构", 24, "township", "{unit}综合养老服务中心",
        (820, 2900), (12, 58), (20, 40), (60, 200),
    ),
    Kind(
        "社区型嵌入式机构", 12, "urban", "{unit}嵌入式养老服务中心",
        (360, 960), (8, 28), (10, 20),
    ),
    Kind(
        "养老服务综合体", 5, "township", "{unit}养老服务综合体",
        (2600, 6400), (20, 80), (30, 60), (120, 300),
    ),
    Kind("日间照料中心", 28, "urban", "{unit}日间照料中心", (350, 750), None, (15, 40)),
    Kind("社区居家养老服务站", 29, "urban", "{unit}居家养老服务站", (80, 260)),
    Kind(
        "农村互助幸福院", 13, "village", "{unit}互助幸福院",
        (180, 460), None, (8, 20),
    ),
    Kind(
        "老年人助餐点", 22, "leaf", "{unit}老年食堂",
        (60, 220), None, None, (30, 160),
    ),
    Kind("家庭养老床位", 4, "seat", "{unit}家庭养老床位服务点", (40, 120)),
    Kind(
        "养老服务指挥调度中心", 5, "district", "{unit}养老服务指挥调度中心",
        (240, 900),
    ),
    Kind("养老应急救援中心", 2, "district", "{unit}养老应急救援中心", (260, 700)),
)  # fmt: skip


class Places:
    """Where in a unit something can stand: beside a street, a few metres off."""

    def __init__(self, divisions: gpd.GeoDataFrame, streets: gpd.GeoDataFrame) -> None:
        walked = streets[streets["foot"] == "yes"]
        at, line = shapely.get_coordinates(walked.geometry, return_index=True)
        self._names = walked["name"].to_numpy()
        self._at, self._line = at, line
        self._tree = shapely.STRtree(shapely.points(at))
        self.units = divisions.set_index("code", drop=False)
        named = np.array([isinstance(name, str) for name in self._names])
        self._named = np.flatnonzero(named[line])
        self._by_name = shapely.STRtree(shapely.points(at[self._named]))

    def pick(self, code: str, rng: np.random.Generator) -> tuple[float, float]:
        """Return longitude and latitude of a place in a unit beside a street."""
        shape = self.units.geometry[code]
        inside = np.sort(self._tree.query(shape, predicate="contains"))
        for _ in range(40):
            at = self._at[int(rng.choice(inside))] if len(inside) else None
            if at is None:
                at = shapely.get_coordinates(shapely.point_on_surface(shape))[0]
            moved = at + rng.uniform(8e-5, 2.6e-4, 2) * rng.choice([-1, 1], 2)
            if shapely.contains_xy(shape, *moved):
                return float(moved[0]), float(moved[1])
        return float(at[0]), float(at[1])

    def address(self, code: str, at: tuple[float, float], number: int) -> str:
        """Return an address: units down to the community, the nearest named street."""
        nearest = int(self._named[self._by_name.nearest(shapely.Point(at))])
        street = self._names[self._line[nearest]]
        above = [
            self.units["name"][code[:size]] for size in (6, 9) if len(code) >= size
        ]
        here = self.units["name"][code] if len(code) > 9 else ""
        far = float(np.hypot(*(self._at[nearest] - at))) > 0.006
        where = f"{here}{number}号" if far else f"{street}{number}号"
        return plan.CITY[1] + "".join(above) + where


def facilities(places: Places, people: pd.DataFrame, seed: int) -> pd.DataFrame:
    """Return the register of facilities as an eldercare bureau keeps it."""
    rng = np.random.default_rng([seed, *b"care"])
    aged = people.set_index("区划代码")["60岁及以上"]
    rows: list[dict[str, Any]] = []
    for kind in KINDS:
        for code in _units(kind, places, aged, rng):
            rows.append(_row(kind, code, places, rng, len(rows)))
    register = pd.DataFrame(rows)
    return _lives(_numbered(register), places, rng)


def _units(
    kind: Kind, places: Places, aged: pd.Series, rng: np.random.Generator
) -> list[str]:
    """Return the units facilities of a type stand in: where many elderly live."""
    units = places.units
    bare = set(units.index[units["name"].isin(BARE)])
    level, form = units["level"], units["kind"]
    chosen = {
        "any": level == 5,
        "leaf": level == 5,
        "urban": (level == 5) & (form == "community"),
        "village": (level == 5) & (form == "village"),
        "township": level == 4,
        "seat": (level == 4) & (form != "street"),
        "district": level == 3,
    }[kind.units]
    codes = [
        code for code in units.index[chosen] if len(code) < 9 or code[:9] not in bare
    ]
    weight = np.array([aged[aged.index.str.startswith(code)].sum() for code in codes])
    share = weight**0.7 / (weight**0.7).sum()
    if kind.count >= len(codes):
        return codes
    return sorted(rng.choice(codes, kind.count, replace=False, p=share).tolist())


def _row(
    kind: Kind, code: str, places: Places, rng: np.random.Generator, number: int
) -> dict[str, Any]:
    leaf = code if len(code) == 12 else _below(code, places, rng)
    at = places.pick(leaf, rng)
    unit = str(places.units["name"][code])
    home = HOMES[number % len(HOMES)]
    name = kind.name.format(unit=unit, home=places.units["name"][code[:6]][:2] + home)
    private = kind.word == "养老机构"
    row: dict[str, Any] = {
        "设施编码": "",
        "名称": name,
        "类型": kind.word,
        "状态": "运营",
        "区划代码": leaf if kind.units not in ("district",) else code,
        "地址": places.address(leaf, at, int(rng.integers(1, 260))),
        "经度": round(at[0], 6),
        "纬度": round(at[1], 6),
        "坐标来源": "实地测量" if rng.random() < 0.7 else "地址匹配",
        "所有制": _ownership(kind, rng),
        "营利性质": "非营利" if not private or rng.random() < 0.6 else "营利",
        "取得方式": str(
            rng.choice(["建设", "购置", "置换", "租赁"], p=[0.5, 0.1, 0.15, 0.25])
        ),
        "建筑面积": int(rng.integers(*kind.floor_m2)),
    }
    row["占地面积"] = round(row["建筑面积"] * float(rng.uniform(0.4, 0.9)))
    row |= _rooms(kind, row["建筑面积"], rng)
    row |= _services(kind, rng)
    row |= {
        "联系人": f"{rng.choice(list(SURNAMES))}主任",
        "联系电话": f"0000-555{rng.integers(0, 10_000):04d}",
        "开业日期": f"{rng.integers(2008, 2025)}-{rng.integers(1, 13):02d}-01",
        "规划期": "",
        "迁至": "",
        "是否公开": "是" if rng.random() < 0.96 else "否",
        "数据来源": plan.LABEL,
        "更新日期": "2026-02-10",
        "备注": plan.LABEL,
    }
    return row


def _below(code: str, places: Places, rng: np.random.Generator) -> str:
    """Return a community of a unit: of a town rather one than a village."""
    units = places.units
    below = units[(units["level"] == 5) & units.index.str.startswith(code)]
    urban = below[below["kind"] == "community"]
    return str(rng.choice(sorted((urban if len(urban) else below).index)))


def _ownership(kind: Kind, rng: np.random.Generator) -> str:
    if kind.word != "养老机构":
        return str(rng.choice(["公办", "公建民营", "民办公助"], p=[0.4, 0.45, 0.15]))
    return str(
        rng.choice(
            ["公办", "公建民营", "民办（社会办）", "民办公助"], p=[0.1, 0.12, 0.68, 0.1]
        )
    )


def _rooms(kind: Kind, floor_m2: int, rng: np.random.Generator) -> dict[str, Any]:
    """Return beds and places: never more beds than the floor has room for."""
    found: dict[str, Any] = dict.fromkeys(
        ("床位数", "护理型床位", "入住人数", "日托位", "家庭养老床位", "助餐能力")
    )
    if kind.beds:
        low, high = kind.beds
        beds = int(np.clip(floor_m2 / rng.uniform(26, 40), low, high))
        found["床位数"] = beds
        found["护理型床位"] = round(beds * float(rng.uniform(0.25, 0.78)))
        found["入住人数"] = round(beds * float(rng.uniform(0.42, 0.99)))
    if kind.day_places:
        found["日托位"] = int(rng.integers(*kind.day_places))
    if kind.meals:
        found["助餐能力"] = int(rng.integers(*kind.meals))
    if kind.word == "家庭养老床位":
        found["家庭养老床位"] = int(rng.integers(40, 200))
    return found


def _services(kind: Kind, rng: np.random.Generator) -> dict[str, Any]:
    """Return functions, staff, medical care, rating and price."""
    beds = kind.beds is not None
    given: list[str] = []
    if kind.word in ("区域型嵌入式机构", "养老服务综合体"):
        many = 8 if rng.random() < 0.45 else int(rng.integers(4, 8))
        given = list(FUNCTIONS[:many])
    elif kind.day_places:
        given = ["入托", "嵌餐", *(["嵌康"] if rng.random() < 0.4 else [])]
    elif beds:
        given = ["入照", "嵌护", *(["嵌康"] if rng.random() < 0.6 else [])]
    elif kind.meals:
        given = ["嵌餐"]
    elif kind.word == "社区居家养老服务站":
        given = ["入户", *(["嵌餐"] if rng.random() < 0.3 else [])]
    low = int(rng.integers(9, 42)) * 100 if beds else None
    staff = int(rng.integers(18, 120)) if beds else int(rng.integers(2, 14))
    care = beds or kind.word == "日间照料中心"
    return {
        "服务功能": "、".join(given),
        "综合功能": "是" if len(given) == 8 else "否",
        "备案养老机构": "是" if beds and rng.random() < 0.75 else "否",
        "医养结合": str(rng.choice(_MEDICAL, p=_SHARES)) if care else None,
        "员工数": staff,
        "护理员数": round(0.55 * staff) if beds else None,
        "社工人数": int(rng.integers(0, 4)),
        "评定等级": int(rng.integers(1, 6)) if beds and rng.random() < 0.7 else None,
        "信用等级": str(rng.choice(["A", "B", "C"], p=[0.7, 0.25, 0.05])),
        "最低收费": low,
        "最高收费": low + int(rng.integers(6, 38)) * 100 if low else None,
    }


def _numbered(register: pd.DataFrame) -> pd.DataFrame:
    """Return the register with its ids, and names that are each there once."""
    counted: Counter[str] = Counter()
    ids = []
    for code in register["区划代码"].str[:6]:
        counted[code] += 1
        ids.append(f"YL{code}{counted[code]:04d}")
    again = register.groupby("名称").cumcount()
    extra = [f"（{'二三四五'[n - 1]}部）" if n else "" for n in again]
    return register.assign(设施编码=ids, 名称=register["名称"] + extra)


def _lives(
    register: pd.DataFrame, places: Places, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the register with what is planned, being built, closed and moved."""
    made = register.copy()
    large = made.index[made["类型"].isin(["养老机构", "区域型嵌入式机构"])]
    small = made.index[
        made["类型"].isin(["日间照料中心", "老年人助餐点", "农村互助幸福院"])
    ]
    future = rng.choice(large, 9, replace=False).tolist()
    future += rng.choice(small, 8, replace=False).tolist()
    empty = ["入住人数", "开业日期", "评定等级", "信用等级", "备案养老机构"]
    for rank, n in enumerate(future):
        building = rank % 3 == 0
        phase = 0 if building else 1 + rank % 2
        made.loc[n, empty] = None
        made.loc[n, ["状态", "规划期"]] = [
            "在建" if building else "规划",
            PHASES[phase],
        ]
        made.loc[n, "计划建成"] = ("2026-12-31", "2029-12-31", "2034-12-31")[phase]
    rest = [n for n in small if n not in future]
    for n in rng.choice(rest, 3, replace=False).tolist():
        made.loc[n, "状态"] = "停业"
        made.loc[n, "停业日期"] = "2025-09-30"
    return _relocated(made, places, rng)


def _relocated(
    register: pd.DataFrame, places: Places, rng: np.random.Generator
) -> pd.DataFrame:
    """Return the register with the former house of a home that was built anew."""
    homes = register[
        register["类型"].str.startswith("特困") & (register["状态"] == "运营")
    ]
    new = homes.iloc[0]
    at = places.pick(new["区划代码"], rng)
    number = len(register) + 1
    former = new.to_dict() | {
        "设施编码": f"YL{new['区划代码'][:6]}{9000 + number:04d}",
        "名称": f"{new['名称']}（旧址）",
        "状态": "已迁建",
        "经度": round(at[0], 6),
        "纬度": round(at[1], 6),
        "地址": places.address(new["区划代码"], at, 7),
        "床位数": 48,
        "护理型床位": 10,
        "入住人数": None,
        "开业日期": "1998-05-01",
        "停业日期": "2024-06-30",
        "迁至": new["设施编码"],
    }
    linked = register.assign(迁自=None).astype({"迁自": object})
    linked.loc[new.name, "迁自"] = former["设施编码"]
    return pd.concat([linked, pd.DataFrame([former])], ignore_index=True)
