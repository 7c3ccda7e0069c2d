"""What of a covering model need not be looked at.

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
def signatures(indptr: Bounds, site: Ints, one: Bounds, other: Bounds) -> Bounds:
    """Return (places, 2) sums of two random words of a place's sites.

    Places of the same sites have the same sums, whatever their order.
    """
    found = np.zeros((len(indptr) - 1, 2), np.int64)
    for at in range(len(indptr) - 1):
        for pair in range(indptr[at], indptr[at + 1]):
            found[at, 0] += one[site[pair]]
            found[at, 1] += other[site[pair]]
    return found


@compiled
def needless(
    starts: Bounds, place: Ints, indptr: Bounds, site: Ints, price: Floats,
    fixed: Flags, most: int,
) -> Flags:  # fmt: skip
    """Return which sites reach only what another reaches that costs no more.

    Places of a site, and sites of a place, are in order of number. ``fixed`` ones
    stay; at most about ``most`` steps are taken, and what was not looked at stays.
    """
    sites = len(price)
    gone = np.zeros(sites, np.bool_)
    steps = 0
    for one in range(sites):
        begin, end = starts[one], starts[one + 1]
        if fixed[one]:
            continue
        if begin == end:
            gone[one] = True
            continue
        rare = begin
        for at in range(begin, end):
            here, least = place[at], place[rare]
            if indptr[here + 1] - indptr[here] < indptr[least + 1] - indptr[least]:
                rare = at
        for pair in range(indptr[place[rare]], indptr[place[rare] + 1]):
            other = site[pair]
            if other == one or gone[other] or price[other] > price[one]:
                continue
            size = starts[other + 1] - starts[other]
            if size < end - begin:
                continue
            if size == end - begin and price[other] == price[one] and other > one:
                continue  # the same: the lower number stays
            steps += size
            if steps > most:
                return gone
            at, there = begin, starts[other]
            while at < end and there < starts[other + 1]:
                if place[at] == place[there]:
                    at += 1
                    there += 1
                elif place[there] < place[at]:
                    there += 1
                else:
                    break
            if at == end:
                gone[one] = True
                break
    return gone


@compiled
def implied(
    indptr: Bounds, site: Ints, starts: Bounds, place: Ints, most: int
) -> Flags:  # fmt: skip
    """Return which places are covered whenever another is: it has all its sites.

    Of places with the same sites the lowest number stays.
    """
    places = len(indptr) - 1
    gone = np.zeros(places, np.bool_)
    steps = 0
    for one in range(places):
        begin, end = indptr[one], indptr[one + 1]
        if gone[one] or begin == end:
            continue
        rare = site[begin]
        for at in range(begin, end):
            here = site[at]
            if starts[here + 1] - starts[here] < starts[rare + 1] - starts[rare]:
                rare = here
        for pair in range(starts[rare], starts[rare + 1]):
            other = place[pair]
            size = indptr[other + 1] - indptr[other]
            if other == one or gone[other] or size < end - begin:
                continue
            if size == end - begin and other < one:
                continue
            steps += size
            if steps > most:
                return gone
            at, there = begin, indptr[other]
            while at < end and there < indptr[other + 1]:
                if site[at] == site[there]:
                    at += 1
                    there += 1
                elif site[there] < site[at]:
                    there += 1
                else:
                    break
            gone[other] = at == end
    return gone
