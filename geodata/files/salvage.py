"""Read record by record with fiona, when reading in bulk fails.

Slow and patient: each record by its own number, the bad one named with what is
wrong, all the others kept. Only ever imported inside the guarded worker (fiona
brings an older GDAL).
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pyarrow as pa
import shapely
import shapely.geometry

from geodata.errors import FileRefusedError, Text
from geodata.files.limits import Limits
from geodata.guard.report import progress

if TYPE_CHECKING:
    from geodata.files.vector import Choice, Rows

_SEQUENTIAL = frozenset({".gml", ".gpx", ".mif"})
_FIONA_DRIVERS = {"LIBKML": "KML"}


def read(choice: Choice, limits: Limits) -> Rows:
    """Return every record of a layer that can be read, and name the others.

    Raises
    ------
    FileRefusedError
        When the layer cannot be opened at all, or no record can be read.
    """
    if choice.dataset.driver == "GeoJSON":
        return _from_json(choice, limits)
    return _from_fiona(choice, limits)


def _from_json(choice: Choice, limits: Limits) -> Rows:
    """Drop the members of ``features`` that are no features, and read the rest."""
    from geodata.files import vector

    path = choice.dataset.path
    try:
        document = json.loads(path.read_bytes())
    except ValueError as error:
        raise _json_error(error) from error
    items = document.get("features") if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise vector.unreadable(choice.dataset)
    refused: dict[int, Text] = {}
    good: list[tuple[int, dict[str, Any]]] = []
    for position, item in enumerate(items):
        why = _no_feature(item)
        if why is None:
            good.append((position, item))
        else:
            refused[position] = why
    if not good:
        raise _nothing(refused)
    for position, item in good:
        item.pop("id", None)
        if not isinstance(item.get("properties"), dict):
            item["properties"] = {}
        item["properties"]["__record__"] = position
    text = json.dumps(
        {"type": "FeatureCollection", "features": [item for _, item in good]},
        ensure_ascii=False,
    )
    path.write_text(text, encoding="utf-8")
    rows = vector.bulk(choice, limits)
    rows.positions = [int(number) for number in rows.columns.pop("__record__")]
    lost = {position for position, _ in good} - set(rows.positions)
    refused |= dict.fromkeys(lost, _UNREAD)
    rows.refused, rows.read, rows.salvaged = refused, len(items), True
    return rows


_UNREAD = Text("读取程序无法读取该记录", "the reader cannot read it")


def _no_feature(item: Any) -> Text | None:
    if not isinstance(item, dict) or item.get("type") != "Feature":
        return Text("不是 GeoJSON 要素（Feature）", "it is no GeoJSON Feature")
    shape = item.get("geometry")
    if shape is None:
        return Text("没有几何图形", "it has no geometry")
    if not isinstance(shape, dict) or not ({"coordinates", "geometries"} & set(shape)):
        return Text("几何图形格式错误", "its geometry is malformed")
    return None


def _json_error(error: ValueError) -> FileRefusedError:
    line = getattr(error, "lineno", 0)
    return FileRefusedError(
        Text(
            f"JSON 格式错误（第 {line} 行）。", f"The JSON is malformed (line {line})."
        ),
        Text("请重新导出。", "Export it again."),
    )


def _from_fiona(choice: Choice, limits: Limits) -> Rows:
    from geodata.files import vector

    dataset = choice.dataset
    try:
        import fiona
        import fiona.errors
    except ImportError as error:  # it has no wheel for Linux on aarch64
        raise without_fiona(dataset.path.name) from error
    driver = _FIONA_DRIVERS.get(dataset.driver, dataset.driver)
    if driver not in fiona.supported_drivers:
        raise vector.unreadable(dataset)
    options = {"encoding": "ISO-8859-1"} if dataset.shapefile is not None else {}
    failures: tuple[type[Exception], ...] = (
        fiona.errors.FionaError,
        shapely.errors.ShapelyError,
        ValueError,
        RuntimeError,
        KeyError,
        IndexError,
        AttributeError,
        TypeError,
        SystemError,  # fiona's own, on a torn record
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            with fiona.open(
                dataset.path, layer=choice.inner, enabled_drivers=[driver], **options
            ) as layer:
                return _collect(layer, choice, limits, failures)
        except (fiona.errors.FionaError, ValueError, RuntimeError, TypeError,
                SystemError, OSError) as error:  # fmt: skip
            raise vector.unreadable(dataset) from error


def without_fiona(name: str) -> FileRefusedError:
    """Return the error for a damaged file where records cannot be read one by one."""
    return FileRefusedError(
        Text(
            f"{name} 中有损坏的记录；本机没有 fiona，不能逐条读取，整个文件未采用。",
            f"{name} has damaged records, and without fiona on this machine they "
            "cannot be read one by one: the whole file is refused.",
        ),
        Text(
            "请在原软件中修复并重新导出，或在 x86-64 机器上导入。",
            "Mend and export it again, or import it on an x86-64 machine.",
        ),
    )


def _collect(
    layer: Any, choice: Choice, limits: Limits, failures: tuple[type[Exception], ...]
) -> Rows:
    from geodata.files import vector

    expected = _expected(layer, choice)
    limits.check("records", expected)
    refused: dict[int, Text] = {}
    found: list[tuple[int, bytes, dict[str, Any]]] = []
    deleted = choice.dataset.shapefile.deleted if choice.dataset.shapefile else ()
    for position, get in _getters(layer, choice, expected):
        if position in deleted:
            continue
        if position % 1000 == 0:
            progress(position / max(expected, 1), "record by record")
        try:
            record = get()
            shape = shapely.geometry.shape(record.geometry)
            found.append((position, shape.wkb, dict(record.properties)))
        except StopIteration:  # the rest of the file cannot be reached
            refused |= dict.fromkeys(range(position, expected), _UNREAD)
            break
        except failures as error:
            detail = str(error).strip()[:120]
            refused[position] = Text(
                f"{_UNREAD.zh}（{detail}）", f"{_UNREAD.en} ({detail})"
            )
    if not found:
        raise _nothing(refused)
    columns = pd.DataFrame([values for _, _, values in found])
    return vector.Rows(
        columns=vector.decoded(columns, choice.dataset),
        wkb=pa.array([blob for _, blob, _ in found], pa.large_binary()),
        positions=np.array([position for position, _, _ in found]).tolist(),
        read=expected,
        crs=layer.crs_wkt or None,
        refused=refused,
        warnings=[],
        salvaged=True,
    )


def _expected(layer: Any, choice: Choice) -> int:
    try:
        return max(choice.layer.count, len(layer))
    except TypeError:  # the driver does not count; we did
        return max(choice.layer.count, 0)


def _getters(
    layer: Any, choice: Choice, expected: int
) -> Iterator[tuple[int, Callable[[], Any]]]:
    """Give each record's position and how to get it: by id, or as the next one."""
    if choice.dataset.path.suffix in _SEQUENTIAL:
        records = iter(layer)
        for position in range(expected):
            yield position, partial(next, records)
        return
    fids = _fids(choice, expected)
    for position in range(min(expected, len(fids))):
        yield position, partial(layer.__getitem__, fids[position])


def _fids(choice: Choice, expected: int) -> list[int]:
    """Return the id by which the driver knows each record."""
    if choice.dataset.driver == "GPKG":
        from geodata.files import geopackage

        return geopackage.fids(choice.dataset.path, choice.inner)
    first = 1 if choice.dataset.driver in {"OpenFileGDB", "MapInfo File"} else 0
    return list(range(first, first + expected))


def _nothing(refused: dict[int, Text]) -> FileRefusedError:
    position, why = next(iter(refused.items()), (0, _UNREAD))
    return FileRefusedError(
        Text(f"没有一条记录可以采用；第 {position + 1} 条：{why.zh}。",
             f"Not one record can be used; record {position + 1}: {why.en}."),
        Text("请在原软件中检查并重新导出。", "Check it and export it again."),
    )  # fmt: skip
