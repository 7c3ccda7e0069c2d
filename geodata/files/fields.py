"""What the field names of other people's files mean, and how their values are spelt.

The aliases come from the land survey's division layer (TD/T 1057: ``XZQDM``,
``XZQMC``, ``DCMJ``), the national base data (``PAC``, ``NAME``), the pinyin
initials of marker registers (``JZBH``, ``ZZB``) and public map data (``adcode``).
A Shapefile cuts field names at 10 bytes, so each alias is also known by its cut
forms. A name alone decides nothing: the values must fit.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Mapping
from typing import Any

import pandas as pd

from geodata.files import spelling

FIELDS: dict[str, tuple[str, ...]] = {
    "code": (
        "code",
        "XZQDM",
        "adcode",
        "PAC",
        "行政区划代码",
        "行政区代码",
        "区划代码",
        "XZQHDM",
        "QHDM",
        "area_code",
        "admincode",
        "adminid",
        "区县代码",
        "division_code",
        "XZDM",
        "XZQBM",
        "行政区编码",
        "行政区划编码",
        "区划编码",
        "统计用区划代码",
        "统计代码",
        "地区代码",
        "街道代码",
        "乡镇代码",
        "社区代码",
        "村代码",
        "XZDM_CODE",
        "DM",
        "代码",
        "编码",
        "gb_code",
        "CNTY_CODE",
        "TOWN_CODE",
    ),
    "name": (
        "name",
        "XZQMC",
        "行政区划名称",
        "行政区名称",
        "区划名称",
        "XZQHMC",
        "QHMC",
        "标准名称",
        "名称",
        "MC",
        "行政区",
        "行政区划",
        "name_zh",
        "NAME_CHN",
        "XZMC",
        "地区名称",
        "区县名称",
        "街道名称",
        "乡镇名称",
        "社区名称",
        "村名称",
        "QXMC",
        "XZJDMC",
        "JDMC",
        "ZMC",
        "qh",
        "division_name",
        "地名",
        "单位名称",
        "CNTY_NAME",
        "TOWN_NAME",
    ),
    "kind": (
        "kind",
        "类别",
        "行政区划类型",
        "区划类型",
        "类型",
        "建制类型",
        "XZQLX",
        "QHLX",
    ),
    "level": (
        "level",
        "级别",
        "层级",
        "行政级别",
        "区划级别",
        "XZJB",
        "XZQJB",
        "DJ",
    ),
    "parent": (
        "parent",
        "上级代码",
        "上级区划代码",
        "上级行政区代码",
        "父级代码",
        "SJDM",
        "SJXZQDM",
        "SJXZQHDM",
        "parent_code",
        "parent_adcode",
        "pid",
        "pcode",
    ),
    "seat": ("seat", "政府驻地", "驻地", "人民政府驻地", "办事处驻地", "ZFZD", "ZD"),
    "pinyin": (
        "pinyin",
        "拼音",
        "汉语拼音",
        "罗马字母拼写",
        "罗马字母",
        "HYPY",
        "PYMC",
        "name_py",
    ),
    "area_official_km2": (
        "area_official_km2",
        "公布面积",
        "公布面积平方千米",
        "公布面积平方公里",
        "法定面积",
        "统计面积",
        "area_km2",
        "KZMJ",
        "DCMJ",
    ),
    "population": (
        "population",
        "人口",
        "总人口",
        "户籍人口",
        "常住人口",
        "人口数",
        "人口数量",
        "RK",
        "RKS",
        "ZRK",
        "pop",
    ),
    "enclave": ("enclave", "飞地", "是否飞地", "SFFD"),
    "predecessors": (
        "predecessors",
        "predecess",
        "前身",
        "原代码",
        "原区划代码",
        "变更前代码",
    ),
    "successors": ("successors", "后继", "现代码", "新区划代码", "变更后代码"),
    "remark": (
        "remark",
        "备注",
        "备注信息",
        "BZ",
        "说明",
        "note",
        "remarks",
        "comment",
    ),
    "marker": ("marker", "JZBH", "界桩编号", "界桩号", "桩号"),
    "line": ("line", "JXDM", "界线代码", "界线编号"),
    "height_m": ("height_m", "GC", "高程"),
    "material": ("material", "JZCZ", "界桩材质", "材质"),
    "form": ("form", "JZLX", "界桩类型"),
}
"""Ours -> theirs, the most telling name first."""

LADDER: dict[str, int] = {
    "省": 1,
    "省级": 1,
    "省份": 1,
    "市": 2,
    "地": 2,
    "地级": 2,
    "地市": 2,
    "县": 3,
    "区": 3,
    "区县": 3,
    "县区": 3,
    "县级": 3,
    "乡": 4,
    "镇": 4,
    "乡镇": 4,
    "街道": 4,
    "乡级": 4,
    "镇街": 4,
    "街镇": 4,
    "乡镇街道": 4,
    "村": 5,
    "社区": 5,
    "村级": 5,
    "村社区": 5,
    "村居": 5,
}
"""Columns that each hold the name at one level; the deepest one names the record."""

_M2: dict[str, float] = {
    "平方公里": 1e6,
    "平方千米": 1e6,
    "KM2": 1e6,
    "KM²": 1e6,
    "㎢": 1e6,
    "SQKM": 1e6,
    "公顷": 1e4,
    "HA": 1e4,
    "HM2": 1e4,
    "万平方米": 1e4,
    "亩": 1e4 / 15,
    "平方米": 1.0,
    "平米": 1.0,
    "M2": 1.0,
    "M²": 1.0,
    "㎡": 1.0,
}
UNITS: dict[str, dict[str, float]] = {
    "area_official_km2": {unit: m2 / 1e6 for unit, m2 in _M2.items()},
    "area_m2": _M2,
    "land_m2": _M2,
}
"""Ours -> unit as written in a header -> factor to our unit (1 亩 = 2000/3 m²)."""

FIELD_UNITS: dict[str, str] = {"DCMJ": "M2", "KZMJ": "M2"}
"""Fields whose standard fixes the unit: survey areas of TD/T 1057 are in m²."""

_COUNTED = re.compile(
    r"[(\[【](?:张|个|人|名|位|份|套|户|间|家|米|M|元|万元|元/[人月年/]+)[)\]】]$"
)
"""A unit in brackets that says what a number counts, and changes nothing."""
_SQUEEZE = re.compile(r"[\s_\-·.:：]+")
_MEASURED = re.compile(r"^(?:.*面积|.*AREA|KZMJ|DCMJ)$")
_DEDUPED = re.compile(r"_\d{1,2}$")
_DBF_BYTES = 10
_FIT = 0.8
"""Share of the filled values that must look right for a name to be believed."""


def fold(name: object) -> str:
    """Return ``name`` as the aliases know it: half-width, upper case, no separators."""
    text = spelling.half_width(str(name)).replace("\ufffd", "")
    return _SQUEEZE.sub("", text).upper()


def _aliases() -> dict[str, str]:
    """Return folded alias -> ours for every full name."""
    return {fold(alias): ours for ours, names in FIELDS.items() for alias in names}


def _cut_forms(alias: str, size: int) -> set[str]:
    """Return what ``size`` bytes of UTF-8 or of GBK keep of ``alias``."""
    forms = set()
    for encoding in ("utf-8", "gb18030"):
        raw = alias.encode(encoding)
        if len(raw) > size:
            forms.add(fold(raw[:size].decode(encoding, errors="ignore")))
    return forms


def _truncated(size: int) -> dict[str, tuple[str, ...]]:
    """Return folded cut form -> the names of ours it may stand for."""
    found: dict[str, dict[str, None]] = {}
    for ours, names in FIELDS.items():
        for alias in names:
            for form in _cut_forms(alias, size):
                found.setdefault(form, {})[ours] = None
    return {form: tuple(names) for form, names in found.items()}


ALIASES: dict[str, str] = _aliases()
"""Their field name, folded by :func:`fold`, -> ours."""

TRUNCATED: dict[str, tuple[str, ...]] = _truncated(_DBF_BYTES)
"""A field name cut by a DBF, folded, -> what of ours it may be; the values decide."""

NUMBERED: dict[str, tuple[str, ...]] = _truncated(_DBF_BYTES - len("_1"))
"""The same where a number was put behind to tell two cut names apart."""

_RANK = {
    fold(alias): rank for names in FIELDS.values() for rank, alias in enumerate(names)
}


def match(
    columns: Iterable[Hashable],
    sample: pd.DataFrame | Iterable[Mapping[Any, Any]],
    *,
    aliases: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """Return which of their columns is which of ours.

    Parameters
    ----------
    columns
        Their column names, in the file's order.
    sample
        Some rows (a frame or mappings); a name whose values do not fit is left.
    aliases
        ``{theirs: ours}`` of the bureau's own, or of another layer: they win, and
        what else the divisions' names would mean is left where they know none of it.

    Returns
    -------
    dict of str to str
        Each of ours at most once: the best claim wins, the others keep their name.
    """
    rows = _frame(sample)
    own = _with_cut_forms(aliases or {})
    claims = []
    for position, column in enumerate(columns):
        for ours, cost in _candidates(column, own):
            if _fits(ours, _values(rows, column)):
                claims.append((cost, position, str(column), ours))
    taken: dict[str, str] = {}
    for _, _, theirs, ours in sorted(claims):
        if theirs not in taken and ours not in taken.values():
            taken[theirs] = ours
    return _with_ladder(taken, [str(c) for c in columns], rows)


def unit_of(theirs: str, ours: str) -> str | None:
    """Return the unit a header states or a standard fixes, or None."""
    folded = fold(theirs)
    known = UNITS.get(ours, {})
    if folded in FIELD_UNITS:
        return FIELD_UNITS[folded]
    return max(
        (unit for unit in known if folded.rstrip(")]】").endswith(unit)),
        key=len,
        default=None,
    )


def ladder(columns: Iterable[Hashable]) -> list[str]:
    """Return the columns that each name one level, from the top down."""
    names = [str(c) for c in columns if fold(c) in LADDER]
    levels = [LADDER[fold(c)] for c in names]
    if len(names) < 2 or len(set(levels)) < len(levels):
        return []
    return sorted(names, key=lambda c: LADDER[fold(c)])


def _candidates(column: Hashable, own: Mapping[str, str]) -> list[tuple[str, int]]:
    """Return what of ours ``column`` may be, with a cost (lower is surer)."""
    folded = fold(column)
    bare = _without_unit(folded)
    forms = (folded, bare or folded, _COUNTED.sub("", folded))
    for rank, form in enumerate(forms, start=-3):
        if form in own:
            return [(own[form], rank)]
    found = [(ALIASES[folded], _RANK[folded])] if folded in ALIASES else []
    if bare is not None and not own:
        found.append(("area_official_km2", 50 + _RANK.get(bare, 20)))
    cut = dict.fromkeys(TRUNCATED.get(folded, ()))
    # GDAL numbers the second of two names that were cut to the same bytes.
    bare_name = _DEDUPED.sub("", str(column))
    if bare_name != column:
        form = fold(bare_name)
        cut |= dict.fromkeys((*TRUNCATED.get(form, ()), *NUMBERED.get(form, ())))
    found += [(ours, 100 + rank) for rank, ours in enumerate(cut)]
    return [each for each in found if not own or each[0] in own.values()]


def _with_cut_forms(aliases: Mapping[str, str]) -> dict[str, str]:
    """Return aliases by their folded name, and by what a DBF leaves of it."""
    whole = {fold(theirs): ours for theirs, ours in aliases.items()}
    cut: dict[str, set[str]] = {}
    for theirs, ours in aliases.items():
        for form in _cut_forms(theirs, _DBF_BYTES):
            cut.setdefault(form, set()).add(ours)
    return {form: min(ours) for form, ours in cut.items() if len(ours) == 1} | whole


def _without_unit(folded: str) -> str | None:
    """Return an area header without its unit, or None if it is not one."""
    bare = folded.rstrip(")]】")
    for unit in sorted(UNITS["area_official_km2"], key=len, reverse=True):
        if bare.endswith(unit):
            stem = bare[: -len(unit)].rstrip("([【")
            if _MEASURED.match(stem) and "计算" not in stem:
                return stem
    return None


def _with_ladder(
    taken: dict[str, str], columns: list[str], rows: pd.DataFrame
) -> dict[str, str]:
    """Name the record by the deepest filled of 省/市/县/乡/村 if nothing else does."""
    if "name" in taken.values():
        return taken
    for column in reversed(ladder(columns)):
        if column not in taken and _fits("name", _values(rows, column)):
            return {**taken, column: "name"}
    return taken


def _frame(sample: pd.DataFrame | Iterable[Mapping[Any, Any]]) -> pd.DataFrame:
    if isinstance(sample, pd.DataFrame):
        return sample
    return pd.DataFrame(list(sample))


def _values(rows: pd.DataFrame, column: Hashable) -> list[str]:
    if column not in rows.columns:
        return []
    # Two columns of one name cannot be told apart; the first stands for both.
    first = rows.loc[:, ~rows.columns.duplicated()]
    return [spelling.plain(v) for v in first[column] if not spelling.blank(v)]


def _is_level(text: str) -> bool:
    return spelling.level(text) is not None


def _is_code(text: str) -> bool:
    return spelling.looks_like_code(text) or spelling.damaged_code(text)


def _is_name(text: str) -> bool:
    return bool(text) and spelling.number(text) is None


def _is_number(text: str) -> bool:
    return spelling.number(text) is not None


def _is_flag(text: str) -> bool:
    return spelling.flag(text) is not None


def _always(_text: str) -> bool:
    return True


_CHECKS: dict[str, Callable[[str], bool]] = {
    "code": _is_code,
    "parent": _is_code,
    "name": _is_name,
    "level": _is_level,
    "area_official_km2": _is_number,
    "population": _is_number,
    "height_m": _is_number,
    "enclave": _is_flag,
    "kind": _is_name,
    "pinyin": _is_name,
    "seat": _is_name,
}


def _fits(ours: str, values: list[str]) -> bool:
    """Return whether the filled values look like ``ours`` (an empty column does)."""
    if not values:
        return ours not in {"code", "name"}
    check = _CHECKS.get(ours, _always)
    return sum(map(check, values)) >= _FIT * len(values)
