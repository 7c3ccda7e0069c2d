"""What the columns of other people's lists of facilities mean, and their spellings.

The names are those of 养老机构备案表, of platforms of the bureaus and of map services;
:mod:`boundaries.columns` reads every register by such tables.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from boundaries.services.words import (
    Acquisition,
    CoordSource,
    Domain,
    FacilityType,
    Function,
    MedicalMode,
    Nature,
    Ownership,
    Status,
)
from geodata.files import spelling

if TYPE_CHECKING:
    from collections.abc import Callable

    import geopandas as gpd

    from boundaries.vocabulary import Word

DIVISION_PARTS = ("in_county", "in_town", "in_village")
"""Names of the units a facility lies in, from the top; they say the division where
no code does."""
COORD_CRS = "coord_crs"
"""What the coordinates of a record are in, as far as its file says so."""

NAMES: dict[str, tuple[str, ...]] = {
    "facility": (
        *("设施编码", "机构编码", "设施代码", "设施编号", "机构编号", "机构代码"),
        *("统一社会信用代码", "编号", "编码", "JGBM", "facility_code", "facility"),
    ),
    "name": (
        *("设施名称", "机构名称", "单位名称", "项目名称", "名称", "JGMC", "name"),
    ),
    "type": (
        *("设施类型", "机构类型", "设施类别", "机构类别", "类型", "类别", "JGLX"),
        *("facility_type", "amenity", "type"),
    ),
    "division": (
        *("区划代码", "行政区划代码", "所属区划代码", "社区代码", "村居代码"),
        *("所属区划", "所属行政区", "街道代码", "区划", "XZQDM", "division"),
    ),
    "in_county": ("区县", "所属区县", "所在区", "所属区", "区（县）", "adname"),
    "in_town": (
        *("街道", "乡镇", "所属街道", "街道乡镇", "街道（乡镇）", "乡镇街道"),
        *("镇街", "所属街镇", "所属乡镇"),
    ),
    "in_village": ("社区", "村居", "所属社区", "社区（村）", "村（社区）", "居村"),
    "domain": ("服务领域", "业务领域", "domain"),
    "level": ("服务级别", "设施级别", "层级", "级别", "level"),
    "status": ("运营状态", "建设状态", "设施状态", "状态", "现状", "status"),
    "moved_to": ("迁至", "迁往设施", "新址编码", "moved_to"),
    "moved_from": ("原址编码", "迁自", "原设施", "moved_from"),
    "ownership": (
        *("所有制", "运营方式", "运营性质", "公办民办", "经营性质", "ownership"),
    ),
    "nature": ("机构性质", "登记性质", "营利性质", "nature"),
    "acquisition": ("取得方式", "设施来源", "房屋来源", "acquisition"),
    "address": ("详细地址", "地址", "机构地址", "所在地址", "住址", "DZ", "address"),
    "coord_source": ("坐标来源", "coord_source"),
    COORD_CRS: ("坐标系", "坐标类型", "坐标系统", "坐标体系", "coord_crs"),
    "area_m2": ("建筑面积", "建筑面积（平方米）", "JZMJ", "area_m2"),
    "land_m2": ("占地面积", "用地面积", "占地面积（平方米）", "land_m2"),
    "beds": ("各类床位", "各类养老床位", "beds"),
    "beds_total": (
        *("床位数", "床位", "总床位", "床位总数", "机构床位", "养老床位", "核定床位"),
        *("床位数（张）", "CWS", "beds_total"),
    ),
    "beds_nursing": (
        *("护理型床位", "护理床位", "护理型床位数", "护理床", "beds_nursing"),
    ),
    "beds_occupied": (
        *("入住人数", "在住人数", "已用床位", "入住老人", "收住人数", "beds_occupied"),
    ),
    "day_places": ("日托位", "日托床位", "日间照料床位", "日托席位", "day_places"),
    "home_beds": ("家庭养老床位", "家庭照护床位", "家床数", "home_beds"),
    "hospital_beds": ("医疗床位", "医院床位", "hospital_beds"),
    "meal_capacity": (
        *("助餐能力", "供餐能力", "日供餐量", "就餐人数", "餐位", "meal_capacity"),
    ),
    "functions": ("服务功能", "功能", "三入四嵌一床位", "functions"),
    "comprehensive": ("具备综合功能", "综合功能", "comprehensive"),
    "registered": ("是否备案", "备案养老机构", "养老机构备案", "registered"),
    "medical_mode": (
        *("医养结合方式", "医疗服务方式", "医疗方式", "医养结合", "medical_mode"),
    ),
    "staff": ("工作人员", "员工数", "职工人数", "从业人员", "staff"),
    "caregivers": ("护理员", "养老护理员", "护理员数", "护理人员", "caregivers"),
    "social_workers": ("社工", "社会工作者", "社工人数", "社工数", "social_workers"),
    "radius_m": ("服务半径", "服务半径（米）", "radius_m"),
    "rating": ("评定等级", "机构等级", "等级", "星级", "评级", "rating"),
    "credit": ("信用等级", "信用", "credit"),
    "contact": ("联系人", "负责人", "法定代表人", "contact"),
    "phone": ("联系电话", "电话", "联系方式", "电话号码", "tel", "phone"),
    "website": ("网址", "网站", "website"),
    "price": ("收费标准", "价格", "收费", "价格区间", "月收费"),
    "price_low": ("最低价格", "最低收费", "price_low"),
    "price_high": ("最高价格", "最高收费", "price_high"),
    "phase": ("规划期", "规划期次", "建设时序", "分期", "phase"),
    "planned_for": (
        "计划建成",
        "拟建成时间",
        "计划投用时间",
        "规划建成日期",
        "planned_for",
    ),
    "opened_on": (
        *("开业日期", "成立日期", "运营时间", "开业时间", "投用时间", "备案日期"),
        *("成立时间", "opened_on"),
    ),
    "closed_on": ("停业日期", "关停时间", "注销日期", "closed_on"),
    "document": ("文号", "批准文号", "备案号", "document"),
    "source": ("数据来源", "来源", "source"),
    "updated_on": ("更新日期", "更新时间", "updated_on"),
}
"""Ours -> theirs, the most telling name first."""

WORDS: dict[str, type[Word]] = {
    "type": FacilityType,
    "domain": Domain,
    "status": Status,
    "ownership": Ownership,
    "nature": Nature,
    "acquisition": Acquisition,
    "medical_mode": MedicalMode,
    "coord_source": CoordSource,
}
"""Attribute -> the closed list its words are from."""

SAID: dict[type[Word], dict[str, str]] = {
    Status: {
        "运营中": "operating", "正常运营": "operating", "正常": "operating",
        "营业": "operating", "营业中": "operating", "开业": "operating",
        "已运营": "operating", "在营": "operating", "投入使用": "operating",
        "拟建": "planned", "待建": "planned", "规划中": "planned",
        "建设中": "building", "施工": "building", "未开业": "building",
        "停业": "closed", "关停": "closed", "撤销": "closed", "注销": "closed",
        "关闭": "closed", "已关闭": "closed", "停运": "closed", "暂停": "closed",
        "迁建": "moved", "已搬迁": "moved", "搬迁": "moved", "异地还建": "moved",
        "撤销/迁建": "moved",
    },
    Ownership: {
        "国办": "public", "政府办": "public", "公立": "public", "公办公营": "public",
        "公办民营": "public_private", "公建民办": "public_private",
        "民办": "private", "社会办": "private", "私营": "private", "民营": "private",
        "社会力量": "private", "社会力量举办": "private", "私立": "private",
    },
    Nature: {
        "非营利性": "nonprofit", "民办非企业": "nonprofit", "民非": "nonprofit",
        "事业单位": "nonprofit", "公益": "nonprofit", "公益性": "nonprofit",
        "营利性": "profit", "企业": "profit", "公司": "profit",
    },
    Acquisition: {
        "新建": "built", "自建": "built", "配建": "built", "购买": "bought",
        "租用": "rented", "租借": "rented",
    },
    MedicalMode: {
        "内设医疗机构": "inside", "自设": "inside", "协议": "contract",
        "签约医疗机构": "contract", "合作": "contract", "毗邻": "nearby",
        "邻近设置": "nearby", "没有": "none",
    },
    Domain: {"养老服务": "eldercare", "社会救助": "relief", "儿童福利": "children"},
    Function: {
        "日托": "board", "全托": "board", "照料": "nurse", "上门": "visit",
        "助餐": "meals", "智慧": "smart", "智能": "smart", "康复": "health",
        "康养": "health", "护理": "nursing", "家床": "home_beds",
        "床位": "home_beds", "一床位": "home_beds",
    },
    CoordSource: {
        "高德": "gcj02", "高德地图": "gcj02", "腾讯": "gcj02", "腾讯地图": "gcj02",
        "火星坐标": "gcj02", "GCJ-02": "gcj02", "GCJ02": "gcj02", "gcj-02": "gcj02",
        "百度": "bd09", "百度地图": "bd09", "BD-09": "bd09", "BD09": "bd09",
        "实测": "survey", "GPS": "survey", "RTK": "survey", "天地图": "placed",
        "标绘": "placed",
    },
}  # fmt: skip
"""Other people's words -> the value of ours, list by list."""

