"""The words of the subject: closed lists, each word with its Chinese and English.

The value of a word is what is stored, sent and written in files; the label is what
a person reads. Kinds and code ranges follow GB/T 2260-2007, GB/T 10114-2003 and
the statistical coding rules; change types the 行政区划管理条例 arts 7-10.
"""

from __future__ import annotations

from enum import IntEnum, StrEnum
from typing import Self

from geodata.errors import Text


class Word(StrEnum):
    """A stored word with its label in both languages."""

    label: Text

    def __new__(cls, value: str, zh: str = "", en: str = "") -> Self:
        """Make a member from its stored value and its two labels.

        The labels have defaults for type checkers only, which read ``Kind("town")``
        as a call of this; the tests see that every word has both.
        """
        word = str.__new__(cls, value)
        word._value_ = value
        word.label = Text(zh, en)
        return word

    @classmethod
    def of(cls, text: str) -> Self:
        """Return the word whose value or label, in either language, is ``text``.

        Raises
        ------
        ValueError
            When no word of this list is written so.
        """
        wanted = text.strip()
        for word in cls:
            if wanted in (word.value, word.name, *word.label):
                return word
        message = f"{text!r} is not one of {', '.join(word.value for word in cls)}"
        raise ValueError(message)


class Level(IntEnum):
    """Levels of the tree. A village is a self-governing body, not a division."""

    PROVINCE = 1
    PREFECTURE = 2
    COUNTY = 3
    TOWNSHIP = 4
    VILLAGE = 5

    @property
    def label(self) -> Text:
        """Name of the level in both languages."""
        return _LEVEL_LABELS[self]


_LEVEL_LABELS = {
    Level.PROVINCE: Text("省级", "province level"),
    Level.PREFECTURE: Text("地级", "prefecture level"),
    Level.COUNTY: Text("县级", "county level"),
    Level.TOWNSHIP: Text("乡级", "township level"),
    Level.VILLAGE: Text("村级", "village level"),
}


class Kind(Word):
    """Kinds of division, by level (see :data:`KIND_LEVELS`)."""

    PROVINCE = "province", "省", "province"
    AUTONOMOUS_REGION = "autonomous_region", "自治区", "autonomous region"
    MUNICIPALITY = "municipality", "直辖市", "municipality"
    SPECIAL_ADMINISTRATIVE_REGION = (
        "special_administrative_region",
        "特别行政区",
        "special administrative region",
    )

    CITY = "city", "地级市", "prefecture-level city"
    PREFECTURE = "prefecture", "地区", "prefecture"
    AUTONOMOUS_PREFECTURE = "autonomous_prefecture", "自治州", "autonomous prefecture"
    LEAGUE = "league", "盟", "league"

    DISTRICT = "district", "市辖区", "district"
    COUNTY_CITY = "county_city", "县级市", "county-level city"
    COUNTY = "county", "县", "county"
    AUTONOMOUS_COUNTY = "autonomous_county", "自治县", "autonomous county"
    BANNER = "banner", "旗", "banner"
    AUTONOMOUS_BANNER = "autonomous_banner", "自治旗", "autonomous banner"
    SPECIAL_DISTRICT = "special_district", "特区", "special district"
    FORESTRY_DISTRICT = "forestry_district", "林区", "forestry district"

    STREET = "street", "街道", "street (subdistrict)"
    TOWN = "town", "镇", "town"
    TOWNSHIP = "township", "乡", "township"
    ETHNIC_TOWNSHIP = "ethnic_township", "民族乡", "ethnic township"
    SUM = "sum", "苏木", "sum"
    ETHNIC_SUM = "ethnic_sum", "民族苏木", "ethnic sum"
    COUNTY_DISTRICT = "county_district", "县辖区", "district under a county"
    TOWNSHIP_LIKE = "township_like", "类似乡级单位", "township-like unit"

    COMMUNITY = "community", "社区", "community (residents' committee)"
    VILLAGE = "village", "村", "village (villagers' committee)"
    COMMUNITY_LIKE = "community_like", "类似居委会", "community-like unit"
    VILLAGE_LIKE = "village_like", "类似村委会", "village-like unit"

    @property
    def level(self) -> Level:
        """Level this kind stands on."""
        return KIND_LEVELS[self]


