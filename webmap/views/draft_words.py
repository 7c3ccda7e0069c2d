"""Words of the drafts' pages for what is stored as a short word."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext

from boundaries.services.counts import FIELD_WORDS as POPULATION_WORDS
from boundaries.vocabulary import Level, Rule
from boundaries.words import FACILITY_WORDS, FIELD_WORDS
from geodata.errors import Text
from geodata.topology.remedies import DOABLE
from webmap import languages

_LAYERS = {
    "divisions": Text("行政区划", "divisions"),
    "boundary_lines": Text("界线", "boundary lines"),
    "markers": Text("界桩", "markers"),
    "inspections": Text("界桩巡查", "inspections"),
    "place_names": Text("地名", "place names"),
    "facilities": Text("养老设施", "facilities"),
    "population": Text("人口", "population"),
}
_FIELDS = {
    **POPULATION_WORDS,
    **FACILITY_WORDS,
    **FIELD_WORDS,
    "status": Text("状态", "status"),
    "code": Text("代码", "code"),
    "name": Text("名称", "name"),
    "kind": Text("类别", "kind"),
    "level": Text("级别", "level"),
    "parent": Text("上级", "parent"),
    "area_official_km2": Text("公布面积（km²）", "official area (km²)"),
    "population": Text("人口", "population"),
    "seat": Text("驻地", "seat"),
    "valid_from": Text("生效日期", "in force from"),
    "geometry": Text("位置", "position"),
}
_GUESSES = {
    "crs": Text("坐标系", "coordinate system"),
    "encoding": Text("文字编码", "encoding"),
    "layer": Text("图层", "layer"),
    "delimiter": Text("分隔符", "delimiter"),
    "shift": Text("偏移", "shift"),
    "axis": Text("坐标轴顺序", "order of the axes"),
    "zone": Text("投影带", "zone"),
    "place": Text("距已知区划（公里）", "km from the known divisions"),
}
_REPAIRS = {
    "make_valid": Text("整理单元图形", "tidy the unit's shape"),
    "fill": Text("把缝隙划给一方", "give the gap to one side"),
    "give": Text("把重叠划给一方", "give the overlap to one side"),
    "cut_host": Text("从外围单元中挖出", "cut it out of the unit around it"),
    "insert": Text("补上邻接单元的顶点", "add the neighbour's vertices"),
    "drop": Text("删除重复单元", "drop the duplicate"),
    "snap": Text("把相近顶点并为一点", "join the vertices that are nearly one"),
    "midline": Text("取两条界线的中线", "take the middle of the two lines"),
    "drop_repeated": Text("删去重复顶点", "remove the repeated vertices"),
    "orient": Text("统一环的走向", "turn the rings the usual way"),
}
assert set(DOABLE) <= set(_REPAIRS)  # noqa: S101 - a repair without words is a bug
_NOTES = (
    ("published/", Text("发布", "published")),
    ("repair ", Text("采用修复建议 {} 项", "{} repairs accepted")),
    ("rebase ", Text("以版本 {} 为基准重新建立", "staged again on version {}")),
    ("resolve ", Text("冲突已选择：{}", "conflict settled: {}")),
)


def helpers() -> dict[str, Any]:
    """Return the words templates of drafts call by name."""
    return {
        "_layer": lambda name: _of(_LAYERS, name),
        "_words": _words,
        "_field": lambda name: _of(_FIELDS, name),
        "_guess": lambda name: _of(_GUESSES, name),
        "_repair": lambda name: _of(_REPAIRS, name),
        "_rule": _rule,
        "_crs": _crs,
        "_counts": _counts,
        "_note": _note,
    }


def _words() -> dict[str, Any]:
    """Return the words the script of the changes needs: attributes and levels."""
    return {
        "fields": {name: languages.say(words) for name, words in _FIELDS.items()},
        "levels": {int(level): languages.say(level.label) for level in Level},
    }


def _of(words: dict[str, Text], name: str) -> str:
    found = words.get(name)
    return languages.say(found) if found else str(name).removeprefix("extra.")


def _crs(crs: dict[str, Any]) -> str:
    """Return the coordinate system a file was read in, and why."""
    told = crs.get("evidence_en") if languages.chosen() == "en" else None
    why = told or crs.get("evidence") or ""
    code = f"EPSG:{crs['epsg']}" if crs.get("epsg") else "WKT" if crs.get("wkt") else ""
    return " · ".join(part for part in (code, why) if part)


def _rule(name: str) -> str:
    try:
        return languages.say(Rule(name).label)
    except ValueError:
        return name


def _counts(counts: dict[str, int]) -> str:
    """Return how many units a draft adds, changes and ends, leaving out noughts."""
    said = [
        (counts["added"], gettext("%(n)s added", n=counts["added"])),
        (counts["changed"], gettext("%(n)s changed", n=counts["changed"])),
        (counts["removed"], gettext("%(n)s ended", n=counts["removed"])),
    ]
    return "，".join(w for n, w in said if n) if languages.chosen() == "zh" else (
        ", ".join(w for n, w in said if n)
    )  # fmt: skip


def _note(note: str) -> str:
    """Return a note of the history; those we wrote ourselves in words."""
    for start, words in _NOTES:
        if note.startswith(start):
            rest = note.removeprefix(start)
            rest = rest.replace("=mine", "（己方）").replace("=theirs", "（对方）") if (
                languages.chosen() == "zh"
            ) else rest  # fmt: skip
            return languages.say(words).format(rest)
    return note
