"""Tolerances of the rules, each with default, unit and help.

Defaults are those of the domain specification (C6, H7); none of them is law, so
none of them is a constant.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geodata.topology.sizes import Sizes


def _setting(default: Any, unit: str, zh: str, en: str) -> Any:
    return field(default=default, metadata={"unit": unit, "help": Text(zh, en)})


@dataclass(frozen=True)
class RuleSettings:
    """What the rules allow."""

    sliver_width_m: float = _setting(
        0.1,
        "m",
        "平均宽度小于此值的重叠或缝隙按狭长处理",
        "an overlap or gap narrower than this on average is a sliver",
    )
    sliver_area_m2: float = _setting(
        1.0,
        "m²",
        "小于此面积的重叠或缝隙按狭长处理",
        "an overlap or gap smaller than this is a sliver",
    )
    missing_unit_share: float = _setting(
        0.1,
        "",
        "空洞面积达到周围单元面积中位数的此比例时视为缺失单元",
        "a hole at least this share of its neighbours' median area is a missing unit",
    )
    vertex_m: float = _setting(
        0.05,
        "m",
        "相距小于此值而不重合的顶点视为同一点",
        "vertices nearer than this that are not equal are meant to be one",
    )
    duplicate_share: float = _setting(
        0.99,
        "",
        "两单元重叠面积占各自面积的比例达到此值视为重复",
        "two units that share at least this part of both areas are duplicates",
    )
    near_duplicate_share: float = _setting(
        0.95,
        "",
        "两单元重叠面积占各自面积的比例达到此值视为近似重复",
        "two units that share at least this part of both areas are nearly the same",
    )
    host_share: float = _setting(
        0.95,
        "",
        "单元被另一单元覆盖的面积比例达到此值视为外围单元未挖空",
        "a unit covered this much by a larger one lies in a host that was not cut",
    )
    area_share: float = _setting(
        0.001,
        "",
        "计算面积与公布面积相差超过此比例即提示",
        "computed and official area may differ by this share",
    )
    outside_parent_m2: float = _setting(
        1.0,
        "m²",
        "超出上级范围的面积小于此值时忽略",
        "less area than this outside the parent is not reported",
    )
    outside_parent_m: float = _setting(
        0.1,
        "m",
        "超出上级范围的宽度小于此值时忽略",
        "a place outside the parent narrower than this is not reported",
    )
    complete_share: float = _setting(
        0.95,
        "",
        "下级单元覆盖上级的比例达到此值即视为齐全，逐处报告余缺",
        "children that cover this share of their parent are taken to be complete",
    )
    repair_area_m2: float = _setting(
        10_000.0,
        "m²",
        "建议修复时单处可移动的面积上限",
        "a suggested repair moves no more area than this at one place",
    )
    repair_shift_m: float = _setting(
        100.0,
        "m",
        "建议修复时界线可移动的距离上限",
        "a suggested repair moves a border no farther than this",
    )
    repair_pin_outer: bool = _setting(
        default=True,
        unit="",
        zh="修复时不移动图层的外边界",
        en="no repair moves the outer border of the layer",
    )
    required: tuple[str, ...] = _setting(
        ("name", "kind", "level"),
        "",
        "必填属性",
        "attributes every division must have",
    )
    name_scope_level: int = _setting(
        4,
        "",
        "在省级范围内查重名的级别（乡镇为 4）",
        "level of which names are unique in the province (township: 4)",
    )
    exceptions: tuple[str, ...] = _setting(
        (),
        "",
        "已登记的例外（问题指纹），如飞地、湖泊",
        "fingerprints of registered exceptions: enclaves, lakes",
    )

    @property
    def sizes(self) -> Sizes:
        """From where on a place is of which kind, as a check takes it."""
        from geodata.topology.sizes import Sizes  # with it comes all of topology

        return Sizes(
            sliver_m=self.sliver_width_m,
            sliver_m2=self.sliver_area_m2,
            same_share=self.duplicate_share,
            near_share=self.near_duplicate_share,
            host_share=self.host_share,
            missing_share=self.missing_unit_share,
        )

    def describe(self) -> Iterator[dict[str, Any]]:
        """Yield each setting: name, value, default, unit and help."""
        for item in fields(self):
            words = item.metadata["help"]
            yield {
                "name": item.name,
                "value": getattr(self, item.name),
                "default": item.default,
                "unit": item.metadata["unit"],
                "help": {"zh": words.zh, "en": words.en},
            }


@dataclass(frozen=True)
class RegisterSettings:
    """What the rules of markers, inspections and place names allow.

    None of these numbers and lists is in a law or standard that could be read; they
    are the bureau's to set.
    """

    number_patterns: tuple[str, ...] = _setting(
        (),
        "",
        "本地认可的界桩编号格式（正则表达式）",
        "regular expressions of further marker numbers in use here",
    )
    off_border_warn_m: float = _setting(
        1.0, "m", "单立界桩偏离界线的提示距离", "single marker this far off: warning"
    )
    off_border_error_m: float = _setting(
        5.0, "m", "单立界桩偏离界线的错误距离", "single marker this far off: error"
    )
    beside_border_m: float = _setting(
        200.0,
        "m",
        "双立、三立界桩到界线的最大距离",
        "double and triple markers stand within this of the border",
    )
    same_place_m: float = _setting(
        0.1, "m", "两个界桩视为同一位置的距离", "markers this near are at one place"
    )
    joint_years: int = _setting(
        5, "a", "联合检查的周期", "years from one joint inspection to the next"
    )
    sensitive_words: tuple[str, ...] = _setting(
        (), "", "地名禁用词", "words no place name may contain"
    )
    person_names: tuple[str, ...] = _setting(
        (), "", "不得用作地名的人名", "names of persons no place may bear"
    )
    foreign_names: tuple[str, ...] = _setting(
        ("威尼斯", "曼哈顿", "巴黎", "罗马", "伦敦", "纽约", "东京", "加州"),
        "",
        "外国人名、地名",
        "names of foreign persons and places",
    )
    trade_names: tuple[str, ...] = _setting(
        (), "", "企业名、商标名", "names of firms and trade marks"
    )
    facility_area_m2: float = _setting(
        1000.0,
        "m²",
        "区域型嵌入式机构的最小建筑面积",
        "least floor area of an area care centre",
    )
    facility_off_m: float = _setting(
        500.0,
        "m",
        "设施在所属区划之外超过此距离为错误，以内为警告",
        "a facility outside its division by more is an error, by less a warning",
    )
    facility_near_m: float = _setting(
        200.0,
        "m",
        "名称相近的设施在此距离内视为疑似重复",
        "facilities of like names within this are perhaps the same",
    )
