"""Formats that GDAL writes (GeoPackage, FlatGeobuf, Shapefile), in the guard."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pyarrow as pa
import pyarrow.feather
import shapely

from geodata import guard
from geodata.errors import FileRefusedError, Text
from geodata.files.limits import OPERATOR
from geodata.files.plain import Options, columns

_TABLE, _GEOMETRY = "table.arrow", "__geometry__"
_LIMITS = replace(OPERATOR, wall_s=600)


def write(
    frame: gpd.GeoDataFrame, path: Path, options: Options
) -> list[dict[str, str]]:
    """Write one GDAL dataset that is a single file."""
    with tempfile.TemporaryDirectory(prefix="quhua-write-") as name:
        made = into(frame, Path(name), f"out{path.suffix}", options, {})
        shutil.copyfile(made, path)
    return []


def into(
    frame: gpd.GeoDataFrame,
    folder: Path,
    file: str,
    options: Options,
    settings: dict[str, str],
) -> Path:
    """Write ``frame`` as ``folder / file`` in a guarded process.

    ``settings`` are layer creation options of the driver.
    """
    table = pa.Table.from_pandas(frame[columns(frame)], preserve_index=False)
    kind = geometry_type(frame)
    wkb = pa.array(shapely.to_wkb(_promoted(frame, kind)), pa.binary())
    pyarrow.feather.write_feather(
        table.append_column(_GEOMETRY, wkb),
        str(folder / _TABLE),
        compression="uncompressed",
    )
    task = {
        "folder": str(folder),
        "file": file,
        "driver": options.driver,
        "layer": options.layer,
        "crs": frame.crs.to_wkt() if frame.crs is not None else None,
        "geometry_type": kind,
        "encoding": options.encoding or "UTF-8",
        "settings": settings,
    }
    count = guard.call(
        "geodata.files.write_gdal:write_dataset", task, limits=_LIMITS, workdir=folder
    )
    if count != len(frame):
        raise FileRefusedError(
            Text(
                f"写出了 {count} 条记录，应为 {len(frame)} 条。",
                f"{count} records were written instead of {len(frame)}.",
            )
        )
    return folder / file


def write_dataset(task: dict[str, Any]) -> int:
    """Write what :func:`into` left in the folder; runs in the guarded process.

    Returns
    -------
    int
        The number of features the written file holds when opened again.
    """
    from pyogrio.errors import DataLayerError, DataSourceError, FeatureError

    from geodata.guard.drivers import switch_off_others

    switch_off_others()
    folder = Path(task["folder"])
    table = pyarrow.feather.read_table(str(folder / _TABLE), memory_map=False)
    without = task["geometry_type"] is None
    path = folder / task["file"]
    # Shapefile's own encoding option; the other formats are always UTF-8.
    shape = task["driver"] == "ESRI Shapefile"
    import pyogrio

    try:
        _write(table, path, task, without=without, shape=shape)
    except (DataSourceError, DataLayerError, FeatureError) as error:
        raise FileRefusedError(
            Text(
                f"{task['driver']} 无法写出：{error}",
                f"{task['driver']} could not be written: {error}",
            )
        ) from error
    info = pyogrio.read_info(path, force_feature_count=True)
    return int(info["features"])


def _write(
    table: pa.Table, path: Path, task: dict[str, Any], *, without: bool, shape: bool
) -> None:
    import pyogrio

    pyogrio.write_arrow(
        table.drop_columns([_GEOMETRY]) if without else table,
        path,
        layer=None if shape else task["layer"],
        driver=task["driver"],
        geometry_name=None if without else _GEOMETRY,
        geometry_type=task["geometry_type"],
        crs=task["crs"],
        encoding=task["encoding"] if shape else None,
        **task["settings"],
    )


def _promoted(frame: gpd.GeoDataFrame, kind: str | None) -> Any:
    """Return the geometries, single ones as multi where the layer is multi."""
    shapes = frame.geometry.to_numpy().copy()
    if kind is None or not kind.startswith("Multi"):
        return shapes
    make = {
        "MultiPolygon": shapely.multipolygons,
        "MultiLineString": shapely.multilinestrings,
        "MultiPoint": shapely.multipoints,
    }[kind]
    for i, shape in enumerate(shapes):
        if shape is not None and shape.geom_type != kind:
            shapes[i] = make([shape])
    return shapes


def geometry_type(frame: gpd.GeoDataFrame) -> str | None:
    """Return the layer's type: one type, its multi form, or Unknown; None for none."""
    found = set(frame.geometry.dropna().geom_type)
    if not found:
        return None
    if len(found) == 1:
        return str(found.pop())
    single = {name.removeprefix("Multi") for name in found}
    return f"Multi{single.pop()}" if len(single) == 1 else "Unknown"