_TYPES: tuple[tuple[str, FacilityType], ...] = (
    (r"指挥|调度|智慧.*平台|信息平台", FacilityType.CMD),
    (r"应急|救援", FacilityType.RESCUE),
    (r"志愿", FacilityType.VOLUNTEER),
    (r"未成年.*站|未保.*站", FacilityType.MINOR_STATION),
    (r"未成年|未保", FacilityType.MINOR),
    (r"儿童|孤儿", FacilityType.CHILD),
    (r"救助管理|流浪", FacilityType.RELIEF),
    (r"婚姻", FacilityType.MARRIAGE),
    (r"殡仪", FacilityType.FUNERAL),
    (r"公墓|安葬|安放|骨灰|墓", FacilityType.GRAVE),
    (r"家庭(养老|照护).*床位", FacilityType.HOMEBED),
    (r"助餐|食堂|餐厅|餐桌|饭堂|长者饭", FacilityType.MEAL),
    (r"幸福院|互助院|互助养老", FacilityType.HAPPY),
    (r"综合体", FacilityType.COMPLEX),
    (r"卫生(服务|院|站|室)|护理(站|院)|医院|门诊|诊所|医务", FacilityType.MED),
    (r"clinic|hospital|doctors", FacilityType.MED),
    (r"特困|供养|敬老院", FacilityType.INST_TK),
    (
        r"区域型嵌入|(街道|镇|乡|综合).*养老服务(中心|综合)|综合养老服务",
        FacilityType.REG,
    ),
    (r"社区型嵌入|嵌入式", FacilityType.COM),
    (r"日间|日托|照料中心|照料站|托老所", FacilityType.DAY),
    (r"养老服务站|居家养老|养老驿站|服务驿站|养老服务点|养老站", FacilityType.STATION),
    (r"养老|养护|老年公寓|颐养|福利院|福利中心|老人院|nursing_home", FacilityType.INST),
    (r"党群服务|社区服务(中心|站)|综合服务(设施|中心)", FacilityType.COMMUNITY),
)  # fmt: skip
"""What a type or a name speaks of, the most telling first."""

