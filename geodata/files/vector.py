"""Read one layer with GDAL: in bulk, counted against the file's own count.

pyogrio reads the layer in one go. When it fails, or its rows are not as many as
the file says it has, the layer is read again record by record (``salvage``), so
that each bad record is named and every other one kept.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import pyogrio
import pyogrio.errors

from geodata.errors import FileRefusedError, Text
from geodata.files import drawing, geometry, salvage, spelling
from geodata.files import encoding as text_encoding
from geodata.files.columns import attributes, unique
from geodata.files.datasets import Dataset
from geodata.files.limits import Limits
from geodata.files.raw import Raw
from geodata.files.reading import Layer, Refusal

_BYTEWISE = "ISO-8859-1"
_FAILURES = (
    pyogrio.errors.DataSourceError,
    pyogrio.errors.DataLayerError,
    pyogrio.errors.FieldError,
    pyogrio.errors.FeatureError,
    pyogrio.errors.GeometryError,
    pa.ArrowInvalid,
    pa.ArrowException,
    UnicodeDecodeError,
    UnboundLocalError,  # pyogrio, of a coordinate system it cannot export (0.13)
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True)
class Choice:
    """One layer that may be read."""

    dataset: Dataset
    inner: str
    """Its name inside the dataset."""
    layer: Layer
    family: str = ""
    """Of a drawing, which holds all kinds of shapes in one: the kind wanted."""


@dataclass
class Rows:
    """What was read of a layer: attributes, WKB, and each row's position."""

    columns: pd.DataFrame
    wkb: pa.ChunkedArray | pa.Array
    positions: Sequence[int]
    read: int
    crs: str | None
    refused: dict[int, Text]
    warnings: list[str]
    salvaged: bool = False


