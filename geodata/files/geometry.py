"""Geometry as sent, made two-dimensional and straight, the unusable refused by record.

Nothing is repaired here. An invalid polygon is kept exactly as it came and listed
with its place; what cannot be stored at all (nothing there, not finite, torn,
of no kind we know) is refused by record with the reason.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Container
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import shapely

from geodata.errors import Text
from geodata.files.limits import Limits

Objects = npt.NDArray[np.object_]
Ints = npt.NDArray[np.int64]

_MANY = 100
_REPEATED = "Repeated points"
_FARTHEST = 1e8
"""Beyond this no CRS we know has coordinates (zone-prefixed metres reach 4.6e7)."""

_COLLECTION = 7
_MULTI = 4
_REBUILD: dict[int, Callable[[Objects], Any]] = {
    4: shapely.multipoints,
    5: shapely.multilinestrings,
    6: shapely.multipolygons,
    7: shapely.geometrycollections,
}
_CURVES = frozenset({8, 9, 10})
_CURVE_SETS = frozenset({11, 12})
_SURFACES = frozenset({15, 16, 17})
_ARC = re.compile(rb"\x01[\x08\x09\x0a]\x00\x00\x00|\x00\x00\x00\x00[\x08\x09\x0a]")

HEIGHTS = "quhua_heights"
"""The field heights come in where they are asked for; see :func:`heights_of`."""
MISSING = Text("没有几何图形", "no geometry")
_UNREADABLE = Text(
    "几何数据损坏，无法解析", "its geometry is damaged and cannot be parsed"
)
_EMPTY = Text("几何图形为空", "its geometry is empty")
_NOT_FINITE = Text("坐标中有 NaN 或无穷大", "a coordinate is not a number or infinite")
_TOO_FAR = Text(
    "坐标值过大，不属于任何坐标系", "a coordinate is too large for any reference system"
)
_SURFACE = Text(
    "三维面（TIN/MultiPatch）不能存为边界，请导出为多边形",
    "a TIN or MultiPatch surface is no boundary; export it as polygons",
)


@dataclass
class Examined:
    """Usable geometries and what happened to each of the others.

    ``kept`` holds the positions (from 0) of ``geometries`` in what was examined;
    ``heights`` what :func:`heights_of` returns for them, where it was asked for.
    """

    geometries: Objects
    kept: Ints
    refused: dict[int, Text] = field(default_factory=dict)
    z_dropped: int = 0
    m_dropped: int = 0
    linearised: int = 0
    heights: Objects | None = None


def examine(
    wkb: pa.ChunkedArray | pa.Array,
    limits: Limits,
    *,
    linear: Callable[[], Objects] | None = None,
    heights: bool = False,
) -> Examined:
    """Parse WKB and set aside what cannot be used.

    Parameters
    ----------
    wkb
        Binary column, null where the record has no geometry.
    limits
        Vertices of a record and of the layer.
    linear
        Gives the same records with arcs drawn as short straight lines, asked for
        only if there are arcs.
    heights
        Whether the heights of vertices are wanted, beside flat geometries.
    """
    codes = _type_codes(wkb)
    base, has_z, has_m = _parts_of(codes)
    blobs: Objects = np.asarray(wkb.to_numpy(zero_copy_only=False), dtype=object)
    curved = np.isin(base, list(_CURVES | _CURVE_SETS | {_COLLECTION}))
    if curved.any() and linear is not None:
        straight = linear()
        blobs = np.where(curved, straight, blobs)
    refused: dict[int, Text] = {}
    _refuse(refused, codes < 0, MISSING)
    _refuse(refused, np.isin(base, list(_SURFACES)), _SURFACE)
    geometries = _parse(blobs, refused)
    _weigh(geometries, limits)
    dropped_z, dropped_m = _dimensions(geometries, has_z, has_m, refused)
    solid, geometries = geometries, _flattened(shapely.force_2d(geometries))
    _refuse(refused, (codes >= 0) & shapely.is_empty(geometries), _EMPTY)
    _refuse_coordinates(geometries, refused)
    kept = np.flatnonzero(~np.isin(np.arange(len(blobs)), list(refused)))
    return Examined(
        geometries=geometries[kept],
        kept=kept,
        refused=dict(sorted(refused.items())),
        z_dropped=dropped_z,
        m_dropped=dropped_m,
        linearised=_count_arcs(wkb, base, kept),
        heights=heights_of(solid[kept]) if heights and dropped_z else None,
    )


def heights_of(geometries: Objects) -> Objects:
    """Return the heights of each geometry's vertices as text: base64 of float32.

    Text travels through every later step as a field does, whatever is done to the
    plane coordinates. None where a geometry has no heights.
    """
    made: Objects = np.full(len(geometries), None, dtype=object)
    for at in np.flatnonzero(shapely.has_z(geometries)):
        z = shapely.get_coordinates(geometries[at], include_z=True)[:, 2]
        made[at] = base64.b64encode(z.astype("<f4").tobytes()).decode()
    return made


def with_missing(examined: Examined, *, leaving: Container[int]) -> Examined:
    """Return what was examined with records that have no geometry kept, as None."""
    lacking = [
        at
        for at, why in examined.refused.items()
        if why in (MISSING, _EMPTY) and at not in leaving
    ]
    kept = np.concatenate([examined.kept, np.array(lacking, dtype=examined.kept.dtype)])
    none = np.full(len(lacking), None, dtype=object)
    order = np.argsort(kept)
    return replace(
        examined,
        geometries=np.concatenate([examined.geometries, none])[order],
        heights=None
        if examined.heights is None
        else np.concatenate([examined.heights, none])[order],
        kept=kept[order],
        refused={at: w for at, w in examined.refused.items() if at not in lacking},
    )


def _type_codes(wkb: pa.ChunkedArray | pa.Array) -> Ints:
    """Return the type word of each WKB, -1 where there is none."""
    chunks = wkb.chunks if isinstance(wkb, pa.ChunkedArray) else [wkb]
    return np.concatenate([_chunk_codes(chunk) for chunk in chunks] or [_no_codes()])


def _no_codes() -> Ints:
    return np.empty(0, dtype=np.int64)


def _chunk_codes(chunk: pa.Array) -> Ints:
    if not pa.types.is_large_binary(chunk.type):
        chunk = chunk.cast(pa.large_binary())
    _, offsets_buffer, data_buffer = chunk.buffers()
    size, start = len(chunk), chunk.offset
    codes = np.full(size, -1, dtype=np.int64)
    if size == 0 or data_buffer is None:
        return codes
    offsets = np.frombuffer(offsets_buffer, dtype=np.int64)[start : start + size + 1]
    data = np.frombuffer(data_buffer, dtype=np.uint8)
    there = np.flatnonzero(np.diff(offsets) >= 5)
    at = offsets[there]
    little = data[at] == 1
    words = np.stack([data[at + 1 + byte] for byte in range(4)], axis=1).astype(
        np.int64
    )
    powers = np.array([1, 1 << 8, 1 << 16, 1 << 24], dtype=np.int64)
    codes[there] = np.where(little, words @ powers, words @ powers[::-1])
    valid = np.asarray(chunk.is_valid())
    return np.where(valid, codes, -1)


def _parts_of(
    codes: Ints,
) -> tuple[Ints, npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """Return base type, has Z, has M for ISO and EWKB type words."""
    plain = np.where(codes < 0, 0, codes)
    low = plain & 0x0FFF_FFFF
    family = low // 1000
    has_z = ((plain & 0x8000_0000) != 0) | (family == 1) | (family == 3)
    has_m = ((plain & 0x4000_0000) != 0) | (family == 2) | (family == 3)
    return low % 1000, has_z, has_m


def _refuse(
    refused: dict[int, Text], where: npt.NDArray[np.bool_], reason: Text
) -> None:
    for position in np.flatnonzero(where):
        refused.setdefault(int(position), reason)


def _parse(blobs: Objects, refused: dict[int, Text]) -> Objects:
    """Parse what can be parsed; name the rest."""
    try:
        parsed: Objects = shapely.from_wkb(blobs)
    except (shapely.errors.GEOSException, TypeError, ValueError):
        parsed = np.empty(len(blobs), dtype=object)
        for position, blob in enumerate(blobs):  # one by one, to name the torn ones
            parsed[position] = _parse_one(blob, position, refused)
    _refuse(refused, shapely.is_missing(parsed), _UNREADABLE)
    return parsed


def _parse_one(blob: Any, position: int, refused: dict[int, Text]) -> Any:
    if position in refused or blob is None:
        return None
    try:
        return shapely.from_wkb(blob)
    except (shapely.errors.GEOSException, TypeError, ValueError) as error:
        detail = str(error).partition(":")[2].strip() or str(error)
        refused.setdefault(
            position,
            Text(f"{_UNREADABLE.zh}（{detail}）", f"{_UNREADABLE.en} ({detail})"),
        )
        return None


def _weigh(geometries: Objects, limits: Limits) -> None:
    counts = shapely.get_num_coordinates(geometries)
    if len(counts) == 0:
        return
    heaviest = int(counts.argmax())
    where = f"record {heaviest + 1}"
    limits.check("record_vertices", int(counts[heaviest]), where=where)
    limits.check("vertices", int(counts.sum()))


def _dimensions(
    geometries: Objects,
    has_z: npt.NDArray[np.bool_],
    has_m: npt.NDArray[np.bool_],
    refused: dict[int, Text],
) -> tuple[int, int]:
    there = ~np.isin(np.arange(len(geometries)), list(refused))
    with_z = (has_z | shapely.has_z(geometries)) & there
    with_m = (has_m | shapely.has_m(geometries)) & there
    return int(with_z.sum()), int(with_m.sum())


def _flattened(geometries: Objects) -> Objects:
    """Unwrap what drivers wrap differently: one part, empty parts, nested sets."""
    types = shapely.get_type_id(geometries)
    single = (shapely.get_num_geometries(geometries) == 1) & np.isin(types, [4, 5, 6])
    geometries = np.where(single, shapely.get_geometry(geometries, 0), geometries)
    types = shapely.get_type_id(geometries)
    for position in np.flatnonzero(types >= _MULTI):
        parts = shapely.get_parts(geometries[position])
        inner = shapely.get_type_id(parts) >= _MULTI
        empty = shapely.is_empty(parts)
        if not (inner & (types[position] == _COLLECTION)).any() and not empty.any():
            continue
        if types[position] == _COLLECTION:
            while (shapely.get_type_id(parts) >= _MULTI).any():
                parts = shapely.get_parts(parts)
        parts = parts[~shapely.is_empty(parts)]
        geometries[position] = _REBUILD[int(types[position])](parts)
    return geometries


def unusable(geometries: Objects) -> dict[int, Text]:
    """Return the positions whose coordinates no CRS can hold, and why."""
    refused: dict[int, Text] = {}
    _refuse_coordinates(geometries, refused)
    return refused


def _refuse_coordinates(geometries: Objects, refused: dict[int, Text]) -> None:
    coordinates, owners = shapely.get_coordinates(geometries, return_index=True)
    finite = np.isfinite(coordinates).all(axis=1)
    far = np.zeros(len(coordinates), dtype=bool)
    far[finite] = (np.abs(coordinates[finite]) > _FARTHEST).any(axis=1)
    for position in np.unique(owners[~finite]):
        refused[int(position)] = _NOT_FINITE
    for position in np.unique(owners[far]):
        refused.setdefault(int(position), _TOO_FAR)


def _count_arcs(wkb: pa.ChunkedArray | pa.Array, base: Ints, kept: Ints) -> int:
    curved = np.isin(base, list(_CURVES))
    for position in np.flatnonzero(np.isin(base, list(_CURVE_SETS | {_COLLECTION}))):
        blob = wkb[int(position)].as_py()
        curved[position] = blob is not None and _ARC.search(blob[5:]) is not None
    return int(curved[kept].sum())


def invalid(geometries: Objects, records: npt.ArrayLike) -> tuple[dict[str, Any], ...]:
    """Return where and why geometries are invalid, as they were sent.

    Parameters
    ----------
    geometries
        Two-dimensional geometries.
    records
        The record number of each.

    Returns
    -------
    tuple of dict
        ``record``, ``reason`` (GEOS's word) and ``x``, ``y`` in the units of the
        geometries (None where GEOS names no place).
    """
    numbers = np.asarray(records)
    unsound = ~shapely.is_valid(geometries) | _mostly_repeated(geometries)
    return tuple(
        {"record": int(numbers[position]), **_fault(geometries[position])}
        for position in np.flatnonzero(unsound)
    )


def _fault(geometry: Any) -> dict[str, Any]:
    """Return reason and place of one unsound geometry."""
    if not shapely.is_valid(geometry):
        reason, x, y = _reason(shapely.is_valid_reason(geometry))
        return {"reason": reason, "x": x, "y": y}
    first = shapely.get_coordinates(geometry)[0]
    return {"reason": _REPEATED, "x": float(first[0]), "y": float(first[1])}


def _mostly_repeated(geometries: Objects) -> npt.NDArray[np.bool_]:
    """Return which geometries are hundreds of points on one spot, not a shape."""
    coordinates, owners = shapely.get_coordinates(geometries, return_index=True)
    same = (np.diff(coordinates, axis=0) == 0).all(axis=1) & (np.diff(owners) == 0)
    repeats = np.bincount(owners[1:][same], minlength=len(geometries))
    counts = np.bincount(owners, minlength=len(geometries))
    most: npt.NDArray[np.bool_] = (repeats > _MANY) & (2 * repeats > counts)
    return most


def _reason(text: str) -> tuple[str, float | None, float | None]:
    place = re.search(r"\[([-+\d.eE]+) ([-+\d.eE]+)\]", text)
    if place is None:
        return text, None, None
    word = text[: place.start()].strip()
    return word, float(place.group(1)), float(place.group(2))


def base_types(wkb: pa.ChunkedArray | pa.Array) -> Ints:
    """Return the WKB type of each geometry without dimensions, 0 where none is."""
    return _parts_of(_type_codes(wkb))[0]
