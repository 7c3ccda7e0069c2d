"""Where to open facilities, and how good the answer is at most.

Every answer comes with a bound: it is optimal, or within a certified share of that.
"""

from __future__ import annotations

from geodata.network.siting.answer import Sited
from geodata.network.siting.capacitated import capacitated_mclp, served_by
from geodata.network.siting.center import p_center
from geodata.network.siting.covering import lscp, mclp
from geodata.network.siting.median import p_median
from geodata.network.siting.problem import Problem, from_costs, from_pairs

__all__ = [
    "Problem",
    "Sited",
    "capacitated_mclp",
    "from_costs",
    "from_pairs",
    "lscp",
    "mclp",
    "p_center",
    "p_median",
    "served_by",
]
