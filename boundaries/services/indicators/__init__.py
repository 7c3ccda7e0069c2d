"""Indicators of eldercare: counts of units and facilities over what there is to count.

Pure functions on frames. Every indicator is a table of *members* (units, facilities,
people), each with what it adds to numerator and denominator; a figure of any unit is
the sum over the members that lie in it, so nothing enters a figure unseen.
Denominators come from the divisions in force at the reference date.
"""

from __future__ import annotations

from boundaries.services.indicators.catalogue import INDICATORS, indicator
from boundaries.services.indicators.figures import Figure, figure, table
from boundaries.services.indicators.inputs import Inputs
from boundaries.services.indicators.options import Options

__all__ = [
    "INDICATORS",
    "Figure",
    "Inputs",
    "Options",
    "figure",
    "indicator",
    "table",
]
