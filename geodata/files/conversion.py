"""Give their columns our names and our spelling; say what was done and refused."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import pandas as pd

from geodata.errors import Text
from geodata.files import fields, spelling
from geodata.files.reading import Refusal


@dataclass(frozen=True)
class Conversion:
    """A frame with our column names, the records it refused, and remarks."""

    frame: gpd.GeoDataFrame
    refused: tuple[Refusal, ...] = ()
    notes: tuple[dict[str, str], ...] = ()


def convert(frame: gpd.GeoDataFrame, mapping: Mapping[str, str]) -> Conversion:
    """Rename columns by ``{theirs: ours}`` and normalise the values of ours.

    Parameters
    ----------
    frame
        The file's frame, indexed by record number.
    mapping
        As :func:`geodata.files.fields.match` gives it, or as a person said.

    Returns
    -------
    Conversion
        Codes are text, levels 1 to 5, areas km², flags True or False; a value
        that does not fit its column is set to None and counted in ``notes``. A
        record whose *code* a spreadsheet destroyed (``2.10E+11``) is refused.
        Columns without a mapping keep their name; where that name is one of ours
        already taken, it gets ``_1``.
    """
    renamed, notes = _rename(frame, dict(mapping))
    refused = _damaged(renamed, mapping)
    kept = renamed.drop(index=[item.record for item in refused])
    for theirs, ours in mapping.items():
        if ours not in kept.columns:
            continue
        values, note = _normalise(kept[ours], theirs, ours)
        kept = kept.assign(**{ours: values})
        notes += note
    kept, filled = _fill_names(kept, frame, mapping)
    return Conversion(kept, refused, tuple(notes + filled))


def _rename(
    frame: gpd.GeoDataFrame, mapping: dict[str, str]
) -> tuple[gpd.GeoDataFrame, list[dict[str, str]]]:
    """Rename, and move aside the columns that already have a name we need."""
    taken = set(mapping.values())
    aside = {}
    for column in frame.columns:
        name = str(column)
        if name in taken and mapping.get(name) != name:
            aside[name] = _free(name, set(map(str, frame.columns)) | taken)
    notes = [
        _note(
            f"字段 {old} 与目标字段重名，改称 {new}。",
            f"The field {old} has the name of one of ours and is now called {new}.",
        )
        for old, new in aside.items()
        if old not in mapping
    ]
    return frame.rename(columns={**aside, **mapping}), notes


def _free(name: str, used: set[str]) -> str:
    """Return ``name`` with the first number that makes it new."""
    number = 1
    while f"{name}_{number}" in used:
        number += 1
    return f"{name}_{number}"


def _damaged(
    frame: gpd.GeoDataFrame, mapping: Mapping[str, str]
) -> tuple[Refusal, ...]:
    """Return a refusal for each record whose code lost its digits."""
    theirs = {ours: name for name, ours in mapping.items()}
    if "code" not in theirs or "code" not in frame.columns:
        return ()
    bad = frame["code"][frame["code"].map(spelling.damaged_code).astype(bool)]
    return tuple(
        Refusal(_record(record), _damaged_reason(theirs["code"], value))
        for record, value in bad.items()
    )


def _damaged_reason(column: str, value: object) -> dict[str, str]:
    return _note(
        f"字段 {column} 的代码 {value} 已被电子表格改成科学计数法，位数丢失；"
        "请把该列设为文本后重新导出。",
        f"The code {value} in {column} was turned into scientific notation by a "
        "spreadsheet and its digits are lost; make the column text and export again.",
    )


def _code(value: object) -> str | None:
    """Return the digits of a code, or the text as it stands for the rules to judge."""
    return spelling.code(value) or spelling.plain(value) or None


def _text(value: object) -> str | None:
    return spelling.plain(value) or None


def _codes(value: object) -> list[str] | None:
    """Return a list of codes from JSON or from text with separators."""
    if isinstance(value, list | tuple):
        return [text for item in value if (text := _code(item))]
    text = spelling.half_width(spelling.plain(value))
    if not text:
        return None
    if text.startswith("["):
        try:
            return _codes(json.loads(text))
        except ValueError:
            return None
    for mark in "、;|/":
        text = text.replace(mark, ",")
    return [found for item in text.split(",") if (found := _code(item))]


_NORMALISE: dict[str, Callable[[object], Any]] = {
    "code": _code,
    "parent": _code,
    "name": _text,
    "kind": _text,
    "seat": _text,
    "pinyin": _text,
    "remark": _text,
    "marker": _text,
    "line": _text,
    "form": _text,
    "material": _text,
    "level": spelling.level,
    "population": spelling.integer,
    "area_official_km2": spelling.number,
    "height_m": spelling.number,
    "enclave": spelling.flag,
    "predecessors": _codes,
    "successors": _codes,
}

_TYPES = {"level": "Int64", "population": "Int64", "enclave": "boolean"}
_REAL = {"area_official_km2", "height_m"}


def _normalise(
    values: pd.Series[Any], theirs: str, ours: str
) -> tuple[pd.Series[Any], list[dict[str, str]]]:
    """Return the column in our spelling and remarks on what changed."""
    rule = _NORMALISE.get(ours)
    if rule is None:
        return _measured(values, theirs, ours)
    found = [rule(value) for value in values]
    lost = [
        value
        for value, new in zip(values, found, strict=True)
        if new is None and not spelling.blank(value)
    ]
    notes = [_lost_note(theirs, ours, lost)] if lost else []
    unit, factor = _unit(theirs, ours)
    if factor != 1.0:
        found = [None if value is None else value * factor for value in found]
        notes.append(_unit_note(theirs, unit, "平方千米", "km²"))
    dtype = "float64" if ours in _REAL else _TYPES.get(ours, "object")
    return pd.Series(found, index=values.index, dtype=dtype), notes


def _measured(
    values: pd.Series[Any], theirs: str, ours: str
) -> tuple[pd.Series[Any], list[dict[str, str]]]:
    """Return an area of a register in m²; what is no number stays for its rules."""
    unit, factor = _unit(theirs, ours)
    if factor == 1.0:
        return values, []
    found: list[Any] = []
    for value in values:
        number = spelling.number(value)
        found.append(value if number is None else round(number * factor, 2))
    made = pd.Series(found, index=values.index, dtype=object)
    return made, [_unit_note(theirs, unit, "平方米", "m²")]


def _unit(theirs: str, ours: str) -> tuple[str, float]:
    """Return the unit a column is in, and what turns its numbers into ours."""
    unit = fields.unit_of(theirs, ours) or ""
    return unit, fields.UNITS.get(ours, {}).get(unit, 1.0)


def _unit_note(theirs: str, unit: str, zh: str, en: str) -> dict[str, str]:
    return _note(
        f"字段 {theirs} 由 {unit} 换算为{zh}。",
        f"The field {theirs} was converted from {unit} to {en}.",
    )


def _lost_note(theirs: str, ours: str, lost: list[Any]) -> dict[str, str]:
    shown = "、".join(str(value) for value in lost[:3])
    return _note(
        f"字段 {theirs} 有 {len(lost)} 个值无法理解为 {ours}，已置空，例如 {shown}。",
        f"{len(lost)} values of {theirs} could not be understood as {ours} and were "
        f"left empty, for example {shown}.",
    )


def _fill_names(
    frame: gpd.GeoDataFrame, source: gpd.GeoDataFrame, mapping: Mapping[str, str]
) -> tuple[gpd.GeoDataFrame, list[dict[str, str]]]:
    """Where 乡 is empty, name the record by 县, and so on up the ladder."""
    theirs = next((name for name, ours in mapping.items() if ours == "name"), None)
    steps = fields.ladder(source.columns)
    if theirs not in steps or "name" not in frame.columns:
        return frame, []
    names = frame["name"]
    for column in reversed(steps[: steps.index(theirs)]):
        above = source[column].reindex(frame.index).map(_text)
        names = names.where(names.notna(), above)
    filled = int((names.notna() & frame["name"].isna()).sum())
    if not filled:
        return frame, []
    note = _note(
        f"{filled} 条记录的 {theirs} 为空，以上一级名称命名。",
        f"{filled} records have no {theirs} and are named by the level above.",
    )
    return frame.assign(name=names), [note]


def _record(label: object) -> int | str:
    return label if isinstance(label, str) else int(str(label))


def _note(zh: str, en: str) -> dict[str, str]:
    return Text(zh, en)._asdict()
