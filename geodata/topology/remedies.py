"""What each suggested repair does to the units it concerns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.errors import GeometryError, Text
from geodata.topology.bench import Drawn
from geodata.topology.kernels import splicing
from geodata.topology.shaping import (
    less,
    like,
    more,
    once,
    rings_of_place,
    run_along,
    turned,
    walked,
    with_vertices,
)
from geodata.topology.soundness import repairable, repaired

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from geodata.topology.bench import Bench, Changes, Ring

BROKEN = Text(
    "涉及的单元图形无效，请先修复该单元。",
    "A unit involved has an invalid shape; mend that first.",
)
NEITHER = ""
"""In place of a unit's key: nobody gets the ground."""


@dataclass(frozen=True)
class Task:
    """One repair that is to be done: what a finding suggests, and its place."""

    number: int
    """Of the place on the bench."""
    repair: Mapping[str, Any]
    place: Any
    to: str | None = None
    """Who gets the ground; None: who has the longest border with it."""


def ways(bench: Bench, task: Task) -> Iterator[Changes]:
    """Return what becomes of rows, the best way first.

    Raises
    ------
    GeometryError
        When it cannot be done, saying why.
    """
    return REMEDIES[task.repair["kind"]](bench, task)


def _drop(bench: Bench, task: Task) -> Iterator[Changes]:
    host = bench.row(task.repair["host"])
    copies = bench.rows(task.repair["among"])
    yield {row: None for row in copies if row != host}


def _make_valid(bench: Bench, task: Task) -> Iterator[Changes]:
    row = bench.row(task.repair["unit"])
    shape = bench.shape(row)
    if not repairable(shape):
        raise GeometryError(
            Text(
                f"{bench.keys[row]} 的图形无法自动修复。",
                f"The shape of {bench.keys[row]} cannot be repaired.",
            )
        )
    yield {row: like(repaired(shape), bench.drawn(row))}


def _drop_repeated(bench: Bench, task: Task) -> Iterator[Changes]:
    row = bench.row(task.repair["unit"])
    was = bench.drawn(row)
    parts = (tuple(map(once, rings)) for rings in was.parts)
    # What is a point or a line then encloses no ground, in a part or as a hole.
    kept = tuple(
        (rings[0], *(ring for ring in rings[1:] if len(ring) > 3))
        for rings in parts
        if len(rings[0]) > 3
    )
    yield {row: Drawn(kept, was.multi)}


def _orient(bench: Bench, task: Task) -> Iterator[Changes]:
    row = bench.row(task.repair["unit"])
    was, clockwise = bench.drawn(row), bool(task.repair.get("clockwise"))
    parts = tuple(
        tuple(
            turned(ring, clockwise=clockwise != (at > 0))
            for at, ring in enumerate(rings)
        )
        for rings in was.parts
    )
    yield {row: Drawn(parts, was.multi)}


def _snap(bench: Bench, task: Task) -> Iterator[Changes]:
    """Move vertices onto those they are meant to be, in all units that have them."""
    old = np.array(task.repair["from"], float)
    new = np.array(task.repair["onto"], float)
    after: Changes = {}
    for row in bench.around(task.number):
        drawn = was = bench.drawn(row)
        for number, ring in enumerate(was.rings()):
            moved = splicing.replaced(ring, old, new, bench.touch / 4)
            if len(moved):
                drawn = drawn.with_ring(number, moved if len(moved) > 3 else None)
        if drawn is not was:
            after[row] = drawn
    yield after


def _insert(bench: Bench, task: Task) -> Iterator[Changes]:
    row = bench.row(task.repair["unit"])
    points = np.unique(shapely.get_coordinates(task.place), axis=0)
    drawn = with_vertices(bench.drawn(row), points, bench.touch)
    yield {row: drawn} if drawn is not bench.drawn(row) else {}


def _cut_host(bench: Bench, task: Task) -> Iterator[Changes]:
    bench.row(task.repair["unit"])
    host = bench.row(task.repair["host"])
    yield _meeting(
        bench, {host: less(bench, host, bench.drawn(host), task.place)}, task
    )


def _fill(bench: Bench, task: Task) -> Iterator[Changes]:
    """Give a gap to the unit with the longest border on it, or the one named."""
    if task.to == NEITHER:
        raise GeometryError(
            Text(
                "空隙不划归任何一方，请登记为例外。",
                "A gap that nobody gets stays; register it as an exception.",
            )
        )
    among = bench.rows(task.repair["among"])
    for to in _order(bench, task, among, own=True):
        yield _meeting(bench, {to: more(bench, to, bench.drawn(to), task.place)}, task)


def _give(bench: Bench, task: Task) -> Iterator[Changes]:
    """Give an overlap to the unit with the longest border on it, or the one named."""
    among = bench.rows(task.repair["among"])
    if len(among) < 2:
        yield {}
        return
    heirs: Sequence[int | None] = [None]
    if task.to != NEITHER:
        heirs = _order(bench, task, among, own=False)
    pieces = _pieces(bench, task.place, among)
    edges = [shapely.get_coordinates(piece) for piece, _ in pieces]
    corners = np.unique(np.concatenate(edges), axis=0)
    for to in heirs:
        after: dict[int, Drawn] = {}
        for piece, covering in pieces:
            for row in covering:
                if row != to:
                    drawn = after.get(row) or bench.drawn(row)
                    after[row] = less(bench, row, drawn, piece)
            if to is not None and to not in covering:
                drawn = after.get(to) or bench.drawn(to)
                after[to] = more(bench, to, drawn, piece)
        yield _meeting(bench, dict(after), task, corners)


