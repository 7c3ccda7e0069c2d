"""Geometries written as text in a cell: WKT, EWKT, GeoJSON or hexadecimal WKB.

This runs only in the guarded worker: nesting of tens of thousands of collections
kills the geometry library, so depth is counted before anything is parsed.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.errors import Text
from geodata.files import spelling
from geodata.files.reading import Refusal

_DEPTH = 32
_WORD = re.compile(
    r"^\s*(?:SRID=\d+;)?\s*(?:POINT|LINESTRING|LINEARRING|POLYGON|MULTIPOINT|"
    r"MULTILINESTRING|MULTIPOLYGON|GEOMETRYCOLLECTION|CIRCULARSTRING|COMPOUNDCURVE|"
    r"CURVEPOLYGON|MULTICURVE|MULTISURFACE|TIN|TRIANGLE|POLYHEDRALSURFACE)\b",
    re.IGNORECASE,
)
_SRID = re.compile(r"^\s*SRID=(\d{1,6});", re.IGNORECASE)
_HEX = re.compile(r"^(?:00|01)[0-9A-Fa-f]{16,}$")


def looks_like_one(column: pd.Series[Any]) -> bool:
    """Return whether half of the filled cells begin like a geometry."""
    filled = [spelling.plain(v) for v in column if not spelling.blank(v)][:200]
    return bool(filled) and sum(map(_begins, filled)) * 2 >= len(filled)


@dataclass(frozen=True)
class Column:
    """The geometries of a column of text, in two dimensions."""

    geometry: pd.Series[Any]
    """None where ``refused`` says why."""
    refused: tuple[Refusal, ...]
    z_dropped: int
    srid: int | None
    """The number before EWKT, if all filled cells name the same one."""


def parse_column(column: pd.Series[Any]) -> Column:
    """Return the geometries of a column, and why some cells give none."""
    made = np.full(len(column), None, dtype="object")
    refused = []
    heights = 0
    numbers: set[int | None] = set()
    for position, value in enumerate(column):
        text = spelling.plain(value)
        found = _parse(text)
        if isinstance(found, Text):
            record = column.index[position]
            refused.append(Refusal(int(record), found._asdict()))
            continue
        named = _SRID.match(text)
        numbers.add(int(named[1]) if named else int(shapely.get_srid(found)) or None)
        heights += bool(shapely.has_z(found))
        made[position] = shapely.force_2d(found)
    geometry = pd.Series(made, index=column.index, dtype="object")
    srid = numbers.pop() if len(numbers) == 1 else None
    return Column(geometry, tuple(refused), heights, srid)


def _begins(text: str) -> bool:
    return bool(_WORD.match(text) or _HEX.match(text) or text.startswith("{"))


def _parse(text: str) -> BaseGeometry | Text:
    """Return the geometry of one cell, or why there is none."""
    if not text:
        return Text("没有几何。", "There is no geometry.")
    depth = _depth(text)
    if depth > _DEPTH:
        return Text(
            f"几何嵌套 {depth} 层，最多 {_DEPTH} 层。",
            f"The geometry is nested {depth} deep; at most {_DEPTH} is allowed.",
        )
    try:
        found = _read(text)
    except NotImplementedError:
        return Text(
            "曲线几何不能从文本读取；请导出为 GeoPackage 或先转为折线。",
            "Curves cannot be read from text; export a GeoPackage or turn them into "
            "lines first.",
        )
    except (shapely.errors.GEOSException, ValueError, TypeError) as error:
        return _unreadable(text, error)
    if found is None or found.is_empty:
        return Text("几何为空。", "The geometry is empty.")
    if not np.isfinite(shapely.get_coordinates(found)).all():
        return Text("坐标中有非数值。", "Some coordinates are not finite numbers.")
    return found


def _depth(text: str) -> int:
    """Return how deep the brackets of ``text`` nest."""
    deep = deepest = 0
    for mark in re.findall(r"[(\[{)\]}]", text):
        deep += 1 if mark in "([{" else -1
        deepest = max(deepest, deep)
    return deepest


def _read(text: str) -> BaseGeometry | None:
    if text.startswith("{"):
        return shapely.from_geojson(json.dumps(json.loads(text)))
    if _HEX.match(text):
        return _from_hex(text)
    return shapely.from_wkt(_SRID.sub("", text))


def _from_hex(text: str) -> BaseGeometry | None:
    # Nesting in WKB costs nine bytes a level; a simple count of collection headers
    # bounds it without walking the bytes.
    raw = bytes.fromhex(text)
    headers = raw.count(b"\x01\x07\x00\x00\x00") + raw.count(b"\x00\x00\x00\x00\x07")
    if headers > _DEPTH:
        raise ValueError("nested too deep")
    return shapely.from_wkb(raw)


def _unreadable(text: str, error: Exception) -> Text:
    shown = text if len(text) <= 40 else f"{text[:40]}…"
    why = str(error).splitlines()[0][:120]
    return Text(
        f"“{shown}”不是可读的几何（{why}）。",
        f"“{shown}” is not a readable geometry ({why}).",
    )
