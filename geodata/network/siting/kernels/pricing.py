"""The Lagrangian bound of the p-median.

Pairs by place are in order of cost where a loop stops at the first that no longer
matters.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.compiling import compiled

if TYPE_CHECKING:
    from geodata.network.siting.kernels.words import Bounds, Flags, Floats, Ints


@compiled
def relaxed(
    indptr: Bounds, site: Ints, cost: Floats, weight: Floats, price: Floats,
    kept: Flags, dual: Floats, budget: float, beyond: float,
    worth: Floats, chosen: Flags,
) -> float:  # fmt: skip
    """Return the Lagrangian bound of the p-median for one price of every place.

    The condition that each place is served once is priced by ``dual``; what is left
    is a knapsack, whose linear relaxation is taken. ``worth`` and ``chosen`` (sites,)
    are filled with each site's reduced worth (≤ 0) and what was taken whole.
    """
    worth[:] = 0.0
    chosen[:] = kept
    bound = 0.0
    for at in range(len(weight)):
        if weight[at] <= 0:
            continue
        bound += min(dual[at], weight[at] * beyond)
        for pair in range(indptr[at], indptr[at + 1]):
            saved = weight[at] * cost[pair] - dual[at]
            if saved >= 0:
                break
            worth[site[pair]] += saved
    rate = np.empty(len(price))
    for one in range(len(price)):
        rate[one] = 0.0 if kept[one] else worth[one] / max(price[one], 1e-12)
        if kept[one]:
            bound += worth[one]
    left = budget
    for one in np.argsort(rate):
        if rate[one] >= 0:
            break
        if price[one] <= left * (1 + 1e-12):
            bound += worth[one]
            chosen[one] = True
            left -= price[one]
        else:
            bound += worth[one] * left / price[one]
            break
    return bound


@compiled
def served(
    indptr: Bounds, site: Ints, cost: Floats, weight: Floats, dual: Floats,
    chosen: Flags, step: Floats,
) -> float:  # fmt: skip
    """Fill ``step`` with 1 - how often each place is served; return its square sum."""
    square = 0.0
    for at in range(len(weight)):
        times = 0
        for pair in range(indptr[at], indptr[at + 1]):
            if weight[at] * cost[pair] >= dual[at]:
                break
            if chosen[site[pair]]:
                times += 1
        step[at] = 0.0 if weight[at] <= 0 else 1.0 - times
        square += step[at] * step[at]
    return square
