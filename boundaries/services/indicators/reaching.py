"""Who and how much ground is within reach, as indicators take it from the coverage.

I11 and I12, and which communities are wholly served (I3, I5). Along streets where a
network is stored, by straight circles where none is; the document says which.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from boundaries.services import coverage as figures
from geodata import crs

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    import numpy.typing as npt

    from boundaries.services.indicators.options import Options
    from boundaries.services.situation import Situation
    from geodata.network.graph import Graph, Spots

COLUMNS = ("elderly", "elderly_reached", "area_km2", "area_reached_km2")


def questions(options: Options) -> dict[str, tuple[str, ...]]:
    """Return the sets of facility types whose reach the indicators ask for."""
    return {
        "reach": tuple(options.reach),
        "day_urban": tuple(options.day_urban),
        "day_rural": tuple(options.day_rural),
        "meals": ("MEAL",),
    }


def reach_document(situation: Situation, options: Options) -> dict[str, Any]:
    """Return what is within reach by the lowest units, as plain JSON values.

    Returns
    -------
    dict
        ``{"stamp", "method", "units": {code: [elderly, reached, area, reached]},
        "served": {types: {code: share}}}``; ``method`` is ``network`` or ``circle``.
    """
    asked = questions(options)
    by_network = situation.network is not None
    column = "reached" if by_network else "circle"
    first = _coverage(situation, asked.pop("reach"))
    people, reached = first.units["people"], first.units[column]
    ground = _ground(situation, first.reach.rows)
    rows = pd.concat([people, reached, ground], axis=1).fillna(0.0)
    served = {}
    for types in asked.values():
        found = _coverage(situation, types).units
        share = found[column] / found["people"].where(found["people"] > 0)
        served["+".join(sorted(types))] = {
            str(code): round(float(value), 6) for code, value in share.dropna().items()
        }
    return {
        "stamp": situation.stamp,
        "method": "network" if by_network else "circle",
        "units": {
            str(code): [round(float(cell), 6) for cell in row]
            for code, row in zip(rows.index, rows.to_numpy(), strict=True)
        },
        "served": served,
    }


def frames_of(
    document: Mapping[str, Any],
) -> tuple[pd.DataFrame, dict[str, pd.Series[float]]]:
    """Return ``reached`` and ``served`` of a document as inputs take them."""
    rows = pd.DataFrame.from_dict(
        document["units"], orient="index", columns=list(COLUMNS)
    )
    served = {
        types: pd.Series(shares, dtype=float)
        for types, shares in document["served"].items()
    }
    return rows, served


def _coverage(situation: Situation, types: Iterable[str]) -> figures.Coverage:
    return figures.coverage(situation, level="community", types=tuple(types))


def _ground(situation: Situation, rows: npt.NDArray[np.int64]) -> pd.DataFrame:
    """Return km² in the plane and what of it is served, of the lowest units."""
    lowest = situation.divisions[
        situation.divisions["level"] == situation.divisions["level"].max()
    ]
    shapes = _in_plane(lowest.geometry.array, situation.crs)
    urban = _urban(situation, lowest.index)
    served = np.zeros(len(shapes))
    for mask, seconds, graph, spots, radius in (
        (urban, situation.profile.urban_s, situation.walk, situation.facility_spots,
         situation.profile.urban_radius_m),
        (~urban, situation.profile.rural_s, situation.ride,
         situation.facility_ride_spots, situation.profile.rural_radius_m),
    ):  # fmt: skip
        if not mask.any():
            continue
        if graph is None or spots is None:
            area = _circles(situation, rows, radius)
        else:
            area = _streets(graph, spots.take(rows), seconds)
        shapely.prepare(area)
        served[mask] = shapely.area(shapely.intersection(shapes[mask], area))
    return pd.DataFrame(
        {"area": shapely.area(shapes) / 1e6, "served": served / 1e6}, index=lowest.index
    )


def _streets(graph: Graph, spots: Spots, seconds: float) -> Any:
    from geodata.network.areas import polygons, reached_parts

    on = spots.take(spots.edge >= 0)
    parts = reached_parts(graph, on, seconds)
    return shapely.union_all(polygons(graph.network, parts))


def _circles(situation: Situation, rows: npt.NDArray[np.int64], radius_m: float) -> Any:
    xy = situation.facility_xy[rows]
    xy = xy[np.isfinite(xy).all(axis=1)]
    return shapely.union_all(shapely.buffer(shapely.points(xy), radius_m))


def _in_plane(shapes: Any, plane: str) -> npt.NDArray[np.object_]:
    """Return polygons of degrees in the situation's plane; unusable ones mended."""
    made = np.array(shapes, dtype=object)
    points = shapely.get_coordinates(made)
    x, y = crs.transform_points(points[:, 0], points[:, 1], crs.STORAGE, plane)
    moved = shapely.set_coordinates(made, np.column_stack([x, y]))
    bad = ~shapely.is_valid(moved)
    moved[bad] = shapely.make_valid(moved[bad])
    found: npt.NDArray[np.object_] = moved
    return found


def _urban(situation: Situation, keys: Sequence[str]) -> npt.NDArray[np.bool_]:
    from boundaries.services.settlement import is_urban

    told = situation.people.units["urban"]
    said = {str(code): bool(value) for code, value in told.items()}
    return np.array([said.get(str(key), is_urban(str(key))) for key in keys], bool)
