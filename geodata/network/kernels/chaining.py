"""Pieces of streets that go on into one another, walked from end to end."""

from __future__ import annotations

from typing import Any

import numpy as np

from geodata.compiling import compiled


@compiled
def chains(mate: Any) -> Any:
    """Return the chains that pieces make.

    Parameters
    ----------
    mate
        (2p,) for the half-edge at the tail (``2 i``) and head (``2 i + 1``) of each
        piece the half-edge of another piece it goes on into, or -1.

    Returns
    -------
    order, back, starts
        (p,) pieces, chain after chain; whether each is walked from its head; where
        each chain begins in ``order``, and the end of all. A ring begins at its
        first piece.
    """
    count = len(mate) // 2
    order = np.empty(count, np.int64)
    back = np.zeros(count, np.bool_)
    starts = np.empty(count + 1, np.int64)
    seen = np.zeros(count, np.bool_)
    filled, found = 0, 0
    for ring in range(2):
        for first in range(count):
            if seen[first]:
                continue
            if mate[2 * first] < 0:
                enter = 2 * first
            elif mate[2 * first + 1] < 0:
                enter = 2 * first + 1
            elif ring == 1:
                enter = 2 * first
            else:
                continue
            starts[found] = filled
            found += 1
            while enter >= 0 and not seen[enter // 2]:
                piece = enter // 2
                seen[piece] = True
                order[filled] = piece
                back[filled] = enter % 2 == 1
                filled += 1
                enter = mate[enter ^ 1]
    starts[found] = filled
    return order, back, starts[: found + 1]
