"""What of a covering model need not be looked at: places and sites that are as others.

Places reached by the same sites become one, sites that reach only what another
reaches at no higher price go, and so on until nothing changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.network.siting import kernels

if TYPE_CHECKING:
    from geodata.network.siting.kernels.words import Bounds, Flags, Floats, Ints
    from geodata.network.siting.problem import Problem

_STEPS = 20_000_000


@dataclass(frozen=True)
class Cover:
    """A covering model, reduced: places with their sites, sites with their places.

    ``number`` (sites,) are the numbers sites had, ``weight`` (places,) what the
    places hold together, ``covered`` the weight that kept sites have already.
    """

    indptr: Bounds
    site: Ints
    starts: Bounds
    place: Ints
    weight: Floats
    price: Floats
    number: Ints
    covered: float


def reduced(problem: Problem, price: Floats, *, everybody: bool = False) -> Cover:
    """Return the model of what is not yet covered by kept sites.

    Where everybody is to be covered, places that are whenever another is go too.
    """
    owner = np.repeat(
        np.arange(problem.places, dtype=np.int32), np.diff(problem.indptr)
    )
    site = problem.site
    has = np.zeros(problem.places, bool)
    has[owner[problem.kept[site]]] = True
    open_ = problem.asked & ~has
    covered = float(problem.weight[problem.asked & has].sum())
    use = open_[owner]
    cover = _cover(
        owner[use], site[use], np.where(open_, problem.weight, 0.0), price,
        np.arange(problem.sites, dtype=np.int32), covered,
    )  # fmt: skip
    while True:
        size = len(cover.weight), len(cover.price)
        cover = _without_needless(_merged(cover))
        if everybody:
            cover = _without_implied(cover)
        if (len(cover.weight), len(cover.price)) == size:
            return cover


def _merged(cover: Cover) -> Cover:
    """Return the model with places of the same sites as one."""
    random = np.random.default_rng(0)
    words = random.integers(-(2**62), 2**62, (2, len(cover.price)))
    sums = kernels.signatures(cover.indptr, cover.site, words[0], words[1])
    _, first, same = np.unique(sums, axis=0, return_index=True, return_inverse=True)
    same = same.ravel()
    if len(first) == len(cover.weight):
        return cover
    weight = np.bincount(same, cover.weight, len(first)).astype(np.float64)
    stays = np.zeros(len(cover.weight), bool)
    stays[first] = True
    owner = np.repeat(np.arange(len(cover.weight)), np.diff(cover.indptr))
    use = stays[owner]
    return _cover(
        same[owner[use]].astype(np.int32), cover.site[use], weight, cover.price,
        cover.number, cover.covered,
    )  # fmt: skip


def _without_implied(cover: Cover) -> Cover:
    """Return the model without places that are covered whenever another is."""
    gone = kernels.implied(cover.indptr, cover.site, cover.starts, cover.place, _STEPS)
    if not gone.any():
        return cover
    owner = np.repeat(
        np.arange(len(cover.weight), dtype=np.int32), np.diff(cover.indptr)
    )
    use = ~gone[owner]
    return _cover(
        owner[use], cover.site[use], cover.weight, cover.price, cover.number,
        cover.covered,
    )  # fmt: skip


def _without_needless(cover: Cover) -> Cover:
    """Return the model without sites that another does all for."""
    fixed = np.zeros(len(cover.price), bool)
    gone = kernels.needless(
        cover.starts, cover.place, cover.indptr, cover.site, cover.price, fixed, _STEPS
    )
    if not gone.any():
        return cover
    owner = np.repeat(
        np.arange(len(cover.weight), dtype=np.int32), np.diff(cover.indptr)
    )
    use = ~gone[cover.site]
    renumbered = (np.cumsum(~gone) - 1).astype(np.int32)
    return _cover(
        owner[use], renumbered[cover.site[use]], cover.weight, cover.price[~gone],
        cover.number[~gone], cover.covered,
    )  # fmt: skip


def _cover(
    owner: Ints, site: Ints, weight: Floats, price: Floats, number: Ints, covered: float
) -> Cover:
    """Return the model of pairs, without places that have none."""
    counts = np.bincount(owner, minlength=len(weight))
    people = counts > 0
    place = (np.cumsum(people) - 1).astype(np.int32)[owner]
    by_site = np.lexsort((place, site))
    by_place = np.lexsort((site, place))
    starts = np.concatenate(([0], np.cumsum(np.bincount(site, minlength=len(price)))))
    indptr = np.concatenate(([0], np.cumsum(counts[people])))
    return Cover(
        indptr.astype(np.int64), site[by_place], starts.astype(np.int64),
        place[by_site], weight[people], price, number, covered,
    )  # fmt: skip


def chosen(problem: Problem, cover: Cover, opened: Flags) -> Flags:
    """Return (sites,) flags of the problem: those of the reduced model and the kept."""
    found = problem.kept.copy()
    found[cover.number[opened]] = True
    return found
