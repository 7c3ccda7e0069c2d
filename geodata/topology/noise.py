"""How finely a file says where a vertex is, told by the file itself.

Vertices meant to be one differ by float noise where units went through different
programs. Half a millimetre is below any survey; where a large part of the whole file
differs by somewhat more, that is the file's precision, and one finding about it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from geodata.topology.kernels import arranging

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.topology.units import Units

LEAST_M = 0.0005
"""Positions nearer than this are one: no survey is finer."""
MOST_M = 0.005
"""Beyond this it is a conflict, however many there are."""
SHARE = 0.1
"""So large a part of all vertices must differ for it to be the file's noise."""
LEAST_VERTICES = 200
NEARLY_ALL = 0.99
ROOM = 1.25
"""Noise is so much more than the largest differences but for one in a hundred."""


def noise_m(units: Units, a: NDArray[np.float64]) -> float:
    """Return how near positions must be to be one, in metres.

    ``a`` is where the edges begin that no other unit draws backwards, and so every
    vertex of theirs.
    """
    if len(a) < LEAST_VERTICES:
        return LEAST_M
    node, where, own = arranging.nodes_of(a, units.metres.units(2 * MOST_M), len(a))
    if own.sum() < LEAST_VERTICES or own.sum() < SHARE * units.vertices:
        return LEAST_M
    apart = (where[node[own]] - a[own]) * units.metres.scale(a[own])
    far = float(np.quantile(np.hypot(apart[:, 0], apart[:, 1]), NEARLY_ALL))
    if far > MOST_M:
        return LEAST_M
    return float(np.clip(ROOM * far, LEAST_M, MOST_M))
