"""The log of repairs, and how they are taken back to the bit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.errors import ConflictError, InputError, Text
from geodata.topology.metres import Metres

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from geodata.topology.bench import Bench
    from geodata.topology.mender import Job

ROUNDED_DEG = 1.5e-7
ROUNDED_M = 0.0015
"""Formats that hold no more digits round coordinates by less than this."""


def logged(job: Job, bench: Bench, frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return the log's entry of a repair, with what it takes to undo it."""
    if not job.done:
        return {**job.entry, "removed": {}, "before": {}, "after": {}}
    first = {row: bench.was(row, drawn) for row, drawn in job.before.items()}
    then = {row: bench.was(row, drawn) for row, drawn in job.after.items()}
    gone = [row for row, drawn in job.after.items() if drawn is None]
    entry = {
        **job.entry,
        "removed": {str(row): bench.keys[row] for row in gone},
        "before": _written(first),
        "after": _written(then),
    }
    if gone:
        entry["attributes"] = {str(row): _attributes(frame, row) for row in gone}
    return entry


def _written(shapes: Mapping[int, Any]) -> dict[str, str | None]:
    return {
        str(row): None if shape is None else shapely.to_wkb(shape).hex().upper()
        for row, shape in shapes.items()
    }


def _attributes(frame: gpd.GeoDataFrame, row: int) -> dict[str, Any]:
    """Return a row's attributes as JSON holds them, and its label."""
    values = {
        str(name): _plain(frame[name].iloc[row])
        for name in frame.columns
        if name != frame.geometry.name
    }
    return {"label": _plain(frame.index[row]), "values": values}


def _plain(value: Any) -> Any:
    if pd.api.types.is_scalar(value) and pd.isna(value):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, bool | int | float | str):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def undo(frame: gpd.GeoDataFrame, log: Sequence[Mapping[str, Any]]) -> gpd.GeoDataFrame:
    """Return the frame as it was before the repairs of a log, to the bit.

    The frame may come back from a file of a format that turns rings or rounds
    coordinates.

    Raises
    ------
    InputError
        When the log is none that a repair made.
    ConflictError
        When a unit was changed since, naming it; nothing is undone then.
    """
    removed = _removed(log)
    shapes = np.empty(len(frame) + len(removed), dtype=object)
    kept = np.ones(len(shapes), bool)
    if removed and max(removed) >= len(shapes):
        raise _no_log()
    kept[list(removed)] = False
    shapes[kept] = frame.geometry.to_numpy()
    degrees = Metres.of(frame.crs, frame.total_bounds)
    slack = ROUNDED_DEG if degrees.degrees else degrees.units(ROUNDED_M)
    for entry in reversed(log):
        for row, text in _shapes(entry, "after").items():
            if row >= len(shapes) or not _same(shapes[row], text, slack):
                raise _changed_since(entry)
        for row, text in _shapes(entry, "before").items():
            shapes[row] = text
    if removed:
        frame = _with_rows(frame, removed)
    column = type(frame.geometry)(shapes, index=frame.index, crs=frame.crs)
    return frame.set_geometry(column)


def _removed(log: Sequence[Mapping[str, Any]]) -> dict[int, Mapping[str, Any]]:
    """Return the rows that a log's repairs dropped, with their attributes."""
    try:
        found = {
            int(row): entry["attributes"][row]
            for entry in log
            for row in entry.get("removed", ())
        }
        if any(not isinstance(each["values"], dict) for each in found.values()):
            raise _no_log()
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _no_log() from error
    if min(found, default=0) < 0:
        raise _no_log()
    return found


def _shapes(entry: Mapping[str, Any], name: str) -> dict[int, Any]:
    """Return shapes of an entry by row."""
    try:
        texts = entry[name]
        if set(texts) != set(entry["after"]):
            raise _no_log()
        found = {
            int(row): None if text is None else shapely.from_wkb(text)
            for row, text in texts.items()
        }
    except (
        AttributeError,
        KeyError,
        TypeError,
        ValueError,
        shapely.errors.GEOSException,
    ) as error:
        raise _no_log() from error
    if min(found, default=0) < 0:
        raise _no_log()
    return found


def _same(one: Any, other: Any, slack: float) -> bool:
    """Return whether a shape is another, rings turned and coordinates rounded."""
    if one is None or other is None:
        return one is None and other is None
    if shapely.get_num_coordinates(one) != shapely.get_num_coordinates(other):
        return False
    first, second = (_normal(each) for each in (one, other))
    if shapely.equals_exact(first, second, slack):
        return True
    # Rounding may let a ring begin with another of its vertices.
    return bool(shapely.hausdorff_distance(first, second) <= 1.5 * slack)


def _normal(shape: Any) -> Any:
    parts = shapely.get_parts(shapely.force_2d(shape))
    return shapely.normalize(shapely.multipolygons(parts))


def _with_rows(
    frame: gpd.GeoDataFrame, removed: Mapping[int, Mapping[str, Any]]
) -> gpd.GeoDataFrame:
    """Return the frame with rows put back, geometry to follow."""
    rows = sorted(removed)
    columns: dict[Any, Any] = {}
    for name in frame.columns:
        values: list[Any] = frame[name].tolist()
        geometry = name == frame.geometry.name
        for row in rows:
            values.insert(
                row, None if geometry else removed[row]["values"].get(str(name))
            )
        columns[name] = (
            _objects(values) if geometry else _column(values, frame[name].dtype)
        )
    table = gpd.GeoDataFrame(columns, geometry=frame.geometry.name, crs=frame.crs)
    if isinstance(frame.index, pd.RangeIndex):
        return table
    labels = frame.index.tolist()
    for row in rows:
        labels.insert(row, removed[row]["label"])
    if len(set(labels)) == len(labels):
        table.index = pd.Index(labels, name=frame.index.name)
        if labels == list(range(len(labels))):
            table.index = pd.RangeIndex(len(labels), name=frame.index.name)
    return table


def _column(values: list[Any], dtype: Any) -> pd.Series[Any]:
    """Return values as a column; a row may lack one that came after the repair."""
    if None in values and getattr(dtype, "kind", "O") in "iub":
        dtype = pd.array(values).dtype  # numbers, or yes and no, or nothing
    made: pd.Series[Any] = pd.Series(values, dtype=dtype)
    return made


def _objects(values: Sequence[Any]) -> NDArray[Any]:
    made = np.empty(len(values), dtype=object)
    made[:] = list(values)
    return made


def _no_log() -> InputError:
    return InputError(
        Text(
            "这不是 quhua repair --log 写出的修复记录，或已损坏。",
            "This is no log that quhua repair --log wrote, or it is broken.",
        )
    )


def _changed_since(entry: Mapping[str, Any]) -> ConflictError:
    names = "、".join(map(str, entry.get("keys", ())))
    return ConflictError(
        Text(
            f"{names} 在修复之后又有改动，不能撤销。",
            f"{names} changed after the repair, which cannot be undone.",
        ),
        Text("请用修复后写出的文件。", "Undo it on the file that the repair wrote."),
    )
