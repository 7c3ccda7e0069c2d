"""Drawn lines made to meet: ends joined, crossings of one level made vertices.

Everything is in plane metres. Which points are the same is decided once, over all
reasons to be the same (drawn in one place, joined as ends, made at a crossing), so no
order of lines changes the result.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

Floats = npt.NDArray[np.float64]
Longs = npt.NDArray[np.int64]
Pairs = tuple[Longs, Longs]

SAME_M = 0.02
"""Two points of one line this near are one, and a vertex this near to another line
stands on it: a straight line in degrees is bent by so much in a plane."""
_TOUCH_M = 1e-6


class Noded(NamedTuple):
    """Lines that meet where they share a vertex."""

    xy: Floats
    vertex: Longs
    offsets: Longs
    line: Longs
    """The line given that each is."""
    counts: dict[str, int]


class _Points(NamedTuple):
    """Points on lines beside the vertices they have."""

    line: Longs
    along: Floats
    xy: Floats


def noded(
    xy: Floats,
    offsets: Longs,
    level: npt.NDArray[np.int16],
    start: npt.NDArray[np.int16],
    stop: npt.NDArray[np.int16],
    within: float,
) -> Noded:
    """Return lines that meet where drawn lines cross, touch or nearly touch.

    Parameters
    ----------
    xy, offsets
        Vertices of the lines, plane metres.
    level
        Of each line. Lines of one level meet where they cross; others only at ends.
    start, stop
        Levels of the two ends. Where any differs from its line's level the layer was
        built as a network: ends of one place and level meet, and nothing else does.
    within
        Metres in which ends are joined.
    """
    built = bool((start != level).any() or (stop != level).any())
    ends = np.column_stack([offsets[:-1], offsets[1:] - 1]).ravel()
    drawn = xy[ends]
    levels = np.column_stack([start, stop]).ravel()
    first = _clustered(drawn, levels if built else np.zeros_like(levels), within)
    xy = xy.copy()
    xy[ends] = drawn[first]
    owner = np.repeat(np.arange(len(level)), np.diff(offsets))
    lines = np.asarray(shapely.linestrings(xy, indices=owner))
    made = _Making(xy, offsets, owner, lines, [], [(ends, ends[first])])
    counts = {}
    if not built:
        made.same.append(_one_place(xy, level[owner]))
        counts = _crossed(made, level) | _landed(made, level, ends, first, within)
    moved = np.hypot(*(drawn - made.xy[ends]).T) > _TOUCH_M
    return _assembled(made, {"snapped": int(moved.sum()), **counts})


class _Making(NamedTuple):
    """Lines under way: what is added to them, and what is the same."""

    xy: Floats
    offsets: Longs
    owner: Longs
    lines: npt.NDArray[np.object_]
    added: list[_Points]
    same: list[Pairs]

    def add(self, line: Longs, along: Floats, xy: Floats) -> Longs:
        """Take points on lines; return their numbers, after those of vertices."""
        begin = len(self.xy) + sum(len(each.line) for each in self.added)
        self.added.append(_Points(line, along, xy))
        return begin + np.arange(len(line))


def _clustered(xy: Floats, level: npt.NDArray[np.int16], within: float) -> Longs:
    """Return the first of the ends that each end is one place with."""
    from scipy.spatial import cKDTree

    tree = cKDTree(xy)
    pairs = tree.query_pairs(max(within, _TOUCH_M), output_type="ndarray")
    pairs = pairs[level[pairs[:, 0]] == level[pairs[:, 1]]]
    return _firsts(len(xy), [(pairs[:, 0], pairs[:, 1])])


def _firsts(count: int, pairs: list[Pairs]) -> Longs:
    """Return the lowest number each number is the same with."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    one = np.concatenate([pair[0] for pair in pairs])
    other = np.concatenate([pair[1] for pair in pairs])
    joins = coo_array((np.ones(len(one), np.int8), (one, other)), (count, count))
    found, label = connected_components(joins.tocsr(), directed=False)
    first = np.full(found, count, np.int64)
    np.minimum.at(first, label, np.arange(count))
    firsts: Longs = first[label]
    return firsts


