"""GeoJSON after RFC 7946: right-handed rings, every digit, and an honest label.

RFC 7946 means WGS 84. Our CGCS2000 coordinates differ from it by less than a
decimetre and are not transformed; the ``crs`` member of the older specification,
which readers that know it honour and others ignore, says which they are.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.files import plain
from geodata.files.plain import Options

_CHUNK = 5_000


def write(
    frame: gpd.GeoDataFrame, path: Path, options: Options
) -> list[dict[str, str]]:
    """Write one feature a line."""
    names = plain.columns(frame)
    geometries = right_handed(frame.geometry.to_numpy())
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(_head(frame, options.layer))
        for start in range(0, len(frame), _CHUNK):
            part = slice(start, start + _CHUNK)
            texts = shapely.to_geojson(geometries[part])
            rows = records(frame[names].iloc[part])
            lines = (_feature(row, text) for row, text in zip(rows, texts, strict=True))
            file.write((",\n" if start else "") + ",\n".join(lines))
        file.write("\n]}\n")
    return []


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as mappings of JSON values."""
    columns = [
        [
            None if missing else _json(value)
            for value, missing in zip(table[name], table[name].isna(), strict=True)
        ]
        for name in table.columns
    ]
    names = [str(name) for name in table.columns]
    if not names:
        return [{} for _ in range(len(table))]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def right_handed(geometries: Any) -> np.ndarray[Any, Any]:
    """Return polygons whose shells turn left and whose holes turn right."""
    found = np.asarray(geometries, dtype="object")
    return np.asarray(shapely.orient_polygons(found), dtype="object")


def _head(frame: gpd.GeoDataFrame, layer: str) -> str:
    head: dict[str, Any] = {"type": "FeatureCollection", "name": layer}
    authority = frame.crs.to_authority() if frame.crs is not None else None
    if authority is not None:
        urn = f"urn:ogc:def:crs:{authority[0]}::{authority[1]}"
        head["crs"] = {"type": "name", "properties": {"name": urn}}
    text = json.dumps(head, ensure_ascii=False)
    return f'{text[:-1]}, "features": [\n'


def _feature(row: dict[str, Any], geometry: str | None) -> str:
    properties = json.dumps(row, ensure_ascii=False, allow_nan=False)
    return (
        f'{{"type": "Feature", "properties": {properties}, '
        f'"geometry": {geometry or "null"}}}'
    )


def _json(value: Any) -> Any:
    """Return a value json can write; an infinite number is written as text."""
    plain_value = value.item() if hasattr(value, "item") else value
    if isinstance(plain_value, float) and not np.isfinite(plain_value):
        return str(plain_value)
    return plain_value
