"""The units of a layer as rings of coordinates, whatever they came as."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from geodata.topology.kernels import wkb
from geodata.topology.metres import Metres

if TYPE_CHECKING:
    from numpy.typing import NDArray

POLYGON = (3, 6)
"""Type numbers of polygons and multipolygons."""


@dataclass(frozen=True)
class Rings:
    """All rings of some units: coordinates one after the other, closed.

    ``start`` has one entry more than there are rings; ``unit`` is the row a ring
    belongs to, ``hole`` says that it is not an outer ring.
    """

    xy: NDArray[np.float64]
    start: NDArray[np.int64]
    unit: NDArray[np.int32]
    hole: NDArray[np.bool_]


class Units:
    """Keys, shapes and rings of a layer; shapes are made only where asked for."""

    def __init__(self, table: Any, key: str) -> None:
        """Take a frame, or an Arrow table with a WKB column ``geometry``."""
        if isinstance(table, pa.Table):
            self.crs = _crs_of(table)
            self.keys = unit_keys(table[key].to_pandas())
            self._wkb: Any = table["geometry"].combine_chunks()
            if isinstance(self._wkb, pa.ChunkedArray):
                self._wkb = pa.concat_arrays(self._wkb.chunks)
            self._shapes: Any = None
            self.kind = np.zeros(len(table), np.uint8)
            self.rings = self._read()
        else:
            self.crs = table.crs
            self.keys = unit_keys(table[key])
            self._wkb = None
            self._shapes = np.asarray(table.geometry.to_numpy(), dtype=object)
            self.rings, self.kind = rings_of(self._shapes)
        xy = self.rings.xy
        with np.errstate(invalid="ignore"):
            low = np.fmin.reduce(xy, axis=0, initial=np.inf)
            high = np.fmax.reduce(xy, axis=0, initial=-np.inf)
        bounds = np.concatenate([low, high])
        self.metres = Metres.of(self.crs, np.where(np.isfinite(bounds), bounds, 0))
        self.bounds = bounds

    def __len__(self) -> int:
        """Return how many units there are, usable or not."""
        return len(self.keys)

    def shapes(self, rows: Any = None) -> NDArray[Any]:
        """Return the shapes of some rows, or all, as given."""
        if self._shapes is None and rows is None:
            self._shapes = shapely.from_wkb(self._wkb.to_numpy(zero_copy_only=False))
        if self._shapes is not None:
            return np.asarray(self._shapes if rows is None else self._shapes[rows])
        some = self._wkb.take(pa.array(np.asarray(rows)))
        return np.asarray(shapely.from_wkb(some.to_numpy(zero_copy_only=False)))

    def _read(self) -> Rings:
        """Read the rings out of the WKB; what the kernel does not know by GEOS."""
        large = pa.types.is_large_binary(self._wkb.type)
        buffers = self._wkb.buffers()
        offsets = np.frombuffer(buffers[1], np.int64 if large else np.int32)
        offsets = offsets[self._wkb.offset : self._wkb.offset + len(self._wkb) + 1]
        data = np.frombuffer(buffers[2] or b"\0", np.uint8)
        rings, vertices = wkb.count_rings(data, offsets, self.kind)
        xy = np.empty((vertices, 2))
        start = np.empty(rings + 1, np.int64)
        unit, hole = np.empty(rings, np.int32), np.empty(rings, np.bool_)
        words = xy.view(np.uint8).reshape(-1)
        wkb.read_rings(data, offsets, self.kind, words, start, unit, hole)
        found = Rings(xy, start, unit, hole)
        other = np.flatnonzero(self.kind == wkb.OTHER)
        if not len(other):
            return found
        more, self.kind[other] = rings_of(self.shapes(other))
        more = Rings(more.xy, more.start, other[more.unit].astype(np.int32), more.hole)
        return joined(found, more)


def rings_of(shapes: NDArray[Any]) -> tuple[Rings, NDArray[np.uint8]]:
    """Return the rings of shapely polygons, and what each shape is."""
    type_of = shapely.get_type_id(shapes)
    areal = np.isin(type_of, POLYGON)
    kind = np.full(len(shapes), wkb.OTHER, np.uint8)
    kind[areal] = wkb.POLYGONS
    kind[(type_of < 0) | shapely.is_empty(shapes)] = wkb.EMPTY
    rows = np.flatnonzero(kind == wkb.POLYGONS)
    parts, owner = shapely.get_parts(shapes[rows], return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    start = np.searchsorted(ring, np.arange(len(rings) + 1)).astype(np.int64)
    unit = rows[owner[part]].astype(np.int32)
    hole = np.r_[False, part[1:] == part[:-1]] if len(part) else np.zeros(0, bool)
    return Rings(np.ascontiguousarray(xy), start, unit, hole), kind


def joined(one: Rings, two: Rings) -> Rings:
    """Return the rings of both, in order."""
    return Rings(
        np.concatenate([one.xy, two.xy]),
        np.concatenate([one.start, two.start[1:] + one.start[-1]]),
        np.concatenate([one.unit, two.unit]),
        np.concatenate([one.hole, two.hole]),
    )


def unit_keys(column: pd.Series[Any]) -> tuple[str, ...]:
    """Return one name a row: the key, ``#row`` without one, ``key#2`` when repeated."""
    if not column.isna().any():
        names = column.astype(str)
        if names.is_unique and names.str.strip().all():
            return tuple(names.tolist())
    found: list[str] = []
    seen: dict[str, int] = {}
    for row, value in enumerate(column):
        missing = value is None or bool(pd.isna(value)) or not str(value).strip()
        name = f"#{row}" if missing else str(value)
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return tuple(found)


def _crs_of(table: pa.Table) -> Any:
    """Return the CRS that the GeoParquet metadata of a table say."""
    import json

    known = json.loads((table.schema.metadata or {}).get(b"geo", b"{}"))
    column = known.get("columns", {}).get("geometry", {})
    crs = column.get("crs", "OGC:CRS84" if column else None)
    return gpd.GeoSeries([], crs=crs).crs if crs else None