_KINDS_BY_LEVEL = {
    Level.PROVINCE: (
        Kind.PROVINCE,
        Kind.AUTONOMOUS_REGION,
        Kind.MUNICIPALITY,
        Kind.SPECIAL_ADMINISTRATIVE_REGION,
    ),
    Level.PREFECTURE: (
        Kind.CITY,
        Kind.PREFECTURE,
        Kind.AUTONOMOUS_PREFECTURE,
        Kind.LEAGUE,
    ),
    Level.COUNTY: (
        Kind.DISTRICT,
        Kind.COUNTY_CITY,
        Kind.COUNTY,
        Kind.AUTONOMOUS_COUNTY,
        Kind.BANNER,
        Kind.AUTONOMOUS_BANNER,
        Kind.SPECIAL_DISTRICT,
        Kind.FORESTRY_DISTRICT,
    ),
    Level.TOWNSHIP: (
        Kind.STREET,
        Kind.TOWN,
        Kind.TOWNSHIP,
        Kind.ETHNIC_TOWNSHIP,
        Kind.SUM,
        Kind.ETHNIC_SUM,
        Kind.COUNTY_DISTRICT,
        Kind.TOWNSHIP_LIKE,
    ),
    Level.VILLAGE: (
        Kind.COMMUNITY,
        Kind.VILLAGE,
        Kind.COMMUNITY_LIKE,
        Kind.VILLAGE_LIKE,
    ),
}

KIND_LEVELS: dict[Kind, Level] = {
    kind: level for level, kinds in _KINDS_BY_LEVEL.items() for kind in kinds
}

_RURAL_TOWNSHIPS = frozenset(
    {Kind.TOWNSHIP, Kind.ETHNIC_TOWNSHIP, Kind.SUM, Kind.ETHNIC_SUM}
)

TOWNSHIP_RANGES: tuple[tuple[range, frozenset[Kind]], ...] = (
    (range(1, 100), frozenset({Kind.STREET})),
    (range(100, 200), frozenset({Kind.TOWN})),
    (range(200, 400), _RURAL_TOWNSHIPS),
    (range(400, 600), frozenset({Kind.TOWNSHIP_LIKE})),
)
"""Digits 7-9 of a code and the kinds they admit (GB/T 10114-2003, NBS 400-599);
600-999 is not assigned nationally."""

VILLAGE_RANGES: tuple[tuple[range, frozenset[Kind]], ...] = (
    (range(1, 200), frozenset({Kind.COMMUNITY})),
    (range(200, 400), frozenset({Kind.VILLAGE})),
    (range(400, 500), frozenset({Kind.COMMUNITY_LIKE})),
    (range(500, 600), frozenset({Kind.VILLAGE_LIKE})),
)
"""Digits 10-12 of a code and the kinds they admit (NBS)."""

NAME_SUFFIXES: dict[Kind, tuple[str, ...]] = {
    Kind.PROVINCE: ("省",),
    Kind.AUTONOMOUS_REGION: ("自治区",),
    Kind.MUNICIPALITY: ("市",),
    Kind.SPECIAL_ADMINISTRATIVE_REGION: ("特别行政区",),
    Kind.CITY: ("市",),
    Kind.PREFECTURE: ("地区",),
    Kind.AUTONOMOUS_PREFECTURE: ("自治州",),
    Kind.LEAGUE: ("盟",),
    Kind.DISTRICT: ("区",),
    Kind.COUNTY_CITY: ("市",),
    Kind.COUNTY: ("县",),
    Kind.AUTONOMOUS_COUNTY: ("自治县",),
    Kind.BANNER: ("旗",),
    Kind.AUTONOMOUS_BANNER: ("自治旗",),
    Kind.SPECIAL_DISTRICT: ("特区",),
    Kind.FORESTRY_DISTRICT: ("林区",),
    Kind.STREET: ("街道", "地区"),
    Kind.TOWN: ("镇",),
    Kind.TOWNSHIP: ("乡",),
    Kind.ETHNIC_TOWNSHIP: ("族乡", "民族乡"),
    Kind.SUM: ("苏木",),
    Kind.ETHNIC_SUM: ("民族苏木", "族苏木"),
    Kind.COUNTY_DISTRICT: ("区",),
    Kind.COMMUNITY: ("社区", "居民委员会", "居委会", "社区居委会", "社区居民委员会"),
    Kind.VILLAGE: (
        "村",
        "嘎查",
        "村民委员会",
        "村委会",
        "嘎查委员会",
        "嘎查村民委员会",
    ),
}
"""Endings a full standard name of each kind may have; kinds absent admit any."""


