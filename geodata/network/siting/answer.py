"""What a siting model answers, and how sure the answer is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.network.siting import kernels

if TYPE_CHECKING:
    from geodata.network.siting.kernels.words import Flags, Floats, Ints
    from geodata.network.siting.problem import Problem

PROVEN = 1e-9
"""Gaps smaller than this are rounding: the answer is optimal."""


@dataclass(frozen=True)
class Sited:
    """Sites chosen by a model.

    Attributes
    ----------
    model
        ``p-median``, ``p-center``, ``lscp``, ``mclp`` or ``capacitated``.
    opened
        New sites, in order of number; ``kept`` are those that were there.
    objective, bound
        What the model counts (person-seconds, seconds, sites or their price, people)
        and what no answer can be better than.
    site, cost_s
        (places,) nearest site open (-1: none within reach) and what it costs (inf).
    served
        (places,) how many of each place are served: all of those somebody reaches,
        but where sites have little room.
    dropped
        Places with people that no site of the problem reaches; in no figure.
    """

    model: str
    opened: Ints
    kept: Ints
    objective: float
    bound: float
    site: Ints
    cost_s: Floats
    served: Floats
    dropped: Ints
    spent: float
    notes: dict[str, float] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        """How much better an answer could be at most, as a share of this one."""
        worst = max(abs(self.objective), abs(self.bound))
        gap = abs(self.objective - self.bound) / worst if worst else 0.0
        return 0.0 if gap < PROVEN else gap

    @property
    def optimal(self) -> bool:
        """Whether no answer is better."""
        return self.gap == 0.0

    def to_dict(self) -> dict[str, Any]:
        """Return the figures as JSON, without the arrays by place."""
        reached = np.isfinite(self.cost_s) & (self.served > 0)
        far = self.cost_s[reached]
        people = self.served[reached]
        return {
            "model": self.model,
            "status": "optimal" if self.optimal else "gap",
            "objective": self.objective,
            "bound": self.bound,
            "gap": self.gap,
            "opened": self.opened.tolist(),
            "kept": self.kept.tolist(),
            "spent": self.spent,
            "served": float(self.served.sum()),
            "mean_s": float(np.average(far, weights=people)) if far.size else None,
            "farthest_s": float(far.max()) if far.size else None,
            "dropped_places": len(self.dropped),
            **self.notes,
        }


def answer(
    model: str, problem: Problem, opened: Flags, *, objective: float, bound: float,
    served: Floats | None = None, **notes: float,
) -> Sited:  # fmt: skip
    """Return the answer for a choice of sites, kept ones among them."""
    site, near, _ = kernels.nearest_two(
        problem.indptr, problem.site, problem.cost, opened, np.inf
    )
    everybody = np.where(site >= 0, problem.weight, 0.0)
    return Sited(
        model=model,
        opened=np.flatnonzero(opened & ~problem.kept).astype(np.int32),
        kept=np.flatnonzero(problem.kept).astype(np.int32),
        objective=float(objective),
        bound=float(bound),
        site=site,
        cost_s=near,
        served=everybody if served is None else served,
        dropped=problem.dropped,
        spent=float(problem.price[opened].sum()),
        notes=notes,
    )
