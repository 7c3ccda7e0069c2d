"""Where polygons that should tile do not: overlaps, gaps, unmatched borders."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import area_m2
from geodata.topology import measure
from geodata.topology.crowding import crowded
from geodata.topology.edges import TOUCH_DEG, Edges, edges_of
from geodata.topology.faces import Faces, faces_of
from geodata.topology.soundness import Sound, sound

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOISE_M = 0.001
"""Places narrower than this (domain C6: coordinate equality) are not on the ground."""


@dataclass(frozen=True)
class Conflicts:
    """Everything found in one pass; units are positions in the array given.

    ``overlaps`` and ``gaps``: ``units`` (tuple: all that overlap, or all around),
    ``area_m2``, ``width_m`` (mean), ``geometry``; one row per place. ``borders``:
    where neighbours agree on the ground but not on the vertices: ``units`` (the
    first lacks the vertices that the second has), ``length_m`` (of the edges),
    ``geometry`` (the vertices). ``noisy``: units with
    vertices that miss their neighbour's by float noise. ``unusable``: units left
    out because nothing can be done with them, ``crowded`` because they cross far
    too many others.
    """

    overlaps: gpd.GeoDataFrame
    gaps: gpd.GeoDataFrame
    borders: gpd.GeoDataFrame
    noisy: NDArray[np.intp]
    unusable: NDArray[np.intp]
    crowded: NDArray[np.intp]


def conflicts(geometries: Any, *, checked: Sound | None = None) -> Conflicts:
    """Find every overlap, gap and unmatched border of one level's polygons.

    Parameters
    ----------
    geometries
        Array of (multi)polygons in degrees. Invalid ones take part with a repaired
        copy; hopeless ones are left out and listed.
    checked
        What :func:`geodata.topology.soundness.sound` returned for them, if known.
    """
    checked = checked or sound(geometries)
    units = checked.polygons
    edges = edges_of(units)
    left_out = crowded(edges)
    if len(left_out):
        units = units.copy()
        units[left_out] = shapely.MultiPolygon()
        edges = edges_of(units)
    faces = faces_of(units, edges)
    area = area_m2(faces.polygons)
    width = measure.mean_width_m(faces.polygons, area)
    members = _members(faces)
    gap = np.flatnonzero(faces.count == 0)
    around = _around(units, faces.polygons[gap])
    for place, row in zip(gap, around, strict=True):
        members[place] = row
    wide = width >= NOISE_M
    return Conflicts(
        overlaps=_places(faces, members, area, width, (faces.count > 1) & wide),
        gaps=_places(faces, members, area, width, (faces.count == 0) & wide),
        borders=_borders(edges, faces.polygons[(faces.count != 1) & wide]),
        noisy=edges.noisy,
        unusable=np.flatnonzero(~checked.usable),
        crowded=left_out,
    )


def overlaps(geometries: Any) -> gpd.GeoDataFrame:
    """Return the overlaps of ``geometries``, one row a place; see Conflicts.

    ``i`` and ``j`` are the first two units; ``units`` lists all.
    """
    found = conflicts(geometries).overlaps
    return found.assign(i=found["units"].str[0], j=found["units"].str[1])


def gaps(geometries: Any) -> gpd.GeoDataFrame:
    """Return the gaps enclosed by ``geometries``, one row a place; see Conflicts."""
    return conflicts(geometries).gaps


def _members(faces: Faces) -> NDArray[Any]:
    """Return for each face the tuple of units that cover it."""
    return grouped(faces.face, faces.unit, len(faces.polygons))


def grouped(
    owner: NDArray[np.intp], value: NDArray[np.intp], count: int
) -> NDArray[Any]:
    """Return for each owner the sorted tuple of its values."""
    order = np.lexsort((value, owner))
    bounds = np.searchsorted(owner[order], np.arange(count + 1))
    values = value[order].tolist()
    groups = np.empty(count, dtype=object)
    groups[:] = [
        tuple(values[low:high]) for low, high in itertools.pairwise(bounds.tolist())
    ]
    return groups


def _around(units: NDArray[Any], places: NDArray[Any]) -> NDArray[Any]:
    """Return for each place the tuple of units that touch it."""
    unit, place = shapely.STRtree(places).query(
        units, predicate="dwithin", distance=TOUCH_DEG
    )
    return grouped(place, unit, len(places))


def _places(
    faces: Faces,
    members: NDArray[Any],
    area: NDArray[np.float64],
    width: NDArray[np.float64],
    chosen: NDArray[np.bool_],
) -> gpd.GeoDataFrame:
    table = pd.DataFrame(
        {
            "units": members[chosen],
            "area_m2": area[chosen],
            "width_m": width[chosen],
        }
    )
    return gpd.GeoDataFrame(table, geometry=faces.polygons[chosen], crs=None)


def _borders(edges: Edges, places: NDArray[Any]) -> gpd.GeoDataFrame:
    """Return one row per unit that lacks vertices and neighbour that has them.

    Not those at a gap or an overlap, which are a part of that.
    """
    added = edges.added[~_touching(edges.xy[edges.added], places)]
    pair = _owners(edges, added)
    step = edges.xy[added + 1] - edges.xy[added - 1]
    step = step * measure.metres_per_degree(edges.xy[added, 1])
    pair["length_m"] = np.hypot(step[:, 0], step[:, 1])[pair["row"]]
    pair["place"] = added[pair["row"]]
    units, lengths, points = [], [], []
    for names, group in pair.groupby(["lacks", "has"], sort=True):
        units.append(names)
        lengths.append(float(group["length_m"].sum()))
        points.append(shapely.multipoints(edges.xy[group["place"].to_numpy()]))
    table = pd.DataFrame(
        {
            "units": pd.Series(units, dtype=object),
            "length_m": np.array(lengths, dtype=float),
        }
    )
    return gpd.GeoDataFrame(table, geometry=np.array(points, dtype=object), crs=None)


def _touching(xy: NDArray[np.float64], places: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which positions touch one of the places."""
    touching = np.zeros(len(xy), bool)
    if len(xy) and len(places):
        near = shapely.STRtree(places).query(
            shapely.points(xy), predicate="dwithin", distance=TOUCH_DEG
        )
        touching[near[0]] = True
    return touching


def _owners(edges: Edges, added: NDArray[np.intp]) -> pd.DataFrame:
    """Return for each added vertex (``row``) who ``lacks`` it and who ``has`` it."""
    own = np.ones(len(edges.vertex), bool)
    own[edges.added] = False
    wanted = np.flatnonzero(own & np.isin(edges.vertex, edges.vertex[added]))
    having = pd.DataFrame(
        {"vertex": edges.vertex[wanted], "has": edges.unit[wanted]}
    ).drop_duplicates()
    lacking = pd.DataFrame(
        {
            "row": np.arange(len(added)),
            "vertex": edges.vertex[added],
            "lacks": edges.unit[added],
        }
    )
    pairs = lacking.merge(having, on="vertex")
    return pairs[pairs["lacks"] != pairs["has"]].reset_index(drop=True)
