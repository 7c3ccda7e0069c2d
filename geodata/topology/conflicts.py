"""Where polygons that should tile do not: overlaps, gaps, unmatched borders."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.topology import measure
from geodata.topology.edges import SAME_POSITION_DEG, Edges, edges_of
from geodata.topology.faces import Faces, faces_of
from geodata.topology.soundness import Sound, sound

if TYPE_CHECKING:
    from numpy.typing import NDArray

NOISE_M = 0.001
"""Places narrower than this (domain C6: coordinate equality) are not on the ground."""
TOUCH_DEG = 2 * SAME_POSITION_DEG


@dataclass(frozen=True)
class Conflicts:
    """Everything found in one pass; units are positions in the array given.

    ``overlaps`` and ``gaps``: ``units`` (tuple: all that overlap, or all around),
    ``area_m2``, ``width_m`` (mean), ``geometry``; one row per place. ``borders``:
    stretches where two neighbours agree on the ground but not on the vertices:
    ``units``, ``length_m``, ``offset_m``, ``geometry``. ``noisy``: units with
    vertices that miss their neighbour's by float noise. ``unusable``: units left
    out because nothing can be done with them.
    """

    overlaps: gpd.GeoDataFrame
    gaps: gpd.GeoDataFrame
    borders: gpd.GeoDataFrame
    noisy: NDArray[np.intp]
    unusable: NDArray[np.intp]


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
    faces = faces_of(units, edges)
    area = measure.area_m2(faces.polygons)
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
        borders=_borders(units, faces, members, width, (faces.count != 1) & ~wide),
        noisy=_noisy(edges),
        unusable=np.flatnonzero(~checked.usable),
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


def _borders(
    units: NDArray[Any],
    faces: Faces,
    members: NDArray[Any],
    width: NDArray[np.float64],
    narrow: NDArray[np.bool_],
) -> gpd.GeoDataFrame:
    """Return one row per group of neighbours for flat segments and narrow faces."""
    middle = shapely.line_interpolate_point(faces.flat, 0.5, normalized=True)
    table = pd.DataFrame(
        {
            "units": np.concatenate([_around(units, middle), members[narrow]]),
            "offset_m": np.concatenate([np.zeros(len(middle)), width[narrow]]),
            "line": np.concatenate(
                [faces.flat, shapely.boundary(faces.polygons[narrow])]
            ),
        }
    )
    table = table[table["units"].str.len() > 1]
    merged = table.groupby("units", sort=True).agg(
        offset_m=("offset_m", "max"), line=("line", _joined)
    )
    lines = merged["line"].to_numpy(dtype=object)
    return gpd.GeoDataFrame(
        {
            "units": merged.index.to_numpy(dtype=object),
            "length_m": measure.perimeter_m(lines),
            "offset_m": merged["offset_m"].to_numpy(dtype=float),
        },
        geometry=lines,
        crs=None,
    )


def _joined(lines: pd.Series[Any]) -> Any:
    """Return the lines of one border as one multi-line."""
    return shapely.multilinestrings(shapely.get_parts(lines.to_numpy(dtype=object)))


def _noisy(edges: Edges) -> NDArray[np.intp]:
    """Return the units with a vertex that was moved onto a neighbour's."""
    return np.unique(edges.unit[edges.noisy])