NUMBERS = frozenset(
    {
        *("area_m2", "land_m2", "beds", "beds_total", "beds_nursing", "beds_occupied"),
        *("day_places", "home_beds", "hospital_beds", "meal_capacity", "staff"),
        *("caregivers", "social_workers", "radius_m", "price_low", "price_high"),
    }
)
_UNITS = re.compile(
    r"(张|个|人|名|位|份|套|户|米|元/?月?|㎡|m2|m²|平方米|平米|平方)$", re.IGNORECASE
)
_RATINGS = {"一": 1, "二": 2, "三": 3, "四": 4, "五": 5}
_RANGE = re.compile(
    r"(\d[\d,]*(?:\.\d+)?)\s*(?:元)?\s*[-－—~～至到]+\s*(\d[\d,]*(?:\.\d+)?)"
)
_NONE = re.compile(r"^(\[\]|-+|—+|/|\\|无|暂无|null|none)$", re.IGNORECASE)


def type_of(text: str) -> FacilityType | None:
    """Return the type that a word for it, or a facility's name, speaks of."""
    return next((kind for told, kind in _TYPES if re.search(told, text)), None)


def facility_type(value: Any) -> Any:
    """Return the code of a type however it is written, else it as it is."""
    text = spelling.plain(value)
    if not text or _NONE.match(text):
        return None
    for kind in FacilityType:
        if text.upper() == kind.value or text in kind.label:
            return kind.value
    found = type_of(text)
    return found.value if found else text


