"""The places that unmatched edges enclose, and how many units cover each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.topology.edges import Edges, chains, mix

if TYPE_CHECKING:
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
    lines = chains(edges, edges.start[edges.first & (edges.net != 0)])
    polygons, loose = _enclosed(lines)
    count, face, unit = _covering(geometries, polygons)
    flat = np.concatenate([loose, _between_single(polygons[count == 1])])
    through, cut = _crossed(edges, polygons, count)
    if not len(through):
        return Faces(polygons, count, face, unit, flat)
    pieces, _ = _enclosed(np.concatenate([cut, shapely.boundary(polygons[through])]))
    within = _covering(polygons[through], pieces)[0] > 0
    rest = np.delete(polygons, through)
    polygons = np.concatenate([rest, pieces[within]])
    return Faces(polygons, *_covering(geometries, polygons), flat)


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


def _enclosed(lines: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Node the lines; return the polygons they enclose and the lines left over."""
    if not len(lines):
        return np.empty(0, dtype=object), np.empty(0, dtype=object)
    noded = shapely.get_parts(shapely.union_all(lines))
    polygons, cuts, dangles, _ = shapely.polygonize_full(noded)
    loose = np.concatenate([shapely.get_parts(cuts), shapely.get_parts(dangles)])
    return np.asarray(shapely.get_parts(polygons)), loose


def _covering(
    geometries: NDArray[Any], polygons: NDArray[Any]
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp]]:
    """Return how many geometries cover each polygon, and the pairs."""
    inside = shapely.point_on_surface(polygons)
    unit, face = shapely.STRtree(inside).query(geometries, predicate="contains")
    return np.bincount(face, minlength=len(polygons)), face, unit


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
