"""What the columns of other people's registers mean, and how their values are spelt.

The names are those of 界桩登记表 and of a working marker system (pinyin initials),
of 联检记录表, of the 国家地名信息库 and of the exchange format for place names. The
division layer's own aliases are :mod:`geodata.files.fields`; a register's win.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boundaries.gazetteer.words import CENSUS, NameClass, NameStatus
from boundaries.lines.words import (
    Action,
    Faces,
    Form,
    InspectionKind,
    MarkerState,
    Material,
)
from boundaries.services import columns as services
from boundaries.services import counts
from boundaries.vocabulary import Level, Word
from geodata.errors import Text
from geodata.files import spelling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import geopandas as gpd

REGISTERS = ("markers", "inspections", "place_names", "facilities")
"""Layers of records at points: the ones this module and the rules know."""

_COMMON = {
    "photos": ("照片", "ZP", "photos"),
    "remark": ("备注", "BZ", "remark"),
    "public": ("是否公开", "SFGK", "public"),
}

NAMES: dict[str, dict[str, tuple[str, ...]]] = {
    "markers": {
        "marker": ("界桩编号", "JZBH", "界桩号", "桩号", "编号", "BH", "marker"),
        "lines": ("界线代码", "JXDM", "界线编号", "lines"),
        "form": ("界桩类型", "JZLX", "类型", "form"),
        "faces": ("面型", "JZMX", "faces"),
        "material": ("界桩材质", "JZCZ", "材质", "material"),
        "state": ("界桩状态", "JZZT", "完好情况", "状态", "现状", "state"),
        "height_m": ("高程", "GC", "高程值", "height_m"),
        "height_type": ("高程类型", "高程系统", "高程基准", "GCLX", "height_type"),
        "accuracy_m": ("点位精度", "点位中误差", "平面精度", "DWJD", "accuracy_m"),
        "name": ("界桩名称", "JZMC", "名称", "name"),
        "level": ("界桩等级", "JZDJ", "等级", "级别", "level"),
        "units": ("行政区", "行政区代码", "units"),
        "survey_crs": ("测量坐标系", "CLZBX", "survey_crs"),
        "survey_scale": ("测图比例尺", "比例尺", "BLC", "survey_scale"),
        "location": ("位置描述", "WZMS", "所在地", "location"),
        "reference_objects": ("方位物", "reference_objects"),
        "set_on": ("埋设时间", "埋设日期", "设立时间", "MSSJ", "set_on"),
        "registered_on": ("登记时间", "登记日期", "DJSJ", "registered_on"),
        "custodian": ("托管单位", "管护单位", "委托管理", "TGDW", "custodian"),
        **_COMMON,
    },
    "inspections": {
        "inspection": ("检查编号", "记录编号", "JCBH", "inspection"),
        "subject": (
            *("界桩编号", "JZBH", "界桩号", "桩号", "marker", "检查对象", "subject"),
        ),
        "date": ("检查日期", "联检日期", "检查时间", "JCRQ", "日期", "date"),
        "kind": ("检查类型", "检查方式", "JCLX", "类型", "kind"),
        "result": ("检查结果", "JCJG", "界桩状态", "完好情况", "状态", "result"),
        "damage": ("损坏情况", "损毁情况", "存在问题", "SHQK", "damage"),
        "action": ("处理措施", "处理情况", "措施", "CLCS", "action"),
        "parties": ("参加方", "参检单位", "参加单位", "CJDW", "parties"),
        "inspectors": ("检查人", "检查人员", "参加人员", "JCR", "inspectors"),
        "document": ("文号", "依据文件", "记录表编号", "document"),
        **_COMMON,
    },
    "place_names": {
        "place": ("地名代码", "DMDM", "BMMX0001", "place_code", "place"),
        "name": (
            *("标准名称", "标准地名", "BZMC", "BMMX0002", "standard_name", "地名"),
            *("名称", "name"),
        ),
        "category": ("地名类别", "DMLB", "类别", "地名类型", "place_type", "category"),
        "subcategory": (
            *("类别代码", "LBDM", "BMMX0003", "place_type_code", "subcategory"),
        ),
        "romanised": (
            *("罗马字母拼写", "LMZMPX", "BMMX0006", "汉语拼音", "HYPY", "拼音"),
            *("roman_alphabet_spelling", "romanised"),
        ),
        "romanised_confirmed": ("读音已确认", "拼写已确认", "romanised_confirmed"),
        "specific": ("专名", "BMMX0007", "specific"),
        "generic": ("通名", "BMMX0009", "generic"),
        "division": (
            *("所属区划代码", "SSQHDM", "AZAA0001", "行政区划代码", "区划代码"),
            *("XZQDM", "所在行政区代码", "division"),
        ),
        "former_names": ("曾用名", "CYM", "历史地名", "old_name", "former_names"),
        "aliases": ("别名", "简称", "又名", "BM", "aliases"),
        "script": ("少数民族语书写", "ethnic_minorities_writing", "script"),
        "location": ("位置描述", "地理位置", "项目地理位置", "四至", "location"),
        "origin": ("地名来历", "来历", "place_origin", "origin"),
        "meaning": ("地名含义", "含义", "BMMX0042", "place_meaning", "meaning"),
        "history": ("历史沿革", "place_history", "history"),
        "status": ("使用状态", "使用时间", "SYSJ", "状态", "status"),
        "document": ("批准文号", "批文号", "批复文号", "document"),
        "authority": ("批准机关", "authority"),
        "approved_on": ("批准日期", "批准时间", "approved_on"),
        "named_on": ("命名时间", "设立年份", "named_on"),
        **_COMMON,
    },
    "facilities": {**services.NAMES, **_COMMON},
    "population": counts.NAMES,
}
"""Layer -> ours -> theirs, the most telling name first."""

WORDS: dict[str, dict[str, type[Word]]] = {
    "markers": {
        "form": Form,
        "faces": Faces,
        "material": Material,
        "state": MarkerState,
    },
    "inspections": {"kind": InspectionKind, "result": MarkerState, "action": Action},
    "place_names": {"category": NameClass, "status": NameStatus},
    "facilities": services.WORDS,
    "population": counts.WORDS,
}
"""Layer -> attribute -> the closed list its words are from."""

_SAID: dict[str, str] = {
    "单": "single", "单立": "single", "单立单面": "single", "双立": "double",
    "同号双立": "double", "三立": "triple", "同号三立": "triple",
    "花岗石": "granite", "石质": "granite", "混凝土": "concrete",
    "复合": "composite", "好": "intact", "良好": "intact", "正常": "intact",
    "破损": "broken", "损坏": "broken", "毁失": "lost", "丢失或毁失": "lost",
    "缺失": "lost", "掩埋": "buried", "被掩埋": "buried", "遮挡": "buried",
    "需描红": "faded", "联检": "joint", "联合检查": "joint", "巡查": "patrol",
    "巡检": "patrol", "无": "none", "不处理": "none", "已描红": "repaint",
    "已修复": "repair", "上报": "report", "现今": "in_use", "在用": "in_use",
    "现今地名": "in_use", "历史地名": "former", "曾用": "former", "废止": "former",
    "预命名": "proposed", "街巷": "street", "道路": "street", "住宅区": "building",
    **{said: word.value for said, word in CENSUS.items()},
}  # fmt: skip
"""Other people's words -> the value of ours."""