def _one_place(xy: Floats, level: npt.NDArray[np.int16]) -> Pairs:
    """Return pairs of vertices that one level has in one place."""
    order = np.lexsort((level, xy[:, 1], xy[:, 0]))
    a, b = order[:-1], order[1:]
    same = (xy[a] == xy[b]).all(axis=1) & (level[a] == level[b])
    return a[same], b[same]


def _crossed(made: _Making, level: npt.NDArray[np.int16]) -> dict[str, int]:
    """Add the points where lines of one level meet; count those of two levels."""
    tree = shapely.STRtree(made.lines)
    one, other = tree.query(made.lines, predicate="intersects")
    one, other = one[one < other], other[one < other]
    equal = level[one] == level[other]
    apart = shapely.crosses(made.lines[one[~equal]], made.lines[other[~equal]])
    one, other = one[equal], other[equal]
    meets = shapely.intersection(made.lines[one], made.lines[other])
    xy, pair = shapely.get_coordinates(meets, return_index=True)
    numbers = [
        made.add(line[pair], _along(made.lines[line[pair]], xy), xy)
        for line in (one, other)
    ]
    made.same.append((numbers[0], numbers[1]))
    _touched(made, level, tree)
    twisted = np.flatnonzero(~shapely.is_simple(made.lines))
    for line in twisted:
        for place in _twice(made.lines[line]):
            along = _passes(made.xy[made.offsets[line] : made.offsets[line + 1]], place)
            of = np.full(len(along), line)
            passed = made.add(of, along, np.tile(place, (len(along), 1)))
            made.same.append((passed[:-1], passed[1:]))
    return {"apart": int(apart.sum())}


def _touched(
    made: _Making, level: npt.NDArray[np.int16], tree: shapely.STRtree
) -> None:
    """Make vertices that stand on another line of their level vertices of it too."""
    points = np.asarray(shapely.points(made.xy))
    vertex, line = tree.query(points, predicate="dwithin", distance=SAME_M)
    xy = made.xy[vertex]
    first, last = made.xy[made.offsets[line]], made.xy[made.offsets[line + 1] - 1]
    fresh = (
        (made.owner[vertex] != line)
        & (level[made.owner[vertex]] == level[line])
        & (xy != first).any(axis=1)
        & (xy != last).any(axis=1)
    )
    vertex, line, xy = vertex[fresh], line[fresh], xy[fresh]
    made.same.append((vertex, made.add(line, _along(made.lines[line], xy), xy)))


def _twice(line: shapely.Geometry) -> Floats:
    """Return the places a line passes more than once, its closing end aside."""
    pieces = shapely.get_parts(shapely.node(line))
    ends = np.concatenate([shapely.get_coordinates(each)[[0, -1]] for each in pieces])
    places, times = np.unique(ends, axis=0, return_counts=True)
    return places[times > 2]


def _passes(xy: Floats, place: Floats) -> Floats:
    """Return the metres along a line at which it passes a place."""
    step = np.diff(xy, axis=0)
    square = (step**2).sum(axis=1)
    share = np.divide(
        ((place - xy[:-1]) * step).sum(axis=1),
        square,
        out=np.zeros(len(step)),
        where=square > 0,
    )
    share = np.clip(share, 0.0, 1.0)
    off = np.hypot(*(xy[:-1] + share[:, None] * step - place).T)
    length = np.sqrt(square)
    along = (np.concatenate([[0.0], np.cumsum(length)])[:-1] + share * length)[
        off < SAME_M
    ]
    fresh = np.ones(len(along), bool)
    fresh[1:] = np.diff(along) > SAME_M
    passed: Floats = along[fresh]
    return passed


