"""Files as surveyors hand them in, to try the upload with."""

from __future__ import annotations

import warnings
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from demonstration import plan
from geodata import crs

ARCHIVE_TIME = (2026, 9, 18, 9, 30, 0)
_LDID = 29
"""Byte of a DBF header that names the code page."""


def gbk_shapefile(frame: gpd.GeoDataFrame, out: Path, scratch: Path) -> Path:
    """Write a zipped Shapefile as an old survey package leaves it.

    GBK without .cpg, .prj or code page byte, GBK names in the archive, fields of
    the land survey, Gauss-Krüger coordinates with the zone before the easting,
    kept to the millimetre.
    """
    code = crs.gauss_krueger(plan.CENTRE[0], prefixed=True).epsg
    plane = frame.to_crs(code)
    shapes = shapely.set_precision(plane.geometry.to_numpy(), 0, mode="pointwise")
    shapes = shapely.transform(shapes, lambda points: np.round(points, 3))
    area_m2 = crs.area_m2(frame.geometry.to_numpy()).round(2)
    table = gpd.GeoDataFrame(
        {
            "BSM": [f"{number:018d}" for number in range(1, len(frame) + 1)],
            "YSDM": "1000600100",
            "XZQDM": frame["code"].to_numpy(),
            "XZQMC": frame["name"].to_numpy(),
            "DCMJ": (frame["area_official_km2"] * 1e6).round(2).to_numpy(),
            "JSMJ": area_m2,
            "MSSM": "00",
            "BZ": plan.LABEL,
        },
        geometry=gpd.GeoSeries(shapes, crs=None),
    )
    stem = "汀南区社区界线_2000坐标"
    target = scratch / "survey.shp"
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="'crs' was not provided")
        table.to_file(
            target, engine="pyogrio", encoding="GBK", DBF_DATE_LAST_UPDATE="2026-09-18"
        )
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for suffix in (".shp", ".shx", ".dbf"):
            content = bytearray(target.with_suffix(suffix).read_bytes())
            if suffix == ".dbf":
                content[_LDID] = 0
            archive.writestr(_Gbk(f"测绘成果/{stem}{suffix}", ARCHIVE_TIME), content)
    return out


def gcj02_geojson(frame: gpd.GeoDataFrame, out: Path) -> Path:
    """Write a GeoJSON traced on a commercial map: shifted, and not saying so."""

    def shifted(points: Any) -> Any:
        return np.stack(crs.wgs84_to_gcj02(*points.T), axis=1).round(7)

    traced = frame[["code", "name", "geometry"]]
    traced = traced.set_geometry(shapely.transform(frame.geometry.to_numpy(), shifted))
    out.unlink(missing_ok=True)
    traced.to_file(out, engine="pyogrio", COORDINATE_PRECISION=7)
    return out


class _Gbk(zipfile.ZipInfo):
    """An entry whose name is written in GBK, as Chinese archivers do."""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:  # noqa: N802
        return self.filename.encode("gbk"), self.flag_bits
