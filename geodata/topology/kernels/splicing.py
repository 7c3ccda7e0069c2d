"""Rings of units taken apart and put together along a place that is mended."""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.compiling import compiled
from geodata.topology.kernels.matching import hashed


@compiled
def positions(ring: Any, points: Any, eps: float) -> Any:
    """Return where along a closed ring each point lies, or -1 when it is off it.

    ``3.25`` is a quarter along the edge that leaves vertex 3. A point this near to
    a vertex is at the vertex.
    """
    found = np.full(len(points), -1.0)
    west, east = points[:, 0].min() - eps, points[:, 0].max() + eps
    south, north = points[:, 1].min() - eps, points[:, 1].max() + eps
    best = np.full(len(points), np.inf)
    for e in range(len(ring) - 1):
        ax, ay, bx, by = ring[e, 0], ring[e, 1], ring[e + 1, 0], ring[e + 1, 1]
        if min(ax, bx) > east or max(ax, bx) < west:
            continue
        if min(ay, by) > north or max(ay, by) < south:
            continue
        ux, uy = bx - ax, by - ay
        square = ux * ux + uy * uy
        for p in range(len(points)):
            vx, vy = points[p, 0] - ax, points[p, 1] - ay
            corner = np.hypot(vx, vy)
            if corner <= eps:
                # A vertex wins over any edge: what is negative is less than that.
                if corner - 2 * eps < best[p]:
                    best[p], found[p] = corner - 2 * eps, e
                continue
            if square == 0:
                continue
            t = (ux * vx + uy * vy) / square
            if t <= 0 or t >= 1:
                continue
            off = abs(ux * vy - uy * vx) / np.sqrt(square)
            if off <= eps and off < best[p]:
                best[p], found[p] = off, e + t
    return found


@compiled
def run(ring: Any, place: Any, eps: float) -> tuple[int, int, int, Any, float]:
    """Return how a closed ring runs along the closed ring of a place.

    Returns
    -------
    tuple
        How many stretches they share; the place's vertices at which the only one
        begins and ends (from the first to the last along the place; both -1 when
        all of the place's ring is shared); the positions along the ring of the two
        and of a point between them; the length they share.
    """
    count = len(place) - 1
    points = np.empty((2 * count, 2))
    for at in range(count):
        points[at] = place[at]
        points[count + at] = (place[at] + place[at + 1]) / 2
    where = positions(ring, points, eps)
    shared = np.zeros(count, np.bool_)
    length = 0.0
    for at in range(count):
        after = at + 1 if at + 1 < count else 0
        if where[at] >= 0 and where[after] >= 0 and where[count + at] >= 0:
            shared[at] = True
            step = place[at + 1] - place[at]
            length += np.hypot(step[0], step[1])
    runs, first, last = 0, -1, -1
    for at in range(count):
        before = at - 1 if at else count - 1
        if shared[at] and not shared[before]:
            runs += 1
            first = at
        if not shared[at] and shared[before]:
            last = at
    three = np.full(3, -1.0)
    if runs == 1:
        three[0], three[1], three[2] = where[first], where[count + first], where[last]
    elif runs == 0 and shared[0]:
        runs = 1
    return runs, first, last, three, length


@compiled
def spliced(ring: Any, begin: float, end: float, path: Any) -> Any:
    """Return a closed ring with a path in place of its stretch ``begin`` to ``end``.

    The path has both ends. The ring still begins with its first vertex, if that is
    kept; no vertex follows its like.
    """
    count = len(ring) - 1
    low: Any = np.int64(np.floor(end)) + 1
    stop = begin if begin > end else begin + count
    kept: Any = max(np.int64(np.ceil(stop)) - low, 0)
    drawn = np.empty((len(path) + kept + 1, 2))
    drawn[: len(path)] = path
    turn = 0
    for at in range(kept):
        place = (low + at) % count
        drawn[len(path) + at] = ring[place]
        if place == 0:
            turn = len(path) + at
    size = len(path) + kept
    out = np.empty((size + 1, 2))
    free = 0
    for at in range(size):
        vertex = drawn[(turn + at) % size]
        if free and out[free - 1, 0] == vertex[0] and out[free - 1, 1] == vertex[1]:
            continue
        out[free] = vertex
        free += 1
    while free > 1 and out[free - 1, 0] == out[0, 0] and out[free - 1, 1] == out[0, 1]:
        free -= 1
    out[free] = out[0]
    return out[: free + 1]


