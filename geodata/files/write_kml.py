"""KML: one placemark a record, attributes as typed data, every digit."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

import geopandas as gpd
import shapely
from shapely.geometry.base import BaseGeometry

from geodata.errors import InputError, Text
from geodata.files import plain
from geodata.files.plain import Options
from geodata.files.write_geojson import records, right_handed
from geodata.files.write_tables import check_characters

_NAMES = ("name", "名称", "code")
_DATUM = "CGCS2000 longitude and latitude; KML means WGS 84, a difference below 1 dm"


def write(
    frame: gpd.GeoDataFrame, path: Path, options: Options
) -> list[dict[str, str]]:
    """Write the placemarks."""
    check_characters(frame)
    names = plain.columns(frame)
    label = next((name for name in _NAMES if name in names), None)
    geometries = right_handed(frame.geometry.to_numpy())
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?>\n')
        file.write('<kml xmlns="http://www.opengis.net/kml/2.2"><Document>\n')
        file.write(f"<name>{escape(options.layer)}</name>\n")
        file.write(f"<description>{_DATUM}</description>\n")
        # The name has an element of its own; twice, it would come back as two.
        file.write(_schema(frame, [name for name in names if name != label]))
        for row, shape in zip(records(frame[names]), geometries, strict=True):
            file.write(_placemark(row, shape, label))
        file.write("</Document></kml>\n")
    return []


def _schema(frame: gpd.GeoDataFrame, names: list[str]) -> str:
    fields = "".join(
        f"<SimpleField name={quoteattr(name)} type={quoteattr(_type(frame[name]))}/>"
        for name in names
    )
    return f'<Schema name="fields" id="fields">{fields}</Schema>\n'


def _type(column: Any) -> str:
    kind = str(column.dtype).lower()
    if kind.startswith("bool"):
        return "bool"
    if kind.startswith("int"):
        return "int"
    return "double" if kind.startswith("float") else "string"


def _placemark(
    row: dict[str, Any], shape: BaseGeometry | None, label: str | None
) -> str:
    named = row.get(label) if label else None
    title = "" if named is None else f"<name>{_escaped(named)}</name>"
    data = "".join(
        f"<SimpleData name={quoteattr(name)}>{_escaped(value)}</SimpleData>"
        for name, value in row.items()
        if value is not None and name != label
    )
    known = f'<SchemaData schemaUrl="#fields">{data}</SchemaData>'
    geometry = "" if shape is None else "".join(_geometry(shape))
    return (
        f"<Placemark>{title}<ExtendedData>{known}</ExtendedData>"
        f"{geometry}</Placemark>\n"
    )


def _escaped(value: Any) -> str:
    """Return a value as XML text that keeps its carriage returns."""
    if isinstance(value, bool):
        return "1" if value else "0"
    return escape(str(value), {"\r": "&#13;"})


def _geometry(shape: BaseGeometry) -> Iterator[str]:
    """Yield the KML of a geometry."""
    kind = str(shape.geom_type)
    if kind == "Point":
        yield f"<Point>{_coordinates(shape)}</Point>"
    elif kind in {"LineString", "LinearRing"}:
        yield f"<LineString>{_coordinates(shape)}</LineString>"
    elif kind == "Polygon":
        yield "<Polygon>"
        outer, *holes = map(_ring, shapely.get_rings(shape))
        yield f"<outerBoundaryIs>{outer}</outerBoundaryIs>"
        yield from (f"<innerBoundaryIs>{hole}</innerBoundaryIs>" for hole in holes)
        yield "</Polygon>"
    elif kind.startswith("Multi") or kind == "GeometryCollection":
        yield "<MultiGeometry>"
        for part in shapely.get_parts(shape):
            yield from _geometry(part)
        yield "</MultiGeometry>"
    else:
        raise InputError(Text(f"KML 不能表示 {kind}。", f"KML cannot hold a {kind}."))


def _ring(ring: BaseGeometry) -> str:
    return f"<LinearRing>{_coordinates(ring)}</LinearRing>"


def _coordinates(shape: BaseGeometry) -> str:
    pairs = shapely.get_coordinates(shape).tolist()
    text = " ".join(f"{x!r},{y!r}" for x, y in pairs)
    return f"<coordinates>{text}</coordinates>"
