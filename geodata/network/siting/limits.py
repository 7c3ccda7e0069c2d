"""What may be opened: a number of new sites, or what they may cost together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from geodata.errors import InfeasibleError, InputError, Text

if TYPE_CHECKING:
    from geodata.network.siting.kernels.words import Floats
    from geodata.network.siting.problem import Problem


@dataclass(frozen=True)
class Means:
    """What each site takes of what there is at most; kept ones take nothing."""

    price: Floats
    most: float


def means(
    problem: Problem, number: int | None = None, budget: float | None = None
) -> Means:
    """Return a number or a budget as one: a number is a budget at a price of 1.

    Raises
    ------
    InputError
        When not one of the two is given, or it is none.
    InfeasibleError
        When no site reaches anybody, none can be opened for it, or there are fewer
        candidates than asked for.
    """
    if (number is None) == (budget is None):
        raise InputError(
            Text(
                "请给出新建数量或预算之一。",
                "Give either a number of new sites or a budget.",
            )
        )
    require_reach(problem)
    free = np.flatnonzero(~problem.kept)
    if number is not None:
        return _counted(problem, number, len(free))
    if budget is None or not budget >= 0:
        raise InputError(Text("预算不能为负。", "A budget cannot be negative."))
    if budget == 0 and not problem.kept.any():
        raise _too_little(0.0, float(problem.price[free].min(initial=np.inf)))
    if not problem.kept.any() and not (problem.price[free] <= budget).any():
        raise _too_little(float(budget), float(problem.price[free].min()))
    return Means(problem.price, float(budget))


def require_reach(problem: Problem) -> None:
    """Raise InfeasibleError when no site reaches anybody."""
    if problem.sites == 0:
        raise InfeasibleError(
            Text("没有候选点，也没有现有设施。", "There is no site to choose from."),
            Text("请提供候选点。", "Offer candidates."),
        )
    if not problem.asked.any():
        raise InfeasibleError(
            Text(
                f"{problem.sites} 个设施点在时限内到不了任何有人的地点。",
                f"None of the {problem.sites} sites reaches anybody within the limit.",
            ),
            Text(
                "请放宽时限，或检查候选点与人口是否在同一路网上。",
                "Allow more time, or see whether sites and people are on one network.",
            ),
        )


def _counted(problem: Problem, number: int, free: int) -> Means:
    if number < 0 or (number == 0 and not problem.kept.any()):
        raise InputError(
            Text("新建数量至少为 1。", "At least one new site is asked for.")
        )
    if number > free:
        raise InfeasibleError(
            Text(
                f"要求新建 {number} 处，只有 {free} 个候选点。",
                f"{number} new sites are asked for, there are {free} candidates.",
            ),
            Text(
                "请减少数量或增加候选点。", "Ask for fewer, or offer more candidates."
            ),
        )
    return Means(np.where(problem.kept, 0.0, 1.0), float(number))


def _too_little(budget: float, least: float) -> InfeasibleError:
    return InfeasibleError(
        Text(
            f"预算 {budget:g} 一处也建不成，最便宜的需要 {least:g}。",
            f"A budget of {budget:g} opens no site; the cheapest takes {least:g}.",
        ),
        Text("请提高预算。", "Raise the budget."),
    )
