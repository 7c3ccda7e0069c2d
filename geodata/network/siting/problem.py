"""What a siting model is asked about: sites, places, and what a way between them costs.

The pairs are kept twice: by place with its sites in order of cost, so that a loop can
stop at the first site that no longer matters, and by site.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.errors import InputError, Text
from geodata.network.graph import Pairs
from geodata.network.siting import kernels

if TYPE_CHECKING:
    import numpy.typing as npt

    from geodata.network.siting.kernels.words import Bounds, Flags, Floats, Ints


@dataclass(frozen=True)
class Problem:
    """Sites that may be opened, places to be served, and the pairs between them.

    Attributes
    ----------
    indptr, site, cost
        By place: where its pairs begin (places + 1,), site and cost (s) of each, in
        order of cost.
    starts, place, way
        The same pairs by site, places in order.
    weight
        (places,) how many live there; 0: nobody, not asked for.
    price
        (sites,) what opening a site costs; kept ones cost nothing.
    kept
        (sites,) already there and never given up.
    room
        (sites,) how many a site can serve; None: as many as come.
    """

    indptr: Bounds
    site: Ints
    cost: Floats
    starts: Bounds
    place: Ints
    way: Floats
    weight: Floats
    price: Floats
    kept: Flags
    room: Floats | None = None

    @property
    def sites(self) -> int:
        """How many sites there are, kept ones included."""
        return len(self.price)

    @property
    def places(self) -> int:
        """How many places there are."""
        return len(self.weight)

    @property
    def asked(self) -> Flags:
        """(places,) whether somebody lives there whom some site reaches."""
        return (np.diff(self.indptr) > 0) & (self.weight > 0)

    @property
    def dropped(self) -> Ints:
        """Places where somebody lives whom no site reaches: no model can serve them."""
        lost = (np.diff(self.indptr) == 0) & (self.weight > 0)
        return np.flatnonzero(lost).astype(np.int32)


def from_pairs(
    pairs: Pairs,
    weight: npt.ArrayLike,
    *,
    limit_s: float | None = None,
    price: npt.ArrayLike | None = None,
    kept: npt.ArrayLike | None = None,
    room: npt.ArrayLike | None = None,
) -> Problem:
    """Return the problem of sparse pairs (site → place).

    Parameters
    ----------
    pairs
        ``indptr``, ``target``, ``cost_s``; what is not there is out of reach.
    weight
        (places,) people, or any demand; not negative.
    limit_s
        Pairs that cost more are left out; None: all are kept.
    price
        (sites,) what opening each costs; None: 1 each, so a budget is a number.
    kept
        (sites,) flags of those that already exist.
    room
        (sites,) how many each can serve.

    Raises
    ------
    InputError
        For numbers that are none, negative ones, or lengths that do not fit.
    """
    indptr = np.asarray(pairs.indptr, np.int64)
    target = np.asarray(pairs.target, np.int32)
    cost = np.asarray(pairs.cost_s, np.float64)
    demand = _numbers(weight, None, Text("人口", "weight"))
    sites = len(indptr) - 1
    if np.isnan(cost).any() or (cost < 0).any():
        raise _wrong(Text("到达时间", "cost"))
    if target.size and (target.min() < 0 or target.max() >= len(demand)):
        raise _unfit(Text("到达关系", "pairs"), int(target.max()) + 1, len(demand))
    near = np.isfinite(cost) if limit_s is None else cost <= limit_s
    if not near.all():
        before = np.concatenate(([0], np.cumsum(near)))
        indptr, target, cost = before[indptr], target[near], cost[near]
    standing = np.zeros(sites, bool) if kept is None else np.asarray(kept, bool)
    if len(standing) != sites:
        raise _unfit(Text("现有设施", "kept"), len(standing), sites)
    prices = _numbers(
        np.ones(sites) if price is None else price, sites, Text("造价", "price")
    )
    rooms = (
        None if room is None else _numbers(room, sites, Text("服务能力", "capacity"))
    )
    by_place = kernels.by_place(indptr, target, cost, len(demand))
    return Problem(
        *by_place, indptr, target, cost, demand,
        np.where(standing, 0.0, prices), standing, rooms,
    )  # fmt: skip


def from_costs(
    cost: npt.ArrayLike,
    weight: npt.ArrayLike,
    *,
    limit_s: float | None = None,
    **further: Any,
) -> Problem:
    """Return the problem of a dense array (sites, places); inf: out of reach.

    Further arguments as of :func:`from_pairs`.
    """
    dense = np.asarray(cost, np.float64)
    if dense.ndim != 2:
        raise InputError(
            Text("到达时间应为设施×地点的二维表。", "cost is sites by places.")
        )
    near = dense <= (np.finfo(np.float64).max if limit_s is None else limit_s)
    if np.isnan(dense).any():
        raise _wrong(Text("到达时间", "cost"))
    indptr = np.concatenate(([0], np.cumsum(near.sum(axis=1)))).astype(np.int64)
    target = np.broadcast_to(np.arange(dense.shape[1], dtype=np.int32), dense.shape)
    pairs = Pairs(indptr, target[near], dense[near])
    return from_pairs(pairs, weight, **further)


def _numbers(given: npt.ArrayLike, length: int | None, what: Text) -> Floats:
    found = np.asarray(given, np.float64)
    if length is not None and len(found) != length:
        raise _unfit(what, len(found), length)
    if not (found >= 0).all() or np.isinf(found).any():
        raise _wrong(what)
    return found


def _wrong(what: Text) -> InputError:
    return InputError(
        Text(
            f"{what.zh}中有负数或不是数的值。",
            f"{what.en} holds negative numbers or none.",
        ),
        Text("请更正后重试。", "Correct them and try again."),
    )


def _unfit(what: Text, given: int, wanted: int) -> InputError:
    return InputError(
        Text(
            f"{what.zh}有 {given} 项，应为 {wanted} 项。",
            f"{what.en} has {given} entries, {wanted} are wanted.",
        )
    )
