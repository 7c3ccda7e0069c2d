"""The indicators: I1-I16 of domain F2, and the checks of A4, one row each."""

from __future__ import annotations

from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

from boundaries.services.indicators import ratios, shares
from boundaries.services.indicators.figures import Indicator, Members, part
from boundaries.services.indicators.inputs import Inputs
from boundaries.services.indicators.options import Beds, Test
from boundaries.services.indicators.templates import BUILT_IN, Template, fit
from boundaries.services.profiles import Group
from boundaries.services.words import FacilityType
from boundaries.vocabulary import Level
from geodata.errors import NotFoundError, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

PER_CENT = Text("%", "%")
_COVER = Text("设施覆盖", "Coverage by facilities")
_BEDS = Text("床位与机构", "Beds and homes")
_NETWORK = Text("服务网络", "Networks")
_REACH = Text("服务圈", "Reach")
_CHECKS = Text("专项检查", "Checks")


def template_of(inputs: Inputs, name: str) -> Template:
    """Return a template as the officers keep it, else as it is built in."""
    return inputs.templates.get(name) or BUILT_IN[name]


def part_of_network(inputs: Inputs, name: str, number: int) -> Members:
    """I7: units of a level with what one part of a template asks for."""
    template = template_of(inputs, name)
    if number >= len(template.parts):
        return Members.of(())
    rows = fit(template, inputs).rows
    rows = rows[rows["part"] == number]
    return _units(inputs, rows["code"], rows["lacking"] == 0)


def whole_network(inputs: Inputs, name: str) -> Members:
    """I16: townships with everything a template asks of a township."""
    whole = fit(template_of(inputs, name), inputs).whole()
    return _units(inputs, whole.index, whole)


def _units(inputs: Inputs, keys: Iterable[str], met: Iterable[bool]) -> Members:
    keys, met = list(keys), list(met)
    names = inputs.units.loc[keys, "name"]
    rows = part(
        "unit", keys, names, keys,
        numerator=[float(each) for each in met], denominator=1.0,
        why=["" if each else "incomplete" for each in met],
    )  # fmt: skip
    return Members.of([rows], shares.adrift(inputs))


# -- the base of each, in words ---------------------------------------------------


def _said(zh: str, en: str) -> Callable[[Inputs], Text]:
    words = Text(zh, en)
    return lambda _inputs: words


def _types(words: Sequence[str]) -> Text:
    found = [FacilityType.of(word).label for word in words]
    return Text("、".join(f.zh for f in found), ", ".join(f.en for f in found))


def _centre_base(units: Text) -> Callable[[Inputs], Text]:
    def base(inputs: Inputs) -> Text:
        options = inputs.options
        tests = [Test.of(word).label for word in options.comprehensive]
        area = f"{options.comprehensive_m2:g}"
        zh = "、".join(test.zh for test in tests) or "不另设条件"
        en = ", ".join(test.en for test in tests) or "no further test"
        types = _types(options.comprehensive_types)
        return Text(
            f"分母：{units.zh}；计入：{types.zh}，{zh}（面积≥{area} ㎡）",
            f"of {units.en}; counted: {types.en}, {en} (area ≥ {area} m²)",
        )

    return base


def _elderly_base(inputs: Inputs) -> Text:
    group = Group.of(inputs.options.elderly).label
    return Text(f"分母：{group.zh}人口", f"of people aged {group.en}")


def _reached_by(inputs: Inputs) -> Text:
    """Return how reach was found, and for which facilities."""
    said = inputs.stamp.get("reach") or {}
    how = _METHODS.get(str(said.get("method")), Text("", ""))
    kinds = inputs.options.reach
    types = _types(kinds) if kinds else Text("全部养老服务设施", "all of eldercare")
    return Text(f"；设施：{types.zh}{how.zh}", f"; facilities: {types.en}{how.en}")


_METHODS = {
    "network": Text("；沿路网", "; along streets"),
    "circle": Text("；无路网，按直线圈", "; straight circles, there is no network"),
}


