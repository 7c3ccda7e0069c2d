"""The part of writing that runs in the guarded process: the only one with GDAL."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pyarrow.feather

from geodata.guard.drivers import switch_off_others


def _bare_pyogrio() -> Any:
    """Return pyogrio without the libraries it looks for and this process never uses.

    They take three times as long to load as GDAL.
    """
    loaded: dict[str, Any] = sys.modules
    needless = {"geopandas", "pandas", "shapely"} - loaded.keys()
    loaded.update(dict.fromkeys(needless))
    try:
        import pyogrio
    finally:
        for name in needless:
            del loaded[name]
    return pyogrio


pyogrio = _bare_pyogrio()


def write_datasets(folder: str, tasks: list[dict[str, Any]]) -> list[int]:
    """Write what :mod:`geodata.files.write_gdal` left in the folder, layer by layer.

    Returns
    -------
    list of int
        The number of features each layer holds when opened again.
    """
    switch_off_others()
    return [_write(Path(folder), task) for task in tasks]


def _write(folder: Path, task: dict[str, Any]) -> int:
    table = pyarrow.feather.read_table(str(folder / task["table"]), memory_map=False)
    shapes, without = task["geometry"], task["geometry_type"] is None
    path = folder / task["file"]
    # Only a Shapefile has an encoding of its own; the other formats are UTF-8.
    shape = task["driver"] == "ESRI Shapefile"
    pyogrio.write_arrow(
        table.drop_columns([shapes]) if without else table,
        path,
        layer=None if shape else task["layer"],
        driver=task["driver"],
        geometry_name=None if without else shapes,
        geometry_type=task["geometry_type"],
        crs=task["crs"],
        encoding=task["encoding"] if shape else None,
        **task["settings"],
    )
    info = pyogrio.read_info(
        path, layer=None if shape else task["layer"], force_feature_count=True
    )
    return int(info["features"])


def versions() -> dict[str, str]:
    """Return the version of GDAL, which only this process loads."""
    return {"GDAL": str(pyogrio.__gdal_version_string__)}
