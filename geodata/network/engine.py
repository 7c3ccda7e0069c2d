"""Whether compiled loops or scipy's do the work.

Loading numba and what it compiled takes about as long as scipy needs for a city.
One cold run on a city is scipy's; whatever is larger, or comes later in a process
that has numba already, is done by the loops. The answers are the same.
"""

from __future__ import annotations

import sys
from typing import Any

LOADING_S = 0.5
"""What loading numba and the compiled loops takes, about."""


def engine(seconds: float) -> Any:
    """Return the module that searches: ``kernels.loops`` or ``plain``.

    Parameters
    ----------
    seconds
        How long the work would take without the loops, about.
    """
    if seconds < LOADING_S and "numba" not in sys.modules:
        from geodata.network import plain

        return plain
    from geodata.network.kernels import loops

    return loops
