"""The vertices of some edges, out of the vertices of all."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Longs = npt.NDArray[np.int64]


def vertices_of(
    offsets: npt.NDArray[Any], which: npt.NDArray[Any]
) -> tuple[Longs, Longs]:
    """Return where the vertices of edges are, and where those of each begin.

    Parameters
    ----------
    offsets
        (m + 1,) of all edges.
    which
        (k,) the edges wanted, in any order.

    Returns
    -------
    at, starts
        Positions, edge after edge, and (k + 1,) the offsets among them.
    """
    size = offsets[which + 1] - offsets[which]
    starts = np.concatenate([[0], np.cumsum(size)])
    at = np.repeat(offsets[which], size) + (
        np.arange(starts[-1]) - np.repeat(starts[:-1], size)
    )
    return at, starts
