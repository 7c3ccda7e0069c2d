"""Tables of population: what their columns mean, and what in them is at fault.

Counts of units, never records of persons. Every row at fault is named with why and
what to do, and the rest is kept.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from boundaries import codes
from boundaries.services.settlement import Settlement
from boundaries.vocabulary import Word
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    import geopandas as gpd


class Method(Word):
    """How counts were come by."""

    TABLE = "table", "统计表", "table"
    GRID = "grid", "网格汇总", "summed from a grid"
    INTERPOLATED = "interpolated", "由上级合计分摊", "shared out from a total above"
    RESIDENTIAL = (
        "residential",
        "统计表合计，按居住区分摊到位置",
        "a total, shared out over residential areas",
    )


NAMES: dict[str, tuple[str, ...]] = {
    "division": (
        *("区划代码", "行政区划代码", "行政区代码", "统计用区划代码", "社区代码"),
        *("村代码", "街道代码", "乡镇代码", "XZQDM", "division", "code", "代码"),
    ),
    "total": (
        "总人口",
        "常住人口",
        "户籍人口",
        "人口",
        "人口数",
        "total",
        "population",
    ),
    "aged_60": (
        *("60岁及以上", "60岁以上", "60岁及以上人口", "60+", "老年人口", "老年人数"),
        *("60岁以上人口", "60岁以上老年人口", "60岁及以上老年人口"),
        *("60岁及以上老年人", "aged_60", "pop60"),
    ),
    "aged_65": (
        *("65岁及以上", "65岁以上", "65岁及以上人口", "65+", "65岁及以上老年人"),
        *("aged_65", "pop65"),
    ),
    "aged_80": (
        *("80岁及以上", "80岁以上", "80岁及以上人口", "80+", "高龄老年人", "高龄人口"),
        *("80岁及以上老年人", "aged_80", "pop80"),
    ),
    "households": ("户数", "总户数", "家庭户数", "households"),
    "disabled": (
        *("失能老年人", "失能老人", "失能人口", "失能老年人数", "失能", "disabled"),
    ),
    "settlement": ("城乡分类", "城乡分类代码", "城乡属性", "settlement"),
    "counted_on": ("统计时点", "统计日期", "截止日期", "基准日", "年度", "counted_on"),
    "source": ("数据来源", "来源", "source"),
    "method": ("统计方法", "取得方法", "method"),
    "places": ("places",),
    "outside": ("outside",),
    "weight": (
        *("权重", "住宅建筑面积", "居住建筑面积", "居住面积", "居住用地面积"),
        *("住宅套数", "weight"),
    ),
    "remark": ("备注", "BZ", "remark"),
}
WORDS: dict[str, type[Word]] = {"settlement": Settlement, "method": Method}
COUNTS = ("total", "aged_60", "aged_65", "aged_80", "households", "disabled")
_INSIDE = (
    ("aged_60", "total"), ("aged_65", "aged_60"), ("aged_80", "aged_65"),
    ("disabled", "total"), ("households", "total"),
)  # fmt: skip
"""The first of each pair cannot be more than the second."""
FIELD_WORDS: dict[str, Text] = {
    "total": Text("总人口", "total"),
    "aged_60": Text("60岁及以上", "60 and over"),
    "aged_65": Text("65岁及以上", "65 and over"),
    "aged_80": Text("80岁及以上", "80 and over"),
    "households": Text("户数", "households"),
    "disabled": Text("失能", "disabled"),
    "settlement": Text("城乡分类", "urban-rural class"),
    "counted_on": Text("统计时点", "counted on"),
    "source": Text("数据来源", "source"),
    "method": Text("取得方法", "how counted"),
    "places": Text("居民点", "where people live"),
    "outside": Text("边界网格中区划外的人数", "people of border cells in no division"),
}
"""What people call the columns."""
_SUMS = re.compile(r"^\s*(全[市区县省]?)?(合计|总计|小计|汇总|总数|计)\s*[:：]?\s*$")
_NUMBER = re.compile(r"[+-]?\d+(?:\.\d+)?")


class Faults:
    """Collects rows that are refused, and what was mended or left empty."""

    def __init__(self) -> None:
        self.refused: list[dict[str, Any]] = []
        self._mended: dict[tuple[str, Text], list[str]] = {}

    def refuse(self, record: Any, why: Text) -> None:
        """Leave a row out, by its number in the file."""
        self.refused.append({"record": int(record), "reason": why._asdict()})

    def mend(self, field: str, why: Text, key: str) -> None:
        """Note what was done to a kept row."""
        self._mended.setdefault((field, why), []).append(key)

    @property
    def mended(self) -> list[dict[str, Any]]:
        """Return the notes as a draft's document keeps inferences."""
        return [
            {"field": field, "count": len(keys), "keys": keys[:20],
             "why": why._asdict()}
            for (field, why), keys in self._mended.items()
        ]  # fmt: skip