def _reach_base(inputs: Inputs) -> Text:
    of, how = _elderly_base(inputs), _reached_by(inputs)
    return Text(f"{of.zh}{how.zh}", f"{of.en}{how.en}")


def _ground_base(inputs: Inputs) -> Text:
    how = _reached_by(inputs)
    return Text(f"分母：单位面积{how.zh}", f"of the unit's ground{how.en}")


def _bed_base(inputs: Inputs) -> Text:
    group = Group.of(inputs.options.elderly).label
    kinds = [Beds.of(word).label for word in inputs.options.beds]
    return Text(
        f"分子：{'、'.join(k.zh for k in kinds)}；分母：{group.zh}人口",
        f"{', '.join(k.en for k in kinds)} for 1,000 people aged {group.en}",
    )


def _day_base(*, urban: bool) -> Callable[[Inputs], Text]:
    where = Text("城镇社区", "urban communities") if urban else _RURAL

    def base(inputs: Inputs) -> Text:
        options = inputs.options
        kinds = options.day_urban if urban else options.day_rural
        types = _types(kinds)
        radius = options.by_radius and "+".join(sorted(kinds)) in inputs.served
        zh = "，或老年人全部在服务圈内" if radius else ""
        en = ", or all of whose elderly are within reach" if radius else ""
        return Text(
            f"分母：{where.zh}（按城乡分类）；计入：{types.zh}{zh}",
            f"of {where.en} (by 城乡分类); with {types.en}{en}",
        )

    return base


def _private_base(inputs: Inputs) -> Text:
    from boundaries.services.words import Ownership

    kinds = [Ownership.of(word).label for word in inputs.options.private]
    types = _types(inputs.options.institutions)
    return Text(
        f"分母：运营的{types.zh}；社会办：{'、'.join(k.zh for k in kinds)}",
        f"of operating {types.en}; private: {', '.join(k.en for k in kinds)}",
    )


def _home_base(inputs: Inputs) -> Text:
    types = _types(inputs.options.institutions)
    more = inputs.options.registered
    zh = "及登记为养老机构的设施" if more else ""
    en = " and what is registered as a care home" if more else ""
    return Text(
        f"分母：运营的{types.zh}{zh}的床位", f"of the beds of operating {types.en}{en}"
    )


def _near_base(inputs: Inputs) -> Text:
    types, far = _types(inputs.options.near_medical), f"{inputs.options.medical_m:g}"
    return Text(
        f"分母：运营的{types.zh}；{far} 米直线距离内有医疗设施（内设的计为 0 米）",
        f"of operating {types.en}; a medical site within {far} m in a straight line "
        "(0 m where it is in the house)",
    )


def _area_base(inputs: Inputs) -> Text:
    types = _types(inputs.options.comprehensive_types)
    area = f"{inputs.options.comprehensive_m2:g}"
    return Text(
        f"分母：运营且填有建筑面积的{types.zh}；建筑面积≥{area} ㎡",
        f"of operating {types.en} with a floor area on record; floor area ≥ {area} m²",
    )


def _space_base(inputs: Inputs) -> Text:
    types = _types(inputs.options.community_space)
    return Text(f"分母：户数；计入：{types.zh}", f"of households; area of {types.en}")


def _owed_base(inputs: Inputs) -> Text:
    each = f"{inputs.standard.get('new_m2_per_100_households', 20.0):g}"
    return Text(
        f"分母：登记的新建居住区；应建面积未填的按每百户 {each} ㎡",
        f"of new areas on record; what is owed is {each} m² per 100 households "
        "unless stated",
    )


_RURAL = Text("农村社区（村）", "rural communities (villages)")
_ALL_TOWNSHIPS = Text("全部街道、乡镇", "all streets and towns")
_STREETS, _TOWNS = Text("全部街道", "all streets"), Text("全部乡镇", "all towns")
_HOMES_AND_DAY = _said(
    "分母：运营的养老机构和日间照料中心", "of operating care homes and day-care centres"
)
_VILLAGE_BASE = _said(
    "分母：农村社区（村）", "of rural communities (villages)"
)  # fmt: skip


