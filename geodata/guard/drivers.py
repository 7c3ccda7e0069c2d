"""GDAL drivers: all off but ours, whatever a new GDAL brings.

GDAL recognises a file by its content and ignores its name, so a ``.geojson``
may be a VRT that opens another file or an address. The list to switch off is
therefore made from what GDAL says it has, never written down by hand.
"""

from __future__ import annotations

from geodata.errors import FileRefusedError, Text

ALLOWED = frozenset(
    {
        "DXF",
        "ESRI Shapefile",
        "FlatGeobuf",
        "GML",
        "GPKG",
        "GPX",
        "GeoJSON",
        "GeoJSONSeq",
        "KML",
        "LIBKML",
        "MEM",
        "MapInfo File",
        "OpenFileGDB",
    }
)
"""The drivers that read what people hand in, and memory."""


def switch_off_others() -> tuple[str, ...]:
    """Leave only :data:`ALLOWED` in this process and return what is left.

    Raises
    ------
    FileRefusedError
        If GDAL keeps a driver that is not ours; nothing is read then.
    """
    import os

    import pyogrio
    from pyogrio import _ogr

    extra = sorted(set(pyogrio.list_drivers()) - ALLOWED)
    if not extra:
        return tuple(sorted(pyogrio.list_drivers()))
    skipped = ",".join(extra)
    os.environ["GDAL_SKIP"] = skipped
    pyogrio.set_gdal_config_options({"GDAL_SKIP": skipped})
    _ogr._register_drivers()  # registering again applies GDAL_SKIP
    left = tuple(sorted(pyogrio.list_drivers()))
    if not ALLOWED.issuperset(left):
        message = Text(
            "无法关闭多余的 GDAL 驱动。", "Could not switch GDAL drivers off."
        )
        raise FileRefusedError(message)
    return left
