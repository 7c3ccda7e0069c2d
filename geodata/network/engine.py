"""Whether compiled loops or scipy's do the work.

Loading numba and what it compiled takes about as long as scipy needs for a city.
One cold run on a city is scipy's; whatever is larger, or comes later in a process
that has numba already, is done by the loops. The answers are the same.
"""

from __future__ import annotations

import sys
from typing import Any

WORTH = 400_000
"""Work (arcs looked at) from which loading the loops pays."""


def engine(work: int) -> Any:
    """Return the module that searches: ``kernels`` or ``plain``."""
    if work < WORTH and "numba" not in sys.modules:
        from geodata.network import plain

        return plain
    from geodata.network.kernels import loops

    return loops
