"""Rings made comparable: no vertex twice in a row, interior to the left."""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.compiling import compiled

FINE, NOT_FINITE, TOO_FEW = 0, 1, 2
"""What became of a ring; only a fine one has vertices afterwards."""


@compiled
def tidy(xy: Any, start: Any, hole: Any, out: Any) -> tuple[Any, ...]:
    """Put tidy rings into ``out``, and return what was done to each.

    Returns
    -------
    tuple
        Ring starts in ``out``; what became of each ring; vertices dropped as
        repeated, with the place of the first in ``xy``; whether the ring was
        turned; twice its area in square units.
    """
    rings = len(start) - 1
    begin = np.empty(rings + 1, np.int64)
    state = np.zeros(rings, np.uint8)
    repeated = np.zeros(rings, np.int32)
    first = np.full(rings, -1, np.int64)
    turned = np.zeros(rings, np.bool_)
    area = np.zeros(rings)
    free = 0
    for ring in range(rings):
        begin[ring] = free
        low, high = start[ring], start[ring + 1]
        base = free
        x0, y0 = 0.0, 0.0
        px, py = 0.0, 0.0
        total = 0.0
        for at in range(low, high):
            x, y = xy[at, 0] + 0.0, xy[at, 1] + 0.0
            if not (np.isfinite(x) and np.isfinite(y)):
                state[ring] = NOT_FINITE
                break
            if at == low:
                x0, y0 = x, y
            elif x == px and y == py:
                repeated[ring] += 1
                if first[ring] < 0:
                    first[ring] = at
                continue
            else:
                total += (px - x0) * (y - y0) - (x - x0) * (py - y0)
            out[free, 0], out[free, 1] = x, y
            px, py = x, y
            free += 1
        if state[ring] == FINE and (
            free - base < 4 or out[base, 0] != px or out[base, 1] != py
        ):
            state[ring] = TOO_FEW
        if state[ring] != FINE:
            free = base
            continue
        area[ring] = total
        if (total < 0) != hole[ring] and total != 0:
            turned[ring] = True
            low, high = base, free - 1
            while low < high:
                x, y = out[low, 0], out[low, 1]
                out[low, 0], out[low, 1] = out[high, 0], out[high, 1]
                out[high, 0], out[high, 1] = x, y
                low += 1
                high -= 1
    begin[rings] = free
    return begin, state, repeated, first, turned, area