def number(value: Any) -> Any:
    """Return a number however it is written; what is none stays as it is."""
    text = spelling.half_width(spelling.plain(value))
    if not text or _NONE.match(text):
        return None
    found = spelling.number(_UNITS.sub("", text).strip())
    return value if found is None else found


def rating(value: Any) -> Any:
    """Return one to five however a grade is written: 三级, 4星, AAA."""
    text = spelling.half_width(spelling.plain(value)).upper()
    if not text or _NONE.match(text) or text in ("未评定", "未评"):
        return None
    if re.fullmatch("A{1,5}", text):
        return len(text)
    bare = re.sub(r"(等级|级|星级|星|A)$", "", text)
    return _RATINGS.get(bare, int(bare) if bare.isdigit() else value)


def coord_crs(value: Any) -> str | None:
    """Return ``gcj02`` or ``bd09`` where coordinates are said to be in it."""
    said = spelling.half_width(spelling.plain(value)).upper()
    if re.search(r"BD-?09|百度", said):
        return "bd09"
    return "gcj02" if re.search(r"GCJ|火星|高德|腾讯|国测局", said) else None


def address(value: Any) -> Any:
    """Return an address, None where a map service writes that there is none."""
    text = spelling.plain(value)
    return None if _NONE.match(text) or not text else text


def gathered(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the frame with columns of one function each, and prices, put together.

    A price that is no number or range of numbers stays in a column of its own.
    """
    frame = _with_functions(frame)
    if "price" not in frame:
        return frame
    made = {name: _columned(frame, name) for name in ("price_low", "price_high")}
    left = frame["price"].tolist()
    for at, value in enumerate(left):
        low, high = _price(value)
        if low is None:
            continue
        left[at] = None
        for name, found in (("price_low", low), ("price_high", high)):
            if spelling.blank(made[name][at]):
                made[name][at] = found
    return frame.assign(price=left, **made)


def _with_functions(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join 入托, 入照 … into one column; the last of the eight is also a number."""
    columns = {each: each.label.zh for each in Function if each.label.zh in frame}
    if len(columns) < 2 or "functions" in frame:
        return frame
    last = [v for v in _columned(frame, "home_beds") if not spelling.blank(v)]
    if last and all(isinstance(number(value), str) for value in last):
        columns[Function.HOME_BEDS] = "home_beds"
    found: list[Any] = [
        [each.value for each, column in columns.items() if spelling.flag(row[column])]
        for row in frame[list(columns.values())].to_dict("records")
    ]
    return frame.drop(columns=list(columns.values())).assign(functions=found)


def functions(items: list[str] | None) -> list[str] | None:
    """Return the functions of a list by our words; what is unknown stays."""
    if items is None:
        return None
    if any(re.search(r"八项|全部|三入四嵌", item) for item in items):
        return [each.value for each in Function]
    ours: list[str] = []
    for item in items:
        try:
            found = Function.of(item).value
        except ValueError:
            found = SAID[Function].get(item, item)
        if found not in ours:
            ours.append(found)
    return ours


def _columned(frame: gpd.GeoDataFrame, name: str) -> list[Any]:
    return frame[name].tolist() if name in frame else [None] * len(frame)


def _price(value: Any) -> tuple[Any, Any]:
    text = spelling.half_width(spelling.plain(value))
    found = _RANGE.search(text)
    if found:
        low, high = (spelling.number(part) for part in found.groups())
        return low, high
    one = number(text.removesuffix("起").removesuffix("左右"))
    return (one, one) if isinstance(one, int | float) else (None, None)


CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "type": facility_type,
    "rating": rating,
    "address": address,
    COORD_CRS: coord_crs,
    **dict.fromkeys(NUMBERS, number),
}
"""Attribute -> what reads one value of it, whatever its spelling."""
