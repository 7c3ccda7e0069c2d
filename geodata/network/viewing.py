"""The streets of a place, for a map."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.network.gathering import vertices_of
from geodata.network.graph import VEHICLE, WALK
from geodata.network.reporting import degrees, part_of
from geodata.network.snap import kept, to_plane

if TYPE_CHECKING:
    from geodata.network.graph import Network

MOST = 6_000
"""Edges of one answer; where there are more, one looks closer."""
NAMES = ("street", "walk", "vehicle", "isolated")
ISOLATED = NAMES.index("isolated")


def streets_in(
    network: Network, box: tuple[float, float, float, float]
) -> dict[str, Any]:
    """Return the edges that meet a box as GeoJSON, those of one look together.

    Parameters
    ----------
    box
        West, south, east, north in degrees.

    Returns
    -------
    dict
        ``{"type": "FeatureCollection", "features", "count", "more"}``; each feature a
        MultiLineString with ``look``: one of :data:`NAMES`. Where there are more than
        :data:`MOST` edges, those of isolated parts alone, and ``more`` is true.
    """
    low, high = _boxes(network)
    west, south, east, north = box
    corners = to_plane(network, [west, east, west, east], [south, south, north, north])
    begin, end = corners.min(axis=0), corners.max(axis=0)
    inside = np.flatnonzero((high >= begin).all(axis=1) & (low <= end).all(axis=1))
    found = {"type": "FeatureCollection", "count": len(inside)}
    look = _looks(network)[inside]
    more = len(inside) > MOST
    if more:
        # what nothing joins is shown from afar as well
        alone = look == ISOLATED
        inside, look = inside[alone][:MOST], look[alone][:MOST]
    features = [
        {
            "type": "Feature",
            "properties": {"look": name},
            "geometry": {
                "type": "MultiLineString",
                "coordinates": _lines(network, inside[look == at]),
            },
        }
        for at, name in enumerate(NAMES)
        if (look == at).any()
    ]
    return {**found, "features": features, "more": more}


def _boxes(network: Network) -> Any:
    def made() -> Any:
        begin = network.offsets[:-1]
        return (
            np.minimum.reduceat(network.coords, begin, axis=0),
            np.maximum.reduceat(network.coords, begin, axis=0),
        )

    return kept(network, "boxes", made)


def _looks(network: Network) -> Any:
    def made() -> Any:
        part = kept(network, "part", lambda: part_of(network))[network.tail]
        look = np.where(network.kind == WALK, 1, 0)
        look = np.where(part > 0, ISOLATED, look)
        return np.where(network.kind == VEHICLE, 2, look)

    return kept(network, "looks", made)


def _lines(network: Network, edges: Any) -> list[list[list[float]]]:
    at, starts = vertices_of(network.offsets, edges)
    places = degrees(network.coords[at], network.crs).round(6)
    return [part.tolist() for part in np.split(places, starts[1:-1])]
