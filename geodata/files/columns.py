"""Attributes from Arrow to pandas: whole numbers stay whole, blobs stay out."""

from __future__ import annotations

import json

import pandas as pd
import pyarrow as pa


def attributes(table: pa.Table) -> pd.DataFrame:
    """Return the columns a layer can keep, rows numbered from 0.

    Integers with gaps become nullable integers (a code must not turn into
    ``120101.0``); coded values are written out; binary columns are left out.
    """
    columns = {}
    for position, name in enumerate(table.column_names):
        column = table.column(position)
        if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
            continue
        columns[name] = _series(column)
    return pd.DataFrame(columns, index=range(table.num_rows))


def _series(column: pa.ChunkedArray) -> pd.Series:
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_nested(column.type):  # lists and objects become their JSON
        texts = [_json(value) for value in column.to_pylist()]
        return pd.Series(texts, dtype=object)
    if pa.types.is_integer(column.type) and column.null_count:
        mapped = {pa.int64(): pd.Int64Dtype()}
        column = column.cast(pa.int64())
        return pd.Series(column.to_pandas(types_mapper=mapped.get))
    return pd.Series(column.to_pandas())


def _json(value: object) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False, default=str)


def unique(names: list[str]) -> list[str]:
    """Return names with repeats numbered (``name``, ``name_1``)."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}_{seen[name] - 1}")
    return found
