"""Write a frame in the formats people ask for, losing nothing without saying so.

What a format cannot hold is refused by name (a text too long for a Shapefile, a
character GBK does not have); what it holds otherwise than we do is noted. GDAL
runs in the guarded process here too: it never enters a server process.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import geopandas as gpd
import shapely

from geodata import crs as systems
from geodata.errors import InputError, Text
from geodata.files import atomic, plain
from geodata.files.formats import Format, format_of
from geodata.files.plain import Options

Writer = Callable[[gpd.GeoDataFrame, Path, Options], list[dict[str, str]]]


@dataclass(frozen=True)
class Written:
    """What was written, and remarks on what the format changed."""

    path: Path
    driver: str
    records: int
    crs: str
    fields: dict[str, str]
    """Ours -> the name in the file."""
    notes: tuple[dict[str, str], ...] = ()
    layer: str = ""
    beside: tuple[str, ...] = ()
    """Further layers that were written."""


def write(
    frame: gpd.GeoDataFrame,
    path: str | Path,
    driver: str | None = None,
    *,
    crs: str | int | None = None,
    encoding: str | None = None,
    language: str = "zh",
    fields: Mapping[str, str] | None = None,
    layer: str | None = None,
    headings: Mapping[str, Text] | None = None,
    beside: Mapping[str, gpd.GeoDataFrame] | None = None,
) -> Written:
    """Write ``frame`` to ``path``; the file appears whole or not at all.

    Parameters
    ----------
    frame
        With a CRS, unless no row has a geometry.
    path
        Where to; a Shapefile becomes one zip.
    driver
        A name of :data:`geodata.files.formats.FORMATS`; None to take it from the
        suffix.
    crs
        To transform to; None leaves the coordinates as they are, to the bit.
        GeoJSON and KML are always longitude and latitude.
    encoding
        ``UTF-8`` or ``GBK`` for a Shapefile, any for CSV (UTF-8 with mark).
    language
        Of the headings of CSV and XLSX: ``zh`` or ``en``; ``""`` keeps the names.
    fields
        ``{ours: theirs}``: only these columns, under these names.
    layer
        Name of the layer; None for the file's own.
    headings
        Labels of further columns in CSV and XLSX, beside those of divisions.
    beside
        Further layers by name, for a GeoPackage; other formats hold one layer and
        leave them out.

    Raises
    ------
    InputError
        For an unknown format, or values the format cannot hold, naming them.
    CRSError
        If coordinates have to be changed and the frame has no CRS.
    """
    path = Path(path)
    chosen = format_of(path, driver)
    placed = _placed(frame, chosen, crs)
    options = Options(
        driver=chosen.name,
        layer=layer or _stem(path),
        encoding=encoding,
        language=language,
        named=fields is not None,
        headings=headings or {},
    )
    table = plain.select(placed, fields)
    options.names.update({name: name for name in plain.columns(table)})
    more = beside or {} if chosen.layers else {}
    options.beside.update(
        {name: plain.select(_placed(each, chosen, crs), None)
         for name, each in more.items()}
    )  # fmt: skip
    with atomic.replacing(path) as made:
        notes = _writer_of(chosen)(table, made, options)
    return Written(
        path=path,
        driver=chosen.name,
        records=len(table),
        crs=str(table.crs.to_string()) if table.crs else "",
        fields=_traced(fields, options.names),
        notes=tuple(notes),
        layer=options.layer,
        beside=tuple(more),
    )


def _writer_of(chosen: Format) -> Writer:
    module, _, name = chosen.writer.partition(":")
    made: Writer = getattr(import_module(f"geodata.files.{module}"), name)
    return made


def _placed(
    frame: gpd.GeoDataFrame, chosen: Format, crs: str | int | None
) -> gpd.GeoDataFrame:
    """Return the frame in the coordinates asked for, in two dimensions."""
    if frame.geometry.isna().all():
        return frame
    if crs is None and chosen.degrees and not systems.require(frame).is_geographic:
        crs = systems.STORAGE
    if crs is not None:
        frame = systems.transform(frame, crs)
    if chosen.degrees and not systems.require(frame).is_geographic:
        raise InputError(
            Text(
                f"{chosen.name} 只能用经纬度，不能用 {crs}。",
                f"{chosen.name} allows longitude and latitude only, not {crs}.",
            )
        )
    if not frame.has_z.any():
        return frame
    flat = shapely.force_2d(frame.geometry.to_numpy())
    return frame.set_geometry(gpd.GeoSeries(flat, frame.index, crs=frame.crs))


def _stem(path: Path) -> str:
    """Return the name of a layer for ``path``: without any of its suffixes."""
    return path.name.split(".")[0] or "layer"


def _traced(fields: Mapping[str, str] | None, names: dict[str, str]) -> dict[str, str]:
    """Return ours -> name in the file through the caller's own names."""
    if fields is None:
        return dict(names)
    return {ours: names.get(theirs, theirs) for ours, theirs in fields.items()}
