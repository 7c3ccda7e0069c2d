"""Targets: a comparator and a number, or a sentence; and whether one is reached."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from boundaries.vocabulary import Word
from geodata.errors import InputError, Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_NUMBER = re.compile(r"[+-]?(\d{1,3}(,\d{3})+|\d+)(\.\d+)?")
_ROUNDING = 1e-9


class Attribute(Word):
    """Whether a target is expected or binds."""

    EXPECTED = "expected", "预期性", "expected"
    BINDING = "binding", "约束性", "binding"


class Verdict(Word):
    """How a value stands to its target."""

    REACHED = "reached", "已达到", "reached"
    MISSED = "missed", "未达到", "not reached"
    NO_VALUE = "no_value", "无数据", "no value"
    NO_TARGET = "no_target", "无目标", "no target"
    BY_PEOPLE = "by_people", "由人认定", "for people to judge"


class Comparator(Word):
    """How a value is compared with the target."""

    EQUAL = "=", "达到", "="
    AT_LEAST = "≥", "不低于", "at least"
    ABOVE = ">", "大于", "above"
    AT_MOST = "≤", "不高于", "at most"
    TEXT = "text", "文字", "text"

    @classmethod
    def read(cls, cell: Any) -> tuple[Comparator, float | None, str]:
        """Return comparator, number and text of a cell as plans write them.

        ``≥30``, ``>1500``, ``60``, ``60%`` are numbers; nothing and ``—`` are no
        target; anything else is a sentence.
        """
        text = str(cell if cell is not None else "").strip()
        if text in ("", "—", "-", "–", "/", "nan"):
            return cls.EQUAL, None, ""
        for signs, comparator in _SIGNS:
            for sign in signs:
                if text.startswith(sign):
                    value = number_of(text[len(sign) :])
                    if value is not None:
                        return comparator, value, ""
        value = number_of(text)
        return (cls.EQUAL, value, "") if value is not None else (cls.TEXT, None, text)

    def holds(self, value: float, target: float) -> bool:
        """Return whether a value is as the target wants it.

        ``=`` is for shares that should be full: more is as good.
        """
        near = _ROUNDING * max(1.0, abs(target))
        if self is Comparator.ABOVE:
            return value > target + near
        if self is Comparator.AT_MOST:
            return value <= target + near
        return value >= target - near


_SIGNS = (
    (("≥", ">=", "=>", "不低于", "不少于", "＞=", "≧"), Comparator.AT_LEAST),
    (("≤", "<=", "=<", "不高于", "不超过", "≦"), Comparator.AT_MOST),
    ((">", "＞", "大于", "超过"), Comparator.ABOVE),
    (("=", "＝", "达到"), Comparator.EQUAL),
)


def number_of(text: Any) -> float | None:
    """Return the number a cell holds, with ``%`` and thousands; None for none."""
    if isinstance(text, bool) or text is None:
        return None
    if isinstance(text, int | float):
        return float(text) if text == text else None
    bare = str(text).strip().rstrip("%％").strip()
    return float(bare.replace(",", "")) if _NUMBER.fullmatch(bare) else None


@dataclass(frozen=True)
class Target:
    """What one indicator should be, in one unit, by the end of one year."""

    indicator: str
    year: int
    comparator: Comparator
    value: float | None
    text: str = ""
    attribute: str = Attribute.EXPECTED.value
    scope: str = ""
    baseline_year: int | None = None
    baseline_value: float | None = None
    baseline_text: str = ""
    source: str = ""

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Self:
        """Return the target of a stored record."""
        names = cls.__dataclass_fields__
        given = {key: value for key, value in document.items() if key in names}
        given["comparator"] = Comparator(given["comparator"])
        return cls(**given)

    def words(self) -> str:
        """Return the target as plans write it: ``≥60``, or its sentence."""
        if self.comparator is Comparator.TEXT:
            return self.text
        if self.value is None:
            return ""
        sign = "" if self.comparator is Comparator.EQUAL else self.comparator.value
        return f"{sign}{self.value:g}"

    def verdict(self, value: float | None) -> Verdict:
        """Return how a value stands to this target."""
        if self.comparator is Comparator.TEXT:
            return Verdict.BY_PEOPLE
        if self.value is None:
            return Verdict.NO_TARGET
        if value is None:
            return Verdict.NO_VALUE
        held = self.comparator.holds(value, self.value)
        return Verdict.REACHED if held else Verdict.MISSED


def chosen(
    targets: Iterable[Target], indicator: str, scopes: Iterable[str], year: int
) -> Target | None:
    """Return the target that holds: of the nearest unit, of the next year to come.

    Parameters
    ----------
    scopes
        The unit and those above it, nearest first; ``""`` is everywhere.
    year
        Of the reference date. Where every target's year is past, the last one holds.
    """
    fitting = [target for target in targets if target.indicator == indicator]
    for scope in (*scopes, ""):
        here = sorted(
            (each for each in fitting if each.scope == scope), key=lambda t: t.year
        )
        if here:
            return next((each for each in here if each.year >= year), here[-1])
    return None


def require_number(cell: Any, what: Text) -> float:
    """Return the number of a cell; raise InputError for what is none."""
    found = number_of(cell)
    if found is None:
        raise InputError(
            Text(f"{what.zh}应为数字，现为“{cell}”。",
                 f"{what.en} must be a number, not “{cell}”."),
            Text("请只填数字；文字目标填在目标列。",
                 "Write the number only; a sentence goes into the target's column."),
        )  # fmt: skip
    return found
