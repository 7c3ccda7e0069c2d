"""Read a table (CSV, text, XLSX) or a list of boundary points into a layer.

Runs inside the guarded worker: text, cells and geometries here come from
strangers. What the columns mean beyond their coordinates is decided afterwards,
by :mod:`geodata.files.fields`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import shapely

from geodata.errors import FileRefusedError, Text, UnsupportedFormatError
from geodata.files import decoding, delimited, evidence, numbered, parcels, points, xlsx
from geodata.files import grid as grids
from geodata.files.grid import Grid
from geodata.files.limits import UPLOAD, Limits
from geodata.files.raw import Raw
from geodata.files.reading import Encoding, Layer, Refusal

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ZIP = b"PK\x03\x04"
_GIVEN_AXES = frozenset({"x", "y", "wkt"})


def read_table(
    path: str | Path,
    *,
    limits: Limits = UPLOAD,
    layer: str | None = None,
    overrides: Mapping[str, Any] | None = None,
) -> Raw:
    """Read one table.

    Parameters
    ----------
    path
        A ``.csv``, ``.txt``, ``.tsv`` or ``.xlsx`` file.
    limits
        Rows, columns and sizes that are allowed.
    layer
        The worksheet; None for the one with the most rows with coordinates.
    overrides
        A person's word over our guesses: ``encoding``, ``layer``, ``angles``
        (``decimal``, ``packed``, ``dms_decimal``), ``delimiter``, ``header`` (True
        or False), ``geometry`` (``Point`` for numbered corners that are no rings)
        and ``fields`` whose value ``x`` (east), ``y`` (north) or ``wkt`` names a
        coordinate column.

    Returns
    -------
    Raw
        Points, or the geometries of a WKT column, or polygons of boundary points;
        coordinates with east first. A table without any coordinates comes back
        with no geometry in any row and says so in ``notes``.

    Raises
    ------
    FileRefusedError
        If it is no table, is empty, or not one record can be used.
    LimitError
        For a table over a limit.
    """
    path = Path(path)
    said = dict(overrides or {})
    limits.check("file_mb", path.stat().st_size >> 20)
    with path.open("rb") as file:
        start = file.read(8)
    if start.startswith(_OLE):
        raise _old_workbook(path.name)
    if start.startswith(_ZIP) or path.suffix.lower() in {".xlsx", ".xlsm"}:
        return _from_workbook(path, limits, layer or said.get("layer"), said)
    text, encoding = decoding.decode(path.read_bytes(), encoding=said.get("encoding"))
    if parcels.looks_like_one(text):
        # Bytes that are no text can only hurt a plot's name here.
        readable = decoding.DAMAGE.sub("\ufffd", text)
        return _from_parcels(readable, path.stem, encoding, limits)
    grid = delimited.read_text(
        text,
        path.stem,
        encoding,
        limits,
        delimiter=said.get("delimiter"),
        header=said.get("header"),
    )
    return _from_grid(grid, (grid,), "CSV", limits, said)


def _old_workbook(name: str) -> UnsupportedFormatError:
    return UnsupportedFormatError(
        Text(
            f"{name} 是旧版 Excel（.xls）或加密的工作簿，不能读取。",
            f"{name} is an old Excel workbook (.xls) or an encrypted one and cannot "
            "be read.",
        ),
        Text(
            "请在 Excel 或 WPS 中另存为“Excel 工作簿（.xlsx）”且不设密码，或 CSV。",
            "Save it as “Excel workbook (.xlsx)” without a password, or as CSV.",
        ),
    )


def _from_workbook(
    path: Path, limits: Limits, layer: str | None, said: dict[str, Any]
) -> Raw:
    """Read one sheet of a workbook."""
    sheets = xlsx.read_workbook(path, limits)
    if layer is not None and layer not in {sheet.name for sheet in sheets}:
        names = "、".join(sheet.name for sheet in sheets)
        raise FileRefusedError(
            Text(f"没有名为 {layer} 的工作表。", f"There is no sheet called {layer}."),
            Text(f"有：{names}。", f"There are: {names}."),
        )
    for sheet in sheets:
        if sheet.name == layer:
            return _from_grid(sheet, sheets, "XLSX", limits, said)
    best = max(
        sheets, key=lambda sheet: (points.find(sheet.frame) is not None, sheet.read)
    )
    raw = _from_grid(best, sheets, "XLSX", limits, said)
    if len(sheets) == 1:
        return raw
    others = tuple(sheet.name for sheet in sheets if sheet is not best)
    why = Text(
        f"{len(sheets)} 个工作表中有坐标且行数最多的一个",
        f"of {len(sheets)} sheets the one with coordinates and most rows",
    )
    guess = evidence.guess("layer", best.name, 0.9, why, alternatives=others)
    return replace(raw, guesses=(guess, *raw.guesses))


def _from_grid(
    grid: Grid,
    all_grids: tuple[Grid, ...],
    driver: str,
    limits: Limits,
    said: dict[str, Any],
) -> Raw:
    """Return the layer of one table."""
    limits.check("records", grid.read)
    given = {
        column: role
        for column, role in dict(said.get("fields") or {}).items()
        if role in _GIVEN_AXES
    }
    points_wanted = given or said.get("geometry") == "Point"
    listed = None if points_wanted else numbered.find(grid.frame)
    if listed is not None:
        angles = said.get("angles")
        return _from_numbered(grid, listed, driver, limits, angles=angles)
    columns = points.find(grid.frame, given)
    if columns is None:
        return _attributes_only(grid, all_grids, driver, limits)
    declared = points.declared_system(grid.frame)
    placed = points.place(grid.frame, columns, angles=said.get("angles"))
    kept, notes = placed.geometry.notna(), grid.notes
    if said.get("placeless") and placed.refused:
        notes = (*notes, _placeless(placed.refused)._asdict())
        placed, kept = replace(placed, refused=()), kept | True
    refused = _in_order(grid.refused + placed.refused)
    if not kept.any():
        raise _nothing_kept(grid.name, refused)
    dropped = list(placed.used) if columns.style in {"wkt", "pair"} else []
    dropped += [declared.column] if declared else []
    table = _typed(grid.frame.drop(columns=dropped), limits)[kept]
    frame = gpd.GeoDataFrame(table, geometry=gpd.GeoSeries(placed.geometry[kept]))
    return Raw(
        frame=frame,
        driver=driver,
        layers=_layers(all_grids, grid, _type_of(frame)),
        layer=grid.name,
        encoding=grid.encoding,
        read=grid.read,
        refused=refused,
        z_dropped=placed.z_dropped,
        crs_wkt=declared.crs if declared else placed.crs,
        guesses=grid.guesses + placed.guesses,
        notes=notes,
    )


def _placeless(lacking: tuple[Refusal, ...]) -> Text:
    """Say which rows are kept although nothing says where they are."""
    named = [str(item.record) for item in lacking[:_NAMED]]
    more = " …" if len(lacking) > _NAMED else ""
    why = lacking[0].reason
    return Text(
        f"{len(lacking)} 条记录没有可用的坐标，保留而位置留空："
        f"第 {'、'.join(named)}{more} 条"
        f"（{why['zh'].rstrip('。')}）。",
        f"{len(lacking)} records have no usable coordinates and are kept without a "
        f"place: {', '.join(named)}{more} ({why['en'].rstrip('.')}).",
    )


_NAMED = 20
"""Records that a note names; all are counted."""


def _from_parcels(text: str, name: str, encoding: Encoding, limits: Limits) -> Raw:
    """Return the plots of a list of boundary points as polygons."""
    limits.check("vertices", text.count("\n"))
    found = parcels.read_text(text)
    if not found.records:
        raise _nothing_kept(name, found.refused)
    declared = parcels.crs_name(found.description)
    notes = tuple(
        Text(f"{key}：{value}", f"{key}: {value}")._asdict()
        for key, value in found.description.items()
        if value.strip(",")
    )
    raw = _of_parcels(found, name, "TXT", encoding, notes)
    if not found.by_standard:
        return _ordered(raw)
    if declared is None:
        return raw
    return replace(
        raw, crs_wkt=_wkt_of(declared), crs_evidence=f"[属性描述]: {declared}"
    )


def _ordered(raw: Raw) -> Raw:
    """Return a plain list of corners with east first, by magnitude where it tells."""
    coordinates = shapely.get_coordinates(raw.frame.geometry.to_numpy())
    found = points.order_of_list(coordinates[:, 1], coordinates[:, 0])
    guess = evidence.guess(
        "axis_swapped", False, found.confidence, found.why, alternatives=(True,)
    )
    raw = replace(raw, guesses=(*raw.guesses, guess))
    if found.north_first:
        return raw
    turned = shapely.transform(raw.frame.geometry.to_numpy(), lambda xy: xy[:, ::-1])
    return replace(
        raw, frame=raw.frame.set_geometry(gpd.GeoSeries(turned, raw.frame.index))
    )


def _from_numbered(
    grid: Grid,
    columns: numbered.Numbered,
    driver: str,
    limits: Limits,
    *,
    angles: str | None,
) -> Raw:
    """Return the rings that the rows of a table list, point by point."""
    limits.check("vertices", grid.read)
    found = numbered.read(grid.frame, columns, angles=angles)
    if not found.records:
        raise _nothing_kept(grid.name, grid.refused + found.refused)
    raw = _of_parcels(found, grid.name, driver, grid.encoding, grid.notes)
    refused = raw.refused + grid.refused
    return replace(
        raw,
        refused=refused,
        read=len(raw.frame) + len(refused),
        guesses=grid.guesses + columns.guesses + found.guesses,
    )


def _of_parcels(
    found: parcels.Parcels,
    name: str,
    driver: str,
    encoding: Encoding,
    notes: tuple[dict[str, str], ...],
) -> Raw:
    table = pd.DataFrame(
        list(found.rows), index=pd.Index(found.records, dtype="int64"), dtype="object"
    )
    frame = gpd.GeoDataFrame(table, geometry=list(found.geometry))
    layer = Layer(name, _type_of(frame), len(frame) + len(found.refused), len(frame))
    return Raw(
        frame=frame,
        driver=driver,
        layers=(layer,),
        layer=name,
        encoding=encoding,
        read=len(frame) + len(found.refused),
        refused=found.refused,
        notes=notes,
    )


def _attributes_only(
    grid: Grid, all_grids: tuple[Grid, ...], driver: str, limits: Limits
) -> Raw:
    """Return a table without coordinates: rows without geometry, and a note."""
    if grid.frame.empty:
        raise _nothing_kept(grid.name, grid.refused)
    none = np.full(len(grid.frame), None, dtype="object")
    empty = gpd.GeoSeries(none, index=grid.frame.index)
    note = Text(
        "表中没有找到坐标列，只读取了属性。坐标列可命名为 经度/纬度、X/Y 或 WKT。",
        "No coordinate columns were found, so only attributes were read. Call them "
        "lon/lat, X/Y or WKT.",
    )
    return Raw(
        frame=gpd.GeoDataFrame(_typed(grid.frame, limits), geometry=empty),
        driver=driver,
        layers=_layers(all_grids, grid, "None"),
        layer=grid.name,
        encoding=grid.encoding,
        read=grid.read,
        refused=_in_order(grid.refused),
        guesses=grid.guesses,
        notes=(*grid.notes, note._asdict()),
    )


def _typed(frame: pd.DataFrame, limits: Limits) -> pd.DataFrame:
    """Return the table with plainly numeric text columns as numbers."""
    for name in frame.columns:
        longest = max((len(v) for v in frame[name] if isinstance(v, str)), default=0)
        limits.check("text_kb", longest >> 10, where=str(name))
    return pd.DataFrame(
        {name: grids.typed(frame[name]) for name in frame.columns}, index=frame.index
    )


def _layers(
    all_grids: tuple[Grid, ...], chosen: Grid, geometry_type: str
) -> tuple[Layer, ...]:
    return tuple(
        Layer(
            grid.name,
            geometry_type if grid is chosen else _guessed_type(grid),
            grid.read,
            grid.read if geometry_type.endswith("Polygon") and grid is chosen else 0,
        )
        for grid in all_grids
    )


def _guessed_type(grid: Grid) -> str:
    columns = points.find(grid.frame)
    if columns is None:
        return "None"
    return "Unknown" if columns.style == "wkt" else "Point"


def _type_of(frame: gpd.GeoDataFrame) -> str:
    types = sorted(set(frame.geometry.geom_type.dropna()))
    if len(types) == 1:
        return str(types[0])
    single = {name.removeprefix("Multi") for name in types}
    return f"Multi{single.pop()}" if len(single) == 1 else "Geometry"


def _in_order(refused: tuple[Refusal, ...]) -> tuple[Refusal, ...]:
    return tuple(sorted(refused, key=lambda item: int(item.record)))


def _nothing_kept(name: str, refused: tuple[Refusal, ...]) -> FileRefusedError:
    """Return the refusal of a table not one row of which can be used."""
    if not refused:
        return FileRefusedError(
            Text(f"{name} 没有数据行。", f"{name} has no rows."),
            Text(
                "请确认表头下面有数据。", "Check that there is data below the header."
            ),
        )
    first = refused[0]
    return FileRefusedError(
        Text(
            f"{name} 的 {len(refused)} 条记录都不能使用；"
            f"第 {first.record} 条：{first.reason['zh']}",
            f"None of the {len(refused)} records of {name} can be used; "
            f"record {first.record}: {first.reason['en']}",
        ),
        Text("请按说明改正后重新提交。", "Correct them as said and hand it in again."),
    )


def _wkt_of(name: str) -> str | None:
    """Return the WKT of a CRS by its registered name, or None if there is none."""
    try:
        return str(pyproj.CRS.from_user_input(name).to_wkt())
    except pyproj.exceptions.CRSError:
        return None
