"""Frames to the rows the store keeps, and back, column by column.

A row is ``(key, properties, geometry)``: properties are canonical JSON without
missing values (so a schema may grow without touching what was written) and the
geometry is little-endian two-dimensional WKB. Equal content gives equal bytes.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from geopandas.array import GeometryArray
from numpy.typing import NDArray

from geodata.crs.zones import STORAGE
from geodata.errors import CRSError, GeometryError, InputError, Text
from geodata.store import dates, digests

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Sequence

    from geodata.store.changes import Field, LayerSchema

TIME_COLUMNS = ("valid_from", "valid_to")
_MULTI = ("MultiPolygon", "MultiLineString")
_TYPE_IDS = {"Point": 0, "MultiLineString": 5, "MultiPolygon": 6}


@dataclass(frozen=True)
class Rows:
    """Features as the store writes them, one entry each, in frame order."""

    keys: list[str]
    props: list[str]
    wkb: list[bytes | None]
    bounds: NDArray[np.float64]
    """``(n, 4)`` west, south, east, north in degrees; NaN without geometry."""

    def __len__(self) -> int:
        return len(self.keys)

    def only(self, keys: Container[str]) -> Rows:
        """Return the rows of some keys."""
        chosen = [i for i, key in enumerate(self.keys) if key in keys]
        if len(chosen) == len(self.keys):
            return self
        return Rows(
            [self.keys[i] for i in chosen],
            [self.props[i] for i in chosen],
            [self.wkb[i] for i in chosen],
            self.bounds[chosen],
        )

    def digests(self, algorithm: str) -> list[str]:
        """Return the digest of each feature."""
        return [
            digests.of_feature(key, props, wkb, algorithm)
            for key, props, wkb in zip(self.keys, self.props, self.wkb, strict=True)
        ]


def encode(frame: gpd.GeoDataFrame, schema: LayerSchema) -> Rows:
    """Return the rows of a frame indexed by key.

    Raises
    ------
    CRSError
        The frame is not in the storage CRS.
    GeometryError
        A geometry is of another type than the layer's.
    InputError
        A key is missing or double, or a value does not fit its field.
    """
    keys = _keys(frame, schema)
    geometries = _geometries(frame, schema, keys)
    wkb: list[bytes | None] = shapely.to_wkb(
        geometries, byte_order=1, output_dimension=2
    ).tolist()
    return Rows(keys, _properties(frame, schema, keys), wkb, shapely.bounds(geometries))


def decode(
    schema: LayerSchema,
    keys: Sequence[str],
    props: Sequence[str],
    wkb: Sequence[bytes | None] | None,
    times: tuple[Sequence[str], Sequence[str | None]] | None = None,
) -> gpd.GeoDataFrame:
    """Return the frame of stored rows; the inverse of :func:`encode`.

    Without ``wkb`` every geometry is None; with ``times`` the frame has
    ``valid_from`` and ``valid_to``.
    """
    documents: list[dict[str, Any]] = json.loads(f"[{','.join(props)}]")
    index = pd.Index(objects(keys), name="key", dtype=object)
    columns: dict[str, Any] = {
        field.name: _column(field, documents, index) for field in schema.fields
    }
    if times is not None:
        columns |= {
            name: column(values, index)
            for name, values in zip(TIME_COLUMNS, times, strict=True)
        }
    extra = [document.get("extra", {}) for document in documents]
    columns["extra"] = column(extra, index)
    shapes = empty_geometry(len(keys))
    if wkb is not None:
        shapes = GeometryArray(shapely.from_wkb(objects(wkb)), crs=_storage_crs())
    columns["geometry"] = shapes
    return gpd.GeoDataFrame(pd.DataFrame(columns, index=index), geometry="geometry")


def empty(schema: LayerSchema) -> gpd.GeoDataFrame:
    """Return a frame of the layer without features, as a ChangeSet's side."""
    return decode(schema, [], [], [])


def promote(shapes: NDArray[Any]) -> NDArray[Any]:
    """Return single polygons and lines as the multi types layers keep."""
    kinds = shapely.get_type_id(shapes)
    promoted = shapes.copy()
    for kind, build in ((1, shapely.multilinestrings), (3, shapely.multipolygons)):
        chosen = np.flatnonzero(kinds == kind)
        if chosen.size:
            promoted[chosen] = build(shapes[chosen], indices=np.arange(chosen.size))
    return promoted


def column(
    values: Sequence[Any] | NDArray[Any], index: pd.Index[Any]
) -> pd.Series[Any]:
    """Return values as a frame's column of Python objects, missing as None.

    Handed over as a plain array, pandas would make text its own type, with NaN.
    """
    return pd.Series(objects(values), index=index, dtype=object)


def objects(values: Sequence[Any] | NDArray[Any]) -> NDArray[Any]:
    """Return a one-dimensional object array, whatever the values are."""
    array = np.empty(len(values), dtype=object)
    array[:] = values
    return array


def empty_geometry(size: int) -> GeometryArray:
    """Return ``size`` missing geometries in the storage CRS."""
    return GeometryArray(np.full(size, None, dtype=object), crs=_storage_crs())


_crs_cache: list[Any] = []


def _storage_crs() -> Any:
    if not _crs_cache:
        _crs_cache.append(gpd.GeoSeries([], crs=STORAGE).crs)
    return _crs_cache[0]


