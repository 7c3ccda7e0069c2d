"""The words of place names (地名管理条例 art 3; 地名普查)."""

from __future__ import annotations

from boundaries.vocabulary import Word


class NameClass(Word):
    """The eight classes of the law."""

    NATURAL = "natural", "自然地理实体", "natural feature"
    DIVISION = "division", "行政区划", "division"
    COMMITTEE = "committee", "村（居）委会所在地", "seat of a committee"
    PARK = "park", "城市公园、自然保护地", "park or reserve"
    STREET = "street", "街路巷", "street or lane"
    BUILDING = "building", "住宅区、楼宇", "residential area or building"
    FACILITY = "facility", "交通水利电力通信气象设施", "facility"
    OTHER = "other", "其他", "other"


class NameStatus(Word):
    """Whether the name is borne now."""

    IN_USE = "in_use", "现用", "in use"
    FORMER = "former", "历史", "former"
    PROPOSED = "proposed", "拟用", "proposed"


CENSUS: dict[str, NameClass] = {
    "海域": NameClass.NATURAL,
    "陆地水系": NameClass.NATURAL,
    "陆地地形": NameClass.NATURAL,
    "行政区域": NameClass.DIVISION,
    "群众自治组织": NameClass.COMMITTEE,
    "非行政区域": NameClass.OTHER,
    "居民点": NameClass.BUILDING,
    "交通运输设施": NameClass.FACILITY,
    "水利电力通信设施": NameClass.FACILITY,
    "纪念地旅游景点": NameClass.PARK,
    "建筑物": NameClass.BUILDING,
    "单位": NameClass.OTHER,
}
"""The twelve categories of the census -> the class of the law each falls into mostly;
a person may put a name elsewhere."""

GENERIC: dict[NameClass, tuple[str, ...]] = {
    NameClass.STREET: (
        *("大街", "大道", "胡同", "小区路", "后街", "前街", "街", "路", "巷", "里弄"),
        *("弄", "条", "里"),
    ),
    NameClass.NATURAL: (
        *("山脉", "半岛", "群岛", "海湾", "山", "岭", "峰", "河", "江", "湖", "海"),
        *("湾", "岛", "礁", "溪", "沟", "泉", "洼", "淀", "坡", "岗"),
    ),
    NameClass.PARK: ("森林公园", "湿地公园", "自然保护区", "公园", "保护地", "保护区"),
    NameClass.FACILITY: (
        *("高速公路", "国家气象站", "长途汽车站", "收费站", "变电站", "气象站"),
        *("立交桥", "大桥", "公路", "水库", "电站", "车站", "码头", "港口", "隧道"),
        *("机场", "渡槽", "站", "桥", "闸", "港", "堤"),
    ),
    NameClass.BUILDING: (
        *("小区", "花园", "家园", "公寓", "新村", "大厦", "广场", "中心", "苑", "园"),
        *("楼", "庭", "府", "湾", "城"),
    ),
    NameClass.DIVISION: ("街道", "自治县", "省", "市", "区", "县", "镇", "乡"),
    NameClass.COMMITTEE: ("社区居民委员会", "村民委员会", "社区", "村"),
}
"""Endings that are generic terms (通名) in names of a class, the longest first."""


def split(name: str, category: str | None = None) -> tuple[str, str]:
    """Return 专名 and 通名 of a name, ``""`` for the latter where none is seen."""
    classes = [each for each in GENERIC if each == category] or list(GENERIC)
    endings = {ending for each in classes for ending in GENERIC[each]}
    fitting = [end for end in endings if name.endswith(end) and len(name) > len(end)]
    generic = max(fitting, key=len, default="")
    return name.removesuffix(generic), generic