def _along(lines: npt.NDArray[np.object_], xy: Floats) -> Floats:
    return np.asarray(shapely.line_locate_point(lines, shapely.points(xy)))


def _landed(
    made: _Making,
    level: npt.NDArray[np.int16],
    ends: Longs,
    first: Longs,
    within: float,
) -> dict[str, int]:
    """Join ends to the middle of streets they stop at or a little short of.

    To one of their own level; to one of another level only an end that no other end
    is joined to: a bridge comes down there.
    """
    number = np.unique(first)
    line = number // 2
    alone = np.bincount(first, minlength=len(first))[number] == 1
    tree = shapely.STRtree(made.lines)
    points = np.asarray(shapely.points(made.xy[ends[number]]))
    which, onto = tree.query(
        points, predicate="dwithin", distance=max(within, _TOUCH_M)
    )
    # lines that end in the cluster are joined there already
    members = np.unique(np.column_stack([first, np.arange(len(first)) // 2]), axis=0)
    known = members[:, 0] * len(level) + members[:, 1]
    fresh = ~np.isin(number[which] * len(level) + onto, known)
    equal = level[line[which]] == level[onto]
    fits = fresh & (equal | alone[which])
    which, onto, equal = which[fits], onto[fits], equal[fits]
    gap = shapely.distance(points[which], made.lines[onto])
    order = np.lexsort((onto, gap, ~equal, which))
    best = order[np.unique(which[order], return_index=True)[1]]
    which, onto, gap = which[best], onto[best], gap[best]
    along = shapely.line_locate_point(made.lines[onto], points[which])
    places = shapely.get_coordinates(
        shapely.line_interpolate_point(made.lines[onto], along)
    )
    added = made.add(onto, np.asarray(along), places)
    made.same.append((ends[number[which]], added))
    # the street stays as drawn, its neighbour's end comes to it
    target = np.full(len(first), -1)
    target[number[which]] = np.arange(len(which))
    moved = target[first]
    made.xy[ends[moved >= 0]] = places[moved[moved >= 0]]
    return {"landed": int((gap > _TOUCH_M).sum())}


def _assembled(made: _Making, counts: dict[str, int]) -> Noded:
    """Put all points in their order along their lines, and give each an identity."""
    vertices = len(made.xy)
    steps = np.hypot(*np.diff(made.xy, axis=0).T)
    steps[made.offsets[1:-1] - 1] = 0.0
    run = np.concatenate([[0.0], np.cumsum(steps)])
    along = run - run[made.offsets[:-1]][made.owner]
    line = np.concatenate([made.owner, *(each.line for each in made.added)])
    along = np.concatenate([along, *(each.along for each in made.added)])
    xy = np.concatenate([made.xy, *(each.xy for each in made.added)])
    order = np.lexsort((np.arange(len(line)), along, line))
    # what stands on a vertex of its own line is that vertex
    a, b = order[:-1], order[1:]
    close = (line[a] == line[b]) & (np.hypot(*(xy[a] - xy[b]).T) < SAME_M)
    vertex = _firsts(len(line), [*made.same, (a[close], b[close])])
    xy = np.where((vertex < vertices)[:, None], xy[vertex], xy)
    line, vertex = line[order], vertex[order]
    fresh = np.ones(len(order), bool)
    fresh[1:] = (line[1:] != line[:-1]) | (vertex[1:] != vertex[:-1])
    line, vertex = line[fresh], vertex[fresh]
    count = np.bincount(line, minlength=len(made.lines))
    kept = count[line] >= 2
    line, vertex = line[kept], vertex[kept]
    there = np.flatnonzero(count >= 2)
    offsets = np.concatenate([[0], np.cumsum(count[there])])
    # a crossing where neither line had a vertex
    made_here = np.unique(vertex[vertex >= vertices])
    counts = {**counts, "noded": len(made_here)}
    return Noded(xy[vertex], vertex, offsets, there, counts)
