"""Boundary markers of the city's districts and how they were found, year by year."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from demonstration import plan
from geodata import crs

_STEP_M = 1650.0
_BESIDE_DEG = 9e-5
"""Stones of a double marker stand about ten metres from the border."""
_STATES = ("完好",) * 24 + ("轻微破损", "字迹模糊", "倾斜", "丢失", "被掩埋或遮挡")
_DAMAGE = {
    "轻微破损": "桩顶一角缺损",
    "字迹模糊": "南面字迹褪色",
    "倾斜": "河岸塌陷，向西倾斜约 8 度",
    "丢失": "修路时被挖除，现场未见桩体",
    "被掩埋或遮挡": "被弃土掩埋",
}
_ACTION = {"字迹模糊": "描红", "被掩埋或遮挡": "清障"}


def markers(divisions: gpd.GeoDataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the register as 界桩成果表 has it: degrees, minutes, seconds as text."""
    counties = divisions[divisions["level"] == 3].set_index("code").sort_index()
    rows: list[dict[str, Any]] = []
    junctions: set[tuple[float, float]] = set()
    for one, other in combinations(counties.index, 2):
        line = _border(counties, one, other)
        length = float(crs.length_m([line])[0])
        for number, share in enumerate(_shares(length), start=1):
            at = shapely.line_interpolate_point(line, share, normalized=True)
            third = _third(counties, at, one, other)
            spot = (round(at.x, 6), round(at.y, 6))
            if third and spot in junctions:
                continue  # the stone of three lines stands once
            junctions |= {spot} if third else set()
            rows += _stones(number, at, (one, other), third, rng)
    return pd.DataFrame(rows)


def inspections(register: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return joint inspections of two rounds and this year's patrols."""
    rows: list[dict[str, Any]] = []
    for number, units, state in zip(
        register["界桩编号"], register["_units"], register["界桩状态"], strict=True
    ):
        first, second = f"20{rng.integers(16, 18)}", int(rng.integers(0, 10))
        rows.append(_visit(number, f"{first}-09-1{second}", "联合检查", "完好", units))
        if rng.random() < 0.72:
            day = f"2023-10-{10 + second}"
            rows.append(_visit(number, day, "联合检查", "完好", units))
        if rng.random() < 0.45 or state != "完好":
            day = f"2026-0{rng.integers(3, 9)}-{10 + second}"
            rows.append(_visit(number, day, "日常巡查", str(state), units[:1]))
    return pd.DataFrame(rows)


def _border(counties: gpd.GeoDataFrame, one: str, other: str) -> Any:
    """Return the longest stretch of border that two districts share, west to east."""
    shared = shapely.intersection(
        counties.geometry.loc[one].boundary, counties.geometry.loc[other].boundary
    )
    lines = shapely.line_merge(shapely.multilinestrings(_lines(shared)))
    parts = shapely.get_parts(lines)
    if not len(parts):
        return shapely.LineString()
    longest = parts[int(np.argmax(shapely.length(parts)))]
    first, last = shapely.get_coordinates(longest)[[0, -1]]
    return longest if tuple(first) <= tuple(last) else shapely.reverse(longest)


def _lines(shape: Any) -> Any:
    parts = shapely.get_parts(shape)
    return parts[shapely.get_dimensions(parts) == 1]


def _shares(length: float) -> list[float]:
    if length < _STEP_M:
        return []
    count = max(2, round(length / _STEP_M))
    return [float(share) for share in np.linspace(0.0, 1.0, count + 1)[:-1]]


def _third(counties: gpd.GeoDataFrame, at: Any, one: str, other: str) -> str | None:
    others = counties.drop([one, other])
    near = others[shapely.distance(others.geometry.to_numpy(), at) < 1e-7]
    return None if near.empty else str(near.index[0])


def _stones(
    number: int,
    at: Any,
    sides: tuple[str, str],
    third: str | None,
    rng: np.random.Generator,
) -> list[dict[str, Any]]:
    """Return the one stone on the border, or the two beside it."""
    units = sorted([*sides, third] if third else sides)
    double = third is None and rng.random() < 0.15
    letters = "AB" if double else "Q"
    turn = float(rng.uniform(0, np.pi))
    rows = []
    for letter, sign in zip(letters, (1, -1), strict=False):
        off = _BESIDE_DEG * sign if double else 0.0
        x, y = at.x + off * np.cos(turn), at.y + off * np.sin(turn)
        units_text = {f"行政区{i}": code for i, code in enumerate(units, start=1)}
        rows.append(
            {
                "界桩编号": f"{sides[0]}-{sides[1]}-{number:03d}{letter}",
                "界桩等级": "县级",
                "界桩类型": "同号双立" if double else "单立",
                "面型": "三面型" if third else "双面型",
                "材质": str(rng.choice(["花岗岩", "钢筋混凝土", "复合材料"])),
                **units_text,
                "经度": dms(x),
                "纬度": dms(y),
                "高程": round(float(rng.uniform(2, 180)), 2),
                "高程系统": "1985国家高程基准",
                "点位精度": round(float(rng.uniform(0.03, 0.3)), 2),
                "埋设时间": f"20{rng.integers(10, 13)}-0{rng.integers(3, 9)}-15",
                "管护单位": f"{units[int(rng.integers(0, len(units)))]} 民政局",
                "界桩状态": str(rng.choice(_STATES)),
                "备注": plan.LABEL,
                "_units": units,
            }
        )
    return rows


def _visit(
    number: str, day: str, kind: str, state: str, parties: list[str]
) -> dict[str, Any]:
    return {
        "界桩编号": number,
        "检查日期": day,
        "检查类型": kind,
        "检查结果": state,
        "损坏情况": _DAMAGE.get(state, ""),
        "处理措施": _ACTION.get(state, "" if state == "完好" else "上报待处理"),
        "参加方": "、".join(parties),
        "检查人": "示例检查员",
        "备注": plan.LABEL,
    }


def dms(degrees: float) -> str:
    """Return an angle as registers write it, to a tenth of a millimetre."""
    whole = int(degrees)
    minutes = (degrees - whole) * 60
    seconds = (minutes - int(minutes)) * 60
    return f"{whole}°{int(minutes):02d}′{seconds:08.5f}″"
