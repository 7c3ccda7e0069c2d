"""CSV and XLSX for spreadsheets: nothing in them runs, and all of it comes back."""

from __future__ import annotations

import csv
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from geodata.errors import InputError, Text
from geodata.files import formulas, plain
from geodata.files.plain import Options

GEOMETRY, SYSTEM = "WKT", "CRS"
"""Columns for the geometry as text and for the name of its CRS, as ``EPSG:4490``."""
LABELS: dict[str, Text] = {
    "code": Text("行政区划代码", "code"),
    "name": Text("名称", "name"),
    "kind": Text("类型", "kind"),
    "level": Text("级别", "level"),
    "parent": Text("上级代码", "parent"),
    "seat": Text("政府驻地", "seat"),
    "pinyin": Text("汉语拼音", "pinyin"),
    "area_official_km2": Text("公布面积（平方千米）", "area_official_km2"),
    "population": Text("人口", "population"),
    "enclave": Text("飞地", "enclave"),
    "predecessors": Text("前身", "predecessors"),
    "successors": Text("后继", "successors"),
    "remark": Text("备注", "remark"),
}
"""Headings; each is an alias we read back as the same field."""

_LOOKS_ESCAPED = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")
_CELL = 32_767
_ROWS = 1_048_575
FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")


def write_csv(
    frame: gpd.GeoDataFrame, path: Path, options: Options
) -> list[dict[str, str]]:
    """Write comma-separated text that Excel opens right: a mark, guarded cells."""
    encoding = options.encoding or "utf-8-sig"
    names = plain.columns(frame)
    heads = _headings(names, options)
    shapes = _wkt(frame)
    located = _located(frame, shapes)
    _check_encodable(frame, encoding)
    cells = [_column(frame[name]) for name in names]
    rows = zip(*cells, *located.values(), strict=True)
    with path.open("w", encoding=encoding, newline="") as file:
        # Quoted text keeps its outer spaces and line breaks.
        writer = csv.writer(file, quoting=csv.QUOTE_NONNUMERIC)
        writer.writerow([formulas.guard(head) for head in (*heads, *located)])
        writer.writerows(rows)
    return []


def write_xlsx(
    frame: gpd.GeoDataFrame, path: Path, options: Options
) -> list[dict[str, str]]:
    """Write one sheet in which every text is text, whatever it begins with."""
    import openpyxl

    check_characters(frame)
    if len(frame) > _ROWS:
        raise InputError(
            Text(
                f"{len(frame)} 条记录超过 Excel 的 {_ROWS} 行。",
                f"{len(frame)} records are more than Excel's {_ROWS} rows.",
            ),
            Text("请改用 CSV 或 GeoPackage。", "Use CSV or GeoPackage."),
        )
    names = plain.columns(frame)
    for name in names:
        _check_length(frame, name)
    shapes, notes = _wkt_that_fits(frame)
    located = _located(frame, shapes)
    heads = [*_headings(names, options), *located]
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet(_sheet_name(options.layer))
    sheet.freeze_panes = "A2"
    sheet.append([_text_cell(sheet, head) for head in heads])
    columns = [list(_values(frame[name])) for name in names]
    for row in zip(*columns, *located.values(), strict=True):
        sheet.append([_cell(sheet, value) for value in row])
    book.save(path)
    return notes


def check_characters(frame: gpd.GeoDataFrame) -> None:
    """Refuse control characters that XML (KML, XLSX) cannot hold, naming them."""
    for name in plain.columns(frame):
        if not plain.is_text(frame[name]):
            continue
        bad = [
            i
            for i, value in enumerate(frame[name])
            if isinstance(value, str) and FORBIDDEN.search(value)
        ]
        plain.check(
            frame,
            name,
            bad,
            Text("含有控制字符", "hold control characters"),
            Text("请先删除这些字符。", "Remove those characters first."),
        )


def _headings(names: list[str], options: Options) -> list[str]:
    """Return the headings, and record them as the names in the file."""
    if options.named or not options.language:
        return names
    labels = {**LABELS, **options.headings}
    for name in names:
        label = labels[name].to(options.language) if name in labels else name
        # A column of the caller's own that has a heading's name keeps both apart.
        options.names[name] = name if label in names else label
    return [options.names[name] for name in names]


