"""Capacitated MCLP: as many people as possible, at sites that hold only so many.

Current and Storbeck 1988, with places that may be divided between sites. Small models
go to HiGHS as they are; large ones are searched, with a Lagrangian bound.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import InputError, Text
from geodata.network.siting import kernels, limits
from geodata.network.siting.answer import PROVEN, Sited, answer
from geodata.network.siting.limits import Means
from geodata.network.siting.solver import Model, solve, stacked

if TYPE_CHECKING:
    from geodata.network.siting.kernels.words import Flags, Floats
    from geodata.network.siting.problem import Problem

SMALL = 20_000
"""Pairs up to which the exact model is solved as well."""
_STEPS = 400


def capacitated_mclp(
    problem: Problem,
    *,
    number: int | None = None,
    budget: float | None = None,
    seconds: float = 30.0,
    small: int = SMALL,
) -> Sited:
    """Serve as many people as possible within each site's room.

    Parameters
    ----------
    problem
        With ``room``; kept sites serve too. A place may be divided between sites.
    number, budget
        How many new sites, or how much they may cost together.
    seconds
        No further attempt to improve is begun after them.
    small
        Up to so many pairs HiGHS is asked as well.

    Raises
    ------
    InputError, InfeasibleError
        Without room, and as :func:`geodata.network.siting.limits.means`.
    """
    room = _room(problem)
    given = limits.means(problem, number, budget)
    search = _Search(problem, room, given, time.monotonic() + seconds)
    search.bind()
    search.swap()
    if (
        search.bound - search.best > PROVEN * search.bound
        and len(problem.site) <= small
    ):
        search.exact()
    flow, _ = search.flow(search.opened)
    served = np.bincount(search.owner, flow, problem.places).astype(np.float64)
    return answer(
        "capacitated", problem, search.opened, objective=search.best,
        bound=max(search.bound, search.best), served=served,
    )  # fmt: skip


def served_by(problem: Problem, opened: Flags) -> Floats:
    """Return how many of each place find room at the sites that are open.

    Raises
    ------
    InputError
        When the problem says no room.
    """
    search = _Search(problem, _room(problem))
    flow, _ = search.flow(opened)
    return np.bincount(search.owner, flow, problem.places).astype(np.float64)


def _room(problem: Problem) -> Floats:
    if problem.room is None:
        raise InputError(
            Text(
                "缺少各设施点的服务能力。", "How many each site can serve is missing."
            ),
            Text("请给出床位数或服务人数。", "Give its beds, or the people it serves."),
        )
    return problem.room


class _Search:
    """The best choice so far and the best bound so far."""

    def __init__(
        self, problem: Problem, room: Floats, given: Means | None = None,
        end: float = 0.0,
    ) -> None:  # fmt: skip
        self.problem, self.room, self.end = problem, room, end
        self.given = given or Means(problem.price, 0.0)
        self.weight = np.where(problem.asked, problem.weight, 0.0)
        counts = np.diff(problem.indptr)
        self.owner = np.repeat(np.arange(problem.places, dtype=np.int32), counts)
        self.pair_of = np.argsort(problem.site, kind="stable")
        self.opened: Flags = problem.kept.copy()
        self.best, self.bound = -1.0, float(self.weight.sum())

    def flow(self, opened: Flags) -> tuple[Floats, float]:
        """Return how many go where, and how many in all."""
        task = self.problem
        return kernels.assign(
            task.indptr, task.site, task.starts, self.pair_of, self.owner,
            self.weight, self.room, opened,
        )  # fmt: skip

    def attempt(self, opened: Flags) -> bool:
        """Take a choice if it serves more."""
        _, total = self.flow(opened)
        if total <= self.best * (1 + 1e-12):
            return False
        self.best, self.opened = total, opened.copy()
        return True

    @property
    def done(self) -> bool:
        """Whether nothing can be better, or the time is over."""
        return self.bound - self.best <= PROVEN * self.bound or (
            time.monotonic() > self.end
        )

    def bind(self) -> None:
        """Lower the bound by subgradient steps, trying what it chooses."""
        task, given = self.problem, self.given
        dual = np.zeros(task.places)
        best_dual, reach, idle = dual, 1.0, 0
        chosen, times = np.zeros(task.sites, bool), np.zeros(task.places)
        for _ in range(_STEPS):
            bound = kernels.room_bound(
                task.starts, task.place, self.weight, self.room, given.price,
                task.kept, dual, given.most, chosen, times,
            )  # fmt: skip
            self.attempt(chosen)
            if bound < self.bound:
                idle = 0 if bound < self.bound * (1 - 1e-6) else idle + 1
                self.bound, best_dual = bound, dual
            else:
                idle += 1
            slope = self.weight * (1 - times)
            square = float(slope @ slope)
            if self.done or square == 0 or reach < 1e-3:
                return
            if idle > 15:
                reach, idle, dual = reach / 2, 0, best_dual
                continue
            length = reach * (bound - self.best) / square
            dual = np.clip(dual - length * slope, 0.0, 1.0)

    def swap(self) -> None:
        """Exchange one open site for another as long as that serves more."""
        better = True
        while better and not self.done:
            better = self._one_swap()

    def _one_swap(self) -> bool:
        price, task = self.given.price, self.problem
        spent = float(price[self.opened].sum())
        for old in [-1, *np.flatnonzero(self.opened & ~task.kept)]:
            left = self.given.most - spent + (price[old] if old >= 0 else 0.0)
            for new in np.flatnonzero(~self.opened & (price <= left)):
                trial = self.opened.copy()
                trial[new] = True
                if old >= 0:
                    trial[old] = False
                if self.attempt(trial):
                    return True
                if self.done:
                    return False
        return False

    def exact(self) -> None:
        """Ask HiGHS about the whole model."""
        left = self.end - time.monotonic()
        if left <= 0:
            return
        found = solve(_model(self), seconds=left)
        if found is None:
            return
        if len(found.values):
            self.attempt(found.values[: self.problem.sites] > 0.5)
        self.bound = max(self.best, min(self.bound, -found.bound))


def _model(search: _Search) -> Model:
    """Return the model: columns are sites, then the people of each pair."""
    task, weight = search.problem, search.weight
    sites, pairs = task.sites, len(task.site)
    column = sites + np.arange(pairs)
    people = weight[search.owner]
    of_site = np.argsort(task.site, kind="stable")
    counts = np.bincount(task.site, minlength=sites)
    ends = np.cumsum(counts)
    most = np.minimum(search.room[task.site], people)
    linked = np.stack((column, task.site), axis=1).ravel()
    indptr, columns, values = stacked(
        (np.diff(task.indptr), column, np.ones(pairs)),
        (
            counts + 1,
            np.insert(column[of_site], ends, np.arange(sites)),
            np.insert(np.ones(pairs), ends, -search.room),
        ),
        (np.full(pairs, 2), linked, np.stack((np.ones(pairs), -most), axis=1).ravel()),
        (np.array([sites]), np.arange(sites), search.given.price),
    )
    whole = np.zeros(sites + pairs, bool)
    whole[:sites] = True
    lower = np.zeros(sites + pairs)
    lower[:sites][task.kept] = 1.0
    upper = np.concatenate((np.ones(sites), people))
    rows = task.places + sites + pairs + 1
    high = np.concatenate((weight, np.zeros(sites + pairs), [search.given.most]))
    return Model(
        np.concatenate((np.zeros(sites), -np.ones(pairs))), lower, upper,
        np.full(rows, -np.inf), high, indptr, columns, values, whole,
    )  # fmt: skip
