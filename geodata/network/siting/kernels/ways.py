"""Ways between sites and places, and the p-median over them.

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
def by_place(
    starts: Bounds, place: Ints, way: Floats, places: int
) -> tuple[Bounds, Ints, Floats]:
    """Return pairs by site as pairs by place, each place's in order of cost."""
    indptr = np.zeros(places + 1, np.int64)
    for target in place:
        indptr[target + 1] += 1
    for at in range(places):
        indptr[at + 1] += indptr[at]
    free = indptr[:-1].copy()
    site = np.empty(len(place), np.int32)
    cost = np.empty(len(place), np.float64)
    for one in range(len(starts) - 1):
        for at in range(starts[one], starts[one + 1]):
            slot = free[place[at]]
            site[slot], cost[slot] = one, way[at]
            free[place[at]] += 1
    for at in range(places):
        begin, end = indptr[at], indptr[at + 1]
        order = np.argsort(cost[begin:end], kind="mergesort")  # ties: lower site first
        site[begin:end] = site[begin:end][order]
        cost[begin:end] = cost[begin:end][order]
    return indptr, site, cost


@compiled
def nearest_two(
    indptr: Bounds, site: Ints, cost: Floats, opened: Flags, beyond: float
) -> tuple[Ints, Floats, Floats]:
    """Return each place's nearest open site (-1: none), its cost and the second's.

    ``beyond`` is the cost where there is none.
    """
    places = len(indptr) - 1
    first = np.full(places, -1, np.int32)
    near = np.full(places, beyond)
    next_ = np.full(places, beyond)
    for at in range(places):
        for pair in range(indptr[at], indptr[at + 1]):
            if opened[site[pair]]:
                if first[at] < 0:
                    first[at], near[at] = site[pair], cost[pair]
                else:
                    next_[at] = cost[pair]
                    break
    return first, near, next_


@compiled
def interchange(
    indptr: Bounds, site: Ints, cost: Floats, weight: Floats, price: Floats,
    kept: Flags, opened: Flags, budget: float, beyond: float, most: int,
) -> float:  # fmt: skip
    """Improve ``opened`` in place by the best addition or swap until none helps.

    Gains as of Resende and Werneck, "A fast swap-based local search procedure for
    location problems" (2007), found anew each time from the few sites nearer than a
    place's second. Returns the sum of weight times cost.
    """
    sites, places = len(price), len(weight)
    slot = np.full(sites, -1, np.int64)
    for _ in range(most):
        first, near, next_ = nearest_two(indptr, site, cost, opened, beyond)
        number = 0
        for one in range(sites):
            slot[one] = -1
            if opened[one]:
                slot[one] = number
                number += 1
        add = np.zeros(sites)
        loss = np.zeros(number)
        extra = np.zeros((number, sites))
        for at in range(places):
            if weight[at] <= 0:
                continue
            have, far = near[at], next_[at]
            own = slot[first[at]] if first[at] >= 0 else -1
            if own >= 0:
                loss[own] += weight[at] * (far - have)
            for pair in range(indptr[at], indptr[at + 1]):
                other, way = site[pair], cost[pair]
                if way >= far:
                    break
                if own < 0:
                    add[other] += weight[at] * (have - way)
                elif way < have:
                    add[other] += weight[at] * (have - way)
                    extra[own, other] += weight[at] * (far - have)
                else:
                    extra[own, other] += weight[at] * (far - way)
        total = 0.0
        spent = 0.0
        for at in range(places):
            total += weight[at] * near[at]
        for one in range(sites):
            if opened[one]:
                spent += price[one]
        best, into, out = 1e-9 * (1.0 + total), -1, -1
        for one in range(sites):
            if opened[one] or spent + price[one] > budget:
                continue
            if add[one] > best:
                best, into, out = add[one], one, -1
        for old in range(sites):
            if not opened[old] or kept[old]:
                continue
            row = slot[old]
            left = budget - spent + price[old]
            for one in range(sites):
                if opened[one] or price[one] > left:
                    continue
                gain = add[one] - loss[row] + extra[row, one]
                if gain > best:
                    best, into, out = gain, one, old
        if into < 0:
            break
        opened[into] = True
        if out >= 0:
            opened[out] = False
    _, near, _ = nearest_two(indptr, site, cost, opened, beyond)
    return float((weight * near).sum())
