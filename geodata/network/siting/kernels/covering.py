"""Maximal covering: a local search and its Lagrangian bound.

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
def cover_swap(
    indptr: Bounds, site: Ints, starts: Bounds, place: Ints, weight: Floats,
    price: Floats, opened: Flags, budget: float, most: int,
) -> float:  # fmt: skip
    """Improve ``opened`` by the best addition or swap until none covers more.

    Returns the weight covered.
    """
    sites, places = len(price), len(weight)
    times = np.zeros(places, np.int64)
    for at in range(places):
        for pair in range(indptr[at], indptr[at + 1]):
            if opened[site[pair]]:
                times[at] += 1
    for _ in range(most):
        gain = np.zeros(sites)
        for at in range(places):
            if times[at] == 0:
                for pair in range(indptr[at], indptr[at + 1]):
                    gain[site[pair]] += weight[at]
        spent = 0.0
        for one in range(sites):
            if opened[one]:
                spent += price[one]
        best, into, out = 1e-9, -1, -1
        rate = 0.0
        for one in range(sites):
            if not opened[one] and spent + price[one] <= budget:
                worth = gain[one] / max(price[one], 1e-12)
                if gain[one] > best and worth > rate:
                    rate, into = worth, one
        if into < 0:
            back = np.zeros(sites)
            for old in range(sites):
                if not opened[old]:
                    continue
                loss = 0.0
                touched = 0
                for at in range(starts[old], starts[old + 1]):
                    here = place[at]
                    if times[here] == 1:
                        loss += weight[here]
                        for pair in range(indptr[here], indptr[here + 1]):
                            back[site[pair]] += weight[here]
                        touched += 1
                left = budget - spent + price[old]
                for one in range(sites):
                    if not opened[one] and price[one] <= left:
                        better = gain[one] + back[one] - loss
                        if better > best:
                            best, into, out = better, one, old
                if touched:
                    back[:] = 0.0
        if into < 0:
            break
        opened[into] = True
        for at in range(starts[into], starts[into + 1]):
            times[place[at]] += 1
        if out >= 0:
            opened[out] = False
            for at in range(starts[out], starts[out + 1]):
                times[place[at]] -= 1
    covered = 0.0
    for at in range(places):
        if times[at] > 0:
            covered += weight[at]
    return covered


@compiled
def cover_bound(
    indptr: Bounds, site: Ints, starts: Bounds, place: Ints, weight: Floats,
    price: Floats, budget: float, opened: Flags, got: float, grain: float, rounds: int,
) -> tuple[float, float, Floats, Floats]:  # fmt: skip
    """Lower the bound of a maximal covering by subgradient steps.

    Each place's cover is priced between 0 and its weight (Galvão and ReVelle 1996).
    ``opened`` becomes what the bound's own choices lead to when that covers more.
    ``grain`` is the least amount by which two answers differ. Returns what is
    covered, the bound, each site's worth at it and each place's price.
    """
    sites, places = len(price), len(weight)
    count = np.zeros(places)
    for at in range(places):
        for pair in range(indptr[at], indptr[at + 1]):
            if opened[site[pair]]:
                count[at] += 1.0
    dual = np.where(count > 0, weight / (1.0 + count), weight)
    best = weight.sum()
    best_dual, best_worth = dual.copy(), np.zeros(sites)
    worth, rate = np.zeros(sites), np.zeros(sites)
    chosen = np.zeros(sites, np.bool_)
    direction = np.zeros(places)
    reach, idle = 1.5, 0
    for round_ in range(rounds):
        worth[:] = 0.0
        bound = 0.0
        for at in range(places):
            bound += weight[at] - dual[at]
            for pair in range(indptr[at], indptr[at + 1]):
                worth[site[pair]] += dual[at]
        for one in range(sites):
            rate[one] = -worth[one] / max(price[one], 1e-12)
        chosen[:] = False
        left = budget
        for one in np.argsort(rate):
            if price[one] <= left * (1 + 1e-12):
                chosen[one] = True
                left -= price[one]
                bound += worth[one]
            else:
                bound += worth[one] * left / price[one]
                break
        if bound < best:
            idle = 0 if bound < best * (1 - 1e-6) else idle + 1
            best = bound
            best_dual[:] = dual
            best_worth[:] = worth
        else:
            idle += 1
        if best < got + grain:
            break
        if round_ % 25 == 0:
            trial = chosen.copy()
            more = cover_swap(
                indptr, site, starts, place, weight, price, trial, budget, 10_000
            )
            if more > got:
                got = more
                opened[:] = trial
        if idle > 40:
            reach, idle = reach / 1.5, 0
            dual[:] = best_dual
            direction[:] = 0.0
            if reach < 1e-3:
                break
            continue
        square = 0.0
        for at in range(places):
            times = -1.0
            for pair in range(indptr[at], indptr[at + 1]):
                if chosen[site[pair]]:
                    times += 1.0
            direction[at] = 0.5 * direction[at] + times
            square += direction[at] * direction[at]
        if square == 0.0:
            break
        length = reach * (bound - got) / square
        for at in range(places):
            dual[at] = min(max(dual[at] - length * direction[at], 0.0), weight[at])
    return got, best, best_worth, best_dual
