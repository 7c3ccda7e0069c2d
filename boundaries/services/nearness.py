"""Who has which facility near: along streets, and straight beside it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from boundaries.services.profiles import RuralMode

if TYPE_CHECKING:
    from boundaries.services.situation import Situation
    from geodata.workers import Workers

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Reach:
    """For each point of people the nearest facility, along streets and straight.

    Parameters
    ----------
    rows
        The facilities asked about, as rows of the situation's frame.
    nearest, seconds
        (p,) position in ``rows`` of the nearest along streets (-1: none within the
        limit) and the seconds to it; both None without a network.
    straight, metres
        (p,) the same straight, without a limit; -1 and infinity without facilities.
    reached, circled, corrected
        (p,) within the limit along streets (None without a network), within the
        straight circle, and within the circle divided by the detour factor.
    """

    rows: npt.NDArray[np.int64]
    nearest: npt.NDArray[np.int32] | None
    seconds: Floats | None
    straight: npt.NDArray[np.int64]
    metres: Floats
    reached: Bools | None
    circled: Bools
    corrected: Bools


def reach(
    situation: Situation, rows: npt.NDArray[np.int64], workers: Workers | None = None
) -> Reach:
    """Return for each point of people what of the facilities is near it."""
    radius = own_radius(situation, rows)
    straight, metres, inside, corrected = _circles(situation, rows, radius)
    if situation.network is None:
        return Reach(rows, None, None, straight, metres, None, inside, corrected)
    nearest, seconds, reached = _streets(situation, rows, radius, workers)
    return Reach(
        rows, nearest, seconds, straight, metres, reached, inside, corrected
    )  # fmt: skip


def own_radius(situation: Situation, rows: npt.NDArray[np.int64]) -> Floats:
    """Return (f,) metres where a facility has a service radius of its own, else NaN."""
    if "radius_m" not in situation.facilities:
        return np.full(len(rows), np.nan)
    said = pd.to_numeric(situation.facilities["radius_m"], errors="coerce")
    values = said.to_numpy(float, na_value=np.nan)[rows]
    return np.where(values > 0, values, np.nan)


def _alike(radius: Floats) -> list[tuple[float, npt.NDArray[np.int64]]]:
    """Return the facilities by radius: those of the profile first (NaN)."""
    usual = np.flatnonzero(np.isnan(radius))
    groups = [(float("nan"), usual)] if len(usual) else []
    own = np.unique(radius[~np.isnan(radius)])
    return groups + [(float(each), np.flatnonzero(radius == each)) for each in own]


def _circles(
    situation: Situation, rows: npt.NDArray[np.int64], radius: Floats
) -> tuple[npt.NDArray[np.int64], Floats, Bools, Bools]:
    from scipy.spatial import cKDTree

    count = len(situation.people)
    at, metres = np.full(count, -1, np.int64), np.full(count, np.inf)
    inside, corrected = np.zeros(count, bool), np.zeros(count, bool)
    xy = situation.facility_xy[rows]
    placed = np.asarray(np.isfinite(xy).all(axis=1), bool)
    for own, these in _alike(radius):
        there = these[placed[these]]
        if not len(there) or not count:
            continue
        far, index = cKDTree(xy[there]).query(situation.people.xy)
        limit = situation.radius_m() if np.isnan(own) else np.full(count, own)
        inside |= far <= limit
        corrected |= far <= limit / situation.profile.detour
        nearer = far < metres
        metres[nearer], at[nearer] = far[nearer], there[index[nearer]]
    return at, metres, inside, corrected


def _streets(
    situation: Situation,
    rows: npt.NDArray[np.int64],
    radius: Floats,
    workers: Workers | None,
) -> tuple[npt.NDArray[np.int32], Floats, Bools]:
    from geodata.network.cluster import nearest_apart
    from geodata.network.reach import nearest_of

    search = nearest_of if workers is None else partial(nearest_apart, workers=workers)
    people = situation.people
    nearest = np.full(len(people), -1, np.int32)
    seconds = np.full(len(people), np.inf)
    reached = np.zeros(len(people), bool)
    for urban, graph, spots, facilities in ways(situation):
        here = np.flatnonzero(people.urban == urban) if urban is not None else None
        points = np.arange(len(people)) if here is None else here
        if not len(points) or graph is None:
            continue
        usual = situation.limit_s()[points]
        for own, these in _alike(radius):
            limit = (
                usual if np.isnan(own) else np.full(len(points), own / graph.speed_mps)
            )
            found = search(
                graph, facilities.take(rows[these]), spots.take(points),
                float(limit.max()),
            )  # fmt: skip
            close = found.cost_s <= limit
            reached[points[close]] = True
            nearer = close & (found.cost_s < seconds[points])
            seconds[points[nearer]] = found.cost_s[nearer]
            nearest[points[nearer]] = these[found.source[nearer]]
    return nearest, seconds, reached


def ways(situation: Situation) -> list[tuple[bool | None, Any, Any, Any]]:
    """Return how people travel: urban (None: all), graph, their spots, facilities'."""
    if situation.profile.rural_mode == RuralMode.WALK.value:
        return [
            (None, situation.walk, situation.people.spots, situation.facility_spots)
        ]
    return [
        (True, situation.walk, situation.people.spots, situation.facility_spots),
        (False, situation.ride, situation.ride_spots, situation.facility_ride_spots),
    ]
