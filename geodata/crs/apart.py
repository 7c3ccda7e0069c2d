"""How far a layer lies from a reference: a wrong zone puts it somewhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import shapely

from geodata.crs.measure import distance_m
from geodata.crs.transform import require, transform
from geodata.crs.zones import STORAGE

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

_MOST = 2000


class Apart(NamedTuple):
    """How many records were looked at, how many lie far away, and how far."""

    looked_at: int
    far: int
    metres: float
    """Of the far ones, the middle distance to what is nearest of the reference."""


def apart(
    frame: gpd.GeoDataFrame, reference: gpd.GeoDataFrame, *, beyond_m: float
) -> Apart:
    """Return how many records lie farther than ``beyond_m`` from all of a reference.

    A record stands where the middle of its box is; of very many, some are looked at
    evenly spread over the layer.
    """
    places = _middles(frame)
    known = _in_degrees(reference).geometry.to_numpy()
    known = known[~(shapely.is_missing(known) | shapely.is_empty(known))]
    if not len(places) or not len(known):
        return Apart(len(places), 0, 0.0)
    nearest = shapely.STRtree(known).nearest(places)
    onto = shapely.shortest_line(places, known[nearest])
    ends = shapely.get_coordinates(onto).reshape(-1, 2, 2)
    metres = distance_m(ends[:, 0, 0], ends[:, 0, 1], ends[:, 1, 0], ends[:, 1, 1])
    far = metres > beyond_m
    middle = float(np.median(metres[far])) if far.any() else 0.0
    return Apart(len(places), int(far.sum()), middle)


def _middles(frame: gpd.GeoDataFrame) -> npt.NDArray[np.object_]:
    shapes = _in_degrees(frame).geometry.to_numpy()
    shapes = shapes[~(shapely.is_missing(shapes) | shapely.is_empty(shapes))]
    if len(shapes) > _MOST:
        shapes = shapes[np.linspace(0, len(shapes) - 1, _MOST).astype(int)]
    boxes = shapely.bounds(shapes)
    middles = (boxes[:, :2] + boxes[:, 2:]) / 2
    return np.asarray(shapely.points(middles), dtype=object)


def _in_degrees(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return frame if require(frame).is_geographic else transform(frame, STORAGE)
