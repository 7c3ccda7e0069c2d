"""The formats that go out, by name and suffix, without what writes them.

A command line looks at the suffix it was given long before it writes anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from geodata.errors import InputError, Text


@dataclass(frozen=True)
class Format:
    """One format we write."""

    name: str
    suffixes: tuple[str, ...]
    writer: str
    """``module:function`` of this package, loaded when something is written."""
    degrees: bool = False
    """Whether the format allows longitude and latitude only."""
    layers: bool = False
    """Whether one file holds several layers."""


FORMATS: tuple[Format, ...] = (
    Format("GPKG", (".gpkg",), "write_gdal:write", layers=True),
    Format("GeoJSON", (".geojson", ".json"), "write_geojson:write", degrees=True),
    Format("ESRI Shapefile", (".zip",), "write_shapefile:write"),
    Format("FlatGeobuf", (".fgb",), "write_gdal:write"),
    Format("Parquet", (".parquet", ".geoparquet"), "write_parquet:write"),
    Format("KML", (".kml",), "write_kml:write", degrees=True),
    Format("DXF", (".dxf",), "write_dxf:write"),
    Format("XLSX", (".xlsx",), "write_tables:write_xlsx"),
    Format("CSV", (".csv",), "write_tables:write_csv"),
)
"""Everything that goes out; add one line and one ``write`` function."""

_ALSO = {"SHP": "ESRI Shapefile", "SHAPEFILE": "ESRI Shapefile", "FGB": "FlatGeobuf"}


def format_of(path: Path, driver: str | None = None) -> Format:
    """Return the format by name, or by the suffix of the path.

    Raises
    ------
    InputError
        When it is none that is written.
    """
    if driver is not None:
        wanted = _ALSO.get(driver.upper(), driver).lower()
        for item in FORMATS:
            if item.name.lower() == wanted:
                return item
    else:
        for item in FORMATS:
            if path.suffix.lower() in item.suffixes:
                return item
    known = [f"{item.name} ({' '.join(item.suffixes)})" for item in FORMATS]
    raise InputError(
        Text(
            f"不能写出格式 {driver or path.suffix or path.name}。",
            f"The format {driver or path.suffix or path.name} cannot be written.",
        ),
        Text(f"可用：{'、'.join(known)}。", f"Use one of: {', '.join(known)}."),
    )
