"""The edges of a coverage, each once, with the two polygons it parts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import STORAGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

OUTSIDE = -1
"""In place of a polygon: nothing on that side."""


class Segments(NamedTuple):
    """Every ring's segments in order; equal segments carry the same ``edge``."""

    points: NDArray[np.float64]
    """(n, 4): from x, y to x, y, as the ring runs."""
    ring: NDArray[np.intp]
    polygon: NDArray[np.intp]
    edge: NDArray[np.int64]


def segments(geometries: NDArray[np.object_]) -> Segments:
    """Take polygons apart into segments and say which are the same edge."""
    singles, owner = shapely.get_parts(geometries, return_index=True)
    rings, polygon = shapely.get_rings(singles, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    inner = ring[1:] == ring[:-1]
    moving = inner & (points[1:] != points[:-1]).any(axis=1)
    lines = np.column_stack([points[:-1], points[1:]])[moving]
    at = ring[:-1][moving]
    return Segments(lines, at, owner[polygon[at]], _edges(lines))


def _edges(lines: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return one number per segment, equal when the end points are (either way)."""
    back = (lines[:, 0] > lines[:, 2]) | (
        (lines[:, 0] == lines[:, 2]) & (lines[:, 1] > lines[:, 3])
    )
    ordered = np.where(back[:, None], lines[:, [2, 3, 0, 1]], lines) + 0.0
    words = np.ascontiguousarray(ordered).view(np.uint64)
    mixed = np.zeros(len(lines), np.uint64)
    factor = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        for column in range(4):
            mixed = (mixed ^ words[:, column]) * factor
            mixed ^= mixed >> np.uint64(29)
    codes, _ = pd.factorize(mixed)
    return codes.astype(np.int64)


def borders(geometries: NDArray[np.object_]) -> gpd.GeoDataFrame:
    """Return the coverage's borders: columns a, b (positions) and geometry.

    ``b`` is :data:`OUTSIDE` where only one polygon has the edge. A border that
    runs on unbroken between the same two polygons is one line.
    """
    parts = segments(geometries)
    count = int(parts.edge.max()) + 1 if len(parts.edge) else 0
    first = np.full(count, len(parts.edge), np.intp)
    np.minimum.at(first, parts.edge, np.arange(len(parts.edge)))
    a = parts.polygon[first]
    other = np.full(count, OUTSIDE, np.intp)
    differs = parts.polygon != a[parts.edge]
    other[parts.edge[differs]] = parts.polygon[differs]
    low, high = np.minimum(a, other), np.maximum(a, other)
    a, b = np.where(low == OUTSIDE, high, low), np.where(low == OUTSIDE, low, high)
    owned = np.zeros(len(parts.edge), bool)
    owned[first] = True
    pair = a[parts.edge] * (len(geometries) + 1) + b[parts.edge] + 1
    lines, starts = chains(parts, owned, pair)
    edge = parts.edge[starts]
    return gpd.GeoDataFrame({"a": a[edge], "b": b[edge]}, geometry=lines, crs=STORAGE)


def chains(
    parts: Segments, chosen: NDArray[np.bool_], group: NDArray[np.int64]
) -> tuple[NDArray[np.object_], NDArray[np.intp]]:
    """Join chosen segments that follow each other in a ring and share a group.

    Returns
    -------
    lines, starts
        The lines, and the position of the segment each begins with.
    """
    at = np.flatnonzero(chosen)
    if not len(at):
        return np.empty(0, object), at
    broken = np.ones(len(at), bool)
    broken[1:] = (
        (np.diff(at) != 1)
        | (parts.ring[at[1:]] != parts.ring[at[:-1]])
        | (group[at[1:]] != group[at[:-1]])
        | (parts.points[at[1:], :2] != parts.points[at[:-1], 2:]).any(axis=1)
    )
    run = np.cumsum(broken) - 1
    heads = np.flatnonzero(broken)
    # each run's points: the start of every segment, then the end of the last one
    tails = np.append(heads[1:], len(at)) - 1
    spots = np.concatenate([np.arange(len(at)) * 2, tails * 2 + 1])
    points = np.concatenate([parts.points[at, :2], parts.points[at[tails], 2:]])
    index = np.concatenate([run, run[tails]])
    order = np.argsort(spots, kind="stable")
    lines = shapely.linestrings(points[order], indices=index[order])
    return np.asarray(lines, object), at[heads]


def rank(
    a: Sequence[Any], b: Sequence[Any], prefixes: Sequence[int]
) -> NDArray[np.int64]:
    """Return how high each border stands: 0 parts the largest units.

    Keys are hierarchical: two that first differ within their ``prefixes[i]``
    characters lie in different units of rank i. A border to nothing ranks as the
    border of the smallest unit that holds every key of ``a``.
    """
    left, right = pd.Series(a, dtype=object), pd.Series(b, dtype=object)
    result = np.full(len(left), len(prefixes) - 1, np.int64)
    missing = right.isna().to_numpy()
    common = _common_rank(left, prefixes)
    for position in reversed(range(len(prefixes))):
        cut = prefixes[position]
        differs = (left.str[:cut] != right.str[:cut]).to_numpy(bool)
        result[differs & ~missing] = position
    result[missing] = common
    return result


def _common_rank(keys: pd.Series[str], prefixes: Sequence[int]) -> int:
    shared = 0
    for position, cut in enumerate(prefixes):
        if len(keys.str[:cut].unique()) > 1:
            break
        shared = position
    return shared
