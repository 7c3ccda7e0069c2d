"""The units of a layer as rings of coordinates, whatever they came as."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow as pa
import shapely

from geodata.errors import InputError, Text
from geodata.topology.kernels import wkb
from geodata.topology.kernels.boxes import packed
from geodata.topology.metres import Metres

if TYPE_CHECKING:
    from numpy.typing import NDArray

FEW = 100
"""Of so many keys each is looked at by itself: quicker than asking pandas."""
MOST_LEVEL = 1_000
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


def require_column(table: Any, name: str) -> None:
    """Raise InputError, saying which there are, where a column is not."""
    names = table.column_names if isinstance(table, pa.Table) else table.columns
    if name not in names:
        have = [str(each) for each in names if each != "geometry"]
        raise InputError(
            Text(f"数据中没有字段 {name}。", f"The data has no column {name}."),
            Text(f"现有字段：{'、'.join(have)}。", f"It has: {', '.join(have)}."),
        )


def levels_of(table: pd.DataFrame, name: str) -> NDArray[np.int64]:
    """Return a column of levels; raise InputError where one is no whole number."""
    require_column(table, name)
    numbers = pd.to_numeric(table[name], errors="coerce")
    odd = ~(numbers.abs() <= MOST_LEVEL) | (numbers % 1 != 0)
    if odd.any():
        first = table[name][odd].iloc[0]
        raise InputError(
            Text(
                f"字段 {name} 的值“{first}”不是整数级别。",
                f"{name} has “{first}”, which is no whole number of a level.",
            )
        )
    return numbers.to_numpy().astype(np.int64)


class Units:
    """Keys, shapes and rings of a layer; shapes are made only where asked for."""

    def __init__(self, table: Any, key: str) -> None:
        """Take a frame, or an Arrow table with a WKB column ``geometry``."""
        require_column(table, key)
        if isinstance(table, pa.Table):
            self.crs = _crs_of(table)
            self.keys = unit_keys(table[key].to_pandas())
            self._wkb: Any = table["geometry"].combine_chunks()
            if isinstance(self._wkb, pa.ChunkedArray):
                self._wkb = pa.concat_arrays(self._wkb.chunks)
            self._shapes: Any = None
        else:
            self.crs = table.crs
            self.keys = unit_keys(table[key])
            self._wkb = None
            self._shapes = np.asarray(table.geometry.to_numpy(), dtype=object)
        self.usual: bool | None = None
        """Whether rings of this layer usually turn clockwise, once known."""
        self.noise_m: float | None = None
        """Positions nearer than this are one in this layer, once known."""

    def __len__(self) -> int:
        """Return how many units there are, usable or not."""
        return len(self.keys)

    @property
    def wkb(self) -> Any:
        """The Arrow array that the layer came as, or None."""
        return self._wkb

    def shapes(self, rows: Any = None) -> NDArray[Any]:
        """Return the shapes of some rows, or all, as given."""
        if self._shapes is None and rows is None:
            self._shapes = _shapes_of(self._wkb)
        if self._shapes is not None:
            return np.asarray(self._shapes if rows is None else self._shapes[rows])
        some = self._wkb.take(pa.array(np.asarray(rows)))
        return _shapes_of(some)

    @cached_property
    def place(self) -> dict[str, int]:
        """The row of every key."""
        return {key: row for row, key in enumerate(self.keys)}

    @cached_property
    def boxes(self) -> NDArray[np.float64]:
        """West, south, east and north of every row, NaN without coordinates."""
        return np.asarray(shapely.bounds(self.shapes()), dtype=float)

    @cached_property
    def packed(self) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """The boxes as a tree."""
        order, tree = packed(self.boxes)
        return order, tree

    def like(
        self, keys: tuple[str, ...], shapes: NDArray[Any], boxes: Any = None
    ) -> Units:
        """Return other units in the coordinates of this layer, measured as it is."""
        made = Units.__new__(Units)
        made.crs, made.keys = self.crs, keys
        made.usual, made.noise_m = self.usual, self.noise_m
        made._wkb, made._shapes = None, shapes
        made.__dict__["metres"] = self.metres
        if boxes is not None:
            made.__dict__["boxes"] = boxes
        return made

    @cached_property
    def rings(self) -> Rings:
        """The rings of all rows."""
        return self._both[0]

    @cached_property
    def kind(self) -> NDArray[np.uint8]:
        """What every row turned out to be."""
        return self._both[1]

    @cached_property
    def _both(self) -> tuple[Rings, NDArray[np.uint8]]:
        if self._shapes is None:
            return self._read()
        return rings_of(self._shapes)

    @cached_property
    def vertices(self) -> int:
        """How many vertices the rings of all rows have."""
        return len(self.rings.xy)

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """West, south, east and north of the finite coordinates."""
        if "rings" not in self.__dict__ and "boxes" in self.__dict__:
            low, high = self.boxes[:, :2], self.boxes[:, 2:]
        else:
            low = high = self.rings.xy
        if not len(low):
            return np.array([np.inf, np.inf, -np.inf, -np.inf])
        found = np.array(
            [low[:, 0].min(), low[:, 1].min(), high[:, 0].max(), high[:, 1].max()]
        )
        if np.isfinite(found).all():
            return found
        finite = np.isfinite(low).all(axis=1) & np.isfinite(high).all(axis=1)
        west = low[finite].min(axis=0, initial=np.inf)
        return np.concatenate([west, high[finite].max(axis=0, initial=-np.inf)])

    @cached_property
    def metres(self) -> Metres:
        """How long things are here."""
        known = np.where(np.isfinite(self.bounds), self.bounds, 0)
        return Metres.of(self.crs, known)

    def _read(self) -> tuple[Rings, NDArray[np.uint8]]:
        """Read the rings out of the WKB; what the kernel does not know by GEOS."""
        kind = np.zeros(len(self._wkb), np.uint8)
        large = pa.types.is_large_binary(self._wkb.type)
        buffers = self._wkb.buffers()
        offsets = np.frombuffer(buffers[1], np.int64 if large else np.int32)
        offsets = offsets[self._wkb.offset : self._wkb.offset + len(self._wkb) + 1]
        data = np.frombuffer(buffers[2] or b"\0", np.uint8)
        rings, vertices = wkb.count_rings(data, offsets, kind)
        xy = np.empty((vertices, 2))
        start = np.empty(rings + 1, np.int64)
        unit, hole = np.empty(rings, np.int32), np.empty(rings, np.bool_)
        words = xy.view(np.uint8).reshape(-1)
        wkb.read_rings(data, offsets, kind, words, start, unit, hole)
        found = Rings(xy, start, unit, hole)
        other = np.flatnonzero(kind == wkb.OTHER)
        if not len(other):
            return found, kind
        more, kind[other] = rings_of(self.shapes(other))
        more = Rings(more.xy, more.start, other[more.unit].astype(np.int32), more.hole)
        return joined(found, more), kind


def _shapes_of(records: Any) -> NDArray[Any]:
    """Return the shapes of WKB records, None for one that GEOS cannot read.

    A curve is such a one, and a record that is cut off.
    """
    values = records.to_numpy(zero_copy_only=False)
    try:
        return np.asarray(shapely.from_wkb(values))
    except (NotImplementedError, shapely.errors.GEOSException):
        found = np.full(len(values), None, dtype=object)
        for row, value in enumerate(values):
            with contextlib.suppress(NotImplementedError, shapely.errors.GEOSException):
                found[row] = shapely.from_wkb(value)
        return found


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
    if len(column) > FEW and not column.isna().any():
        names = column.astype(str)
        if names.is_unique and names.str.strip().all():
            return tuple(names.tolist())
    given = [
        f"#{row}"
        if value is None or pd.isna(value) or not str(value).strip()
        else str(value)
        for row, value in enumerate(column)
    ]
    found: list[str] = []
    taken, seen = set(given), dict[str, int]()
    for name in given:
        number = seen[name] = seen.get(name, 0) + 1
        while number > 1 and f"{name}#{number}" in taken:  # a key of another row
            number = seen[name] = number + 1
        found.append(name if number == 1 else f"{name}#{number}")
        taken.add(found[-1])
    return tuple(found)


def _crs_of(table: pa.Table) -> Any:
    """Return the CRS that the GeoParquet metadata of a table say."""
    import json

    known = json.loads((table.schema.metadata or {}).get(b"geo", b"{}"))
    column = known.get("columns", {}).get("geometry", {})
    crs = column.get("crs", "OGC:CRS84" if column else None)
    return gpd.GeoSeries([], crs=crs).crs if crs else None