def _row(
    name: str,
    zh: str,
    en: str,
    members: Callable[[Inputs], Members],
    base: Callable[[Inputs], Text],
    group: Text = _COVER,
    *,
    unit: Text = PER_CENT,
    scale: float = 100.0,
    formula: tuple[str, str] = ("", ""),
    deepest: int = Level.TOWNSHIP,
) -> Indicator:
    return Indicator(
        name, Text(zh, en), unit, scale, Text(*formula), members, base,
        deepest=int(deepest), group=group,
    )  # fmt: skip


_V, _C = Level.VILLAGE, Level.COUNTY
_UNITS = ("达到的单位数 / 单位总数 × 100", "units that have it / all units × 100")
_THREE, _HOME = "three_levels", "home_centre_stations"

INDICATORS: tuple[Indicator, ...] = (
    _row("I1", "养老机构护理型床位占比", "Share of nursing beds in care homes",
         ratios.nursing_beds, _home_base, _BEDS,
         formula=("Σ护理型床位 / Σ机构床位 × 100", "nursing beds / beds × 100")),
    _row("I2", "街道（乡镇）具备综合功能的养老服务机构覆盖率",
         "Streets and towns with a comprehensive centre",
         shares.townships_with_centre, _centre_base(_ALL_TOWNSHIPS), formula=_UNITS),
    _row("I2a", "其中：街道", "of these: streets",
         partial(shares.townships_with_centre, kinds="street"),
         _centre_base(_STREETS), formula=_UNITS),
    _row("I2b", "其中：乡镇", "of these: towns and townships",
         partial(shares.townships_with_centre, kinds="town"),
         _centre_base(_TOWNS), formula=_UNITS),
    _row("I3u", "城镇日间照料机构覆盖率", "Urban communities with day care",
         partial(shares.communities_with_day_care, urban=True),
         _day_base(urban=True), formula=_UNITS, deepest=_V),
    _row("I3r", "农村日间照料机构覆盖率（含互助幸福院）",
         "Rural communities with day care (mutual-aid homes too)",
         partial(shares.communities_with_day_care, urban=False),
         _day_base(urban=False), formula=_UNITS, deepest=_V),
    _row("I4", "农村养老机构覆盖率", "Towns with a care home",
         shares.rural_townships_with_home,
         _said("分母：全部乡镇", "of all towns and townships"), formula=_UNITS),
    _row("I5", "农村老年人助餐覆盖率", "Villages with meals for the elderly",
         shares.villages_with_meals, _VILLAGE_BASE, formula=_UNITS, deepest=_V),
    _row("I6a", "农村互助养老服务覆盖率", "Villages with mutual aid (reported)",
         partial(shares.reported_share, indicator="I6a", level=_V), _VILLAGE_BASE,
         formula=("填报的村数 / 村总数 × 100", "villages reported / villages × 100")),
    _row("I6b", "农村留守老年人关爱服务覆盖率",
         "Villages that care for elderly left behind (reported)",
         partial(shares.reported_share, indicator="I6b", level=_V), _VILLAGE_BASE,
         formula=("填报的村数 / 村总数 × 100", "villages reported / villages × 100")),
    _row("I7a", "一区一中心", "Districts with a centre",
         partial(part_of_network, name=_THREE, number=0),
         _said("分母：全部区（县）", "of all districts and counties"), _NETWORK,
         formula=_UNITS, deepest=_C),
    _row("I7b", "一街道（乡镇）一阵地", "Streets and towns with a base",
         partial(part_of_network, name=_THREE, number=1),
         _said("分母：全部街道、乡镇", "of all streets and towns"), _NETWORK,
         formula=_UNITS),
    _row("I7c", "一居（村）一场所", "Communities and villages with a place",
         partial(part_of_network, name=_THREE, number=2),
         _said("分母：全部社区、村", "of all communities and villages"), _NETWORK,
         formula=_UNITS, deepest=_V),
    _row("I8", "新建居住区养老设施配建率", "New areas built with facilities",
         shares.new_areas, _owed_base, deepest=_V,
         formula=("建成面积≥应建面积且四同步的居住区 / 新建居住区 × 100",
                  "areas built as owed and in step / new areas × 100")),
    _row("I9", "每千名老年人床位数", "Beds per 1,000 elderly",
         ratios.beds_per_thousand, _bed_base, _BEDS,
         unit=Text("张/千人", "per 1,000"), scale=1000.0,
         formula=("Σ床位 / 老年人口 × 1000", "beds / elderly × 1,000")),
    _row("I10", "每百户社区综合服务设施建筑面积",
         "Community service area per 100 households",
         ratios.community_space, _space_base,
         unit=Text("㎡/百户", "m² per 100 households"), scale=100.0, deepest=_V,
         formula=("Σ建筑面积 / 户数 × 100", "floor area / households × 100")),
    _row("I11", "服务圈人口覆盖率", "Elderly within reach",
         ratios.people_reached, _reach_base, _REACH, deepest=_V,
         formula=("可达的老年人 / 老年人 × 100", "elderly reached / all × 100")),
    _row("I12", "服务圈面积覆盖率", "Ground within reach", ratios.ground_reached,
         _ground_base, _REACH, deepest=_V,
         formula=("服务区并集面积 / 单位面积 × 100", "area served / area × 100")),
    _row("I13", "社会办养老机构占比", "Share of homes run by society",
         shares.privately_run, _private_base, _BEDS,
         formula=("社会办机构数 / 机构数 × 100", "private homes / homes × 100")),
    _row("I14", "养老机构医疗服务覆盖率", "Homes and day care with medical care",
         shares.with_medical_care, _HOMES_AND_DAY, _BEDS,
         formula=("有医疗的机构数 / 机构数 × 100", "with medical care / all × 100")),
    _row("I15a", "每千名老年人社会工作者", "Social workers per 1,000 elderly",
         ratios.workers_per_elderly, _elderly_base, _BEDS,
         unit=Text("人/千人", "per 1,000"), scale=1000.0,
         formula=("社会工作者 / 老年人口 × 1000", "workers / elderly × 1,000")),
    _row("I15b", "每百张养老机构床位社会工作者", "Social workers per 100 beds",
         ratios.workers_per_beds, _home_base, _BEDS,
         unit=Text("人/百张", "per 100 beds"), scale=100.0,
         formula=("社会工作者 / 机构床位 × 100", "workers / beds × 100")),
    _row("I16", "“一院一中心多站点”完整率", "Towns with home, centre and stations",
         partial(whole_network, name=_HOME),
         _said("分母：全部街道、乡镇", "of all streets and towns"), _NETWORK,
         formula=_UNITS),
    _row("C1", "涉农区敬老院覆盖率", "Farming districts with a home for people in need",
         shares.farming_districts_with_home,
         _said("分母：涉农区", "of farming districts"), _CHECKS, formula=_UNITS,
         deepest=_C),
    _row("C2", "邻近医疗设施的比例", "Facilities next to a medical site",
         shares.near_medical_site, _near_base, _CHECKS, deepest=_V,
         formula=("邻近的设施数 / 设施数 × 100", "next to one / all × 100")),
    _row("C3", "区域型机构面积达标率", "Area care centres large enough",
         shares.large_enough, _area_base, _CHECKS,
         formula=("达标机构数 / 机构数 × 100", "large enough / all × 100")),
)  # fmt: skip
"""Every computed indicator, in the order pages show them."""

_BY_ID: Mapping[str, Indicator] = MappingProxyType({row.id: row for row in INDICATORS})


def indicator(name: str) -> Indicator:
    """Return an indicator by its id; raise NotFoundError."""
    found = _BY_ID.get(name)
    if found is None:
        raise NotFoundError(
            Text(f"没有可计算的指标 {name}。", f"There is no indicator {name}."),
            Text(f"可用：{'、'.join(_BY_ID)}。", f"One of: {', '.join(_BY_ID)}."),
        )
    return found
