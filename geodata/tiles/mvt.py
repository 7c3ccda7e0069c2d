"""Mapbox Vector Tiles 2.1, written from arrays.

A tile of 3 000 polygons is one stream of numbers; it is built with numpy and cut
into features at the end, because a loop over vertices is what makes tiles slow.
Protocol-buffer field numbers are those of the specification's ``vector_tile.proto``.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

EXTENT = 4096
"""Grid units across one tile."""
BUFFER = 64
"""Grid units drawn beyond the tile's edge, so that no seam shows."""
SMALLEST_RING = 64.0
"""Rings under this many square grid units (one pixel) are left out."""

_POINT, _LINE, _POLYGON = 1, 2, 3
_MOVE_ONE, _CLOSE = 9, 15


@dataclass(frozen=True)
class Layer:
    """One layer of a tile, geometry in longitude and latitude.

    ``properties`` maps a name to one value (text, integer or float) per geometry.
    """

    name: str
    geometries: NDArray[np.object_]
    properties: Mapping[str, Sequence[Any]] = field(default_factory=dict)

    def take(self, index: NDArray[np.intp]) -> Layer:
        """Return the layer with only these rows."""
        chosen = {k: [v[i] for i in index] for k, v in self.properties.items()}
        return Layer(self.name, self.geometries[index], chosen)


def bounds(
    z: int, x: int, y: int, *, buffer: int = BUFFER
) -> tuple[float, float, float, float]:
    """Return a tile's (west, south, east, north) in degrees, buffer included."""
    margin = buffer / EXTENT
    west, east = ((x + side) / 2**z * 360 - 180 for side in (-margin, 1 + margin))
    south, north = (
        float(np.degrees(np.arctan(np.sinh(np.pi * (1 - 2 * (y + side) / 2**z)))))
        for side in (1 + margin, -margin)
    )
    return west, south, east, north


def encode(layers: Sequence[Layer], z: int, x: int, y: int) -> bytes:
    """Return the tile; layers without anything in it are left out.

    Parameters
    ----------
    layers
        Drawn in this order. Geometries may reach beyond the tile.
    z, x, y
        Tile address in the Web Mercator scheme, y from the north.
    """
    box = bounds(z, x, y)
    return b"".join(_layer(layer, box, (z, x, y)) for layer in layers)


def _layer(layer: Layer, box: tuple[float, ...], tile: tuple[int, int, int]) -> bytes:
    clipped = shapely.clip_by_rect(layer.geometries, *box)
    seen = np.flatnonzero(~shapely.is_empty(clipped) & ~shapely.is_missing(clipped))
    if not len(seen):
        return b""
    kind, parts, owner = _parts(clipped[seen])
    owner, stream, cuts = _stream(kind, parts, owner, tile)
    if not len(owner):
        return b""
    keys = list(layer.properties)
    values: dict[Any, int] = {}
    body = [_text(1, layer.name)]
    for number, (start, end) in zip(owner, cuts, strict=True):
        row = seen[number]
        tags: list[int] = []
        for position, key in enumerate(keys):
            value = layer.properties[key][row]
            tags += [position, values.setdefault(value, len(values))]
        feature = (
            _bytes(2, b"".join(map(_varint, tags)))
            + bytes([3 << 3, kind])
            + _bytes(4, stream[start:end])
        )
        body.append(_bytes(2, feature))
    body += [_text(3, key) for key in keys]
    body += [_bytes(4, _value(value)) for value in values]
    body.append(bytes([5 << 3]) + _varint(EXTENT))
    body.append(bytes([15 << 3, 2]))
    return _bytes(3, b"".join(body))


def _parts(
    geometries: NDArray[np.object_],
) -> tuple[int, NDArray[np.object_], NDArray[np.intp]]:
    """Return (kind, rings or lines or points, the geometry each belongs to)."""
    singles, owner = shapely.get_parts(geometries, return_index=True)
    dimension = shapely.get_dimensions(singles)
    highest = int(dimension.max())
    kept = dimension == highest
    singles, owner = singles[kept], owner[kept]
    if highest < _LINE:
        return highest + 1, singles, owner
    oriented = shapely.orient_polygons(singles, exterior_cw=True)
    rings, polygon = shapely.get_rings(oriented, return_index=True)
    return _POLYGON, rings, owner[polygon]


def _stream(
    kind: int,
    parts: NDArray[np.object_],
    owner: NDArray[np.intp],
    tile: tuple[int, int, int],
) -> tuple[NDArray[np.intp], bytes, NDArray[np.intp]]:
    """Return (owners in order, all geometry bytes, start and end of each owner's)."""
    points, part = shapely.get_coordinates(parts, return_index=True)
    grid = _project(points, tile)
    distinct = np.ones(len(grid), bool)
    distinct[1:] = (part[1:] != part[:-1]) | (grid[1:] != grid[:-1]).any(axis=1)
    if kind == _POLYGON:  # a ring is closed by its command, not by its last point
        last = np.append(part[1:] != part[:-1], True)
        first = np.flatnonzero(np.insert(part[1:] != part[:-1], 0, True))
        closing = np.flatnonzero(last)
        distinct[closing] = False
        distinct[first] = True
    grid, part = grid[distinct], part[distinct]
    keep = _large_enough(kind, grid, part, len(parts))
    chosen = keep[part]
    grid, part = grid[chosen], part[chosen]
    if not len(part):
        return np.empty(0, np.intp), b"", np.empty((0, 2), np.intp)
    return _tokens(kind, grid, part, owner)


