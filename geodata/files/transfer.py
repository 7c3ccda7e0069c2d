"""Carry a :class:`~geodata.files.raw.Raw` from the guarded worker to its parent.

Geometry travels as flat arrays of coordinates and offsets, one set for each
geometry type, never as nested WKB: a deep nesting made by a compromised worker
would end the parent's process. Attributes travel as uncompressed Arrow.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import asdict
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.feather
import shapely

from geodata.errors import FileRefusedError, Text
from geodata.files.raw import Raw
from geodata.files.reading import Encoding, Guess, Layer, Refusal

_COLUMNS, _REPORT = "columns.arrow", "raw.json"
_LARGEST_REPORT = 256 << 20
# Windows cannot remove a file that is mapped.
_MAPPED = os.name == "posix"
_SIMPLE = range(7)
_LINEAR_RING, _COLLECTION = 2, 7
Objects = npt.NDArray[np.object_]


def save(raw: Raw, folder: Path) -> None:
    """Write ``raw`` into ``folder``."""
    frame = raw.frame
    columns = frame.drop(columns=frame.geometry.name)
    table = pa.Table.from_pandas(_plain(columns), preserve_index=True)
    pyarrow.feather.write_feather(
        table, str(folder / _COLUMNS), compression="uncompressed"
    )
    _save_geometry(np.asarray(frame.geometry.values), folder)
    report = {key: value for key, value in vars(raw).items() if key != "frame"}
    text = json.dumps(report, ensure_ascii=False, default=_plain_value)
    (folder / _REPORT).write_text(text, encoding="utf-8")


def _plain(columns: Any) -> Any:
    """Turn columns Arrow has no single type for (mixed, lists) into text."""
    changed = {}
    for name in columns.columns:
        try:
            pa.array(columns[name], from_pandas=True)
        except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError):
            changed[name] = columns[name].map(
                lambda value: None if value is None else str(value)
            )
    return columns.assign(**changed) if changed else columns


def _plain_value(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else asdict(value)


def _save_geometry(geometries: Objects, folder: Path) -> None:
    """Write flat arrays; ``owners`` says which part belongs to which collection."""
    types = shapely.get_type_id(geometries)
    collections = np.flatnonzero(types == _COLLECTION)
    parts, owners = shapely.get_parts(geometries[collections], return_index=True)
    flat = np.concatenate([geometries, parts])
    flat[collections] = None
    np.save(folder / "owners.npy", collections[owners])
    kinds = shapely.get_type_id(flat)
    np.save(folder / "types.npy", kinds)
    for kind in np.unique(kinds[kinds >= 0]):
        _, coordinates, offsets = shapely.to_ragged_array(flat[kinds == kind])
        np.save(folder / f"{kind}.npy", coordinates)
        for level, array in enumerate(offsets):
            np.save(folder / f"{kind}.{level}.npy", array)


def load(folder: Path) -> Raw:
    """Read back what :func:`save` wrote, believing none of it.

    Raises
    ------
    FileRefusedError
        When the arrays do not fit together.
    """
    try:
        _require_plain_files(folder)
        return _load(folder)
    except (OSError, ValueError, KeyError, TypeError, IndexError, RecursionError,
            pa.ArrowException, shapely.errors.ShapelyError) as error:  # fmt: skip
        raise FileRefusedError(
            Text(
                "读取进程返回的结果不完整。",
                "The reading process returned no whole result.",
            )
        ) from error


def _require_plain_files(folder: Path) -> None:
    """Refuse links and pipes a compromised worker may have left for us to open."""
    for item in folder.iterdir():
        if not stat.S_ISREG(item.lstat().st_mode):
            raise ValueError(f"{item.name} is no plain file")
    if (folder / _REPORT).stat().st_size > _LARGEST_REPORT:
        raise ValueError("report too large")


def _load(folder: Path) -> Raw:
    report = json.loads((folder / _REPORT).read_text(encoding="utf-8"))
    table = pyarrow.feather.read_table(str(folder / _COLUMNS), memory_map=_MAPPED)
    geometry = _load_geometry(folder, table.num_rows)
    frame = gpd.GeoDataFrame(table.to_pandas(), geometry=geometry)
    tuples = {"layers": Layer, "refused": Refusal}
    for name, kind in tuples.items():
        report[name] = tuple(kind(**item) for item in report[name])
    report["encoding"] = Encoding(**report["encoding"])
    report["guesses"] = tuple(
        Guess(**{**item, "alternatives": tuple(item["alternatives"])})
        for item in report["guesses"]
    )
    for name in ("invalid", "notes"):
        report[name] = tuple(report[name])
    return Raw(frame=frame, **report)


def _load_geometry(folder: Path, count: int) -> Objects:
    kinds = np.load(folder / "types.npy", allow_pickle=False)
    owners = np.load(folder / "owners.npy", allow_pickle=False)
    flat: Objects = np.full(len(kinds), None, dtype=object)
    for kind in np.unique(kinds[(kinds >= 0) & (kinds != _LINEAR_RING)]):
        if kind not in _SIMPLE:
            raise ValueError("nested geometry")
        flat[kinds == kind] = _from_arrays(folder, int(kind))
    geometries, parts = flat[:count], flat[count:]
    for owner in np.unique(owners):
        geometries[owner] = shapely.geometrycollections(parts[owners == owner])
    return geometries


def _from_arrays(folder: Path, kind: int) -> Objects:
    coordinates = np.load(
        folder / f"{kind}.npy", mmap_mode="r" if _MAPPED else None, allow_pickle=False
    )
    offsets = [
        np.load(path, allow_pickle=False)
        for level in range(3)
        if (path := folder / f"{kind}.{level}.npy").is_file()
    ]
    for array in offsets:
        if np.any(np.diff(array) < 0):
            raise ValueError("offsets run backwards")
    built: Objects = shapely.from_ragged_array(
        shapely.GeometryType(kind), np.asarray(coordinates), tuple(offsets) or None
    )
    return built