def prepared(
    frame: gpd.GeoDataFrame, divisions: pd.DataFrame
) -> tuple[gpd.GeoDataFrame, Faults]:
    """Return the rows of a population table that can be kept, and the faults.

    Parameters
    ----------
    frame
        With our column names (:func:`boundaries.columns.prepared`); the index is the
        record number.
    divisions
        The divisions a code must be among: a community may also be one below a
        street of which no community is stored.
    """
    if "division" not in frame:
        return frame, Faults()
    if not any(name in frame for name in COUNTS):
        raise InputError(
            Text("表中没有一列是人数或户数。", "No column holds counts of people."),
            Text(
                "请用 --map 指定，例如 --map 老人=aged_60。",
                "Name it, for example --map SENIORS=aged_60.",
            ),
        )
    faults = Faults()
    known = {str(code) for code in divisions.index}
    with_children = {str(each) for each in divisions["parent"].dropna()}
    kept: list[Any] = []
    keys: list[str] = []
    columns: dict[str, list[Any]] = {name: [] for name in COUNTS if name in frame}
    first: dict[str, Any] = {}
    names = [str(name) for name in frame.columns]
    for record, *values in frame.itertuples(name=None):
        row = dict(zip(names, values, strict=True))
        key = _key(row, record, known, with_children, faults)
        if key is None:
            continue
        if key in first:
            faults.refuse(record, _double(key, first[key], row, frame))
            continue
        figures = _figures(row, record, key, columns, faults)
        if figures is None:
            continue
        first[key] = record
        kept.append(record)
        keys.append(key)
        for name, value in figures.items():
            columns[name].append(value)
    if not kept:
        why = faults.refused[0]["reason"] if faults.refused else None
        raise InputError(
            Text("没有一行可以导入。", "Not one row can be imported."),
            Text(**why) if why else None,
        )
    found = frame.loc[kept].assign(division=keys, **_objects(columns))
    if "outside" not in found:  # of a grid before, which the table takes the place of
        found["outside"] = None
    return found, faults


