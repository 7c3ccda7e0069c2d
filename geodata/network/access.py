"""What people can count on: places for so many, shared among all who come.

Floating catchments (2SFCA, E2SFCA) say how many places there are for each person who
may come; capacity-limited coverage says who finds room when everybody goes to the
nearest facility that has some left. All stand on :class:`~geodata.network.graph.Pairs`,
facility to place.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from geodata.errors import InputError, Text
from geodata.network.engine import engine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from geodata.network.graph import Floats, Pairs

LUO_QI = ((10 * 60.0, 1.0), (20 * 60.0, 0.68), (30 * 60.0, 0.22))
"""Seconds and weights of Luo and Qi (2009), for trips of up to 30 minutes."""
SHARE_S, FILL_S = 2e-8, 8e-7
"""Seconds numpy needs to share a pair, and Python to fill one, about."""


@dataclass(frozen=True, eq=False)
class Catchment:
    """Places for each who may come, as facilities and as people see them.

    Parameters
    ----------
    ratio
        (s,) places of each facility per weighted person in its reach; 0 where nobody
        is in reach.
    score
        (t,) places per person that each place of people can count on.
    """

    ratio: Floats
    score: Floats


def catchment(
    pairs: Pairs,
    supply: npt.ArrayLike,
    demand: npt.ArrayLike,
    weight: npt.ArrayLike | None = None,
) -> Catchment:
    """Return the two-step floating catchment accessibility.

    Parameters
    ----------
    pairs
        Facility to place, within the catchment.
    supply
        (s,) places (beds) of each facility.
    demand
        (t,) people of each place.
    weight
        Of each pair, by its travel time (:func:`stepped`), which is E2SFCA (W. Luo and
        Y. Qi, Health & Place 15, 2009). None: all alike, which is 2SFCA (Luo and
        Wang 2003).

    Notes
    -----
    First, each facility's places are divided by the weighted people in its reach;
    then each place of people adds up, weighted, the ratios of the facilities in
    theirs. Summed over people it gives back the places of all facilities that anybody
    reaches.
    """
    rooms, people = _numbers(pairs, supply, demand)
    times = np.ones(len(pairs.target)) if weight is None else _weights(pairs, weight)
    loops = engine(len(times) * SHARE_S)
    return Catchment(*loops.shares(pairs.indptr, pairs.target, times, rooms, people))


def stepped(pairs: Pairs, bands: Sequence[tuple[float, float]] = LUO_QI) -> Floats:
    """Return the weight of each pair by bands: ``(up to seconds, weight)``, 0 beyond.

    Raises
    ------
    InputError
        The bands do not grow, or a weight is below zero.
    """
    limits = np.array([band[0] for band in bands], float)
    weights = np.array([band[1] for band in bands], float)
    if not (len(bands) and (np.diff(limits) > 0).all() and (weights >= 0).all()):
        raise InputError(
            Text("时间段须递增，权重不得为负。",
                 "Bands must grow, and no weight may be below zero."),
            Text("例：(600, 1)、(1200, 0.68)、(1800, 0.22)。",
                 "Example: (600, 1), (1200, 0.68), (1800, 0.22)."),
        )  # fmt: skip
    loops = engine(len(pairs.cost_s) * SHARE_S)
    weight: Floats = loops.banded(pairs.cost_s, limits, weights)
    return weight


@dataclass(frozen=True, eq=False)
class Filled:
    """Who found room where.

    Parameters
    ----------
    flow
        (pairs,) people of the pair's place who go to its facility.
    load
        (s,) people each facility takes.
    served
        (t,) people of each place who found room.
    """

    flow: Floats
    load: Floats
    served: Floats


def fill(pairs: Pairs, supply: npt.ArrayLike, demand: npt.ArrayLike) -> Filled:
    """Return who finds room when all go to the nearest facility that has some.

    The nearest pair of all is served first, then the next: those who live nearest to
    a facility get its room, the rest go on to the next one within reach. Of pairs
    equally near the facility that stands first is filled first, then the place. A
    facility that is nearly full takes part of a place.
    """
    rooms, people = _numbers(pairs, supply, demand)
    source = pairs.source
    order = np.lexsort((pairs.target, source, pairs.cost_s))
    flow = engine(len(order) * FILL_S).filled(
        order, source, pairs.target, rooms.copy(), people.copy()
    )
    return Filled(
        flow,
        _row_sums(flow, pairs),
        np.bincount(pairs.target, flow, minlength=len(people)).astype(np.float64),
    )


def _numbers(
    pairs: Pairs, supply: npt.ArrayLike, demand: npt.ArrayLike
) -> tuple[Floats, Floats]:
    rooms, people = np.asarray(supply, np.float64), np.asarray(demand, np.float64)
    most = int(pairs.target.max(initial=-1))
    if len(rooms) != len(pairs) or len(people) <= most:
        raise InputError(
            Text("供给与设施、需求与地点的个数不符。",
                 "Supply must be one number a facility, demand one a place."),
        )  # fmt: skip
    for values, zh, en in ((rooms, "供给", "supply"), (people, "需求", "demand")):
        wrong = np.flatnonzero(~(values >= 0) | np.isinf(values))
        if len(wrong):
            listed = ", ".join(map(str, wrong[:10]))
            raise InputError(
                Text(f"{zh}有负数或缺失，位置 {listed}。",
                     f"{en} is missing or below zero at {listed}."),
                Text("请补齐后再算。", "Mend it and compute again."),
            )  # fmt: skip
    return rooms, people


def _weights(pairs: Pairs, weight: npt.ArrayLike) -> Floats:
    given = np.asarray(weight, np.float64)
    if given.shape != pairs.cost_s.shape or not (given >= 0).all():
        raise InputError(
            Text("每对设施与地点须有一个不为负的权重。",
                 "There must be one weight a pair, none below zero."),
        )  # fmt: skip
    return given


def _row_sums(values: Floats, pairs: Pairs) -> Floats:
    """Return the sum of each source's pairs."""
    sums = np.zeros(len(pairs))
    some = np.flatnonzero(np.diff(pairs.indptr))
    if len(some):
        sums[some] = np.add.reduceat(values, pairs.indptr[some])
    return sums
