"""How large what is: thresholds that tell the kinds of a place apart."""

from __future__ import annotations

import math
from dataclasses import dataclass

from geodata.errors import InputError, Text


@dataclass(frozen=True)
class Sizes:
    """From where on a place is of which kind.

    An overlap or gap is a sliver when it is narrower than ``sliver_m`` on average
    or smaller than ``sliver_m2``. Two units are one drawn twice when they share
    ``same_share`` of both, nearly so from ``near_share`` on; a unit covered by a
    larger one to ``host_share`` lies in a host that was not cut. A hole may be a
    unit when it has ``missing_share`` of its neighbours' median area.
    """

    sliver_m: float = 0.5
    sliver_m2: float = 1.0
    same_share: float = 1 - 1e-6
    near_share: float = 0.95
    host_share: float = 0.95
    missing_share: float = 0.1


USUAL = Sizes()
"""What is meant where nobody says otherwise."""


def require_tolerance(tolerance_m: float, *, zero: bool = False) -> None:
    """Raise InputError for a tolerance in metres that is none."""
    enough = tolerance_m >= 0 if zero else tolerance_m > 0
    if not (enough and math.isfinite(tolerance_m)):
        raise InputError(
            Text(
                f"容差应为有限的正数（米），不是 {tolerance_m}。",
                f"A tolerance is a finite number of metres, not {tolerance_m}.",
            )
        )
