"""The nearest piece of street by a grid of cells, looked at ring by ring."""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.compiling import compiled, inlined, unlocked


@compiled
def grid(coords: Any, vertex: Any, low: Any, cell: float, shape: Any) -> Any:
    """Return which segments have their box in each cell.

    Parameters
    ----------
    coords, vertex
        Segment ``i`` runs from ``coords[vertex[i]]`` to the vertex after it.
    low, cell, shape
        South-west corner, side in metres, columns and rows.

    Returns
    -------
    starts, members
        The segments of cell ``row * columns + column``.
    """
    columns, rows = shape[0], shape[1]
    starts = np.zeros(columns * rows + 1, np.int64)
    for at in range(len(vertex)):
        west, south, east, north = _box(coords, vertex[at], low, cell)
        for row in range(south, north + 1):
            for column in range(west, east + 1):
                if _meets(coords, vertex[at], low, cell, column, row):
                    starts[row * columns + column + 1] += 1
    for at in range(columns * rows):
        starts[at + 1] += starts[at]
    members = np.empty(starts[-1], np.int32)
    filled = starts[:-1].copy()
    for at in range(len(vertex)):
        west, south, east, north = _box(coords, vertex[at], low, cell)
        for row in range(south, north + 1):
            for column in range(west, east + 1):
                if _meets(coords, vertex[at], low, cell, column, row):
                    place = row * columns + column
                    members[filled[place]] = at
                    filled[place] += 1
    return starts, members


@inlined
def _box(coords: Any, first: Any, low: Any, cell: float) -> Any:
    x0, x1 = coords[first, 0], coords[first + 1, 0]
    y0, y1 = coords[first, 1], coords[first + 1, 1]
    west = int((min(x0, x1) - low[0]) // cell)
    east = int((max(x0, x1) - low[0]) // cell)
    south = int((min(y0, y1) - low[1]) // cell)
    north = int((max(y0, y1) - low[1]) // cell)
    return west, south, east, north


@inlined
def _meets(
    coords: Any, first: Any, low: Any, cell: float, column: Any, row: Any
) -> Any:
    """Return whether a segment passes a cell or a hair's breadth beside it."""
    x, y = low[0] + (column + 0.5) * cell, low[1] + (row + 0.5) * cell
    dx = coords[first + 1, 0] - coords[first, 0]
    dy = coords[first + 1, 1] - coords[first, 1]
    # the line misses the cell when its middle is farther than the cell's shadow
    side = abs(dx * (y - coords[first, 1]) - dy * (x - coords[first, 0]))
    return side <= (abs(dx) + abs(dy)) * cell * 0.5001 + 1e-9


@unlocked
def nearest_segments(
    places: Any,
    coords: Any,
    vertex: Any,
    low: Any,
    cell: float,
    shape: Any,
    starts: Any,
    members: Any,
    most: float,
) -> Any:
    """Return the segment nearest to each place, where on it, and how far.

    Returns
    -------
    found, share, far
        The segment or -1 beyond ``most`` metres; 0 to 1 along it; metres or inf.
    """
    columns, rows = shape[0], shape[1]
    found = np.full(len(places), -1, np.int64)
    share = np.zeros(len(places))
    far = np.full(len(places), np.inf)
    farthest = int(most / cell) + 2
    for at in range(len(places)):
        x, y = places[at, 0], places[at, 1]
        if not (np.isfinite(x) and np.isfinite(y)):
            continue
        u, v = (x - low[0]) / cell, (y - low[1]) / cell
        # beyond the grid: nothing nearer than the grid itself
        if (
            u < -farthest
            or v < -farthest
            or u > columns + farthest
            or v > rows + farthest
        ):
            continue
        home, floor = int(np.floor(u)), int(np.floor(v))
        best, kept, part = most * most, -1, 0.0
        ring = 0
        while ring <= farthest:
            # all that is nearer than this ring's inner side was looked at
            inner = 0.0
            if ring > 0:
                side = min(u - home, home + 1 - u, v - floor, floor + 1 - v)
                inner = (ring - 1 + side) * cell
            if kept >= 0 and inner * inner > best:
                break
            for row in range(max(floor - ring, 0), min(floor + ring, rows - 1) + 1):
                edge_row = row == floor - ring or row == floor + ring
                step = 1 if edge_row or ring == 0 else 2 * ring
                column = home - ring
                while column <= home + ring:
                    if 0 <= column < columns:
                        place = row * columns + column
                        for i in range(starts[place], starts[place + 1]):
                            segment = members[i]
                            first = vertex[segment]
                            ax, ay = coords[first, 0], coords[first, 1]
                            dx = coords[first + 1, 0] - ax
                            dy = coords[first + 1, 1] - ay
                            square = dx * dx + dy * dy
                            t = 0.0
                            if square > 0:
                                t = ((x - ax) * dx + (y - ay) * dy) / square
                                t = min(max(t, 0.0), 1.0)
                            ex, ey = ax + t * dx - x, ay + t * dy - y
                            off = ex * ex + ey * ey
                            if off < best or (
                                off == best and (kept < 0 or segment < kept)
                            ):
                                best, kept, part = off, segment, t
                    column += step
            ring += 1
        if kept >= 0:
            found[at], share[at], far[at] = kept, part, np.sqrt(best)
    return found, share, far
