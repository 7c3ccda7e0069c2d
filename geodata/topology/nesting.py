"""Where a unit and the union of its parts differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.crs import area_m2
from geodata.topology import measure
from geodata.topology.conflicts import NOISE_M, grouped
from geodata.topology.edges import edges_of
from geodata.topology.faces import covering, enclosed, unmatched

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Nesting(NamedTuple):
    """What a parent and its children do not share.

    ``outside``: ground of children that the parent does not have (``units``:
    positions of the children); ``residual``: ground of the parent that no child
    has. Both with ``area_m2``, ``width_m`` and ``geometry``, one row a place.
    """

    outside: gpd.GeoDataFrame
    residual: gpd.GeoDataFrame


def nesting(parent: Any, children: NDArray[Any]) -> Nesting:
    """Compare a valid (multi)polygon with valid ones that should make it up.

    Degrees; places narrower than a millimetre do not count.
    """
    together = np.append(children, parent)
    against = np.zeros(len(together), bool)
    against[-1] = True
    polygons = enclosed(unmatched(edges_of(together, against=against)))
    _, face, unit = covering(together, polygons)
    of_child = unit < len(children)
    held = np.zeros(len(polygons), bool)
    held[face[~of_child]] = True
    taken = np.bincount(face[of_child], minlength=len(polygons)) > 0
    units = grouped(face[of_child], unit[of_child], len(polygons))
    area = area_m2(polygons)
    width = measure.mean_width_m(polygons, area)
    table = gpd.GeoDataFrame(
        pd.DataFrame({"units": units, "area_m2": area, "width_m": width}),
        geometry=polygons,
    )
    real = width >= NOISE_M
    return Nesting(
        outside=table[taken & ~held & real].reset_index(drop=True),
        residual=table[held & ~taken & real].reset_index(drop=True),
    )