class ChangeType(Word):
    """What can happen to divisions (行政区划管理条例 arts 7-10, 实施办法 art 2)."""

    ESTABLISH = "establish", "设立", "established"
    ABOLISH = "abolish", "撤销", "abolished"
    RENAME = "rename", "更名", "renamed"
    RECODE = "recode", "代码变更", "code changed"
    SUBORDINATION = "subordination", "隶属关系变更", "moved to another superior"
    SUPERIOR = "superior", "上级更名", "superior renamed"
    BORDER = "border", "行政区域界线变更", "border moved"
    SEAT = "seat", "驻地迁移", "seat moved"
    COUNTY_TO_DISTRICT = "county_to_district", "撤县设区", "county became district"
    COUNTY_TO_CITY = "county_to_city", "撤县设市", "county became city"
    CITY_TO_DISTRICT = "city_to_district", "撤市设区", "city became district"
    PREFECTURE_TO_CITY = "prefecture_to_city", "撤地设市", "prefecture became city"
    TOWNSHIP_TO_TOWN = "township_to_town", "乡改镇", "township became town"
    TOWN_TO_STREET = "town_to_street", "镇改街道", "town became street"
    TOWNSHIP_TO_STREET = "township_to_street", "乡改街道", "township became street"
    KIND = "kind", "建制变更", "kind changed"
    SPLIT = "split", "拆分", "split"
    MERGE = "merge", "合并", "merged"


class Severity(Word):
    """How grave a finding is; an error stops approval unless waived."""

    ERROR = "error", "错误", "error"
    WARNING = "warning", "警告", "warning"
    INFO = "info", "提示", "note"


class Role(Word):
    """What a user may be, bound to a division subtree.

    The three administrators (三员) exclude each other and none of them approves
    boundaries; the auditor reads logs only.
    """

    SURVEYOR = "surveyor", "测绘员", "surveyor"
    BOUNDARY_MANAGER = "boundary_manager", "界线管理员", "boundary manager"
    NAME_STAFF = "name_staff", "地名员", "place-name staff"
    NAME_REVIEWER = "name_reviewer", "地名审核员", "place-name reviewer"
    PLANNER = "planner", "规划员", "planner"
    ELDERCARE_OFFICER = "eldercare_officer", "养老数据员", "eldercare officer"
    VIEWER = "viewer", "浏览者", "viewer"
    AUDITOR = "auditor", "审计员", "auditor"
    SYSTEM_ADMIN = "system_admin", "系统管理员", "system administrator"
    SECURITY_ADMIN = "security_admin", "安全管理员", "security administrator"
    AUDIT_ADMIN = "audit_admin", "审计管理员", "audit administrator"


ROLE = Role

THREE_ADMINISTRATORS = frozenset(
    {Role.SYSTEM_ADMIN, Role.SECURITY_ADMIN, Role.AUDIT_ADMIN}
)
"""三员: no account holds two of them, nor one of them with a working role."""


class DraftState(Word):
    """Where a draft stands."""

    DRAFT = "draft", "草稿", "draft"
    SUBMITTED = "submitted", "已提交", "submitted"
    APPROVED = "approved", "已批准", "approved"
    PUBLISHED = "published", "已发布", "published"
    SUPERSEDED = "superseded", "已被替代", "superseded"
    RETURNED = "returned", "已退回", "returned"
    WITHDRAWN = "withdrawn", "已撤回", "withdrawn"
    DISCARDED = "discarded", "已作废", "discarded"
    CONFLICT = "conflict", "有冲突", "in conflict"