def _wkt(frame: gpd.GeoDataFrame) -> list[str] | None:
    """Return the geometries as text with every digit; None if there are none."""
    if frame.geometry.isna().all():
        return None
    texts = shapely.to_wkt(frame.geometry.to_numpy(), rounding_precision=-1)
    return ["" if text is None else str(text) for text in texts]


def _located(frame: gpd.GeoDataFrame, shapes: list[str] | None) -> dict[str, list[str]]:
    """Return the columns that say where: the geometry, and its CRS if it has a code."""
    if shapes is None:
        return {}
    authority = frame.crs.to_authority() if frame.crs is not None else None
    if authority is None:
        return {GEOMETRY: shapes}
    return {GEOMETRY: shapes, SYSTEM: [":".join(authority)] * len(shapes)}


def _wkt_that_fits(
    frame: gpd.GeoDataFrame,
) -> tuple[list[str] | None, list[dict[str, str]]]:
    """Return the texts if every one fits into a cell, else none and why."""
    shapes = _wkt(frame)
    longest = max(map(len, shapes or []), default=0)
    if longest <= _CELL:
        return shapes, []
    note = Text(
        f"几何文本最长 {longest} 个字符，超过 Excel 单元格的 {_CELL} 个，只写出属性。",
        f"The longest geometry takes {longest} characters, more than the {_CELL} of a "
        "cell; only attributes were written.",
    )
    return None, [note._asdict()]


def _check_encodable(frame: gpd.GeoDataFrame, encoding: str) -> None:
    for name in plain.columns(frame):
        bad = [i for i, v in enumerate(frame[name]) if not encodable(v, encoding)]
        plain.check(
            frame,
            name,
            bad,
            Text(f"有 {encoding} 没有的字", f"have characters that {encoding} lacks"),
            Text("请改用 UTF-8。", "Use UTF-8."),
        )


def encodable(value: Any, encoding: str) -> bool:
    """Return whether a text can be written in ``encoding``."""
    if not isinstance(value, str):
        return True
    try:
        value.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _check_length(frame: gpd.GeoDataFrame, name: str) -> None:
    bad = [
        i for i, v in enumerate(frame[name]) if isinstance(v, str) and len(v) > _CELL
    ]
    plain.check(
        frame,
        name,
        bad,
        Text(f"超过 {_CELL} 个字符", f"have more than {_CELL} characters"),
        Text("请改用 GeoPackage。", "Use GeoPackage."),
    )


def _column(column: pd.Series[Any]) -> list[Any]:
    """Return the cells of a CSV column: guarded text, bare numbers, yes and no."""
    return [
        formulas.guard(value) if isinstance(value, str) else value
        for value in _values(column)
    ]


def _values(column: pd.Series[Any]) -> list[Any]:
    """Return plain Python values; missing ones as None, flags as words."""
    values: list[Any] = []
    for value, missing in zip(column, column.isna(), strict=True):
        if missing:
            values.append(None)
        elif isinstance(value, bool) or str(column.dtype).startswith("bool"):
            values.append("TRUE" if value else "FALSE")
        else:
            values.append(value.item() if hasattr(value, "item") else value)
    return values


def _cell(sheet: Any, value: Any) -> Any:
    """Return a cell that gives back exactly this value."""
    if isinstance(value, str):
        return _text_cell(sheet, value)
    if not isinstance(value, float):
        return value
    # The library writes 16 digits of a number, one too few to be the same one.
    cell = _text_cell(sheet, repr(value))
    cell.data_type = "n"
    cell.number_format = "General"
    return cell


def _text_cell(sheet: Any, text: str) -> Any:
    """Return a cell that is text for good: ``=1+1`` stays four characters."""
    from openpyxl.cell import WriteOnlyCell

    cell = WriteOnlyCell(sheet)
    cell.value = _escaped(text)
    cell.data_type = "s"
    cell.number_format = "@"
    if formulas.guard(text) != text:
        # The mark that keeps Excel from reading the text anew when it is edited.
        cell.quotePrefix = True
    return cell


def _escaped(text: str) -> str:
    """Return text with carriage returns as OOXML writes them: XML has none."""
    whole = _LOOKS_ESCAPED.sub("_x005F_", text)
    return whole.replace("\r", "_x000D_")


def _sheet_name(layer: str) -> str:
    return re.sub(r"[\[\]:*?/\\]", "_", layer).strip("'")[:31] or "Sheet1"
