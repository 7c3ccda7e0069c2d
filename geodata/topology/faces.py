"""The places that unmatched edges enclose, and how many units cover each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.topology.edges import Edges, chains, mix

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Faces:
    """Bounded places between unmatched edges.

    ``count`` is the number of units that cover each face; ``face`` and ``unit`` are
    parallel arrays that list the units of every face. ``flat`` are the segments
    that enclose nothing: there neighbours agree on the ground, not on the vertices.
    """

    polygons: NDArray[Any]
    count: NDArray[np.intp]
    face: NDArray[np.intp]
    unit: NDArray[np.intp]
    flat: NDArray[Any]


def faces_of(geometries: NDArray[Any], edges: Edges) -> Faces:
    """Return the faces between the unmatched edges of valid polygons.

    A face that several units cover is cut further along the matched borders that
    run through it, so that the same units cover all of it.
    """
    lines = unmatched(edges)
    polygons, loose = enclosed(lines)
    count, face, unit = covering(geometries, polygons)
    flat = np.concatenate([loose, _between_single(polygons[count == 1])])
    through, cut = _crossed(edges, polygons, count)
    if not len(through):
        return Faces(polygons, count, face, unit, flat)
    pieces, _ = enclosed(np.concatenate([cut, shapely.boundary(polygons[through])]))
    within = covering(polygons[through], pieces)[0] > 0
    rest = np.delete(polygons, through)
    polygons = np.concatenate([rest, pieces[within]])
    return Faces(polygons, *covering(geometries, polygons), flat)


def unmatched(edges: Edges) -> NDArray[Any]:
    """Return the unmatched edges as lines, each once."""
    return chains(edges, edges.start[edges.first & (edges.net != 0)])


def _between_single(single: NDArray[Any]) -> NDArray[Any]:
    """Return the segments between two faces that one unit each covers."""
    xy, ring = shapely.get_coordinates(shapely.get_rings(single), return_index=True)
    inside = np.flatnonzero(ring[1:] == ring[:-1])
    if not len(inside):
        return np.empty(0, dtype=object)
    words = xy.view(np.uint64)
    code = mix(words[:, 0].copy(), words[:, 1].copy())
    pair = np.sort(np.stack([code[inside], code[inside + 1]], axis=1), axis=1)
    key = mix(pair[:, 0].copy(), pair[:, 1].copy())
    _, first, times = np.unique(key, return_index=True, return_counts=True)
    twice = inside[first[times > 1]]
    ends = np.stack([xy[twice], xy[twice + 1]], axis=1)
    return np.asarray(shapely.linestrings(ends))


def enclosed(lines: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Node the lines; return the polygons they enclose and the lines left over."""
    if not len(lines):
        return np.empty(0, dtype=object), np.empty(0, dtype=object)
    noded = shapely.get_parts(shapely.union_all(lines))
    polygons, cuts, dangles, _ = shapely.polygonize_full(noded)
    loose = np.concatenate([shapely.get_parts(cuts), shapely.get_parts(dangles)])
    return np.asarray(shapely.get_parts(polygons)), loose


def covering(
    geometries: NDArray[Any], polygons: NDArray[Any]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return how many geometries cover each polygon, and the pairs."""
    inside = shapely.point_on_surface(polygons)
    tree = shapely.STRtree(inside)
    unit, face = tree.query(geometries, predicate="contains")
    count = np.bincount(face, minlength=len(polygons))
    touched = tree.query(geometries, predicate="intersects")[1]
    unsure = np.flatnonzero(np.bincount(touched, minlength=len(polygons)) != count)
    if not len(unsure):
        return count, face, unit
    # The point lies on a border within the face: ask for another one.
    sure = ~np.isin(face, unsure)
    pairs = [
        _covering_one(geometries, polygons[place], inside[place]) for place in unsure
    ]
    sizes = [len(units) for units in pairs]
    face = np.concatenate([face[sure], np.repeat(unsure, sizes)])
    unit = np.concatenate([unit[sure], *pairs]).astype(np.intp)
    return np.bincount(face, minlength=len(polygons)), face, unit


def _covering_one(
    geometries: NDArray[Any], polygon: Any, doubtful: Any
) -> NDArray[np.intp]:
    """Return the geometries that cover one face, asked at a point off every border."""
    near = shapely.STRtree(geometries).query(doubtful, predicate="intersects")
    near = np.union1d(near, shapely.STRtree(geometries).query(polygon))
    units = geometries[near]
    for point in _just_inside(polygon):
        covers = shapely.contains_properly(units, point)
        if (covers == shapely.intersects(units, point)).all():
            return np.asarray(near[covers], np.intp)
    return np.asarray(near[shapely.contains(units, doubtful)], np.intp)


def _just_inside(polygon: Any) -> Iterator[Any]:
    """Yield points inside the polygon, next to the middles of its edges."""
    xy = shapely.get_coordinates(shapely.orient_polygons(polygon).exterior)
    step = np.diff(xy, axis=0)
    middle = (xy[1:] + xy[:-1]) / 2
    inward = np.stack([-step[:, 1], step[:, 0]], axis=1)
    longest = np.argsort(-np.hypot(step[:, 0], step[:, 1]))
    for share in (0.1, 0.01, 0.001):
        points = shapely.points(middle[longest] + share * inward[longest])
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
