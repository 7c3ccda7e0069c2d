"""p-median: as little way as possible for everybody together.

Fast interchange from several starts gives the answer; a Lagrangian relaxation tells
how far it can be from the best (Narula, Ogbu and Samuelsson 1977), and what it leaves
open is handed to HiGHS when it is little enough.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from geodata.network.siting import kernels, limits
from geodata.network.siting.answer import PROVEN, Sited, answer
from geodata.network.siting.solver import Model, solve, stacked

if TYPE_CHECKING:
    import numpy.typing as npt

    from geodata.network.siting.kernels.words import Flags, Floats
    from geodata.network.siting.problem import Problem

    Index = npt.NDArray[np.integer]

STARTS = 10
ROUNDS = 4000
"""Steps of the bound at most."""
MANY_PAIRS = 60_000
"""Pairs left open that HiGHS is still asked about."""
_PATIENCE = 12


def p_median(
    problem: Problem,
    *,
    number: int | None = None,
    budget: float | None = None,
    beyond_s: float | None = None,
    gap: float = 0.0,
    seconds: float = 4.0,
    seed: int = 0,
) -> Sited:
    """Open sites so that people times cost is least.

    Parameters
    ----------
    problem
        Kept sites stay open and cost nothing.
    number, budget
        How many new sites, or how much they may cost together; one of the two.
    beyond_s
        What counts for people whom no open site reaches, at least the largest cost
        there is; None: twice that, so that reaching somebody more always counts.
    gap
        A certified gap that is small enough; 0: go on until it is optimal.
    seconds
        Processor seconds of this thread; no new attempt to close the gap is begun
        after them.
    seed
        Of the starts; the same seed gives the same answer.

    Raises
    ------
    InputError, InfeasibleError
        See :func:`geodata.network.siting.limits.means`.
    """
    end = time.thread_time() + seconds
    given = limits.means(problem, number, budget)
    farthest = float(problem.cost.max(initial=0.0))
    beyond = 2 * farthest if beyond_s is None else max(float(beyond_s), farthest)
    task = replace(
        problem,
        price=given.price,
        weight=np.where(problem.asked, problem.weight, 0.0),
    )
    search = _Search(task, given.most, beyond, seed)
    search.begin()
    search.bind(gap, end)
    if search.gap > max(gap, PROVEN):
        search.close(gap, end)
    return answer(
        "p-median", problem, search.opened, objective=search.best, bound=search.bound,
        beyond_s=beyond, seconds=seconds - (end - time.thread_time()),
    )  # fmt: skip


class _Search:
    """The best answer so far, the best bound so far, and the prices that gave it."""

    def __init__(self, task: Problem, budget: float, beyond: float, seed: int) -> None:
        self.task, self.budget, self.beyond = task, budget, beyond
        self.random = np.random.default_rng(seed)
        self.opened: Flags = task.kept.copy()
        self.best, self.bound = np.inf, 0.0
        self.dual: Floats = np.zeros(task.places)

    @property
    def gap(self) -> float:
        """The share of the answer that is not certified."""
        return (self.best - self.bound) / self.best if self.best > 0 else 0.0

    def improve(self, opened: Flags) -> None:
        """Take the local optimum reached from ``opened`` if it is better."""
        task = self.task
        total = kernels.interchange(
            task.indptr, task.site, task.cost, task.weight, task.price, task.kept,
            opened, self.budget, self.beyond, 10_000,
        )  # fmt: skip
        if total < self.best:
            self.best, self.opened = total, opened

    def begin(self) -> None:
        """Improve greedily, then from several random choices within the budget."""
        self.improve(self.task.kept.copy())
        for _ in range(STARTS - 1):
            opened, left = self.task.kept.copy(), self.budget
            for one in self.random.permutation(self.task.sites):
                if not opened[one] and self.task.price[one] <= left:
                    opened[one] = True
                    left -= self.task.price[one]
            self.improve(opened)

    def bind(self, gap: float, end: float) -> None:
        """Raise the bound by subgradient steps; try what its choices lead to."""
        task = self.task
        highest = task.weight * self.beyond
        _, near, next_ = kernels.nearest_two(
            task.indptr, task.site, task.cost, self.opened, self.beyond
        )
        dual = np.minimum(task.weight * (near + next_) / 2, highest)
        worth, chosen = np.zeros(task.sites), np.zeros(task.sites, bool)
        step, direction = np.zeros(task.places), np.zeros(task.places)
        reach, idle, tried = 1.5, 0, 0
        for round_ in range(ROUNDS):
            bound = kernels.relaxed(
                task.indptr, task.site, task.cost, task.weight, task.price, task.kept,
                dual, self.budget, self.beyond, worth, chosen,
            )  # fmt: skip
            if bound > self.bound:
                idle = 0 if bound > self.bound * (1 + 1e-6) else idle + 1
                self.bound, self.dual = bound, dual.copy()
            else:
                idle += 1
            if self.gap <= max(gap, PROVEN) or time.thread_time() > end:
                break
            if idle > _PATIENCE:
                reach, idle = reach / 1.5, 0
                dual = self.dual.copy()
                direction[:] = 0
                if reach < 1e-4:
                    break
                continue
            if round_ >= tried and round_ % 40 == 0:
                self.improve(chosen.copy())
            square = kernels.served(
                task.indptr, task.site, task.cost, task.weight, dual, chosen, step
            )
            if square == 0:
                break
            direction = 0.6 * direction + step
            length = reach * (self.best - bound) / max(float(direction @ direction), 1)
            dual = np.clip(dual + length * direction, 0, highest)

    def close(self, gap: float, end: float) -> None:
        """Ask HiGHS about the pairs that a better answer could still use."""
        model = _left_open(self)
        left = end - time.thread_time()
        if model is None or left <= 0:
            return
        found = solve(model, seconds=left, gap=gap, below=self.best)
        if found is None:
            self.bound = self.best
            return
        if len(found.values):
            self.improve(self.task.kept | (found.values[: self.task.sites] > 0.5))
        self.bound = min(self.best, max(self.bound, found.bound))


def _left_open(search: _Search) -> Model | None:
    """Return the model of what the bound does not rule out, None when it is too much.

    A site, or a pair, whose reduced cost lifts the bound over the best answer is in
    no better one.
    """
    task = search.task
    worth, chosen = np.zeros(task.sites), np.zeros(task.sites, bool)
    bound = kernels.relaxed(
        task.indptr, task.site, task.cost, task.weight, task.price, task.kept,
        search.dual, search.budget, search.beyond, worth, chosen,
    )  # fmt: skip
    slack = (search.best - bound) * (1 + 1e-9) + 1e-9
    reduced = worth - _rate(task, worth, chosen) * task.price
    shut = (reduced > slack) & ~chosen
    owner = np.repeat(np.arange(task.places), np.diff(task.indptr))
    over = np.maximum(task.weight[owner] * task.cost - search.dual[owner], 0)
    over += np.maximum(reduced, 0)[task.site]
    use = (over <= slack) & ~shut[task.site] & (task.weight[owner] > 0)
    alone = (task.weight * search.beyond - search.dual <= slack) & (task.weight > 0)
    if use.sum() > MANY_PAIRS:
        return None
    return _assignment(search, np.flatnonzero(use), owner, np.flatnonzero(alone), shut)


def _rate(task: Problem, worth: Floats, chosen: Flags) -> float:
    """Return what one unit of the budget is worth at the edge of what was taken."""
    free = ~chosen & (task.price > 0)
    rest = worth[free] / task.price[free]
    return float(min(rest.min(initial=0.0), 0.0))


def _assignment(
    search: _Search, use: Index, owner: Index, alone: Index, shut: Flags
) -> Model:
    """Return the model: columns are sites, pairs, and places served by nobody."""
    task = search.task
    sites, pairs, lone = task.sites, len(use), len(alone)
    column = sites + np.arange(pairs)
    people = np.flatnonzero(task.weight > 0)
    row_of = np.full(task.places, -1)
    row_of[people] = np.arange(len(people))
    into = np.concatenate((row_of[owner[use]], row_of[alone]))
    order = np.argsort(into, kind="stable")
    each = np.concatenate((column, sites + pairs + np.arange(lone)))[order]
    linked = np.stack((column, task.site[use]), axis=1).ravel()
    indptr, columns, values = stacked(
        (np.bincount(into, minlength=len(people)), each, np.ones(len(each))),
        (np.full(pairs, 2), linked, np.tile([1.0, -1.0], pairs)),
        (np.array([sites]), np.arange(sites), task.price),
    )
    total = sites + pairs + lone
    upper = np.ones(total)
    upper[:sites][shut] = 0
    lower = np.zeros(total)
    lower[:sites][task.kept] = 1
    whole = np.zeros(total, bool)
    whole[:sites] = True
    cost = np.concatenate((
        np.zeros(sites),
        task.weight[owner[use]] * task.cost[use],
        task.weight[alone] * search.beyond,
    ))  # fmt: skip
    served_once = np.ones(len(people))
    return Model(
        cost, lower, upper,
        np.concatenate((served_once, np.full(pairs + 1, -np.inf))),
        np.concatenate((served_once, np.zeros(pairs), [search.budget])),
        indptr, columns, values, whole,
    )  # fmt: skip