class Rule(Word):
    """What a finding can be about; issue reports and pages use these words."""

    CODE = "code", "代码错误", "wrong code"
    CODE_REUSED = "code_reused", "代码重用", "code used before"
    CODE_ORDER = "code_order", "代码未顺序编制", "code out of sequence"
    KIND = "kind", "类别与代码段不符", "kind does not fit the code"
    LEVEL = "level", "级别与代码不符", "level does not fit the code"
    PARENT = "parent", "上级不符", "wrong parent"
    NAME = "name", "名称不规范", "name not standard"
    NAME_SIBLING = "name_sibling", "同级重名", "name repeated among siblings"
    NAME_SCOPE = "name_scope", "范围内重名", "name repeated in its scope"
    NAME_HOMOPHONE = "name_homophone", "同音", "name sounds the same"
    REQUIRED = "required", "必填项缺失", "required attribute missing"
    AREA = "area", "与公布面积不符", "differs from official area"
    VALIDITY = "validity", "几何无效", "invalid geometry"
    CRS = "crs", "坐标系问题", "coordinate system"
    OVERLAP = "overlap", "重叠", "overlap"
    SLIVER_OVERLAP = "sliver_overlap", "狭长重叠", "sliver overlap"
    GAP = "gap", "缝隙", "gap"
    SLIVER_GAP = "sliver_gap", "狭长缝隙", "sliver gap"
    UNMATCHED_VERTEX = "unmatched_vertex", "边界顶点不匹配", "unmatched vertex"
    NEAR_VERTEX = "near_vertex", "顶点近似重合", "near-coincident vertices"
    REDRAWN_BORDER = "redrawn_border", "边界重复绘制", "border drawn twice"
    SELF_CROSSING = "self_crossing", "自相交", "self-crossing ring"
    SPIKE = "spike", "尖刺", "spike"
    REPEATED_POINT = "repeated_point", "重复顶点", "repeated vertex"
    ORIENTATION = "orientation", "环方向错误", "wrong ring orientation"
    TOO_FEW_POINTS = "too_few_points", "顶点不足", "too few points"
    NOT_FINITE = "not_finite", "坐标非有限值", "coordinate not finite"
    DUPLICATE = "duplicate", "重复单元", "duplicate unit"
    NEAR_DUPLICATE = "near_duplicate", "近似重复单元", "near-duplicate unit"
    MISSING_UNIT = "missing_unit", "缺失单元", "missing unit"
    UNCUT_HOST = "uncut_host", "外围单元未挖空", "host not cut"
    MULTIPART = "multipart", "未登记的多部件", "undeclared multipart"
    OUTSIDE_PARENT = "outside_parent", "超出上级范围", "outside its parent"
    PARENT_RESIDUAL = (
        "parent_residual",
        "与上级范围不一致",
        "children differ from parent",
    )
    OFF_LINE = "off_line", "偏离界线", "off the boundary line"
    LINE_DANGLE = "line_dangle", "界线悬挂", "line dangles"
    LINE_SELF_OVERLAP = "line_self_overlap", "界线自重叠", "line overlaps itself"
    LINE_END = "line_end", "界线端点不在三交点", "line ends off a tripoint"
    LINE_SIDES = "line_sides", "界线两侧单位不符", "line sides do not match"
    PRECISION = "precision", "坐标精度", "coordinate precision"
    UNUSABLE = "unusable", "无法使用的几何", "unusable geometry"
    MARKER_NUMBER = "marker_number", "界桩编号不合规", "marker number not standard"
    MARKER_REPEATED = "marker_repeated", "界桩位置重复", "markers at one place"
    MARKER_PLACE = "marker_place", "界桩坐标缺失或异常", "marker position odd"
    MARKER_OFF_BORDER = "marker_off_border", "界桩偏离界线", "marker off the border"
    MARKER_FORM = "marker_form", "界桩类型与两侧不符", "form does not fit the sides"
    MARKER_ACCURACY = "marker_accuracy", "界桩精度缺失", "marker accuracy missing"
    WORD = "word", "用词不在词表内", "word not in the list"
    INSPECTION_SUBJECT = "inspection_subject", "检查对象不存在", "unknown marker"
    INSPECTION_DATE = "inspection_date", "检查日期异常", "inspection date odd"
    INSPECTION_SIDES = "inspection_sides", "各方未到齐", "not every side present"
    INSPECTION_OVERDUE = "inspection_overdue", "联检超期", "joint inspection overdue"
    NAME_REPEATED = "name_repeated", "地名重名", "place name repeated"
    NAME_SOUND = "name_sound", "地名同音", "place names sound the same"
    NAME_CHARACTERS = "name_characters", "地名用字不规范", "characters not allowed"
    NAME_FORM = "name_form", "命名不合规定", "naming against the rules"
    NAME_SPELLING = "name_spelling", "罗马字母拼写有误", "spelling does not match"
    NAME_READING = "name_reading", "多音字待确认", "reading to be confirmed"
    NAME_PLACE = "name_place", "位置不在所属区划内", "outside its division"
    FACILITY_PLACE = "facility_place", "设施位置异常", "facility's position odd"
    FACILITY_NUMBER = "facility_number", "数值无法采用", "number not usable"
    FACILITY_BEDS = "facility_beds", "床位数不一致", "beds do not agree"
    FACILITY_AREA = "facility_area", "建筑面积不足", "floor area too small"
    FACILITY_MOVED = "facility_moved", "迁建关系不完整", "link of sites not whole"
    FACILITY_DATES = "facility_dates", "设施日期异常", "facility's dates odd"
    FACILITY_REPEATED = "facility_repeated", "设施疑似重复", "facility perhaps twice"
    POPULATION_CHANGE = "population_change", "人口变化过大", "people halved or doubled"


RULES: tuple[str, ...] = tuple(rule.value for rule in Rule)
"""Every word ``rule`` of a finding may be."""
