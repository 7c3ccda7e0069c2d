"""Sites that hold only so many: who goes where, and the bound.

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
def assign(
    indptr: Bounds, site: Ints, starts: Bounds, pair_of: Bounds, owner: Ints,
    weight: Floats, room: Floats, opened: Flags,
) -> tuple[Floats, float]:  # fmt: skip
    """Return how many of each pair go, so that as many as possible find room.

    First everybody goes to the nearest site with room; then whoever is left takes a
    way on which others move over (augmenting paths). ``pair_of`` are the pairs of
    each site, ``owner`` the place of each pair.
    """
    places, sites = len(weight), len(room)
    flow = np.zeros(len(site))
    free = np.where(opened, room, 0.0)
    left = weight.copy()
    total = 0.0
    for at in range(places):
        for pair in range(indptr[at], indptr[at + 1]):
            some = min(left[at], free[site[pair]])
            if some > 0:
                flow[pair] += some
                left[at] -= some
                free[site[pair]] -= some
                total += some
            if left[at] <= 0:
                break
    came_by = np.empty(sites, np.int64)
    gave_up = np.empty(sites, np.int64)
    queue = np.empty(sites, np.int64)
    for at in range(places):
        while left[at] > 1e-9 * (1.0 + weight[at]):
            came_by[:] = -1
            head = tail = 0
            for pair in range(indptr[at], indptr[at + 1]):
                one = site[pair]
                if opened[one] and came_by[one] < 0:
                    came_by[one], gave_up[one] = pair, -1
                    queue[tail] = one
                    tail += 1
            end = -1
            while head < tail and end < 0:
                one = queue[head]
                head += 1
                if free[one] > 1e-12 * (1.0 + room[one]):
                    end = one
                    break
                for slot in range(starts[one], starts[one + 1]):
                    held = pair_of[slot]
                    if flow[held] <= 1e-12:
                        continue
                    here = owner[held]
                    for pair in range(indptr[here], indptr[here + 1]):
                        other = site[pair]
                        if opened[other] and came_by[other] < 0:
                            came_by[other], gave_up[other] = pair, held
                            queue[tail] = other
                            tail += 1
            if end < 0:
                break
            some = min(left[at], free[end])
            one = end
            while gave_up[one] >= 0:
                some = min(some, flow[gave_up[one]])
                one = site[gave_up[one]]
            one = end
            while True:
                flow[came_by[one]] += some
                if gave_up[one] < 0:
                    break
                flow[gave_up[one]] -= some
                one = site[gave_up[one]]
            free[end] -= some
            left[at] -= some
            total += some
    return flow, total


@compiled
def room_bound(
    starts: Bounds, place: Ints, weight: Floats, room: Floats, price: Floats,
    kept: Flags, dual: Floats, budget: float, chosen: Flags, times: Floats,
) -> float:  # fmt: skip
    """Return the Lagrangian bound of a capacitated covering for prices of places.

    That nobody is served twice is priced by ``dual`` (places,), per person, between
    0 and 1; each site then takes the cheapest up to its room. ``chosen`` and
    ``times`` (how often each place is served) are filled.
    """
    sites = len(price)
    worth = np.zeros(sites)
    rate = np.empty(sites)
    bound = (weight * dual).sum()
    for one in range(sites):
        here = place[starts[one] : starts[one + 1]]
        left = room[one]
        for slot in np.argsort(dual[here]):
            at = here[slot]
            if dual[at] >= 1.0 or left <= 0:
                break
            some = min(left, weight[at])
            worth[one] += some * (1.0 - dual[at])
            left -= some
        rate[one] = -worth[one] / max(price[one], 1e-12)
    chosen[:] = kept
    share = np.where(kept, 1.0, 0.0)
    left = budget
    for one in np.argsort(rate):
        if kept[one]:
            continue
        if price[one] <= left * (1 + 1e-12):
            chosen[one], share[one] = True, 1.0
            left -= price[one]
        else:
            share[one] = left / price[one]
            break
    bound += (share * worth).sum()
    times[:] = 0.0
    for one in range(sites):
        if not chosen[one]:
            continue
        here = place[starts[one] : starts[one + 1]]
        left = room[one]
        for slot in np.argsort(dual[here]):
            at = here[slot]
            if dual[at] >= 1.0 or left <= 0:
                break
            some = min(left, weight[at])
            if some > 0:
                times[at] += some / weight[at]
            left -= some
    return float(bound)