def _project(
    points: NDArray[np.float64], tile: tuple[int, int, int]
) -> NDArray[np.int64]:
    z, x, y = tile
    scale = 2.0**z
    latitude = np.radians(np.clip(points[:, 1], -85.0511, 85.0511))
    across = (points[:, 0] + 180) / 360 * scale - x
    down = (1 - np.arcsinh(np.tan(latitude)) / np.pi) / 2 * scale - y
    return np.round(np.column_stack([across, down]) * EXTENT).astype(np.int64)


def _large_enough(
    kind: int, grid: NDArray[np.int64], part: NDArray[np.intp], count: int
) -> NDArray[np.bool_]:
    """Return, per part, whether enough of it is left on the grid to draw."""
    size = np.bincount(part, minlength=count)
    if kind == _POINT:
        return size > 0
    if kind == _LINE:
        return size > 1
    following = np.arange(1, len(grid) + 1)
    ends = np.flatnonzero(np.append(part[1:] != part[:-1], True))
    following[ends] = np.append(0, ends[:-1] + 1)
    cross = grid[:, 0] * grid[following, 1] - grid[following, 0] * grid[:, 1]
    doubled = np.bincount(part, weights=cross, minlength=count)
    return (size > 2) & (np.abs(doubled) / 2 >= SMALLEST_RING)


def _tokens(
    kind: int,
    grid: NDArray[np.int64],
    part: NDArray[np.intp],
    owner: NDArray[np.intp],
) -> tuple[NDArray[np.intp], bytes, NDArray[np.intp]]:
    fresh = np.insert(part[1:] != part[:-1], 0, True)
    starts = np.flatnonzero(fresh)
    sizes = np.diff(np.append(starts, len(part)))
    owners = owner[part[starts]]
    overhead = {_POINT: 1, _LINE: 2, _POLYGON: 3}[kind]
    lengths = 2 * sizes + overhead
    offsets = np.append(0, np.cumsum(lengths))
    within = np.arange(len(part)) - np.repeat(starts, sizes)
    place = np.repeat(offsets[:-1], sizes) + 1 + 2 * within + (within > 0)
    deltas = np.diff(grid, axis=0, prepend=np.zeros((1, 2), np.int64))
    renewed = starts[np.insert(owners[1:] != owners[:-1], 0, True)]
    deltas[renewed] = grid[renewed]  # the cursor starts at 0, 0 in every feature
    zigzag = ((deltas << 1) ^ (deltas >> 63)).astype(np.uint64)
    tokens = np.zeros(offsets[-1], np.uint64)
    tokens[offsets[:-1]] = _MOVE_ONE
    if kind != _POINT:
        tokens[offsets[:-1] + 3] = ((sizes - 1).astype(np.uint64) << np.uint64(3)) | 2
    tokens[place], tokens[place + 1] = zigzag[:, 0], zigzag[:, 1]
    if kind == _POLYGON:
        tokens[offsets[1:] - 1] = _CLOSE
    width = _widths(tokens)
    at = np.append(0, np.cumsum(width))
    begin = np.flatnonzero(np.insert(owners[1:] != owners[:-1], 0, True))
    edges = at[np.append(offsets[:-1][begin], offsets[-1])]
    cuts = np.column_stack([edges[:-1], edges[1:]])
    return owners[begin], varints(tokens), cuts


def _widths(values: NDArray[np.uint64]) -> NDArray[np.intp]:
    limits = np.array([1 << (7 * k) for k in range(1, 10)], np.uint64)
    return np.searchsorted(limits, values, side="right") + 1


def varints(values: NDArray[np.uint64]) -> bytes:
    """Return the values as protocol-buffer varints, one after the other."""
    if not len(values):
        return b""
    width = _widths(values)
    columns = np.arange(int(width.max()))
    shifted = values[:, None] >> (7 * columns).astype(np.uint64)
    digits = (shifted & np.uint64(0x7F)).astype(np.uint8)
    digits[columns < width[:, None] - 1] |= 0x80
    return digits[columns < width[:, None]].tobytes()


def _varint(value: int) -> bytes:
    """Return one number; for the many small ones an array call would cost more."""
    digits = bytearray()
    while value > 0x7F:
        digits.append(value & 0x7F | 0x80)
        value >>= 7
    digits.append(value)
    return bytes(digits)


def _bytes(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _text(number: int, text: str) -> bytes:
    return _bytes(number, text.encode())


def _value(value: Any) -> bytes:
    if isinstance(value, str):
        return _text(1, value)
    if isinstance(value, bool | np.bool_):
        return bytes([7 << 3, int(value)])
    if isinstance(value, int | np.integer) and value >= 0:
        return bytes([5 << 3]) + _varint(int(value))
    return bytes([3 << 3 | 1]) + struct.pack("<d", float(value))
