"""What people enter: targets, values, residential areas, projects; and its rows.

One table of fields a kind. A page's form, a file's columns and the API name the same
fields, and each is refused with its name when it cannot be what it says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from boundaries.services.indicators.cells import (
    NAMES,
    Field,
    as_attribute,
    as_count,
    as_date,
    as_flag,
    as_indicator,
    as_key,
    as_number,
    as_scope,
    as_text,
    as_types,
    as_year,
)
from boundaries.services.indicators.targets import Comparator
from geodata.errors import InputError, NotFoundError, Text

if TYPE_CHECKING:
    import pandas as pd

Record = dict[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind of record: its fields, what names one, and what must fit together."""

    name: str
    label: Text
    fields: tuple[Field, ...]
    key: tuple[str, ...]
    settle: Callable[[Record], Record] = dict

    def record(self, given: Mapping[str, Any]) -> Record:
        """Return the record of what was entered.

        Raises
        ------
        InputError
            For the first field that cannot be what it says, named; its ``details``
            hold every such field.
        """
        made: Record = {}
        wrong: list[tuple[str, InputError]] = []
        for each in self.fields:
            try:
                made[each.name] = each.of(given.get(each.name))
            except InputError as error:
                wrong.append((each.name, error))
        if wrong:
            raise _together(wrong)
        return self.settle(made)

    def key_of(self, record: Record) -> str:
        """Return what a record is kept under."""
        return ":".join(str(record[name] or "") for name in self.key)


def _together(wrong: list[tuple[str, InputError]]) -> InputError:
    first = wrong[0][1]
    zh = " ".join(error.message.zh for _, error in wrong)
    en = " ".join(error.message.en for _, error in wrong)
    return InputError(Text(zh, en), first.hint)


def _settled_target(record: Record) -> Record:
    comparator, value, text = Comparator.read(record.pop("target"))
    before, baseline, _ = Comparator.read(record["baseline"])
    written = record.pop("baseline")
    plain = before is Comparator.EQUAL
    return {
        **record,
        "comparator": comparator.value,
        "value": value,
        "text": text,
        "baseline_value": baseline,
        "baseline_text": "" if plain else written,
    }


def _settled_value(record: Record) -> Record:
    parts = record["numerator"], record["denominator"]
    if record["value"] is None and None not in parts and not parts[1]:
        raise InputError(
            Text("分母为 0，不能计算。", "The denominator is 0; there is no value.")
        )
    if record["value"] is None and record["numerator"] is None and not record["text"]:
        raise InputError(
            Text("数值、分子、说明至少填一项。",
                 "Give the value, the numerator or a text."),
        )  # fmt: skip
    return record


_SCOPE = Field("scope", Text("区划代码", "Division code"), as_scope, ("code", "区划"))
_INDICATOR = Field(
    "indicator", Text("指标", "Indicator"), as_indicator, ("指标编号", "指标名称"),
    required=True, kind="indicator",
)  # fmt: skip
_SOURCE = Field(
    "source", Text("依据或来源", "Source"), as_text, ("依据", "来源", "备注")
)
_COUNT_KEYS: dict[str, Any] = {"kind": "number"}

