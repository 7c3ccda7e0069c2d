"""Cells of what people enter: how each is read, and refused with its name.

A page's form, a file's columns and the API give the same cells.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from boundaries import codes
from boundaries.services.indicators.catalogue import INDICATORS
from boundaries.services.indicators.plan import BOX_1
from boundaries.services.indicators.targets import (
    Attribute,
    number_of,
    require_number,
)
from boundaries.services.words import FacilityType
from geodata.errors import InputError, QuhuaError, Text
from geodata.store import dates

_LONGEST, _FIRST_YEAR, _LAST_YEAR = 200, 1949, 2100
_ID = re.compile(r"[\w\-·.]{1,40}")


@dataclass(frozen=True)
class Field:
    """One column of a kind of record: its name, its words, how a cell is read."""

    name: str
    label: Text
    read: Callable[[Any, Text], Any]
    also: tuple[str, ...] = ()
    """Other headings a file may have for it."""
    required: bool = False
    kind: str = "text"
    """What a form shows: ``text``, ``number``, ``year``, ``indicator``, ``flag``,
    ``attribute`` or ``types``."""

    def of(self, cell: Any) -> Any:
        """Return the value of a cell; raise InputError naming this field."""
        if is_empty(cell):
            if self.required:
                raise InputError(
                    Text(f"缺少{self.label.zh}。", f"{self.label.en} is missing."),
                    Text("请填写。", "Fill it in."),
                )
            return self.read(None, self.label)
        return self.read(cell, self.label)


def is_empty(cell: Any) -> bool:
    """Tell whether a cell holds nothing."""
    return cell is None or cell != cell or not str(cell).strip()


# -- how cells are read ------------------------------------------------------------


def as_text(cell: Any, label: Text) -> str:
    """Return a cell as text, at most so long."""
    text = " ".join(str("" if cell is None else cell).split())
    if len(text) > _LONGEST:
        raise InputError(
            Text(f"{label.zh}不能超过 {_LONGEST} 字。",
                 f"{label.en} is at most {_LONGEST} characters."),
        )  # fmt: skip
    return text


def as_key(cell: Any, label: Text) -> str:
    """Return a cell as what a record is called by."""
    text = as_text(cell, label)
    if not _ID.fullmatch(text):
        raise InputError(
            Text(f"{label.zh}“{text}”须为 1 至 40 个字母、数字、汉字或 - · .",
                 f"{label.en} {text!r} is 1 to 40 letters, digits, - · or ."),
        )  # fmt: skip
    return text


def as_scope(cell: Any, label: Text) -> str:
    """Return a division code, ``""`` for everywhere."""
    if cell is None:
        return ""
    text = str(cell).strip()
    text = text[:-2] if text.endswith(".0") else text
    if not codes.is_code(text):
        raise InputError(
            Text(f"{label.zh}“{text}”不是区划代码。",
                 f"{label.en}: {text!r} is no division code."),
            Text("请填 6、9 或 12 位代码；全域留空。",
                 "Write 6, 9 or 12 digits; leave it empty for everywhere."),
        )  # fmt: skip
    return codes.parse(text).text


def as_year(cell: Any, label: Text) -> int | None:
    """Return a cell as a year."""
    if cell is None:
        return None
    number = number_of(str(cell).strip().removesuffix("年"))
    if number is None or number % 1 or not _FIRST_YEAR <= number <= _LAST_YEAR:
        raise InputError(
            Text(f"{label.zh}应为年份，现为“{cell}”。",
                 f"{label.en} is a year, not “{cell}”."),
        )  # fmt: skip
    return int(number)


def as_date(cell: Any, label: Text) -> str | None:
    """Return a cell as a date to the precision written."""
    if cell is None:
        return None
    text = str(cell).strip()
    try:
        return dates.parse(text[:-2] if text.endswith(".0") else text[:10])
    except QuhuaError:
        raise InputError(
            Text(f"{label.zh}应为日期（2025、2025-06 或 2025-06-30），现为“{cell}”。",
                 f"{label.en} is a date (2025, 2025-06 or 2025-06-30), not “{cell}”."),
        ) from None  # fmt: skip


def as_number(cell: Any, label: Text) -> float | None:
    """Return a cell as a number."""
    return None if cell is None else require_number(cell, label)


def as_count(cell: Any, label: Text) -> float | None:
    """Return a cell as a number that is not below zero."""
    value = as_number(cell, label)
    if value is not None and value < 0:
        raise InputError(
            Text(f"{label.zh}不能为负：{cell}。", f"{label.en} is below 0: {cell}.")
        )
    return value


def as_flag(cell: Any, label: Text) -> bool:
    """Return a cell as yes or no."""
    said = str("" if cell is None else cell).strip().lower()
    if said in ("", "0", "0.0", "false", "否", "无", "no", "×", "n"):
        return False
    if said in ("1", "1.0", "true", "是", "有", "yes", "√", "on", "y"):
        return True
    raise InputError(
        Text(f"{label.zh}应为是或否，现为“{cell}”。",
             f"{label.en} is yes or no, not “{cell}”."),
    )  # fmt: skip


def as_indicator(cell: Any, label: Text) -> str:
    """Return a cell as the id of an indicator."""
    text = as_text(cell, label)
    found = _BY_WORD.get(text) or _BY_WORD.get(text.upper())
    if found:
        return found
    raise InputError(
        Text(f"没有指标“{text}”。", f"There is no indicator “{text}”."),
        Text("可填编号（I1–I16、B01–B16）或名称；另设指标请先登记。",
             "Write its id (I1–I16, B01–B16) or name; add one of your own first."),
    )  # fmt: skip


def as_attribute(cell: Any, label: Text) -> str:
    """Return a cell as expected or binding."""
    text = as_text(cell, label) or Attribute.EXPECTED.value
    try:
        return Attribute.of(text).value
    except ValueError:
        raise InputError(
            Text(f"{label.zh}应为预期性或约束性，现为“{text}”。",
                 f"{label.en} is expected or binding, not “{text}”."),
        ) from None  # fmt: skip


def as_types(cell: Any, label: Text) -> list[str]:
    """Return a cell as types of facility."""
    parts = cell if isinstance(cell, list) else re.split(r"[,、;；]", str(cell or ""))
    try:
        return [FacilityType.of(str(part)).value for part in parts if str(part).strip()]
    except ValueError:
        raise InputError(
            Text(f"{label.zh}“{cell}”中有未知的设施类型。",
                 f"{label.en} “{cell}” names a type of facility there is not."),
        ) from None  # fmt: skip


NAMES: Mapping[str, Text] = MappingProxyType(
    {row.id: row.name for row in INDICATORS} | {row.id: row.name for row in BOX_1}
)
"""Every indicator's name by its id."""
_BY_WORD = {
    word: name for name, said in [*NAMES.items()][::-1] for word in (name, *said)
}
"""Where a plan names what is computed too, the name stands for the computed one."""
