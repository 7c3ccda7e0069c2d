"""What lies around one place: edges, and who covers a point of it."""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.compiling import compiled


@compiled
def around(
    xy: Any, start: Any, first: Any, units: Any, box: Any, x: float, y: float
) -> tuple[Any, Any, Any]:
    """Return edges that meet a box, with their unit's place, and who has a point.

    Parameters
    ----------
    first
        First ring of every unit, one more than units.
    units
        Which of them to look at; the places returned count along these.
    """
    size = 0
    for unit in units:
        size += start[first[unit + 1]] - start[first[unit]]
    edge = np.empty(size, np.int64)
    near = np.empty(size, np.int32)
    inside = np.zeros(len(units), np.bool_)
    free = 0
    for place in range(len(units)):
        unit = units[place]
        for ring in range(first[unit], first[unit + 1]):
            for at in range(start[ring], start[ring + 1] - 1):
                ax, ay, bx, by = xy[at, 0], xy[at, 1], xy[at + 1, 0], xy[at + 1, 1]
                if (
                    min(ax, bx) <= box[2]
                    and max(ax, bx) >= box[0]
                    and min(ay, by) <= box[3]
                    and max(ay, by) >= box[1]
                ):
                    edge[free], near[free] = at, place
                    free += 1
                if (ax > x) != (bx > x) and ay + (x - ax) / (bx - ax) * (by - ay) > y:
                    inside[place] = not inside[place]
    return edge[:free], near[:free], inside


@compiled
def face_at(xy: Any, a: Any, b: Any, face: Any, x: float, y: float) -> int:
    """Return the face below the first edge above a point, -1 without one.

    Above a vertex it is the edge that is lowest just east of it.
    """
    lowest, slope, found = np.inf, np.inf, -1
    for e in range(len(a)):
        ax, ay, bx, by = xy[a[e], 0], xy[a[e], 1], xy[b[e], 0], xy[b[e], 1]
        if (ax > x) != (bx > x):
            rise = (by - ay) / (bx - ax)
            height = by if bx == x else ay + (x - ax) * rise
            if y < height and (height < lowest or (height == lowest and rise < slope)):
                lowest, slope = height, rise
                # an edge towards the west has what is below to its left
                found = face[2 * e] if ax > bx else face[2 * e + 1]
    return found


@compiled
def beyond(face: Any, weight: Any, here: int, count: int) -> tuple[Any, Any, Any]:
    """Return the faces to be reached from one over edges without weight.

    In the order reached, with the half-edge left behind and the face it is of.
    """
    begin = np.zeros(count + 1, np.int64)
    for half in range(len(face)):
        if weight[half >> 1] == 0 and face[half] >= 0:
            begin[face[half] + 1] += 1
    for at in range(count):
        begin[at + 1] += begin[at]
    fill = begin[:-1].copy()
    halves = np.empty(begin[count], np.int64)
    for half in range(len(face)):
        if weight[half >> 1] == 0 and face[half] >= 0:
            halves[fill[face[half]]] = half
            fill[face[half]] += 1
    seen = np.zeros(count, np.bool_)
    seen[here] = True
    order = np.empty(count + 1, np.int64)
    past = np.empty(count + 1, np.int64)
    before = np.empty(count + 1, np.int64)
    order[0] = here
    reached, at = 1, 0
    while at < reached:
        for place in range(begin[order[at]], begin[order[at] + 1]):
            half = halves[place]
            other = face[half ^ 1]
            if other >= 0 and not seen[other]:
                seen[other] = True
                order[reached], past[reached] = other, half
                before[reached] = order[at]
                reached += 1
        at += 1
    return order[1:reached], past[1:reached], before[1:reached]
