"""From the bytes handed in to datasets GDAL may open: unpack, check, make safe.

Everything here happens on private copies in the worker's folder, inside the
guarded process.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from geodata.errors import FileRefusedError, Text
from geodata.files import (
    archive,
    dxf,
    geopackage,
    jsontext,
    mapinfo,
    write_shapefile,
    xmltext,
)
from geodata.files import encoding as text_encoding
from geodata.files import shapefile as shapefiles
from geodata.files.limits import Limits
from geodata.files.reading import Encoding
from geodata.files.shapefile import Shapefile
from geodata.files.sniff import sniff

UTF8 = text_encoding.fixed()
_FULL_NAMES = ".fullnames"


@dataclass
class Dataset:
    """One dataset, checked and safe to open with the one driver named."""

    path: Path
    name: str
    driver: str
    encoding: Encoding = UTF8
    counts: dict[str, int] = field(default_factory=dict)
    """Records by layer where the format says; key ``""`` for a single layer."""
    elements: int = 0
    """Records of all layers together, where only that is known; 0: unknown."""
    crs: str | None = None
    """Declared CRS read by ourselves; None lets the driver say."""
    implied: str = ""
    """The standard that fixes WGS 84 for this format, when it does."""
    notes: tuple[Text, ...] = ()
    shapefile: Shapefile | None = None
    open_options: dict[str, str] = field(default_factory=dict)
    full_names: dict[str, str] = field(default_factory=dict)
    """Field name in the file -> the full name it was cut from, where we know."""

    @property
    def is_vector(self) -> bool:
        """Whether GDAL reads it (else pyarrow or our table reader)."""
        return self.driver not in {"Parquet", "CSV", "XLSX"}


def find(path: Path, name: str, limits: Limits) -> tuple[archive.Member, ...]:
    """Return the files in ``path`` that begin a dataset; unpack if it is a zip.

    Parameters
    ----------
    path
        The private copy.
    name
        What the file was called.
    """
    kind = sniff(path, name)
    if kind != "zip":
        return (archive.Member(path, name),)
    if archive.is_workbook(path):
        return (archive.Member(path, name),)
    found = archive.unpack(path, path.parent / "unpacked", limits)
    if not found:
        raise FileRefusedError(
            Text("压缩包里没有可读取的数据文件。", "The zip has no data file."),
            Text("请打包 Shapefile 的各个文件、GeoPackage 或 GeoJSON。",
                 "Zip the files of a Shapefile, a GeoPackage or a GeoJSON."),
        )  # fmt: skip
    return _beside_shapefiles(found)


def _beside_shapefiles(
    found: tuple[archive.Member, ...],
) -> tuple[archive.Member, ...]:
    """Put our tables of full field names beside their Shapefiles; they are no data."""
    shapes = {
        stem(member.name): member.path
        for member in found
        if member.name.lower().endswith(".shp")
    }
    kept = []
    for member in found:
        name = member.name.removesuffix(write_shapefile.NAMES)
        if name != member.name and stem(f"{name}.shp") in shapes:
            member.path.rename(shapes[stem(f"{name}.shp")].with_suffix(_FULL_NAMES))
        else:
            kept.append(member)
    return tuple(kept)


def prepare(
    member: archive.Member, limits: Limits, overrides: dict[str, Any]
) -> Dataset:
    """Check one dataset by its content and make it safe to open.

    Raises
    ------
    FileRefusedError
        With what is wrong and what to do.
    """
    kind = sniff(member.path, member.name)
    if kind == "zip" and archive.is_workbook(member.path):
        kind = "xlsx"
    try:
        make = _KINDS[kind]
    except KeyError:
        raise _no_dataset(member.name, kind) from None
    return make(member, limits, overrides)


def stem(name: str) -> str:
    """Return the last part of a name in an archive, without its extension."""
    last = name.rstrip("/").rpartition("/")[2]
    return last.rpartition(".")[0] or last


def _no_dataset(name: str, kind: str) -> FileRefusedError:
    if kind in {"dbf", "shx"}:
        return FileRefusedError(
            Text(f"{name} 只是 Shapefile 的一部分，没有图形（.shp）。",
                 f"{name} is only a part of a Shapefile; its .shp is missing."),
            Text("请把 .shp、.shx、.dbf、.prj、.cpg 一起打包为 zip。",
                 "Zip .shp, .shx, .dbf, .prj and .cpg together."),
        )  # fmt: skip
    return FileRefusedError(
        Text(f"{name} 不是可读取的数据文件。", f"{name} is no data file we read.")
    )


def _shapefile(
    member: archive.Member, limits: Limits, overrides: dict[str, Any]
) -> Dataset:
    found = shapefiles.check(member.path, limits, encoding=overrides.get("encoding"))
    notes = []
    if not found.has_attributes:
        notes.append(
            Text("缺少 .dbf：只有图形，没有属性。",
                 "There is no .dbf: shapes only, no attributes.")
        )  # fmt: skip
    full = member.path.with_suffix(_FULL_NAMES)
    names = full.read_text("utf-8") if full.is_file() else ""
    projection = member.path.with_suffix(".prj")
    return Dataset(
        member.path,
        stem(member.name),
        "ESRI Shapefile",
        encoding=found.encoding,
        counts={"": found.records},
        crs=_prj(projection),
        notes=tuple(notes),
        shapefile=found,
        full_names=write_shapefile.full_names(names),
    )


def _prj(path: Path) -> str | None:
    if not path.is_file() or path.stat().st_size > 1 << 16:
        return None
    return path.read_bytes().decode("utf-8-sig", "replace").strip() or None


def _geopackage(member: archive.Member, limits: Limits, _: dict[str, Any]) -> Dataset:
    package = geopackage.prepare(member.path, limits)
    return Dataset(
        member.path,
        stem(member.name),
        "GPKG",
        counts=package.counts,
        notes=package.notes,
        open_options={"LIST_ALL_TABLES": "NO"},
    )


def _json(member: archive.Member, limits: Limits, overrides: dict[str, Any]) -> Dataset:
    outline = jsontext.prepare(member.path, limits, encoding=overrides.get("encoding"))
    counts = {} if outline.features is None else {"": outline.features}
    return Dataset(
        member.path,
        stem(member.name),
        outline.kind,
        encoding=outline.encoding,
        counts=counts,
        crs=outline.crs,
        implied="" if outline.crs else "GeoJSON (RFC 7946)",
        notes=tuple(outline.notes),
    )


def _xml(driver: str, implied: str) -> Callable[..., Dataset]:
    def make(
        member: archive.Member, limits: Limits, overrides: dict[str, Any]
    ) -> Dataset:
        outline = xmltext.prepare(
            member.path, limits, encoding=overrides.get("encoding")
        )
        return Dataset(
            member.path,
            stem(member.name),
            driver,
            encoding=outline.encoding,
            elements=outline.features,
            implied=implied,
            notes=outline.notes,
        )

    return make


def _plain(driver: str) -> Callable[..., Dataset]:
    def make(
        member: archive.Member, _limits: Limits, _overrides: dict[str, Any]
    ) -> Dataset:
        return Dataset(member.path, stem(member.name), driver)

    return make


def _dxf(member: archive.Member, limits: Limits, overrides: dict[str, Any]) -> Dataset:
    drawing = dxf.prepare(member.path, limits, encoding=overrides.get("encoding"))
    return Dataset(
        member.path,
        stem(member.name),
        "DXF",
        encoding=drawing.encoding,
        notes=drawing.notes,
    )


def _mapinfo(
    member: archive.Member, _limits: Limits, overrides: dict[str, Any]
) -> Dataset:
    found = mapinfo.check(member.path, encoding=overrides.get("encoding"))
    return Dataset(member.path, stem(member.name), "MapInfo File", encoding=found)


_KINDS: dict[str, Callable[..., Dataset]] = {
    "shp": _shapefile,
    "gpkg": _geopackage,
    "json": _json,
    "geojsonseq": _json,
    "kml": _xml("LIBKML", "KML 2.2"),
    "gml": _xml("GML", ""),
    "gpx": _xml("GPX", "GPX 1.1"),
    "fgb": _plain("FlatGeobuf"),
    "gdb": _plain("OpenFileGDB"),
    "dxf": _dxf,
    "tab": _mapinfo,
    "mif": _mapinfo,
    "parquet": _plain("Parquet"),
    "table": _plain("CSV"),
    "xlsx": _plain("XLSX"),
}