@compiled
def _shares(line: Any, east: float, north: float) -> Any:
    """Return how far along a line each of its vertices lies, from 0 to 1."""
    found = np.zeros(len(line))
    for at in range(1, len(line)):
        step = np.hypot(
            (line[at, 0] - line[at - 1, 0]) * east,
            (line[at, 1] - line[at - 1, 1]) * north,
        )
        found[at] = found[at - 1] + step
    return found / max(found[-1], 1e-300)


@compiled
def _at(line: Any, shares: Any, share: float, side: int) -> tuple[float, float, int]:
    """Return the position at a share of a line, looked for from an edge on."""
    while side < len(line) - 2 and shares[side + 1] < share:
        side += 1
    long = shares[side + 1] - shares[side]
    t = min(max((share - shares[side]) / long, 0.0), 1.0) if long > 0 else 0.0
    ax, ay, bx, by = line[side, 0], line[side, 1], line[side + 1, 0], line[side + 1, 1]
    return ax + t * (bx - ax), ay + t * (by - ay), side


@compiled
def between(strip: Any, first: int, last: int, east: float, north: float) -> Any:
    """Return the line in the middle between the two sides of a strip.

    From one vertex of its closed ring to another, with as many vertices as the side
    that has more, each in the middle of the places that lie as far along the sides.
    ``east`` and ``north``: metres in a unit.
    """
    count = len(strip) - 1
    steps = (last - first) % count
    one = np.empty((steps + 1, 2))
    two = np.empty((count - steps + 1, 2))
    for at in range(len(one)):
        one[at] = strip[(first + at) % count]
    for at in range(len(two)):
        two[at] = strip[(first - at) % count]
    along, beside = _shares(one, east, north), _shares(two, east, north)
    wanted = along if len(one) >= len(two) else beside
    middle = np.empty((len(wanted), 2))
    p, q = 0, 0
    for at in range(len(wanted)):
        x, y, p = _at(one, along, wanted[at], p)
        u, v, q = _at(two, beside, wanted[at], q)
        middle[at, 0], middle[at, 1] = (x + u) / 2, (y + v) / 2
    middle[0], middle[-1] = one[0], one[-1]
    return middle


@compiled
def through(ring: Any, points: Any, eps: float) -> Any:
    """Return a closed ring with vertices where it passes points.

    A vertex that is this near to a point moves onto it. What has no elements means
    that nothing changes.
    """
    where = positions(ring, points, eps)
    changes = 0
    for p in range(len(points)):
        if where[p] >= 0:
            e: Any = np.int64(where[p])
            same = ring[e, 0] == points[p, 0] and ring[e, 1] == points[p, 1]
            if where[p] != e or not same:
                changes += 1
            else:
                where[p] = -1.0
    if not changes:
        return ring[:0]
    count = len(ring) - 1
    order = np.argsort(where)
    out = np.empty((count + changes + 1, 2))
    free, at = 0, len(points) - changes
    for e in range(count):
        out[free] = ring[e]
        if at < len(points) and where[order[at]] == e:
            out[free] = points[order[at]]
        free += 1
        while at < len(points) and where[order[at]] < e + 1:
            if where[order[at]] > e:
                out[free] = points[order[at]]
                free += 1
            at += 1
    out[free] = out[0]
    return out[: free + 1]


@compiled
def replaced(ring: Any, old: Any, new: Any, eps: float) -> Any:
    """Return a closed ring with vertices at ``old`` positions moved to ``new`` ones.

    No vertex follows its like; what has no elements means that nothing changes.
    """
    out = np.empty_like(ring)
    free, changes = 0, 0
    for at in range(len(ring) - 1):
        x, y = ring[at, 0], ring[at, 1]
        for p in range(len(old)):
            if abs(old[p, 0] - x) <= eps and abs(old[p, 1] - y) <= eps:
                changes += x != new[p, 0] or y != new[p, 1]
                x, y = new[p, 0], new[p, 1]
                break
        if free and out[free - 1, 0] == x and out[free - 1, 1] == y:
            continue
        out[free, 0], out[free, 1] = x, y
        free += 1
    if not changes:
        return ring[:0]
    while free > 1 and out[free - 1, 0] == out[0, 0] and out[free - 1, 1] == out[0, 1]:
        free -= 1
    out[free] = out[0]
    return out[: free + 1]


