"""Versions of the native libraries: GDAL's is asked where GDAL may be loaded."""

from __future__ import annotations

import pyproj
import shapely

from geodata import guard
from geodata.files.limits import Limits


def engines() -> dict[str, str]:
    """Return the versions of PROJ, GEOS and GDAL."""
    there: dict[str, str] = guard.call(
        "geodata.files.gdal_child:versions", limits=Limits()
    )
    return {
        "PROJ": pyproj.proj_version_str,
        "GEOS": shapely.geos_version_string,
        "GDAL": there["GDAL"],
    }
