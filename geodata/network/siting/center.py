"""p-center: nobody farther than need be.

The answer is one of the costs there are, so it is found by halving them: each time it
is asked whether so many sites cover everybody within that cost (Minieka 1970).
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import InfeasibleError, Text
from geodata.network.graph import Pairs
from geodata.network.siting import kernels, limits
from geodata.network.siting.answer import Sited, answer
from geodata.network.siting.problem import from_pairs
from geodata.network.siting.reducing import chosen, reduced
from geodata.network.siting.solver import Model, solve, stacked

if TYPE_CHECKING:
    from geodata.network.siting.kernels.words import Flags
    from geodata.network.siting.problem import Problem
    from geodata.network.siting.reducing import Cover


def p_center(
    problem: Problem,
    *,
    number: int | None = None,
    budget: float | None = None,
    seconds: float = 60.0,
) -> Sited:
    """Open sites so that the farthest place is as near as can be.

    Parameters
    ----------
    problem
        Places no site reaches are dropped and said; weights of 0 are nobody.
    number, budget
        How many new sites, or how much they may cost together.
    seconds
        What is not decided by then is left open, as the gap.

    Raises
    ------
    InputError, InfeasibleError
        As :func:`limits.means`; also when so few cannot reach everybody at all.
    """
    end = time.monotonic() + seconds
    given = limits.means(problem, number, budget)
    task = replace(problem, price=given.price)
    ways = np.unique(problem.cost[np.repeat(problem.asked, np.diff(problem.indptr))])
    opened = _within(task, float(ways[-1]), given.most, end)
    if opened is None or not opened.any():
        raise _cannot(given.most, decided=opened is None)
    low, best = -1, opened
    high = int(np.searchsorted(ways, _farthest(task, best)))
    unsure = high
    while high - low > 1:
        middle = (low + min(high, unsure)) // 2
        if middle <= low:
            break
        found = _within(task, float(ways[middle]), given.most, end)
        if found is None:
            low = middle
        elif found.any():
            best = found
            high = int(np.searchsorted(ways, _farthest(task, best)))
            unsure = min(unsure, high)
        else:
            unsure = middle
    return answer(
        "p-center", problem, best, objective=_farthest(task, best),
        bound=float(ways[min(low + 1, len(ways) - 1)]),
    )  # fmt: skip


def _farthest(problem: Problem, opened: Flags) -> float:
    _, near, _ = kernels.nearest_two(
        problem.indptr, problem.site, problem.cost, opened, np.inf
    )
    return float(near[problem.asked].max())


def _within(task: Problem, cost: float, most: float, end: float) -> Flags | None:
    """Return sites that cover everybody within a cost.

    None: there are none; no flag set: not decided in time.
    """
    near = from_pairs(
        Pairs(task.starts, task.place, task.way), task.weight, limit_s=cost,
        price=task.price, kept=task.kept,
    )  # fmt: skip
    if (task.asked & ~near.asked).any():
        return None
    cover = reduced(near, near.price, everybody=True)
    values = _cheap(cover)
    if float(cover.price[values].sum()) > most * (1 + 1e-12):
        found = solve(_decision(cover, most), seconds=max(end - time.monotonic(), 0.01))
        if found is None:
            return None
        if not len(found.values):
            return np.zeros(task.sites, bool)
        values = found.values > 0.5
    return chosen(near, cover, values)


def _cheap(cover: Cover) -> Flags:
    """Return a cover found greedily: always the site that covers most for its price."""
    opened = np.zeros(len(cover.price), bool)
    kernels.cover_swap(
        cover.indptr, cover.site, cover.starts, cover.place,
        np.ones(len(cover.weight)), cover.price, opened, np.inf, len(cover.weight),
    )  # fmt: skip
    return opened


def _decision(cover: Cover, most: float) -> Model:
    """Return the model of covering all places for so much, whatever it costs."""
    sites, places = len(cover.price), len(cover.weight)
    indptr, column, value = stacked(
        (np.diff(cover.indptr), cover.site, np.ones(len(cover.site))),
        (np.array([sites]), np.arange(sites), cover.price),
    )
    return Model(
        np.zeros(sites), np.zeros(sites), np.ones(sites),
        np.concatenate((np.ones(places), [-np.inf])),
        np.concatenate((np.full(places, np.inf), [most])),
        indptr, column, value, np.ones(sites, bool),
    )  # fmt: skip


def _cannot(most: float, *, decided: bool) -> InfeasibleError:
    found = Text("不能到达", "cannot reach") if decided else Text(
        "在计算时间内没有找到办法到达", "were not found to reach"
    )  # fmt: skip
    return InfeasibleError(
        Text(
            f"限额 {most:g} 的新建设施{found.zh}全部可达地点。",
            f"New sites within {most:g} {found.en} every place that can be reached.",
        ),
        Text(
            "请用 lscp（全覆盖最少设施）求至少需要几处，或放宽时限。",
            "Ask with lscp (everybody covered by the fewest) how many it takes at "
            "least, or allow more time.",
        ),
    )