TARGETS = Kind(
    "targets",
    Text("目标", "Targets"),
    (
        _INDICATOR,
        _SCOPE,
        Field("year", Text("目标年", "Target year"), as_year, ("年份", "目标年份"),
              required=True, kind="year"),
        Field("target", Text("目标值", "Target"), as_text, ("目标", "2025年目标")),
        Field("attribute", Text("属性", "Attribute"), as_attribute, ("指标属性",),
              kind="attribute"),
        Field("baseline_year", Text("基期年", "Baseline year"), as_year, ("基年",),
              kind="year"),
        Field("baseline", Text("基期值", "Baseline"), as_text, ("基期",)),
        _SOURCE,
    ),
    ("indicator", "scope", "year"),
    _settled_target,
)  # fmt: skip
VALUES = Kind(
    "values",
    Text("填报数据", "Values entered"),
    (
        _INDICATOR,
        _SCOPE,
        Field("on", Text("统计时点", "As of"), as_date, ("时点", "年份", "日期"),
              required=True),
        Field("value", Text("数值", "Value"), as_number, ("值",), **_COUNT_KEYS),
        Field("numerator", Text("分子", "Numerator"), as_count, (), **_COUNT_KEYS),
        Field("denominator", Text("分母", "Denominator"), as_count, (), **_COUNT_KEYS),
        Field("text", Text("文字说明", "Text"), as_text, ("说明",)),
        _SOURCE,
    ),
    ("indicator", "scope", "on"),
    _settled_value,
)  # fmt: skip
AREAS = Kind(
    "areas",
    Text("新建居住区", "New residential areas"),
    (
        Field("area", Text("编号", "Number"), as_key, ("居住区编号",), required=True),
        Field("name", Text("名称", "Name"), as_text, ("居住区名称",), required=True),
        Field("division", Text("区划代码", "Division code"), as_scope, ("code", "区划"),
              required=True),
        Field("households", Text("户数", "Households"), as_count, (), **_COUNT_KEYS),
        Field("required_m2", Text("应建面积（㎡）", "Required m²"), as_count,
              ("应建面积", "应配建面积"), **_COUNT_KEYS),
        Field("built_m2", Text("建成面积（㎡）", "Built m²"), as_count,
              ("建成面积", "实建面积", "配建面积"), **_COUNT_KEYS),
        Field("planned_sync", Text("同步规划", "Planned together"), as_flag, (),
              kind="flag"),
        Field("built_sync", Text("同步建设", "Built together"), as_flag, (),
              kind="flag"),
        Field("accepted_sync", Text("同步验收", "Accepted together"), as_flag, (),
              kind="flag"),
        Field("handed_sync", Text("同步交付", "Handed over together"), as_flag, (),
              kind="flag"),
        Field("completed_on", Text("竣工日期", "Completed on"), as_date, ("竣工时间",)),
        _SOURCE,
    ),
    ("area",),
)  # fmt: skip
PROJECTS = Kind(
    "projects",
    Text("年度项目", "Annual projects"),
    (
        Field("project", Text("编号", "Number"), as_key, ("项目编号",), required=True),
        Field("name", Text("名称", "Name"), as_text, ("项目名称",), required=True),
        _SCOPE,
        Field("year", Text("年度", "Year"), as_year, ("年份",), required=True,
              kind="year"),
        Field("target", Text("任务数", "Target"), as_count, ("目标", "计划数"),
              required=True, **_COUNT_KEYS),
        Field("unit", Text("单位", "Unit"), as_text, ("计量单位",)),
        Field("done", Text("完成数", "Done"), as_count, ("已完成",), **_COUNT_KEYS),
        Field("types", Text("计入的设施类型", "Types of facility counted"), as_types,
              ("设施类型",), kind="types"),
        _SOURCE,
    ),
    ("project",),
)  # fmt: skip

KINDS: Mapping[str, Kind] = MappingProxyType(
    {kind.name: kind for kind in (TARGETS, VALUES, AREAS, PROJECTS)}
)


def kind_of(name: str) -> Kind:
    """Return a kind of record; raise NotFoundError."""
    found = KINDS.get(name)
    if found is None:
        raise NotFoundError(
            Text(f"没有“{name}”这类填报。", f"There is no kind of record '{name}'."),
            Text(f"可用：{'、'.join(KINDS)}。", f"One of: {', '.join(KINDS)}."),
        )
    return found


def rows_of(kind: Kind, frame: pd.DataFrame) -> tuple[list[Record], list[Record]]:
    """Return the records of a table, and its rows that are none.

    Parameters
    ----------
    frame
        A file's rows by record number, its headings as columns.

    Returns
    -------
    tuple
        Records; and ``{"row", "message"}`` for each row refused: the file's row as
        a spreadsheet counts (the heading is row 1), and why.

    Raises
    ------
    InputError
        When a required column is missing: then no row could be right.
    """
    columns = _columns(kind, list(frame.columns))
    kept: list[Record] = []
    refused: list[Record] = []
    seen: dict[str, int] = {}
    plain = frame.drop(columns="geometry", errors="ignore")
    for number, given in zip(plain.index, plain.to_dict("records"), strict=True):
        row = int(number) + 1
        named = {field: given[theirs] for field, theirs in columns.items()}
        try:
            record = kind.record(named)
            _require_new(kind.key_of(record), row, seen)
        except InputError as error:
            refused.append({"row": row, "message": error.message._asdict()})
        else:
            kept.append(record)
    return kept, refused


def _require_new(key: str, row: int, seen: dict[str, int]) -> None:
    first = seen.setdefault(key, row)
    if first != row:
        raise InputError(
            Text(f"与第 {first} 行重复。", f"The same as row {first}."),
        )


def _columns(kind: Kind, headings: list[str]) -> dict[str, str]:
    """Return which heading holds each field."""
    bare = {_bare(heading): heading for heading in reversed(headings)}
    found = {}
    for each in kind.fields:
        words = (each.name, *each.label, *each.also)
        heading = next((bare[_bare(w)] for w in words if _bare(w) in bare), None)
        if heading is not None:
            found[each.name] = heading
    lacking = [f.label for f in kind.fields if f.required and f.name not in found]
    if lacking:
        raise InputError(
            Text(f"表中缺少列：{'、'.join(label.zh for label in lacking)}。",
                 f"The table lacks: {', '.join(label.en for label in lacking)}."),
            Text(
                f"可识别的列：{'、'.join(f.label.zh for f in kind.fields)}。",
                f"Columns known: {', '.join(f.label.en for f in kind.fields)}.",
            ),
        )  # fmt: skip
    return found


def _bare(heading: Any) -> str:
    return re.sub(r"[\s（）()【】_*：:]", "", str(heading)).lower()


__all__ = ["KINDS", "NAMES", "TARGETS", "Kind", "Record", "kind_of", "rows_of"]
