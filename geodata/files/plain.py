"""A frame with plain values only: text, numbers, truth values; lists become JSON."""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.errors import InputError, Text
from geodata.files import spelling

_SHOWN = 5


@dataclass(frozen=True)
class Options:
    """What one writing was asked for; ``names`` is filled by the writer."""

    driver: str
    layer: str
    encoding: str | None = None
    language: str = "zh"
    named: bool = False
    """Whether the caller gave the names of the columns."""
    names: dict[str, str] = field(default_factory=dict)
    """Column of the frame -> name in the file."""
    headings: Mapping[str, Text] = field(default_factory=dict)
    """The caller's own labels of columns."""
    beside: dict[str, gpd.GeoDataFrame] = field(default_factory=dict)
    """Further layers of the same file."""


def columns(frame: gpd.GeoDataFrame) -> list[str]:
    """Return the attribute columns."""
    return [str(name) for name in frame.columns if name != frame.geometry.name]


def select(
    frame: gpd.GeoDataFrame, fields: Mapping[str, str] | None
) -> gpd.GeoDataFrame:
    """Return the asked columns under their asked names, with plain values.

    An index with a name of its own that is no column yet becomes the first one.

    Raises
    ------
    InputError
        If a column does not exist.
    """
    frame = _with_index(frame)
    chosen = dict(fields) if fields is not None else {c: c for c in columns(frame)}
    missing = [name for name in chosen if name not in frame.columns]
    if missing:
        raise InputError(
            Text(
                f"没有字段 {'、'.join(missing)}。",
                f"There is no field {', '.join(missing)}.",
            )
        )
    values = {theirs: _plain(frame[ours]) for ours, theirs in chosen.items()}
    table = pd.DataFrame(values, index=frame.index)
    return gpd.GeoDataFrame(
        table, geometry=frame.geometry.to_numpy(), crs=frame.crs
    ).reset_index(drop=True)


def check(
    frame: gpd.GeoDataFrame,
    column: str,
    bad: Iterable[int],
    why: Text,
    hint: Text,
) -> None:
    """Refuse to write values a format cannot hold, naming column and records.

    Raises
    ------
    InputError
        If ``bad`` holds any position.
    """
    positions = list(bad)
    if not positions:
        return
    shown = "、".join(
        f"{_label(frame, i)}“{str(frame[column].iloc[i])[:20]}”"
        for i in positions[:_SHOWN]
    )
    raise InputError(
        Text(
            f"字段 {column} 有 {len(positions)} 个值{why.zh}：{shown}。",
            f"{len(positions)} values of {column} {why.en}: {shown}.",
        ),
        hint,
    )


def is_text(column: pd.Series[Any]) -> bool:
    """Return whether a plain column holds text."""
    return column.dtype == object or isinstance(column.dtype, pd.StringDtype)


def _with_index(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    name = frame.index.name
    if name is None or name in frame.columns or _repeated(frame):
        return frame
    return frame.reset_index()


def _repeated(frame: gpd.GeoDataFrame) -> bool:
    """Return whether the index only repeats a column (the store's ``key``)."""
    values = list(frame.index)
    return any(
        frame[name].dtype != "geometry" and list(frame[name]) == values
        for name in (
            "code",
            "line",
            "marker",
            "inspection",
            "place",
            "facility",
            "division",
        )
        if name in frame.columns
    )


def _plain(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return a column as one plain type: bool, integer, real or text."""
    if not is_text(column):
        if pd.api.types.is_datetime64_any_dtype(column.dtype):
            return column.map(_text, na_action="ignore").astype("object")
        return column
    values = [
        None if spelling.blank(v) and not isinstance(v, str) else v for v in column
    ]
    kinds = {type(value) for value in values if value is not None}
    if kinds and kinds <= {bool, np.bool_}:
        return pd.Series(values, index=column.index, dtype="boolean")
    if kinds and kinds <= {int, np.int64, np.int32}:
        return pd.Series(values, index=column.index, dtype="Int64")
    if kinds and kinds <= {int, float, np.float64, np.int64}:
        return pd.Series(values, index=column.index, dtype="float64")
    texts = [None if value is None else _text(value) for value in values]
    return pd.Series(texts, index=column.index, dtype="object")


def _text(value: Any) -> str:
    """Return one value as text; lists and mappings as JSON."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple | dict | set):
        return json.dumps(
            sorted(value) if isinstance(value, set) else value, ensure_ascii=False
        )
    if isinstance(value, dt.datetime):
        return value.date().isoformat() if value.time() == dt.time() else str(value)
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        return str(int(value))
    return str(value)


def _label(frame: gpd.GeoDataFrame, position: int) -> str:
    """Return how a person finds the record: its code or name, else its number."""
    for name in ("code", "name"):
        if name in frame.columns and not spelling.blank(frame[name].iloc[position]):
            return f"{frame[name].iloc[position]} "
    return f"#{position + 1} "
