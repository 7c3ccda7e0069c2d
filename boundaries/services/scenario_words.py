"""Tables of scenarios in the words of who is handed them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from boundaries.services.edits import Do
from boundaries.services.scenario_tables import LABELS
from boundaries.services.words import FacilityType
from boundaries.vocabulary import DraftState
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boundaries.vocabulary import Word

_SHEETS = {
    "scenarios": Text("方案", "Scenarios"),
    "totals": Text("合计", "Totals"),
    "indicators": Text("指标", "Indicators"),
    "units": Text("分单位", "By unit"),
    "edits": Text("变动", "Edits"),
    "stamp": Text("口径与版本", "Basis"),
    "omitted": Text("未计入", "Left out"),
}
_COLUMNS = {
    "id": Text("编号", "id"),
    "title": Text("名称", "title"),
    "state": Text("状态", "state"),
    "author": Text("编制人", "author"),
    "updated": Text("更新时间（UTC）", "updated (UTC)"),
    "edits": Text("变动数", "edits"),
    "gained": Text("新覆盖人数", "newly reached"),
    "lost": Text("失去覆盖人数", "no longer reached"),
    "stamp": Text("版本章", "stamp"),
    "figure": Text("项目", "figure"),
    "now": Text("现状", "as it is"),
    "before": Text("现状", "as it is"),
    "after": Text("方案", "scenario"),
    "code": Text("代码", "code"),
    "name": Text("名称", "name"),
    "value": Text("值", "value"),
    "numerator": Text("分子", "numerator"),
    "denominator": Text("分母", "denominator"),
    "indicator": Text("指标", "indicator"),
    "unit": Text("单位", "unit"),
    "count": Text("数量", "count"),
    "why": Text("原因", "why"),
    "do": Text("动作", "does"),
    "facility": Text("设施编号", "facility"),
    "type": Text("设施类型", "type of facility"),
    "lon": Text("经度", "longitude"),
    "lat": Text("纬度", "latitude"),
    "note": Text("备注", "note"),
    "scenario": Text("方案编号", "scenario"),
    "as_of": Text("统计时点", "as of"),
    "words": Text("口径", "how it is counted"),
}
_VALUES: dict[str, type[Word]] = {"state": DraftState, "do": Do, "type": FacilityType}


def worded(
    tables: Mapping[str, pd.DataFrame], language: str = "zh"
) -> dict[str, pd.DataFrame]:
    """Return tables whose names, heads and words are those of a language.

    What figures stand on keeps its keys: by them it is asked for again.
    """
    return {
        _SHEETS[name].to(language): _worded(table, language)
        for name, table in tables.items()
    }


def _worded(table: pd.DataFrame, language: str) -> pd.DataFrame:
    made = table.copy()
    for name, words in _VALUES.items():
        if name in made:
            made[name] = [_word(words, each, language) for each in made[name]]
    if "figure" in made:
        made["figure"] = [LABELS[each].to(language) for each in made["figure"]]
    if list(made) == ["name", "value"]:
        made = pd.DataFrame(
            [_fact(name, value, language) for name, value in made.to_numpy()
             if name not in ("words.zh", "words.en") or name == f"words.{language}"],
            columns=["figure", "value"],
        )  # fmt: skip
    return made.rename(columns={name: _head(str(name), language) for name in made})


def _fact(name: str, value: str, language: str) -> tuple[str, str]:
    """Return a row of what figures stand on: its word where there is one."""
    own = _COLUMNS.get(name.removesuffix(f".{language}"))
    if name in _VALUES:
        value = _word(_VALUES[name], value, language)
    return (own.to(language) if own else name), value


def _word(words: type[Word], value: Any, language: str) -> str:
    known = {each.value: each.label.to(language) for each in words}
    return known.get(str(value), "" if value is None or value != value else str(value))


def _head(name: str, language: str) -> str:
    """Return the head of a column: a figure, or one before or after."""
    if name in LABELS:
        return LABELS[name].to(language)
    if name in _COLUMNS:
        return _COLUMNS[name].to(language)
    for when in ("now", "before", "after"):
        own = _COLUMNS[when].to(language)
        if name.startswith(f"{when}_"):
            return f"{own} {name.removeprefix(f'{when}_')}"
        if name.endswith(f"_{when}"):
            stem = _head(name.removesuffix(f"_{when}"), language)
            return Text(f"{stem}·{own}", f"{stem}, {own}").to(language)
    return name
