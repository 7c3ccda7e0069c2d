"""Rings out of a buffer of WKB polygons, without making geometries of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.compiling import compiled

EMPTY, POLYGONS, OTHER = 0, 1, 2
"""What a record turned out to be; OTHER is left to GEOS."""


@compiled
def _u32(data: Any, at: int) -> Any:
    return (
        np.int64(data[at])
        | np.int64(data[at + 1]) << 8
        | np.int64(data[at + 2]) << 16
        | np.int64(data[at + 3]) << 24
    )


@compiled
def _kind(data: Any, at: int) -> tuple[int, int]:
    """Return the base type and the ordinates of a position; type 0 when not ours."""
    if data[at] != 1:
        return 0, 2
    code = _u32(data, at + 1)
    ordinates = 2
    if code & 0x80000000:
        ordinates += 1
    if code & 0x40000000:
        ordinates += 1
    if code & 0x20000000:
        return 0, 2
    code &= 0x0FFFFFFF
    thousand = code // 1000
    if thousand in (1, 2):
        ordinates += 1
    elif thousand == 3:
        ordinates += 2
    return code % 1000, ordinates


@compiled
def count_rings(data: Any, offsets: Any, status: Any) -> tuple[int, int]:
    """Fill ``status`` and return how many rings and vertices the records hold."""
    rings, vertices = 0, 0
    for row in range(len(offsets) - 1):
        at, end = offsets[row], offsets[row + 1]
        status[row] = OTHER
        if end - at < 9:
            status[row] = EMPTY
            continue
        base, ordinates = _kind(data, at)
        parts = 1
        if base == 6:
            parts = _u32(data, at + 5)
            at += 9
        elif base != 3:
            continue
        mine, points, good = 0, 0, True
        for _ in range(parts):
            if at + 9 > end:
                good = False
                break
            base, ordinates = _kind(data, at)
            if base != 3:
                good = False
                break
            count = _u32(data, at + 5)
            at += 9
            for _ in range(count):
                if at + 4 > end:
                    good = False
                    break
                size = _u32(data, at)
                at += 4 + 8 * ordinates * size
                mine += 1
                points += size
            if at > end:
                good = False
                break
        if good:
            status[row] = POLYGONS if points else EMPTY
            if points:
                rings += mine
                vertices += points
    return rings, vertices


@compiled
def read_rings(
    data: Any, offsets: Any, status: Any, words: Any, start: Any, unit: Any, hole: Any
) -> None:
    """Fill coordinates (as bytes), ring starts, and unit and role of each ring."""
    ring, vertex = 0, 0
    for row in range(len(offsets) - 1):
        if status[row] != POLYGONS:
            continue
        at = offsets[row]
        base, ordinates = _kind(data, at)
        parts = 1
        if base == 6:
            parts = _u32(data, at + 5)
            at += 9
        for _ in range(parts):
            base, ordinates = _kind(data, at)
            count = _u32(data, at + 5)
            at += 9
            for number in range(count):
                size = _u32(data, at)
                at += 4
                start[ring] = vertex
                unit[ring] = row
                hole[ring] = number > 0
                ring += 1
                if ordinates == 2:
                    words[16 * vertex : 16 * (vertex + size)] = data[
                        at : at + 16 * size
                    ]
                else:
                    for point in range(size):
                        here = at + 8 * ordinates * point
                        words[16 * (vertex + point) : 16 * (vertex + point + 1)] = data[
                            here : here + 16
                        ]
                at += 8 * ordinates * size
                vertex += size
    start[ring] = vertex
