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
from geodata.errors import FileRefusedError, LimitError, QuhuaError, Text
from geodata.files.limits import OPERATOR
from geodata.files.plain import Options, columns

TABLE, GEOMETRY = "table.arrow", "__geometry__"
"""The file and the column in which a frame travels to the guarded process."""
_LIMITS = replace(OPERATOR, wall_s=600)


def write(
    frame: gpd.GeoDataFrame, path: Path, options: Options
) -> list[dict[str, str]]:
    """Write one GDAL dataset that is a single file."""
    layers = {options.layer: frame, **options.beside}
    with tempfile.TemporaryDirectory(prefix="quhua-write-") as name:
        folder, file = Path(name), f"out{path.suffix}"
        tasks = [
            _task(each, folder, f"{at}.arrow", file, replace(options, layer=layer), {})
            for at, (layer, each) in enumerate(layers.items())
        ]
        _written(folder, tasks, options.driver)
        shutil.copyfile(folder / file, path)
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
    task = _task(frame, folder, TABLE, file, options, settings)
    _written(folder, [task], options.driver)
    return folder / file


def _task(
    frame: gpd.GeoDataFrame,
    folder: Path,
    table_name: str,
    file: str,
    options: Options,
    settings: dict[str, str],
) -> dict[str, Any]:
    """Lay a layer into the folder; return what the guarded process does with it."""
    table = _texted(pa.Table.from_pandas(frame[columns(frame)], preserve_index=False))
    kind = geometry_type(frame)
    wkb = pa.array(shapely.to_wkb(_promoted(frame, kind)), pa.binary())
    pyarrow.feather.write_feather(
        table.append_column(GEOMETRY, wkb),
        str(folder / table_name),
        compression="uncompressed",
    )
    return {
        "table": table_name,
        "records": len(frame),
        "geometry": GEOMETRY,
        "file": file,
        "driver": options.driver,
        "layer": options.layer,
        "crs": frame.crs.to_wkt() if frame.crs is not None else None,
        "geometry_type": kind,
        "encoding": options.encoding or "UTF-8",
        "settings": settings,
    }


def _written(folder: Path, tasks: list[dict[str, Any]], driver: str) -> None:
    """Have the tasks done by one guarded process, and hold it to the counts."""
    try:
        counts = guard.call(
            "geodata.files.gdal_child:write_datasets",
            str(folder),
            tasks,
            limits=_LIMITS,
            workdir=folder,
        )
    except LimitError:
        raise
    except FileRefusedError as error:
        raise _failed(driver, str(error.__cause__ or error)) from error
    for count, task in zip(counts, tasks, strict=True):
        if count != task["records"]:
            raise _failed(driver, f"{count} of {task['records']} records written")


def _failed(driver: str, why: str) -> QuhuaError:
    last = why.strip().splitlines()[-1] if why.strip() else ""
    return QuhuaError(
        Text(
            f"{driver} 文件没有写成，原有文件未动（{last}）。",
            f"The {driver} file was not written; an older one is untouched ({last}).",
        ),
        Text(
            "请换一种格式，或联系管理员。",
            "Try another format, or ask the administrator.",
        ),
        code="write_failed",
    )


def _promoted(frame: gpd.GeoDataFrame, kind: str | None) -> Any:
    """Return the geometries, single ones as multi where the layer is multi."""
    shapes: Any = frame.geometry.to_numpy().copy()
    if kind is None or not kind.startswith("Multi"):
        return shapes
    make: Any = getattr(shapely, kind)
    for i, shape in enumerate(shapes):
        if shape is not None and shape.geom_type != kind:
            shapes[i] = make([shape])
    return shapes


def _texted(table: pa.Table) -> pa.Table:
    """Return the table with columns that hold no value at all as text."""
    fields = [
        field.with_type(pa.string()) if pa.types.is_null(field.type) else field
        for field in table.schema
    ]
    return table.cast(pa.schema(fields, metadata=table.schema.metadata))


def geometry_type(frame: gpd.GeoDataFrame) -> str | None:
    """Return the layer's type: one type, its multi form, or Unknown; None for none."""
    found = {str(kind) for kind in frame.geometry.geom_type.dropna()}
    if not found:
        return None
    if len(found) == 1:
        return found.pop()
    single = {name.removeprefix("Multi") for name in found}
    return f"Multi{single.pop()}" if len(single) == 1 else "Unknown"
