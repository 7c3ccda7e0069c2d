"""专栏1: the sixteen indicators of the plan (domain A5), and targets of A4.

What a plan sets, not what is measured: most are entered by hand, some are computed
(``formula``). A baseline may be unknown, a target may be a sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from boundaries.services.indicators.targets import Attribute, Comparator
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

_SUBSIDY = "对主动申请且符合条件的对象全覆盖"


@dataclass(frozen=True)
class Planned:
    """One indicator of a plan."""

    id: str
    name: Text
    unit: str
    baseline: str
    target: str
    attribute: Attribute
    formula: str | None = None
    """The computed indicator that gives its value; None: entered by hand."""
    types: tuple[str, int] | None = None
    """Facility type and level of unit whose coverage may be computed from records."""


def _row(
    number: int, zh: str, en: str, unit: str, baseline: str, target: str,
    *, binding: bool = False, **more: Any,
) -> Planned:  # fmt: skip
    attribute = Attribute.BINDING if binding else Attribute.EXPECTED
    words = Text(zh, en)
    return Planned(f"B{number:02d}", words, unit, baseline, target, attribute, **more)


BOX_1: tuple[Planned, ...] = (
    _row(1, "城乡低保标准占上年度居民消费支出比例",
         "Minimum-income standard over consumption of the year before",
         "%", "38.05", "≥30"),
    _row(2, "特困人员集中供养需求满足率", "Demand for collective support met",
         "%", "100", "100"),
    _row(3, "每百户居民拥有的城乡社区综合服务设施建筑面积",
         "Community service area per 100 households", "㎡", "30", ">30",
         formula="I10"),
    _row(4, "查明身份信息流浪乞讨受助人员接送返回率",
         "Identified homeless people brought home", "%", "100", "100", binding=True),
    _row(5, "涉农区公益性安葬（放）设施覆盖率",
         "Farming districts with a public burial place", "%", "100", "100",
         binding=True, types=("GRAVE", 3)),
    _row(6, "村（居）儿童主任覆盖率", "Communities with a children's director",
         "%", "100", "100"),
    _row(7, "困难残疾人生活补贴覆盖率", "Allowance for disabled people in need",
         "%", "100", _SUBSIDY, binding=True),
    _row(8, "重度残疾人护理补贴覆盖率", "Care allowance for the severely disabled",
         "%", "100", _SUBSIDY, binding=True),
    _row(9, "养老机构护理型床位占比", "Share of nursing beds in care homes",
         "%", "33.7", "60", binding=True, formula="I1"),
    _row(10, "乡镇（街道）范围具备综合功能的养老服务机构覆盖率",
         "Streets and towns with a comprehensive centre", "%", "80", "100",
         formula="I2"),
    _row(11, "市区两级未成年人保护中心覆盖率", "Centres for minors, city and districts",
         "%", "47", "100"),
    _row(12, "乡镇（街道）建设未成年人保护工作站覆盖率",
         "Streets and towns with a station for minors", "%", "", "50",
         types=("MINOR-STATION", 4)),
    _row(13, "持证社会工作者人数", "Licensed social workers", "万人", "1.08", "1.5"),
    _row(14, "志愿服务站点在社区综合服务设施中的覆盖率",
         "Community buildings with volunteers' stations", "%", "", "80"),
    _row(15, "福利彩票销售网点数", "Welfare lottery outlets", "个", ">1500", ">1500"),
    _row(16, "社会组织专职工作人员数量", "Full-time staff of social organisations",
         "万人", "4.6", "4.8"),
)  # fmt: skip
"""天津市民政事业“十四五”规划 专栏1: baseline 2020, target 2025."""

BASELINE_YEAR, TARGET_YEAR = 2020, 2025

_OF_A4: tuple[tuple[str, int, str, str], ...] = (
    ("I1", 2025, "≥60", "33.7"),
    ("I2", 2025, "100", "80"),
    ("I2a", 2022, "100", ""),
    ("I2b", 2022, "40", ""),
    ("I3u", 2022, "90", ""),
    ("I3u", 2025, "100", ""),
    ("I3r", 2025, "70", ""),
    ("I4", 2022, "60", ""),
    ("I5", 2025, "100", ""),
    ("I6a", 2025, "100", ""),
    ("I6b", 2025, "100", ""),
    ("I7a", 2025, "100", ""),
    ("I7b", 2025, "100", ""),
    ("I7c", 2025, "100", ""),
    ("I8", 2022, "100", ""),
    ("I9", 2025, "≥40", ""),
    ("I10", 2025, ">30", "30"),
    ("I13", 2025, "≥85", "85"),
    ("I14", 2025, "100", ""),
    ("C1", 2022, "100", ""),
)


def starting_targets() -> list[dict[str, Any]]:
    """Return the plan's targets as records an officer may adopt and change."""
    made = [
        _record(row.id, TARGET_YEAR, row.target, row.baseline, row.attribute)
        for row in BOX_1
    ]
    for name, year, target, baseline in _OF_A4:
        binding = name == "I1"
        attribute = Attribute.BINDING if binding else Attribute.EXPECTED
        made.append(_record(name, year, target, baseline, attribute))
    return made


def _record(
    name: str, year: int, target: str, baseline: str, attribute: Attribute
) -> dict[str, Any]:
    comparator, value, text = Comparator.read(target)
    before = Comparator.read(baseline)
    return {
        "indicator": name,
        "year": year,
        "comparator": comparator.value,
        "value": value,
        "text": text,
        "attribute": attribute.value,
        "baseline_year": BASELINE_YEAR if baseline else None,
        "baseline_value": before[1],
        "baseline_text": baseline if before[0] is not Comparator.EQUAL else "",
        "source": "专栏1" if name.startswith("B") else "天津市民政事业“十四五”规划",
    }


PLANNED: Mapping[str, Planned] = MappingProxyType({row.id: row for row in BOX_1})
