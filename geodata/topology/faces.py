"""The places that unmatched edges enclose, and how many units cover each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.topology.edges import SAME_POSITION_DEG, TOUCH_DEG, Edges, chains

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Faces:
    """Bounded places between unmatched edges.

    ``count`` is the number of units that cover each face; ``face`` and ``unit`` are
    parallel arrays that list the units of every face.
    """

    polygons: NDArray[Any]
    count: NDArray[np.intp]
    face: NDArray[np.intp]
    unit: NDArray[np.intp]


def faces_of(geometries: NDArray[Any], edges: Edges) -> Faces:
    """Return the faces between the unmatched edges of valid polygons.

    A face that several units cover is cut further along the matched borders that
    run through it, so that the same units cover all of it.
    """
    lines = unmatched(edges)
    polygons = enclosed(lines)
    count, face, unit = covering(geometries, polygons)
    through, cut = _crossed(edges, polygons, count)
    if not len(through):
        return Faces(polygons, count, face, unit)
    pieces = enclosed(np.concatenate([cut, shapely.boundary(polygons[through])]))
    pieces = pieces[covering(polygons[through], pieces)[0] > 0]
    _, piece, piece_unit = covering(geometries, pieces)
    rest = np.delete(np.arange(len(polygons)), through)
    place = np.full(len(polygons), -1)
    place[rest] = np.arange(len(rest))
    stays = place[face] >= 0
    polygons = np.concatenate([polygons[rest], pieces])
    face = np.concatenate([place[face[stays]], piece + len(rest)])
    unit = np.concatenate([unit[stays], piece_unit])
    return Faces(polygons, np.bincount(face, minlength=len(polygons)), face, unit)


def unmatched(edges: Edges) -> NDArray[Any]:
    """Return the unmatched edges as lines, each once."""
    return chains(edges, edges.start[edges.first & (edges.net != 0)])


def enclosed(lines: NDArray[Any]) -> NDArray[Any]:
    """Node the lines and return the polygons they enclose."""
    if not len(lines):
        return np.empty(0, dtype=object)
    try:
        noded = shapely.union_all(lines)
    except shapely.GEOSException:
        # Near-parallel edges that plain arithmetic cannot node: round to the grid.
        noded = shapely.union_all(lines, grid_size=SAME_POSITION_DEG / 10)
    return np.asarray(shapely.get_parts(shapely.polygonize(shapely.get_parts(noded))))


def covering(
    geometries: NDArray[Any], polygons: NDArray[Any]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return how many geometries cover each polygon, and the pairs."""
    inside = shapely.point_on_surface(polygons)
    tree = shapely.STRtree(inside)
    unit, face = tree.query(geometries, predicate="contains")
    near = tree.query(geometries, predicate="dwithin", distance=TOUCH_DEG)[1]
    count = np.bincount(face, minlength=len(polygons))
    doubtful = np.bincount(near, minlength=len(polygons)) != count
    # What is narrower than the tolerance has no better point, and is noise.
    wide = shapely.area(polygons) > TOUCH_DEG * shapely.length(polygons)
    asked = np.flatnonzero(doubtful & wide)
    if not len(asked):
        return count, face, unit
    # The point lies on a border within the face: ask for another one.
    sure = ~np.isin(face, asked)
    pairs = _asked_again(geometries, polygons[asked])
    face = np.concatenate([face[sure], np.repeat(asked, [len(p) for p in pairs])])
    unit = np.concatenate([unit[sure], *pairs]).astype(np.intp)
    return np.bincount(face, minlength=len(polygons)), face, unit


def _asked_again(
    geometries: NDArray[Any], polygons: NDArray[Any]
) -> list[NDArray[np.intp]]:
    """Return for each face the geometries that cover it, off every border."""
    tree = shapely.STRtree(geometries)
    answers = []
    for polygon in polygons:  # few: a point seldom falls on a border
        around = np.sort(tree.query(polygon))
        units = geometries[around]
        answer = np.zeros(len(units), bool)
        for point in _just_inside(polygon):
            answer = shapely.contains(units, point)
            if (answer == shapely.dwithin(units, point, TOUCH_DEG)).all():
                break
        answers.append(np.asarray(around[answer], np.intp))
    return answers


def _just_inside(polygon: Any) -> Iterator[Any]:
    """Yield points inside the polygon, next to the middles of its edges."""
    xy = shapely.get_coordinates(shapely.orient_polygons(polygon).exterior)
    step = np.diff(xy, axis=0)
    middle = (xy[1:] + xy[:-1]) / 2
    inward = np.stack([-step[:, 1], step[:, 0]], axis=1)
    longest = np.argsort(-np.hypot(step[:, 0], step[:, 1]))
    for share in (0.1, 0.01, 0.001):
        points = np.asarray(shapely.points(middle[longest] + share * inward[longest]))
        yield from points[shapely.contains_properly(polygon, points)]


def _crossed(
    edges: Edges, polygons: NDArray[Any], count: NDArray[np.intp]
) -> tuple[NDArray[np.intp], NDArray[Any]]:
    """Return the overlap faces that matched borders cross, and those borders."""
    overlap = np.flatnonzero(count > 1)
    matched = edges.start[edges.first & (edges.net == 0)]
    if not len(overlap) or not len(matched):
        return np.empty(0, np.intp), np.empty(0, dtype=object)
    ends = np.stack([edges.xy[matched], edges.xy[matched + 1]], axis=1)
    segments = np.asarray(shapely.linestrings(ends))
    line, at = shapely.STRtree(polygons[overlap]).query(segments)
    meets = shapely.relate_pattern(segments[line], polygons[overlap[at]], "T********")
    return np.unique(overlap[at[meets]]), segments[np.unique(line[meets])]
