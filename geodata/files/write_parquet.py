"""GeoParquet by pyarrow: no GDAL, coordinates to the bit."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd

from geodata.files.plain import Options


def write(
    frame: gpd.GeoDataFrame, path: Path, options: Options
) -> list[dict[str, str]]:
    """Write WKB geometry with its CRS."""
    del options
    frame.to_parquet(path, index=False, compression="zstd")
    return []
