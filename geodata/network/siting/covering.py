"""LSCP and MCLP: cover everybody with the least, or as many as possible with so much.

Toregas et al. 1971; Church and ReVelle 1974. The reduced model is handed to HiGHS as
arrays, with the answer of a local search to begin with.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import InfeasibleError, Text
from geodata.network.siting import kernels, limits
from geodata.network.siting.answer import Sited, answer
from geodata.network.siting.reducing import Cover, chosen, reduced
from geodata.network.siting.solver import Model, required, solve, stacked

if TYPE_CHECKING:
    from geodata.network.siting.kernels.words import Flags, Floats
    from geodata.network.siting.problem import Problem

_ROUNDS = 10_000


def lscp(problem: Problem, *, most: int | None = None, seconds: float = 60.0) -> Sited:
    """Cover every place that any site reaches, at the least price.

    Parameters
    ----------
    problem
        Its pairs are what counts as covered; places no site reaches are dropped and
        said. Without prices the least number of sites is opened.
    most
        More new sites are no answer.
    seconds
        HiGHS ends then, with the gap it has.

    Raises
    ------
    InfeasibleError
        When no site reaches anybody, or more than ``most`` are needed; the hint says
        how many.
    """
    limits.require_reach(problem)
    price = np.where(problem.kept, 0.0, problem.price)
    cover = reduced(problem, price, everybody=True)
    values, total, bound = _least(cover, seconds)
    opened = chosen(problem, cover, values)
    needed = int((opened & ~problem.kept).sum())
    if most is not None and needed > most:
        raise _too_few(needed, most)
    return answer("lscp", problem, opened, objective=total, bound=bound)


def mclp(
    problem: Problem,
    *,
    number: int | None = None,
    budget: float | None = None,
    seconds: float = 60.0,
) -> Sited:
    """Cover as many people as possible with so many sites, or so much money.

    Kept sites cover what they cover beforehand. Raises as :func:`limits.means`.
    """
    given = limits.means(problem, number, budget)
    cover = reduced(problem, given.price)
    opened, got, bound = _most(cover, given.most, seconds)
    return answer(
        "mclp", problem, chosen(problem, cover, opened),
        objective=cover.covered + got, bound=cover.covered + max(bound, got),
    )  # fmt: skip


def _least(cover: Cover, seconds: float) -> tuple[Flags, float, float]:
    """Return the cheapest cover, its price and the bound."""
    sites, places = len(cover.price), len(cover.weight)
    if places == 0:
        return np.zeros(sites, bool), 0.0, 0.0
    model = Model(
        cover.price, np.zeros(sites), np.ones(sites), np.ones(places),
        np.full(places, np.inf), cover.indptr, cover.site, np.ones(len(cover.site)),
        np.ones(sites, bool),
    )  # fmt: skip
    found = required(solve(model, seconds=seconds), seconds)
    opened = found.values > 0.5
    total = float(cover.price[opened].sum())
    return opened, total, min(total, found.bound)


def _most(cover: Cover, most: float, seconds: float) -> tuple[Flags, float, float]:
    """Return what covers most, how much that is and the bound."""
    opened = np.zeros(len(cover.price), bool)
    pairs = cover.indptr, cover.site, cover.starts, cover.place
    got = kernels.cover_swap(*pairs, cover.weight, cover.price, opened, most, _ROUNDS)
    counted = (cover.weight == np.rint(cover.weight)).all()
    grain = 1 - 1e-6 if counted else 1e-9 * (1 + got)
    got, bound, worth, _ = kernels.cover_bound(
        *pairs, cover.weight, cover.price, most, opened, got, grain, _ROUNDS
    )
    if bound < got + grain:
        return opened, got, got
    model = _most_covered(cover, most, _fixed(cover, most, worth, bound - got - grain))
    start = np.concatenate((opened, _has(cover, opened))).astype(np.float64)
    found = solve(model, seconds=seconds, start=start, below=-got)
    if found is None:
        return opened, got, got
    if len(found.values):
        better = found.values[: len(cover.price)] > 0.5
        more = float(cover.weight[_has(cover, better)].sum())
        if more > got:
            opened, got = better, more
    return opened, got, max(got, min(bound, -found.bound))


def _fixed(
    cover: Cover, most: float, worth: Floats, slack: float
) -> tuple[Flags, Flags]:
    """Return which sites are in no better answer, and which in every one.

    Those whose reduced worth takes the bound below the best answer known.
    """
    rate = worth / np.maximum(cover.price, 1e-12)
    order = np.argsort(-rate, kind="stable")
    taken = np.cumsum(cover.price[order]) <= most * (1 + 1e-12)
    inside = np.zeros(len(worth), bool)
    inside[order[: int(np.argmin(taken)) if not taken.all() else len(taken)]] = True
    edge = rate[~inside].max(initial=0.0)
    reduced_worth = worth - edge * cover.price
    return ~inside & (reduced_worth < -slack), inside & (reduced_worth > slack)


def _most_covered(cover: Cover, most: float, fixed: tuple[Flags, Flags]) -> Model:
    """Return the model: columns are sites, then whether each place is covered."""
    sites, places = len(cover.price), len(cover.weight)
    counts = np.diff(cover.indptr)
    ends = cover.indptr[1:]
    column = np.insert(cover.site.astype(np.int64), ends, sites + np.arange(places))
    value = np.insert(np.ones(len(cover.site)), ends, -1.0)
    indptr, columns, values = stacked(
        (counts + 1, column, value),
        (np.array([sites]), np.arange(sites), cover.price),
    )
    whole = np.zeros(sites + places, bool)
    whole[:sites] = True
    lower, upper = np.zeros(sites + places), np.ones(sites + places)
    upper[:sites][fixed[0]], lower[:sites][fixed[1]] = 0.0, 1.0
    return Model(
        np.concatenate((np.zeros(sites), -cover.weight)), lower, upper,
        np.concatenate((np.zeros(places), [-np.inf])),
        np.concatenate((np.full(places, np.inf), [most])),
        indptr, columns, values, whole,
    )  # fmt: skip


def _has(cover: Cover, opened: Flags) -> Flags:
    """Return which places an open site covers."""
    return np.bincount(
        np.repeat(np.arange(len(cover.weight)), np.diff(cover.indptr)),
        opened[cover.site],
        len(cover.weight),
    ) > 0  # fmt: skip


def _too_few(needed: int, most: int) -> InfeasibleError:
    return InfeasibleError(
        Text(
            f"要覆盖全部可达地点需新建 {needed} 处，多于允许的 {most} 处。",
            f"Covering every place takes {needed} new sites, more than the {most} "
            "allowed.",
        ),
        Text(
            f"请允许新建 {needed} 处，或放宽时限，或用 mclp（覆盖人数最多）求 {most} 处"
            "最多覆盖多少。",
            f"Allow {needed}, or more time, or ask with mclp (as many covered as "
            f"possible) what {most} can do.",
        ),
    )
