"""Planning standards one may choose from (domain F4), each number open to change."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

PARAMETERS: Mapping[str, Text] = MappingProxyType(
    {
        "beds_per_thousand": Text("每千名老年人床位数", "beds per 1,000 elderly"),
        "m2_per_bed": Text("每床建筑面积（㎡）", "floor area per bed (m²)"),
        "least_beds": Text("养老机构最少床位", "fewest beds of a care home"),
        "day_care_m2": Text("日间照料中心最小建筑面积（㎡）",
                            "least floor area of day care (m²)"),
        "day_care_radius_m": Text("日间照料中心服务半径（米）",
                                  "radius of day care (m)"),
        "new_m2_per_100_households": Text("新建居住区每百户配建（㎡）",
                                          "new areas: m² per 100 households"),
        "old_m2_per_100_households": Text("已建居住区每百户配建（㎡）",
                                          "existing areas: m² per 100 households"),
    }
)  # fmt: skip


@dataclass(frozen=True)
class Standard:
    """One standard: its name, how sure the source is, and its numbers."""

    id: str
    name: Text
    numbers: Mapping[str, float]
    note: Text


_PROVINCIAL = {"new_m2_per_100_households": 20.0, "old_m2_per_100_households": 15.0}

STANDARDS: Mapping[str, Standard] = MappingProxyType(
    {
        item.id: item
        for item in (
            Standard(
                "gb50437",
                Text("GB 50437-2007（2018年局部修订）", "GB 50437-2007 (revised 2018)"),
                {"beds_per_thousand": 40.0, "m2_per_bed": 35.0, "least_beds": 20.0,
                 **_PROVINCIAL},
                Text("配建指标取自省级规定", "what new areas owe: provincial"),
            ),
            Standard(
                "gb50180",
                Text("GB 50180-2018 城市居住区规划设计标准",
                     "GB 50180-2018 urban residential areas"),
                {"day_care_m2": 350.0, "day_care_radius_m": 300.0, **_PROVINCIAL},
                Text("面积数值待核", "areas to be confirmed"),
            ),
            Standard(
                "henan",
                Text("河南省配建规定", "Henan: what new areas owe"),
                {"new_m2_per_100_households": 30.0, "old_m2_per_100_households": 20.0},
                Text("地方性法规", "local regulation"),
            ),
            Standard(
                "qingdao_rural",
                Text("青岛市农村养老设施", "Qingdao: rural facilities"),
                {"least_beds": 20.0, "day_care_m2": 400.0, **_PROVINCIAL},
                Text("地方性法规", "local regulation"),
            ),
        )
    }
)  # fmt: skip