def _pieces(bench: Bench, place: Any, among: Sequence[int]) -> list[tuple[Any, Any]]:
    """Return the pieces of an overlap that the same units cover, with these.

    Two units cover all of it. Of more, some may cover a part each, where a border
    that two of them share runs through the place.
    """
    if len(among) < 3:
        return [(place, among)]
    shapes = np.empty(len(among), dtype=object)
    shapes[:] = [bench.shape(row) for row in among]
    if not shapely.is_valid(shapes).all():
        raise GeometryError(BROKEN)
    pieces = [place]
    for shape in shapes:
        cut = [shapely.intersection(piece, shape) for piece in pieces]
        rest = [
            shapely.difference(piece, inner)
            for piece, inner in zip(pieces, cut, strict=True)
        ]
        parts = shapely.get_parts([*cut, *rest])
        parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
        thick = shapely.area(parts) > shapely.length(parts) * bench.touch / 10
        pieces = parts[thick].tolist()
    inside = shapely.point_on_surface(pieces)
    found = []
    for piece, point in zip(pieces, inside, strict=True):
        holds = shapely.intersects(shapes, point).tolist()
        covering = [row for row, held in zip(among, holds, strict=True) if held]
        found.append((piece, covering))
    return found


def _order(bench: Bench, task: Task, among: Sequence[int], *, own: bool) -> list[int]:
    """Return the rows with the one that has the longest border on a place first.

    The border of a gap with a unit is the unit's ``own``; that of an overlap with
    the rest of a unit is all that is not.
    """
    if task.to is not None:
        return [bench.row(task.to)]
    along = {}
    for row in among:
        lengths = [
            splicing.run(ring, edge, bench.touch)[4]
            for edge in rings_of_place(task.place)
            for ring in bench.drawn(row).rings()
        ]
        along[row] = round(sum(lengths) / bench.touch, 0) * (1 if own else -1)
    return sorted(among, key=lambda row: (-along[row], row))


def _midline(bench: Bench, task: Task) -> Iterator[Changes]:
    """Draw one border in the middle of two drawings of it."""
    among = bench.rows(task.repair["among"])
    after: Changes = {row: bench.drawn(row) for row in among}
    ends = []
    scale = bench.scale(task.number).tolist()
    for strip in rings_of_place(task.place):
        along = [
            run_along(drawn or bench.drawn(row), strip, bench.touch)
            for row, drawn in after.items()
        ]
        if all(found and found[1][1] < 0 for found in along):
            ends.append(strip[:1])  # all of it is one point, as far as can be seen
            continue
        sides = [_side(found, strip) for found in along]
        first, last = _parted(sides, len(strip) - 1)
        middle = splicing.between(strip, first, last, *scale)
        for row, (number, begin, end) in zip(after, sides, strict=True):
            drawn = after[row] or bench.drawn(row)
            ring = drawn.rings()[number]
            own = _covers(begin, end, first, last, len(strip) - 1)
            ends_at = (first, last) if own else (last, first)
            where = splicing.positions(ring, _three(strip, *ends_at), bench.touch)
            if (where < 0).any():
                raise _no_middle()
            path = middle if own else np.ascontiguousarray(middle[::-1])
            after[row] = drawn.with_ring(number, walked(ring, where, path))
        ends.append(strip[[first, last]])
    corners = np.unique(np.concatenate(ends), axis=0)
    yield _meeting(bench, after, task, corners)


def _side(found: Any, strip: Ring) -> tuple[int, int, int]:
    """Return the ring that runs along a strip, and between which of its vertices."""
    if found is None or found[1][1] < 0 or len(strip) < 4:
        raise _no_middle()
    number, (_, begin, end, _, _) = found
    return number, begin, end


def _parted(sides: Sequence[tuple[int, int, int]], count: int) -> tuple[int, int]:
    """Return the vertices that part a strip's edges between two units.

    Where the tips of a strip are thinner than what touches, both run along them.
    """
    one, two = (side[1:] for side in sides)
    for (first, last), other in ((one, two), (two, one)):
        if _covers(other[0], other[1], last, first, count):
            return (first, last) if other is two else (last, first)
    raise _no_middle()


def _covers(begin: int, end: int, first: int, last: int, count: int) -> bool:
    """Return whether one stretch of a closed ring holds another."""
    ahead = (first - begin) % count
    return ahead + (last - first) % count <= (end - begin) % count


def _three(strip: Ring, first: int, last: int) -> Ring:
    """Return the ends of a stretch of a strip, and a point between them."""
    count = len(strip) - 1
    at = (first + (last - first) % count // 2) % count
    return np.stack([strip[first], (strip[at] + strip[at + 1]) / 2, strip[last]])


def _no_middle() -> GeometryError:
    return GeometryError(
        Text(
            "两次所画的界线不成对，取不出中线。",
            "The two drawings do not pair up; there is no line between them.",
        )
    )


def _meeting(
    bench: Bench, changed: Changes, task: Task, corners: Ring | None = None
) -> Changes:
    """Give the corners of a place to all units whose border runs through them."""
    after = dict(changed)
    if corners is None:
        corners = np.unique(shapely.get_coordinates(task.place), axis=0)
    for row in bench.around(task.number):
        was = after.get(row) or bench.drawn(row)
        drawn = with_vertices(was, corners, bench.touch)
        if drawn is not was:
            after[row] = drawn
    return {row: drawn for row, drawn in after.items() if drawn is not bench.drawn(row)}


REMEDIES: dict[str, Callable[[Bench, Task], Iterator[Changes]]] = {
    "drop": _drop,
    "make_valid": _make_valid,
    "drop_repeated": _drop_repeated,
    "orient": _orient,
    "snap": _snap,
    "midline": _midline,
    "cut_host": _cut_host,
    "give": _give,
    "fill": _fill,
    "insert": _insert,
}
"""What is done by kind of repair, in the order repairs are done."""

DOABLE = tuple(REMEDIES)