def _keys(frame: gpd.GeoDataFrame, schema: LayerSchema) -> list[str]:
    keys = [None if _missing(key) else str(key) for key in frame.index]
    if None in keys or "" in keys:
        row = next(i for i, key in enumerate(keys) if not key)
        raise InputError(
            Text(
                f"第 {row + 1} 条记录没有“{schema.key}”。",
                f"Record {row + 1} has no “{schema.key}”.",
            ),
            code="key",
        )
    if len(set(keys)) < len(keys):
        seen: set[str | None] = set()
        double = next(key for key in keys if key in seen or seen.add(key))  # type: ignore[func-returns-value]
        raise InputError(
            Text(
                f"“{schema.key}”{double} 出现了不止一次。",
                f"“{schema.key}” {double} occurs more than once.",
            ),
            code="key",
        )
    return [key for key in keys if key]


def _geometries(
    frame: gpd.GeoDataFrame, schema: LayerSchema, keys: list[str]
) -> NDArray[Any]:
    if schema.geometry == "None" or "geometry" not in frame.columns:
        return np.full(len(frame), None, dtype=object)
    if len(frame) and frame.crs is not _storage_crs() and frame.crs != _storage_crs():
        raise CRSError(
            Text(
                f"图层“{schema.name}”只接受 {STORAGE}，收到 {frame.crs}。",
                f"Layer “{schema.name}” keeps {STORAGE}, not {frame.crs}.",
            ),
            Text("请先转换坐标系。", "Transform the frame first."),
        )
    shapes = np.asarray(frame.geometry.array, dtype=object)
    if shapely.has_z(shapes).any():
        shapes = shapely.force_2d(shapes)
    if schema.geometry in _MULTI:
        shapes = promote(shapes)
    kinds = shapely.get_type_id(shapes)
    wrong = np.flatnonzero((kinds != _TYPE_IDS[schema.geometry]) & (kinds >= 0))
    if wrong.size:
        first = int(wrong[0])
        raise GeometryError(
            Text(
                f"{keys[first]} 的图形是 {shapes[first].geom_type}，"
                f"图层“{schema.name}”需要 {schema.geometry}。",
                f"{keys[first]} is a {shapes[first].geom_type}; "
                f"layer “{schema.name}” keeps {schema.geometry}.",
            ),
            Text(
                "请改画为该类图形，或去掉这些记录后重新导入。",
                "Draw them as such, or leave them out, and import again.",
            ),
        )
    return shapes


def _properties(
    frame: gpd.GeoDataFrame, schema: LayerSchema, keys: list[str]
) -> list[str]:
    columns: dict[str, list[Any]] = {}
    for field in schema.fields:
        if field.name in frame.columns:
            columns[field.name] = [
                _value(value, field, key)
                for value, key in zip(frame[field.name], keys, strict=True)
            ]
    columns[schema.key] = list(keys)
    known = {*columns, *(f.name for f in schema.fields), "extra", *TIME_COLUMNS}
    beyond = [str(name) for name in frame.columns if name not in known]
    geometry = frame._geometry_column_name if len(frame.columns) else None
    beyond = [name for name in beyond if name not in {geometry, "geometry"}]
    columns["extra"] = _extra(frame, beyond, len(keys))
    names = list(columns)
    return [
        digests.canonical(
            {
                name: value
                for name, value in zip(names, values, strict=True)
                if value is not None
            }
        )
        for values in zip(*columns.values(), strict=True)
    ]


def _extra(
    frame: gpd.GeoDataFrame, beyond: list[str], size: int
) -> list[dict[str, Any] | None]:
    given = frame["extra"].tolist() if "extra" in frame.columns else [None] * size
    loose = [frame[name].tolist() for name in beyond]
    found: list[dict[str, Any] | None] = []
    for row, base in enumerate(given):
        extra = plain(base) if isinstance(base, dict) else {}
        for name, values in zip(beyond, loose, strict=True):
            if not _missing(values[row]):
                extra[name] = plain(values[row])
        found.append(extra or None)
    return found


def _value(value: Any, field: Field, key: str) -> Any:
    """Return one attribute as JSON keeps it, None when missing."""
    if _missing(value):
        return None
    try:
        return _CONVERT[field.type](value)
    except (TypeError, ValueError, InputError) as error:
        raise InputError(
            Text(
                f"{key} 的“{field.name}”应为 {field.type}，不是 {value!r}。",
                f"“{field.name}” of {key} must be {field.type}, not {value!r}.",
            ),
            code="value",
        ) from error


def _integer(value: Any) -> int:
    number = int(value)
    if isinstance(value, float | np.floating) and number != value:
        raise ValueError(value)
    return number


def _real(value: Any) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return number


def _boolean(value: Any) -> bool:
    if isinstance(value, str) or value not in {0, 1}:
        raise ValueError(value)
    return bool(value)


def plain(value: Any) -> Any:
    """Return a value as JSON can hold it: numpy scalars, dates, sets and all."""
    if isinstance(value, str | bool | int) or value is None:
        return value
    if isinstance(value, dict):
        return {str(name): plain(item) for name, item in value.items()}
    if isinstance(value, list | tuple | set | np.ndarray):
        items = sorted(value) if isinstance(value, set) else value
        return [plain(item) for item in items]
    if _missing(value):
        return None
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _missing(value: Any) -> bool:
    if value is None or value is pd.NA or value is pd.NaT:
        return True
    return isinstance(value, float) and math.isnan(value)


_CONVERT: dict[str, Callable[[Any], Any]] = {
    "text": str,
    "integer": _integer,
    "real": _real,
    "boolean": _boolean,
    "date": dates.parse,
    "json": plain,
}


def _column(field: Field, documents: list[dict[str, Any]], index: pd.Index[Any]) -> Any:
    name = field.name
    values = [document.get(name) for document in documents]
    if field.type == "real":
        return np.array(values, dtype=np.float64)
    if field.type == "integer":
        return pd.array(values, dtype="Int64")
    if field.type == "boolean":
        return pd.array(values, dtype="boolean")
    return column(values, index)