_LISTS = frozenset(
    {"lines", "units", "parties", "former_names", "aliases", "photos"},
)
_DATES = frozenset(
    {
        *("date", "set_on", "registered_on", "approved_on", "named_on"),
        *("opened_on", "closed_on", "planned_for", "updated_on", "counted_on"),
    }
)
_PARTED = re.compile(r"[、,，;；/|\s]+")
_DATE = re.compile(r"(\d{4})(?:[-./年](\d{1,2})(?:[-./月](\d{1,2})日?)?)?月?年?")
_GATHERED = {"markers": {"units": ("行政区", "XZQ"), "location": ("所在地", "SZD")}}
_SIDES = ("1", "2", "3")


def aliases(layer: str) -> dict[str, str] | None:
    """Return ``{theirs: ours}`` of a register, None for other layers.

    For :func:`geodata.files.read`, so that the Reading says what was understood.
    """
    names = NAMES.get(layer)
    if names is None:
        return None
    return {theirs: ours for ours, listed in names.items() for theirs in listed}


def headings(layer: str) -> dict[str, Text]:
    """Return what the columns of a layer are called in a table that is handed out.

    Each is a name that :func:`aliases` reads back.
    """
    if layer != "facilities":
        return {}
    return {ours: Text(listed[0], ours) for ours, listed in NAMES[layer].items()}


def prepared(
    frame: gpd.GeoDataFrame, layer: str, named: Mapping[str, str] | None = None
) -> gpd.GeoDataFrame:
    """Return a register's frame with our columns, words, dates and lists.

    Parameters
    ----------
    frame
        As read.
    named
        ``{theirs: ours}`` as the Reading has it: a column read as something that
        this layer does not have gets its own name back.
    """
    if layer not in NAMES:
        return frame
    frame = _own_names(frame, layer, named or {})
    frame = _gathered(frame, layer)
    if layer == "markers":
        frame = _with_objects(frame)
    if layer == "facilities":
        frame = services.gathered(frame)
    changed: dict[str, Any] = {}
    for name, values in frame.items():
        convert = _converter(layer, str(name))
        if convert is not None and name != frame.geometry.name:
            changed[str(name)] = _objects(convert(value) for value in values)
    return frame.assign(**changed) if changed else frame


