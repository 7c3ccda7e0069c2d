"""Units that cross so many others that working out every place has no end.

Five thousand squares drawn over each other are valid one by one, but have some
twenty million crossings. Borders of real layers, however badly drawn, cross a few
others; only when a sample of edges says otherwise is each unit looked at.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.topology.soundness import cross

if TYPE_CHECKING:
    from numpy.typing import NDArray

MOST_CROSSINGS = 20.0
"""Mean crossings of an edge beyond which a unit is left out."""
SUSPICIOUS = 4.0
"""Mean crossings in a sample of the layer beyond which every unit is looked at."""
SAMPLE = 256
SAMPLE_OF_UNIT = 8


def crowding(
    a: NDArray[np.float64], b: NDArray[np.float64], unit: NDArray[Any]
) -> NDArray[np.intp]:
    """Return the units whose edges, from ``a`` to ``b``, cross far too many others."""
    if len(a) <= SAMPLE_OF_UNIT:
        return np.zeros(0, np.intp)
    lines = np.asarray(shapely.linestrings(np.stack([a, b], axis=1)))
    tree = shapely.STRtree(lines)
    rng = np.random.default_rng(len(a))
    some = rng.choice(len(a), min(SAMPLE, len(a)), replace=False)
    if _crossings(tree, a, b, some).mean() <= SUSPICIOUS:
        return np.zeros(0, np.intp)
    order = rng.permutation(len(a))
    rank = _rank(unit[order])
    chosen = order[rank < SAMPLE_OF_UNIT]
    many = _crossings(tree, a, b, chosen)
    count = np.bincount(unit[chosen])
    with np.errstate(invalid="ignore"):
        mean = np.bincount(unit[chosen], weights=many) / count
    return np.flatnonzero(mean > MOST_CROSSINGS)


def _crossings(
    tree: shapely.STRtree,
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    chosen: NDArray[np.intp],
) -> NDArray[np.float64]:
    """Return how often each chosen edge crosses others, up to a bound of work."""
    many = np.zeros(len(chosen))
    for place in np.array_split(np.arange(len(chosen)), max(len(chosen) // 64, 1)):
        mine = chosen[place]
        low, high = np.minimum(a[mine], b[mine]), np.maximum(a[mine], b[mine])
        box = shapely.box(low[:, 0], low[:, 1], high[:, 0], high[:, 1])
        one, other = tree.query(box)
        meets = cross(a, b, mine[one], other)
        many[place] = np.bincount(one[meets], minlength=len(mine))
    return many


def _rank(values: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return for each place how often its value came before."""
    order = np.argsort(values, kind="stable")
    new = np.r_[True, values[order][1:] != values[order][:-1]]
    first = np.flatnonzero(new)[np.cumsum(new) - 1]
    rank = np.empty(len(values), np.intp)
    rank[order] = np.arange(len(values)) - first
    return rank
