"""What officers enter beside the registers: new residential areas, annual projects."""

from __future__ import annotations

import numpy as np
import pandas as pd

from demonstration import plan
from demonstration.care import Places

_ESTATES = (
    "澜岸花园", "桂香里", "观棋苑", "海棠雅居", "芦湾新城", "听潮府", "云麓小镇",
    "汀洲家园", "锦绣东方", "松涛苑", "银杏名邸", "渡口新村",
)  # fmt: skip
_SYNCHRONOUS = ("同步规划", "同步建设", "同步验收", "同步交付")
_OWED_M2_PER_100 = 20.0


def areas(places: Places, seed: int) -> pd.DataFrame:
    """Return new residential areas with what they owe and what was built.

    Of twelve, two were built too small, two not synchronously, one is not said.
    """
    rng = np.random.default_rng([seed, *b"areas"])
    units = places.units
    urban = sorted(units.index[(units["level"] == 5) & (units["kind"] == "community")])
    rows = []
    for number, code in enumerate(rng.choice(urban, len(_ESTATES), replace=False)):
        households = int(rng.integers(4, 34)) * 100
        owed = households / 100 * _OWED_M2_PER_100
        built = owed * (0.6 if number % 6 == 2 else float(rng.uniform(1.0, 1.4)))
        row = {
            "编号": f"XQ{number + 1:03d}",
            "名称": _ESTATES[number],
            "区划代码": code,
            "户数": households if number != 7 else None,
            "应建面积": round(owed) if number != 7 else None,
            "建成面积": round(built),
            **dict.fromkeys(_SYNCHRONOUS, "是"),
            "竣工日期": f"{rng.integers(2022, 2026)}-{rng.integers(1, 13):02d}-28",
            "依据": plan.LABEL,
        }
        if number % 6 == 4:
            row["同步交付"] = "否"
        rows.append(row)
    return pd.DataFrame(rows)


def projects() -> pd.DataFrame:
    """Return projects of a year with what was to be done and what was."""
    rows = (
        ("新建街道综合养老服务中心", 4, "处", None, "REG"),
        ("新建老年人助餐点", 20, "处", 14, ""),
        ("家庭养老床位建设", 300, "张", 265, ""),
        ("护理员培训", 600, "人次", 642, ""),
    )
    return pd.DataFrame(
        [
            {
                "编号": f"2026-{number:02d}",
                "名称": name,
                "区划代码": plan.CITY[0],
                "年度": 2026,
                "任务数": target,
                "单位": unit,
                "完成数": done,
                "设施类型": types,
                "依据": plan.LABEL,
            }
            for number, (name, target, unit, done, types) in enumerate(rows, 1)
        ]
    )


def values() -> pd.DataFrame:
    """Return figures that no register gives, as departments report them."""
    city = (
        ("B01", 33.2), ("B02", 100), ("B04", 100), ("B06", 98.6), ("B11", 83.3),
        ("B13", 0.31), ("B14", 61.5), ("B15", 214), ("B16", 0.18),
    )  # fmt: skip
    villages = (("990104", 9, 11), ("990105", 34, 41), ("990121", 47, 58))
    rows = [(name, plan.CITY[0], value, None) for name, value in city]
    for code, helping, caring in villages:
        rows += [("I6a", code, None, helping), ("I6b", code, None, caring)]
    return pd.DataFrame(
        [
            {
                "指标": name, "区划代码": code, "统计时点": "2025-12-31",
                "数值": value, "分子": part, "依据": plan.LABEL,
            }
            for name, code, value, part in rows
        ]
    )  # fmt: skip
