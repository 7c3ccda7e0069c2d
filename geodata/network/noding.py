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
    over: Floats
    """Places where lines do not meet because their heights differ."""


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
    heights: Floats | None = None,
    gap: float = np.inf,
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
    heights, gap
        Height of each vertex, NaN where none is known, and the difference from which
        on two places of one position are two: one passes over the other.
    """
    z = np.full(len(xy), np.nan) if heights is None else heights
    built = bool((start != level).any() or (stop != level).any())
    ends = np.column_stack([offsets[:-1], offsets[1:] - 1]).ravel()
    drawn = xy[ends]
    levels = np.column_stack([start, stop]).ravel()
    alike = levels if built else np.zeros_like(levels)
    tell = _Heights(z, gap, [])
    first = _clustered(drawn, alike, within, tell, ends)
    xy = xy.copy()
    xy[ends] = drawn[first]
    owner = np.repeat(np.arange(len(level)), np.diff(offsets))
    lines = np.asarray(shapely.linestrings(xy, indices=owner))
    made = _Making(xy, offsets, owner, lines, [], [(ends, ends[first])], tell)
    counts: dict[str, int] = {}
    if not built:
        made.same.append(_one_place(xy, level[owner], tell))
        counts = _crossed(made, level) | _landed(made, level, ends, first, within)
    moved = np.hypot(*(drawn - made.xy[ends]).T) > _TOUCH_M
    places = tell.places()
    counts = {"snapped": int(moved.sum()), **counts, "apart_heights": len(places)}
    return _assembled(made, counts)._replace(over=places)


class _Heights(NamedTuple):
    """Heights of the vertices drawn, and where they keep lines from meeting."""

    z: Floats
    gap: float
    found: list[Floats]

    def apart(self, one: Floats, other: Floats, xy: Floats) -> npt.NDArray[np.bool_]:
        """Return which pairs differ clearly in height, and remember their places."""
        far: npt.NDArray[np.bool_] = np.abs(one - other) >= self.gap
        self.found.append(xy[far])
        return far

    def places(self) -> Floats:
        """Return the places remembered, one of those within a metre."""
        found = np.concatenate([*self.found, np.empty((0, 2))])
        _, first = np.unique(np.round(found), axis=0, return_index=True)
        return found[np.sort(first)]


class _Making(NamedTuple):
    """Lines under way: what is added to them, and what is the same."""

    xy: Floats
    offsets: Longs
    owner: Longs
    lines: npt.NDArray[np.object_]
    added: list[_Points]
    same: list[Pairs]
    heights: _Heights

    def at(self, line: Longs, along: Floats) -> Floats:
        """Return the heights of lines at metres along them."""
        if np.isinf(self.heights.gap):
            return np.full(len(line), np.nan)
        # all lines laid one behind the other, a metre between them
        steps = np.hypot(*np.diff(self.xy, axis=0).T)
        steps[self.offsets[1:-1] - 1] = 1.0
        run = np.concatenate([[0.0], np.cumsum(steps)])
        length = run[self.offsets[1:] - 1] - run[self.offsets[:-1]]
        where = run[self.offsets[:-1]][line] + np.clip(along, 0.0, length[line])
        found: Floats = np.interp(where, run, self.heights.z)
        return found

    def add(self, line: Longs, along: Floats, xy: Floats) -> Longs:
        """Take points on lines; return their numbers, after those of vertices."""
        begin = len(self.xy) + sum(len(each.line) for each in self.added)
        self.added.append(_Points(line, along, xy))
        return begin + np.arange(len(line))


def _clustered(
    xy: Floats,
    level: npt.NDArray[np.int16],
    within: float,
    heights: _Heights,
    vertex: Longs,
) -> Longs:
    """Return the first of the ends that each end is one place with."""
    from scipy.spatial import cKDTree

    tree = cKDTree(xy)
    pairs = tree.query_pairs(max(within, _TOUCH_M), output_type="ndarray")
    pairs = pairs[level[pairs[:, 0]] == level[pairs[:, 1]]]
    one, other = vertex[pairs[:, 0]], vertex[pairs[:, 1]]
    pairs = pairs[~heights.apart(heights.z[one], heights.z[other], xy[pairs[:, 0]])]
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


def _one_place(xy: Floats, level: npt.NDArray[np.int16], heights: _Heights) -> Pairs:
    """Return pairs of vertices that one level has in one place."""
    order = np.lexsort((heights.z, level, xy[:, 1], xy[:, 0]))
    a, b = order[:-1], order[1:]
    same = (xy[a] == xy[b]).all(axis=1) & (level[a] == level[b])
    a, b = a[same], b[same]
    same = ~heights.apart(heights.z[a], heights.z[b], xy[a])
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
    one, other = one[pair], other[pair]
    runs = [_along(made.lines[line], xy) for line in (one, other)]
    meet = ~made.heights.apart(made.at(one, runs[0]), made.at(other, runs[1]), xy)
    numbers = [
        made.add(line[meet], run[meet], xy[meet])
        for line, run in zip((one, other), runs, strict=True)
    ]
    made.same.append((numbers[0], numbers[1]))
    _touched(made, level, tree)
    twisted = np.flatnonzero(~shapely.is_simple(made.lines))
    for line in twisted:
        for place in _twice(made.lines[line]):
            along = _passes(made.xy[made.offsets[line] : made.offsets[line + 1]], place)
            of = np.full(len(along), line)
            there = np.tile(place, (len(along), 1))
            passed, z = made.add(of, along, there), made.at(of, along)
            meet = ~made.heights.apart(z[:-1], z[1:], there[1:])
            made.same.append((passed[:-1][meet], passed[1:][meet]))
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
    along = _along(made.lines[line], xy)
    fresh = ~made.heights.apart(made.heights.z[vertex], made.at(line, along), xy)
    vertex, line, xy, along = vertex[fresh], line[fresh], xy[fresh], along[fresh]
    made.same.append((vertex, made.add(line, along, xy)))


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
    along = np.asarray(shapely.line_locate_point(made.lines[onto], points[which]))
    end = ends[number[which]]
    fits = ~made.heights.apart(made.heights.z[end], made.at(onto, along), made.xy[end])
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
    return Noded(xy[vertex], vertex, offsets, there, counts, np.empty((0, 2)))