def word(kind: type[Word], value: Any) -> str | None:
    """Return the stored value of a word however it is written, else it as it is."""
    if _missing(value):
        return None
    text = str(value).strip()
    try:
        return kind.of(text).value
    except ValueError:
        said = services.SAID.get(kind, _SAID).get(text, text)
        return said if said in {each.value for each in kind} else text


def date(value: Any) -> str | None:
    """Return a date as ISO 8601 to the precision written, else it as it is."""
    if _missing(value):
        return None
    if hasattr(value, "isoformat"):
        return str(value.isoformat())[:10]
    text = str(value).strip().removesuffix(".0")
    if re.fullmatch(r"\d{8}", text):
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    found = _DATE.fullmatch(text.split("T")[0].split(" ")[0])
    if found is None:
        return text
    return "-".join(part.zfill(2) for part in found.groups() if part)


def listed(value: Any) -> list[str] | None:
    """Return a list however it is written: JSON, or parted by 、 and the like."""
    if isinstance(value, list | tuple):
        found = [str(item).strip() for item in value if str(item).strip()]
        return found or None
    if _missing(value):
        return None
    text = str(value).strip()
    if text.startswith("["):
        try:
            return listed(json.loads(text))
        except ValueError:
            pass
    return [part for part in _PARTED.split(text) if part] or None


def _own_names(
    frame: gpd.GeoDataFrame, layer: str, named: Mapping[str, str]
) -> gpd.GeoDataFrame:
    known = {*NAMES[layer], "extra"}
    back = {
        ours: theirs
        for theirs, ours in named.items()
        if ours in frame and ours not in known
    }
    frame = frame.rename(columns=back)
    ours = aliases(layer) or {}
    forward: dict[str, str] = {}
    for name in frame.columns:
        target = ours.get(str(name))
        if target and target not in frame and target not in forward.values():
            forward[str(name)] = target
    return frame.rename(columns=forward)


def _gathered(frame: gpd.GeoDataFrame, layer: str) -> gpd.GeoDataFrame:
    """Join 行政区1, 行政区2, 行政区3 into one column."""
    for ours, stems in _GATHERED.get(layer, {}).items():
        columns = [
            f"{stem}{side}"
            for stem in stems
            for side in _SIDES
            if f"{stem}{side}" in frame
        ]
        if not columns or ours in frame:
            continue
        joint = "；" if ours == "location" else "、"
        texts = [
            joint.join(_plain(value) for value in row if not _missing(value))
            for row in frame[columns].itertuples(index=False)
        ]
        frame = frame.drop(columns=columns).assign(**{ours: texts})
    return frame


def _with_objects(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Join 方位物1名称, 方位物1方位角, 方位物1距离 … into one column of objects."""
    parts = {"name": ("", "名称"), "azimuth_deg": ("方位角",), "distance_m": ("距离",)}
    columns = {
        (side, part): f"方位物{side}{ending}"
        for side in _SIDES
        for part, endings in parts.items()
        for ending in endings
        if f"方位物{side}{ending}" in frame
    }
    if not columns or "reference_objects" in frame:
        return frame
    found = []
    for at in range(len(frame)):
        objects: dict[str, dict[str, Any]] = {}
        for (side, part), column in columns.items():
            value = frame[column].iloc[at]
            if not _missing(value):
                objects.setdefault(side, {})[part] = _number_or_text(value)
        found.append(list(objects.values()) or None)
    rest = frame.drop(columns=list(columns.values()))
    return rest.assign(reference_objects=_objects(found))


def _converter(layer: str, name: str) -> Callable[[Any], Any] | None:
    if layer == "facilities" and name in services.CONVERTERS:
        return services.CONVERTERS[name]
    if layer == "facilities" and name == "functions":
        return lambda value: services.functions(listed(value))
    kind = WORDS[layer].get(name)
    if kind is not None:
        return lambda value: word(kind, value)
    if name == "level":
        return _level
    if name in _DATES:
        return date
    return listed if name in _LISTS else None


def _level(value: Any) -> Any:
    if _missing(value):
        return None
    text = _plain(value)
    for level in Level:
        if text in (*level.label, str(int(level)), level.label.zh.removesuffix("级")):
            return int(level)
    return spelling.level(text) or text


def _objects(values: Any) -> Any:
    found = list(values)
    column = np.empty(len(found), dtype=object)
    column[:] = found
    return column


def _number_or_text(value: Any) -> Any:
    try:
        return float(value)
    except (TypeError, ValueError):
        return str(value).strip()


def _plain(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _missing(value: Any) -> bool:
    if isinstance(value, list | tuple | dict):
        return not value
    return value is None or bool(pd.isna(value)) or not str(value).strip()