def layers_of(dataset: Dataset, limits: Limits) -> list[Choice]:
    """Return the layers of a dataset GDAL reads, the empty kinds left out."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            listed = pyogrio.list_layers(dataset.path)
            limits.check("layers", len(listed))
            if dataset.driver == "DXF":
                return drawing.layers_of(dataset, limits)
            choices = [
                _choice(dataset, str(name), kind, len(listed), limits)
                for name, kind in listed
                if kind is not None
            ]
            return _all_counted(dataset, choices)
        except _FAILURES as error:
            raise unreadable(dataset) from error


def _all_counted(dataset: Dataset, choices: list[Choice]) -> list[Choice]:
    """Note records of a document that no layer has."""
    seen = sum(item.layer.count for item in choices)
    if dataset.elements > 0 and seen < dataset.elements:
        lost = dataset.elements - seen
        note = Text(
            f"文件中有 {lost} 条记录不属于任何图层，未读取。",
            f"{lost} records of the file belong to no layer and were not read.",
        )
        dataset.notes = (*dataset.notes, note)
    return choices


def unreadable(dataset: Dataset) -> FileRefusedError:
    """Return the refusal for a dataset GDAL does not open."""
    return FileRefusedError(
        Text(f"{dataset.driver} 文件无法读取：内容损坏或不符合格式。",
             f"The {dataset.driver} file cannot be read: damaged or not to its "
             "format."),
        Text("请用原软件检查并重新导出。", "Check it and export it again."),
    )  # fmt: skip


def _choice(
    dataset: Dataset, inner: str, kind: Any, siblings: int, limits: Limits
) -> Choice:
    info = pyogrio.read_info(
        dataset.path, layer=inner, encoding=_reading_encoding(dataset),
        force_feature_count=True,
    )  # fmt: skip
    if info["driver"] != dataset.driver:
        raise unreadable(dataset)
    limits.check("columns", len(info["fields"]), where=inner)
    count = dataset.counts.get(inner, dataset.counts.get("", int(info["features"])))
    limits.check("records", count, where=inner)
    named = dataset.name if siblings == 1 and dataset.driver != "GPKG" else inner
    geometry_type = str(kind or "Unknown")
    polygons = count if "Polygon" in geometry_type or "Surface" in geometry_type else 0
    if geometry_type in {"Unknown", "GeometryCollection"} and siblings > 1:
        polygons = _count_polygons(dataset, inner)
    return Choice(dataset, inner, Layer(named, geometry_type, count, polygons))


def _count_polygons(dataset: Dataset, inner: str) -> int:
    _, table = pyogrio.raw.read_arrow(dataset.path, layer=inner, columns=[])
    codes = geometry.base_types(table.column(table.num_columns - 1))
    return int(np.isin(codes, [3, 6, 10, 12]).sum())


def _reading_encoding(dataset: Dataset) -> str | None:
    """Shapefiles are read byte for byte and decoded by ourselves."""
    return _BYTEWISE if dataset.shapefile is not None else None


def read(
    choice: Choice, limits: Limits, *, placeless: bool = False, heights: bool = False
) -> Raw:
    """Read one layer; ``placeless``: records that lie nowhere are kept.

    ``heights``: the heights of vertices come as the field :data:`geometry.HEIGHTS`.

    Returns
    -------
    Raw
        Invalid polygons kept as sent; records without a usable geometry refused.

    Raises
    ------
    FileRefusedError
        When nothing of the layer can be read.
    """
    dataset = choice.dataset
    rows = _reconciled(choice, limits)
    if choice.family:
        rows = drawing.only(rows, choice)
    examined = geometry.examine(
        rows.wkb, limits, linear=lambda: _linear(choice, rows), heights=heights
    )
    blank = _blank(rows, examined)
    if placeless:
        examined = geometry.with_missing(examined, leaving=blank)
    refused = {
        **{
            rows.positions[at]: why
            for at, why in examined.refused.items()
            if at not in blank
        },
        **_structural(dataset),
        **rows.refused,
    }
    at_fault = np.isin(np.asarray(rows.positions)[examined.kept], list(refused))
    kept = examined.kept[~at_fault]
    records = np.asarray(rows.positions, dtype=np.int64)[kept] + 1
    frame = gpd.GeoDataFrame(
        rows.columns.iloc[kept].set_axis(records, axis=0),
        geometry=examined.geometries[~at_fault],
    )
    if examined.heights is not None:
        frame[geometry.HEIGHTS] = examined.heights[~at_fault]
    notes = [*dataset.notes, *_said(rows), *_left_out(blank)]
    return Raw(
        frame=frame,
        driver=dataset.driver,
        layers=(choice.layer,),
        layer=choice.layer.name,
        encoding=dataset.encoding,
        read=rows.read - len(blank),
        blank=len(blank),
        crs_wkt=dataset.crs or (None if dataset.implied else rows.crs),
        implied=dataset.implied,
        refused=tuple(
            Refusal(position + 1, why._asdict())
            for position, why in sorted(refused.items())
        ),
        z_dropped=examined.z_dropped,
        m_dropped=examined.m_dropped,
        linearised=examined.linearised,
        notes=tuple(note._asdict() for note in notes),
    )


def _blank(rows: Rows, examined: geometry.Examined) -> set[int]:
    """Return rows without a shape and without a value: blank, as in a table."""
    return {
        at
        for at, why in examined.refused.items()
        if why is geometry.MISSING
        and rows.positions[at] not in rows.refused
        and all(map(spelling.blank, rows.columns.iloc[at]))
    }


def _left_out(blank: set[int]) -> list[Text]:
    if not blank:
        return []
    return [
        Text(f"{len(blank)} 条记录既无图形也无属性，作为空行略去。",
             "Left out as blank, with neither a shape nor an attribute: "
             f"{len(blank)}.")
    ]  # fmt: skip


def _structural(dataset: Dataset) -> dict[int, Text]:
    found = dataset.shapefile
    if found is None:
        return {}
    deleted = Text("属性记录已标记为删除", "its attributes are marked as deleted")
    return {**dict.fromkeys(found.deleted, deleted), **found.bad}


def _reconciled(choice: Choice, limits: Limits) -> Rows:
    """Read in bulk; fall back to record by record when that does not add up."""
    expected = -1 if choice.family else choice.layer.count
    try:
        rows = bulk(choice, limits)
    except _FAILURES:
        return _salvage(choice, limits)
    deleted = len(choice.dataset.shapefile.deleted) if choice.dataset.shapefile else 0
    if expected >= 0 and len(rows.positions) + deleted != expected:
        return _salvage(choice, limits)
    rows.read = len(rows.positions) + deleted
    return rows


def bulk(choice: Choice, limits: Limits) -> Rows:
    """Read all rows of a layer in one go; a failure is raised."""
    dataset = choice.dataset
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        meta, table = pyogrio.raw.read_arrow(
            dataset.path,
            layer=choice.inner,
            encoding=_reading_encoding(dataset),
            return_fids=dataset.shapefile is not None,
            max_features=limits.records + 1,
            **dataset.open_options,
        )
    table.validate(full=True)  # offsets that lie would end the process
    limits.check("records", table.num_rows, where=choice.layer.name)
    name = meta["geometry_name"] or "wkb_geometry"
    if name not in table.column_names:
        raise _no_geometry(choice)
    wkb = table.column(name)
    columns = table.drop_columns([name])
    positions: Sequence[int] = range(table.num_rows)
    if dataset.shapefile is not None:
        fids = columns.column(meta["fid_column"])
        positions = [int(fid) for fid in fids.to_numpy()]
        columns = columns.drop_columns([meta["fid_column"]])
    return Rows(
        columns=decoded(attributes(columns), dataset),
        wkb=wkb,
        positions=positions,
        read=table.num_rows,
        crs=meta["crs"],
        refused={},
        warnings=[str(item.message) for item in heard],
    )


def _no_geometry(choice: Choice) -> FileRefusedError:
    return FileRefusedError(
        Text(f"图层 {choice.layer.name} 没有几何字段。",
             f"The layer {choice.layer.name} has no geometry."),
        Text("请选择带图形的图层（--layer）。",
             "Choose a layer with shapes (--layer)."),
    )  # fmt: skip


def decoded(columns: pd.DataFrame, dataset: Dataset) -> pd.DataFrame:
    """Turn bytes that were read as Latin-1 into the text they are."""
    if dataset.driver in {"LIBKML", "GPX", "GML"}:
        return columns.drop(columns=_idle(columns))
    if dataset.shapefile is None:
        return columns
    codec = dataset.encoding.name

    def text(value: Any) -> Any:
        # a column with gaps may hold flags, which are no text
        if not isinstance(value, str):
            return value
        raw = value.encode(_BYTEWISE, "replace")
        return text_encoding.decode(raw, codec).rstrip(" \x00")

    decoded: dict[str, Any] = {
        str(name): column.map(text, na_action="ignore")
        for name, column in columns.items()
        if pd.api.types.is_string_dtype(column.dtype)
    }
    shown = [text(str(name)) for name in columns.columns]
    names = unique([dataset.full_names.get(name, name) for name in shown])
    return columns.assign(**decoded).set_axis(names, axis=1)


# What KML, GPX and GML drivers add to every layer, and the value that says nothing.
_BUILT_IN: dict[str, Any] = {
    "Name": None, "description": None, "timestamp": None, "begin": None, "end": None,
    "altitudeMode": None, "tessellate": -1, "extrude": 0, "visibility": -1,
    "drawOrder": None, "icon": None, "snippet": None, "lowerCorner": ...,
    "upperCorner": ...,
}  # fmt: skip


def _idle(columns: pd.DataFrame) -> list[str]:
    """Return columns a driver made up, where they hold nothing of the file's."""
    return [
        str(name)
        for name, column in columns.items()
        if column.isna().all()
        or _BUILT_IN.get(str(name)) is ...
        or (str(name) in _BUILT_IN and (column == _BUILT_IN[str(name)]).all())
    ]


def _linear(choice: Choice, rows: Rows) -> Any:
    """Return the WKB of all rows with arcs as short lines."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        _, _, blobs, _ = pyogrio.raw.read(
            choice.dataset.path,
            layer=choice.inner,
            encoding=_reading_encoding(choice.dataset),
            columns=[],
            force_2d=True,
            **choice.dataset.open_options,
        )
    if len(blobs) != len(rows.positions):
        return np.asarray(rows.wkb.to_numpy(zero_copy_only=False), dtype=object)
    return blobs


def _salvage(choice: Choice, limits: Limits) -> Rows:
    try:
        return salvage.read(choice, limits)
    except _FAILURES as error:
        raise unreadable(choice.dataset) from error


def _said(rows: Rows) -> list[Text]:
    """Return GDAL's warnings that tell of a loss."""
    notes = []
    for message in dict.fromkeys(rows.warnings):
        if "Measured" in message or "Sequential read" in message:
            continue
        notes.append(Text(f"读取提示：{message}", f"The reader says: {message}"))
    if rows.salvaged:
        notes.append(
            Text("批量读取失败，已改为逐条读取。",
                 "Reading in bulk failed; the records were read one by one.")
        )  # fmt: skip
    return notes[:10]
