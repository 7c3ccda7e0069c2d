"""The words of facilities (domain F1: types of the seeds, fields of practice).

Also what of them is counted as room, and what siting may ask for: words only, so that
a command line can say them without the libraries that compute.
"""

from __future__ import annotations

from boundaries.vocabulary import Level, Word


class Domain(Word):
    """Which service of civil affairs a facility belongs to."""

    ELDERCARE = "eldercare", "养老", "eldercare"
    MEDICAL = "medical", "医疗", "medical"
    RELIEF = "relief", "救助", "relief"
    CHILDREN = "children", "儿童", "children"
    FUNERAL = "funeral", "殡葬", "funerals"
    MARRIAGE = "marriage", "婚姻", "marriage"
    COMMUNITY = "community", "社区", "community"
    OTHER = "other", "其他", "other"


class FacilityType(Word):
    """What a facility is; the value is the code of domain F1."""

    INST = "INST", "养老机构", "care home"
    INST_TK = "INST-TK", "特困人员供养服务设施（敬老院）", "home for people in need"
    REG = "REG", "区域型嵌入式机构（街道综合养老服务中心）", "area care centre"
    COM = "COM", "社区型嵌入式机构", "community care home"
    COMPLEX = "COMPLEX", "养老服务综合体", "eldercare complex"
    DAY = "DAY", "日间照料中心", "day-care centre"
    STATION = "STATION", "社区居家养老服务站", "home-care station"
    HAPPY = "HAPPY", "农村互助幸福院", "rural mutual-aid home"
    MEAL = "MEAL", "老年人助餐点", "meal service"
    HOMEBED = "HOMEBED", "家庭养老床位", "care beds at home"
    CMD = "CMD", "养老服务指挥调度中心", "command centre"
    RESCUE = "RESCUE", "养老应急救援中心", "emergency rescue centre"
    MED = "MED", "社区卫生服务机构", "medical site"
    COMMUNITY = "COMMUNITY", "社区综合服务设施", "community service building"
    VOLUNTEER = "VOLUNTEER", "志愿服务站点", "volunteers' station"
    RELIEF = "RELIEF", "救助管理站", "relief station"
    CHILD = "CHILD", "儿童福利机构", "children's home"
    MINOR = "MINOR", "未成年人保护中心", "centre for minors"
    MINOR_STATION = "MINOR-STATION", "未成年人保护工作站", "station for minors"
    FUNERAL = "FUNERAL", "殡仪馆", "funeral home"
    GRAVE = "GRAVE", "公益性安葬（放）设施", "public burial place"
    MARRIAGE = "MARRIAGE", "婚姻登记处", "marriage registry"
    OTHER = "OTHER", "其他设施", "other"

    @property
    def domain(self) -> Domain:
        """The service it belongs to."""
        return _DOMAINS.get(self, Domain.ELDERCARE)

    @property
    def level(self) -> Level | None:
        """The level it usually serves, None where it may be any."""
        return _LEVELS.get(self)


_DOMAINS = {
    FacilityType.MED: Domain.MEDICAL,
    FacilityType.COMMUNITY: Domain.COMMUNITY,
    FacilityType.VOLUNTEER: Domain.COMMUNITY,
    FacilityType.RELIEF: Domain.RELIEF,
    FacilityType.CHILD: Domain.CHILDREN,
    FacilityType.MINOR: Domain.CHILDREN,
    FacilityType.MINOR_STATION: Domain.CHILDREN,
    FacilityType.FUNERAL: Domain.FUNERAL,
    FacilityType.GRAVE: Domain.FUNERAL,
    FacilityType.MARRIAGE: Domain.MARRIAGE,
    FacilityType.OTHER: Domain.OTHER,
}
_LEVELS = {
    FacilityType.INST_TK: Level.COUNTY,
    FacilityType.REG: Level.TOWNSHIP,
    FacilityType.COMPLEX: Level.TOWNSHIP,
    FacilityType.MINOR_STATION: Level.TOWNSHIP,
    **dict.fromkeys(
        (
            FacilityType.COM,
            FacilityType.DAY,
            FacilityType.STATION,
            FacilityType.HAPPY,
            FacilityType.MEAL,
            FacilityType.HOMEBED,
            FacilityType.COMMUNITY,
            FacilityType.VOLUNTEER,
        ),
        Level.VILLAGE,
    ),
}


class Status(Word):
    """Where a facility stands in its life."""

    PLANNED = "planned", "规划", "planned"
    BUILDING = "building", "在建", "being built"
    OPERATING = "operating", "运营", "operating"
    CLOSED = "closed", "停业或撤销", "closed"
    MOVED = "moved", "已迁建", "moved elsewhere"


class Ownership(Word):
    """Who owns and who runs it."""

    PUBLIC = "public", "公办", "public"
    PUBLIC_PRIVATE = "public_private", "公建民营", "public, privately run"
    PRIVATE = "private", "民办（社会办）", "private"
    PRIVATE_AIDED = "private_aided", "民办公助", "private with public aid"


class Nature(Word):
    """What its operator is registered as."""

    NONPROFIT = "nonprofit", "非营利", "not for profit"
    PROFIT = "profit", "营利", "for profit"


class Acquisition(Word):
    """How the building was come by (seed E-13)."""

    BUILT = "built", "建设", "built"
    BOUGHT = "bought", "购置", "bought"
    EXCHANGED = "exchanged", "置换", "exchanged"
    RENTED = "rented", "租赁", "rented"


class MedicalMode(Word):
    """How medical care is provided."""

    INSIDE = "inside", "内设", "in the house"
    CONTRACT = "contract", "签约", "by contract"
    NEARBY = "nearby", "邻近", "next door"
    NONE = "none", "无", "none"


class Function(Word):
    """The eight functions of 三入四嵌一床位 (seed E-16)."""

    CARE_BOARD = "board", "入托", "day board"
    CARE_NURSE = "nurse", "入照", "care"
    CARE_VISIT = "visit", "入户", "visits at home"
    MEALS = "meals", "嵌餐", "meals"
    SMART = "smart", "嵌智", "smart services"
    HEALTH = "health", "嵌康", "rehabilitation"
    NURSING = "nursing", "嵌护", "nursing"
    HOME_BEDS = "home_beds", "家庭养老床位", "care beds at home"


class CoordSource(Word):
    """Where a facility's coordinates come from."""

    SURVEY = "survey", "实地测量", "surveyed"
    PLACED = "placed", "地图标绘", "placed on the map"
    GCJ02 = "gcj02", "互联网地图（GCJ-02，已纠正）", "web map (GCJ-02, corrected)"
    BD09 = "bd09", "百度地图（BD-09，已纠正）", "Baidu map (BD-09, corrected)"
    ADDRESS = "address", "地址匹配", "matched by address"
    FILE = "file", "来源文件", "as in the file"


class Supply(Word):
    """What is counted as room. Kinds of bed are never added up."""

    BEDS = "beds_total", "机构床位", "beds of the institution"
    NURSING = "beds_nursing", "护理型床位", "nursing beds"
    DAY = "day_places", "日托位", "day places"
    MEALS = "meal_capacity", "助餐能力", "meals a day"


class Model(Word):
    """What a siting question asks for."""

    P_MEDIAN = "p-median", "总路程最短", "least way for all together"
    P_CENTER = "p-center", "最远者最近", "nobody farther than need be"
    LSCP = "lscp", "全覆盖最少设施", "everybody covered by the fewest"
    MCLP = "mclp", "覆盖人数最多", "as many covered as possible"
    CAPACITATED = "capacitated", "有容量限制的最大覆盖", "as many as find room"
