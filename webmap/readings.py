"""How a reading is shown: questions in words, choices with what speaks for them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from boundaries import layers
from boundaries.services.counts import FIELD_WORDS as POPULATION_WORDS
from boundaries.words import FACILITY_WORDS, FIELD_WORDS
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

WORDS: dict[str, Text] = {
    "crs": Text("坐标系", "Coordinate system"),
    "encoding": Text("文字编码", "Text encoding"),
    "layer": Text("图层", "Layer"),
    "axis_swapped": Text("坐标轴对调", "Axes swapped"),
    "shift": Text("整体偏移", "Shift"),
    "place": Text("位置", "Position"),
    "fields": Text("字段对应", "Fields"),
    "angles": Text("角度写法", "Spelling of angles"),
    "geometry": Text("图形所在列", "Column of the geometry"),
    "delimiter": Text("分隔符", "Delimiter"),
    "header": Text("表头所在行", "Row of the header"),
    "x": Text("东坐标所在列", "Column of the east coordinate"),
    "y": Text("北坐标所在列", "Column of the north coordinate"),
}
"""What a guess is about."""

TARGETS: dict[str, Text] = {
    "divisions": Text("行政区划", "divisions"),
    "boundary_lines": Text("界线", "boundary lines"),
    "markers": Text("界桩", "boundary markers"),
    "inspections": Text("界桩检查记录", "inspections of markers"),
    "place_names": Text("地名", "place names"),
    "facilities": Text("设施", "facilities"),
    "population": Text("人口", "population"),
}
"""The layers that a file may be meant for."""

ENCODINGS = ("GB18030", "UTF-8", "Big5", "UTF-16", "Shift_JIS", "EUC-KR", "cp1252")
KINDS: dict[str, Text] = {
    "gcj02": Text("GCJ-02（火星坐标）", "GCJ-02"),
    "bd09": Text("BD-09（百度坐标）", "BD-09"),
    "translation": Text("平移", "a translation"),
}
_OUR_NAMES: dict[str, Text] = {
    **FIELD_WORDS,
    **POPULATION_WORDS,
    **FACILITY_WORDS,
    "weight": Text("居住区权重", "weight of a residential area"),
    "in_county": Text("所在区县", "county or district"),
    "in_town": Text("所在街道、乡镇", "township"),
    "in_village": Text("所在社区、村", "community or village"),
    "coord_crs": Text("坐标系（逐条）", "coordinate system of each record"),
    "price": Text("收费（元/月）", "price (yuan a month)"),
    "code": Text("区划代码", "division code"),
    "name": Text("名称", "name"),
    "kind": Text("类别", "kind"),
    "level": Text("级别", "level"),
    "parent": Text("上级", "superior"),
    "seat": Text("驻地", "seat"),
    "pinyin": Text("拼音", "pinyin"),
    "area_official_km2": Text("公布面积（平方公里）", "official area (km²)"),
    "population": Text("人口", "population"),
    "enclave": Text("飞地", "enclave"),
    "predecessors": Text("前身", "predecessors"),
    "successors": Text("后继", "successors"),
    "remark": Text("备注", "remark"),
    "marker": Text("界桩编号", "marker number"),
    "lines": Text("界线代码", "codes of lines"),
    "inspection": Text("检查编号", "inspection number"),
    "subject": Text("检查对象", "what was inspected"),
    "date": Text("日期", "date"),
    "place": Text("地名代码", "place code"),
    "category": Text("类别", "category"),
    "division": Text("所属区划", "division"),
}
_REASONS: dict[str, Text] = {
    "Self-intersection": Text("自相交", "crosses itself"),
    "Ring Self-intersection": Text("环自相交", "a ring crosses itself"),
    "Repeated points": Text("重复顶点", "repeated points"),
    "Too few points in geometry component": Text("顶点过少", "too few points"),
    "Too few points": Text("顶点过少", "too few points"),
    "Hole lies outside shell": Text("洞在外环之外", "a hole lies outside its shell"),
    "Nested shells": Text("部件相套", "a part inside a part"),
    "Duplicate Rings": Text("重复的环", "a ring twice"),
    "Interior is disconnected": Text("内部不连通", "its inside is not connected"),
}


def questions(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the guesses of a reading in words, those to be answered first.

    Each ``{"what", "label", "value", "confidence", "evidence", "open"}``.
    """
    must = set(found["questions"])
    listed = [
        {
            "what": guess["what"],
            "label": WORDS.get(guess["what"], Text(guess["what"], guess["what"])),
            "value": _value(guess, found),
            "confidence": guess["confidence"],
            "evidence": Text(
                guess["evidence"], guess["evidence_en"] or guess["evidence"]
            ),
            "open": guess["what"] in must,
        }
        for guess in found["reading"]["guesses"]
    ]
    return sorted(listed, key=lambda item: not item["open"])


def crs_choices(found: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the other coordinate systems it could be, with what speaks for each."""
    return [
        {
            "epsg": item["epsg"],
            "name": found["crs_names"].get(str(item["epsg"]), item["name"]),
            "confidence": item["confidence"],
            "why": _both(item["why"], item.get("why_en")),
        }
        for item in found["reading"]["crs"]["alternatives"]
    ]


def crs_name(found: Mapping[str, Any], epsg: int | None) -> str:
    """Return ``EPSG:4527 · CGCS2000 / 3-degree …``."""
    if epsg is None:
        return ""
    name = found["crs_names"].get(str(epsg), "")
    return f"EPSG:{epsg} · {name}" if name else f"EPSG:{epsg}"


def ours(name: str) -> Text:
    """Return what one of our fields is called."""
    known = _OUR_NAMES.get(name)
    return Text(f"{known.zh}（{name}）", known.en) if known else Text(name, name)


def reason(word: str) -> Text:
    """Return why a polygon is invalid, in words."""
    return _REASONS.get(word, Text(word, word))


def shift_words(shift: Mapping[str, Any]) -> Text:
    """Return a shift as directions and metres."""
    dx, dy = float(shift["dx_m"]), float(shift["dy_m"])
    kind = KINDS.get(str(shift.get("kind")), Text("平移", "a translation"))
    size = math.hypot(dx, dy)
    return Text(
        f"疑似{kind.zh}：整体偏离约 {size:.1f} 米（需向东 {dx:+.1f} 米、向北 "
        f"{dy:+.1f} 米才与已知边界吻合）",
        f"it looks like {kind.en}: about {size:.1f} m off ({dx:+.1f} m east and "
        f"{dy:+.1f} m north would meet the known borders)",
    )


def target_choices() -> list[tuple[str, Text]]:
    """Return the layers a file may be meant for, those of this system only."""
    known = {layer.name for layer in layers.LAYERS}
    return [(name, words) for name, words in TARGETS.items() if name in known]


def _value(guess: Mapping[str, Any], found: Mapping[str, Any]) -> Text:
    value = guess["value"]
    if guess["what"] == "crs":
        name = crs_name(found, value)
        return Text(name, name) if name else Text("无法判断", "could not be told")
    if guess["what"] == "shift" and isinstance(value, dict):
        return shift_words(value)
    if guess["what"] == "place":
        return Text(
            f"距已知区划约 {value} 公里", f"about {value} km from the known divisions"
        )
    if isinstance(value, bool):
        return Text("是", "yes") if value else Text("否", "no")
    return Text(str(value), str(value))


def _both(zh: Any, en: Any) -> Text:
    if isinstance(zh, dict):
        return Text(str(zh["zh"]), str(zh["en"]))
    return Text(str(zh), str(en or zh))
