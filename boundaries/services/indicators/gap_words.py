"""Words for why a member is lacking, and for what facilities are checked against."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING

from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

WHY: Mapping[str, Text] = MappingProxyType(
    {
        "none_there": Text("无此类设施", "none there"),
        "no_centre": Text("无具备综合功能的机构", "no comprehensive centre"),
        "no_day_care": Text("无日间照料设施", "no day care"),
        "no_home": Text("无养老机构", "no care home"),
        "no_meals": Text("无助餐服务", "no meal service"),
        "no_home_in_need": Text("无敬老院", "no home for people in need"),
        "too_small": Text("建筑面积不足", "floor area too small"),
        "no_medical_care": Text("无医疗服务", "no medical care"),
        "far_from_medical": Text("附近无医疗设施", "no medical site near"),
        "too_little_built": Text("建成面积不足", "too little built"),
        "not_synchronous": Text("未做到四同步", "not in step with the housing"),
        "unreached": Text("老年人在时限内不可达", "elderly out of reach"),
        "incomplete": Text("未齐备", "incomplete"),
    }
)
CHECKS: Mapping[str, Text] = MappingProxyType(
    {
        "area": Text("区域型机构建筑面积（㎡）", "floor area of the centre (m²)"),
        "medical": Text("距最近医疗设施（米）", "to the next medical site (m)"),
        "beds": Text("机构床位数", "beds of the home"),
        "m2_per_bed": Text("每床建筑面积（㎡）", "floor area per bed (m²)"),
        "day_area": Text("日间照料中心建筑面积（㎡）", "floor area of day care (m²)"),
    }
)