@compiled
def area(xy: Any, start: Any, hole: Any, x0: float, y0: float) -> float:
    """Return the area of rings, holes taken out, seen from a place near by."""
    total = 0.0
    for ring in range(len(start) - 1):
        twice = 0.0
        for at in range(start[ring], start[ring + 1] - 1):
            px, py = xy[at, 0] - x0, xy[at, 1] - y0
            twice += px * (xy[at + 1, 1] - y0) - (xy[at + 1, 0] - x0) * py
        total += -abs(twice) / 2 if hole[ring] else abs(twice) / 2
    return total


@compiled
def lost(xy: Any, start: Any, other: Any, its: Any) -> tuple[Any, Any]:
    """Return the vertices that another drawing lacks, and the edges it lacks.

    As places in ``xy``; an edge is named by its first vertex. Closed rings, of
    which the last vertex does not count.
    """
    size = 64
    while size < 2 * len(other):
        size *= 2
    mask = np.uint64(size - 1)
    head = np.full(size, -1, np.int32)
    link = np.full(len(other), -1, np.int32)
    its_bits, bits = other.view(np.uint64), xy.view(np.uint64)
    final = np.zeros(len(other), np.bool_)
    for ring in range(len(its) - 1):
        if its[ring + 1] > its[ring]:
            final[its[ring + 1] - 1] = True
    for at in range(len(other)):
        slot = hashed(its_bits[at, 0], its_bits[at, 1]) & mask
        link[at] = head[slot]
        head[slot] = at
    vertices = np.empty(len(xy), np.int64)
    edges = np.empty(len(xy), np.int64)
    lacking, cut = 0, 0
    for ring in range(len(start) - 1):
        for at in range(start[ring], start[ring + 1] - 1):
            x, y = bits[at, 0], bits[at, 1]
            u, v = bits[at + 1, 0], bits[at + 1, 1]
            known, kept = False, False
            of = head[hashed(x, y) & mask]
            while of >= 0:
                if its_bits[of, 0] == x and its_bits[of, 1] == y:
                    known = True
                    if not final[of]:
                        kept |= its_bits[of + 1, 0] == u and its_bits[of + 1, 1] == v
                    if of and not final[of - 1]:
                        kept |= its_bits[of - 1, 0] == u and its_bits[of - 1, 1] == v
                of = link[of]
            if not known:
                vertices[lacking] = at
                lacking += 1
            if not kept:
                edges[cut] = at
                cut += 1
    return vertices[:lacking], edges[:cut]


@compiled
def middles(xy: Any, edges: Any, points: Any, eps: float) -> Any:
    """Return the middle of every piece into which points on edges part them.

    ``edges`` are named by their first vertex in ``xy``.
    """
    found = np.empty((len(edges) * (len(points) + 1), 2))
    free = 0
    for e in edges:
        ax, ay = xy[e, 0], xy[e, 1]
        ux, uy = xy[e + 1, 0] - ax, xy[e + 1, 1] - ay
        square = ux * ux + uy * uy
        if square == 0:
            continue
        shares = np.zeros(len(points) + 2)
        on = 1
        for p in range(len(points)):
            vx, vy = points[p, 0] - ax, points[p, 1] - ay
            t = (ux * vx + uy * vy) / square
            off = abs(ux * vy - uy * vx) / np.sqrt(square)
            if 0 < t < 1 and off <= eps:
                shares[on] = t
                on += 1
        shares[on] = 1.0
        shares = np.sort(shares[: on + 1])
        for piece in range(on):
            t = (shares[piece] + shares[piece + 1]) / 2
            found[free, 0], found[free, 1] = ax + t * ux, ay + t * uy
            free += 1
    return found[:free]


@compiled
def farthest(points: Any, xy: Any, start: Any, east: float, north: float) -> Any:
    """Return the distance of each point from the nearest edge, in metres."""
    found = np.full(len(points), np.inf)
    for ring in range(len(start) - 1):
        for at in range(start[ring], start[ring + 1] - 1):
            ax, ay = xy[at, 0] * east, xy[at, 1] * north
            ux, uy = xy[at + 1, 0] * east - ax, xy[at + 1, 1] * north - ay
            square = ux * ux + uy * uy
            for p in range(len(points)):
                vx, vy = points[p, 0] * east - ax, points[p, 1] * north - ay
                t = (ux * vx + uy * vy) / square if square > 0 else 0.0
                t = min(max(t, 0.0), 1.0)
                apart = (vx - t * ux) ** 2 + (vy - t * uy) ** 2
                if apart < found[p]:
                    found[p] = apart
    return np.sqrt(found)