def _objects(columns: Mapping[str, list[Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, values in columns.items():
        made[name] = np.empty(len(values), dtype=object)
        made[name][:] = values
    return made


def settled(
    frame: gpd.GeoDataFrame, given: Iterable[str], infer: Callable[..., None]
) -> gpd.GeoDataFrame:
    """Return counts of which none that was kept contradicts one that was given.

    A column that a file does not have stays as it was; where that would make a part
    more than its whole, it is emptied, and ``infer`` told of field, why and units.
    """
    named = set(given)
    for part, whole in _INSIDE:
        kept, other = (part, whole) if part not in named else (whole, part)
        if kept in named or other not in named:
            continue
        inner, outer = (
            pd.to_numeric(frame[name], errors="coerce").to_numpy(float, na_value=np.nan)
            for name in (part, whole)
        )
        wrong = inner > outer
        if not wrong.any():
            continue
        old, new = FIELD_WORDS[kept], FIELD_WORDS[other]
        infer(
            kept,
            Text(f"文件没有{old.zh}，原有数与新的{new.zh}矛盾，已清空。请补充后再导入。",
                 f"The file has no {old.en}; those known contradict the new {new.en} "
                 "and were emptied. Add them and import again."),
            [str(key) for key in frame.index[wrong]],
        )  # fmt: skip
        frame = frame.assign(**{kept: frame[kept].mask(wrong, other=pd.NA)})
    return frame


def _key(
    row: Mapping[str, Any], record: Any, known: set[str], parents: set[str],
    faults: Faults,
) -> str | None:  # fmt: skip
    """Return the unit of a row, or None once the fault is noted."""
    said = row.get("division")
    words = [str(value) for value in row.values() if isinstance(value, str)]
    if any(_SUMS.match(word) for word in words):
        faults.refuse(
            record,
            Text("合计行，不导入；人数由下级单位相加得出。请删除该行或改用区划代码。",
                 "A row of totals is left out: sums are made from the units below. "
                 "Delete it, or give the unit's code."),
        )  # fmt: skip
        return None
    if _missing(said):
        faults.refuse(
            record,
            Text("缺少区划代码。请补填 12 位（社区）或 9 位（街道）代码。",
                 "No division code. Give 12 digits (community) or 9 (street)."),
        )  # fmt: skip
        return None
    code, note = codes.repair(said)
    if code is None:
        why = note or Text("不是区划代码。", "Not a division code.")
        faults.refuse(record, why)
        return None
    short = codes.parse(code).text
    if short != str(said).strip():
        faults.mend(
            "division",
            Text("代码的写法已修正。", "The spelling of the code was mended."),
            short,
        )
    if short in known:
        return short
    parent = codes.parent(short)
    if len(short) == len("120101001001") and parent in known and parent not in parents:
        return short  # the street is known, and none of its communities is stored
    faults.refuse(record, _unknown(short, parent if parent in known else None))
    return None


def _unknown(code: str, parent: str | None) -> Text:
    if parent is None:
        return Text(
            f"区划表中没有代码 {code}，也没有它的上级。请核对代码或先导入区划。",
            f"No division has the code {code}, nor the one above it. Check the code, "
            "or import the division first.",
        )
    return Text(
        f"区划表中 {parent} 之下没有代码 {code}。请核对代码；"
        "若是新设社区，请先导入区划。",
        f"There is no {code} below {parent}. Check the code; import the division first "
        "if it is new.",
    )


def _double(key: str, first: Any, row: Mapping[str, Any], frame: Any) -> Text:
    before = frame.loc[first]
    differing = [
        name
        for name in COUNTS
        if name in frame and not _same(before[name], row.get(name))
    ]
    if not differing:
        return Text(
            f"与第 {int(first)} 条重复，内容相同，只保留第一条。",
            f"The same as record {int(first)}; only the first is kept.",
        )
    zh = "、".join(FIELD_WORDS[name].zh for name in differing)
    en = ", ".join(FIELD_WORDS[name].en for name in differing)
    return Text(
        f"{key} 已在第 {int(first)} 条出现，{zh}不同；保留第一条。"
        "请核对哪一行正确，删除另一行后重新导入。",
        f"{key} is in record {int(first)} already with other figures ({en}); the first "
        "is kept. Check which is right, delete the other and import again.",
    )


def _same(a: Any, b: Any) -> bool:
    return (_missing(a) and _missing(b)) or str(a).strip() == str(b).strip()


def _figures(
    row: Mapping[str, Any], record: Any, key: str, columns: Iterable[str],
    faults: Faults,
) -> dict[str, int | None] | None:  # fmt: skip
    """Return the counts of a row; None once it is refused."""
    found: dict[str, int | None] = {}
    for name in columns:
        value = row.get(name)
        number = _number(value)
        if number is None and not _missing(value):
            label = FIELD_WORDS[name]
            faults.mend(
                name,
                Text(f"第 {int(record)} 条的{label.zh}“{value}”不是数字，留空。"
                     "请改成数字后重新导入。",
                     f"{label.en} of record {int(record)}, “{value}”, is no number and "
                     "left empty. Write a number and import again."),
                key,
            )  # fmt: skip
        if number is not None and number < 0:
            label = FIELD_WORDS[name]
            faults.refuse(
                record,
                Text(f"{key} 的{label.zh}为负数（{value}）。请改正。",
                     f"{label.en} of {key} is negative ({value}). Mend it."),
            )  # fmt: skip
            return None
        found[name] = None if number is None else round(number)
    for part, whole in _INSIDE:
        inner, outer = found.get(part), found.get(whole)
        if inner is not None and outer is not None and inner > outer:
            a, b = FIELD_WORDS[part], FIELD_WORDS[whole]
            faults.refuse(
                record,
                Text(f"{key} 的{a.zh}（{inner}）多于{b.zh}（{outer}）。请核对两列。",
                     f"{key} has more {a.en} ({inner}) than {b.en} ({outer}). Check "
                     "both columns."),
            )  # fmt: skip
            return None
    return found


def _number(value: Any) -> float | None:
    if _missing(value) or isinstance(value, bool):
        return None
    if isinstance(value, int | float | np.integer | np.floating):
        return float(value) if np.isfinite(value) else None
    text = re.sub(r"[,，\s人户]", "", str(value))
    return float(text) if _NUMBER.fullmatch(text) else None


def _missing(value: Any) -> bool:
    if isinstance(value, list | dict):
        return not value
    return value is None or bool(pd.isna(value)) or not str(value).strip()
