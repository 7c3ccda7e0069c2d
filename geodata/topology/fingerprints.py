"""Names for findings that stay the same however often a place is found."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

CELL_DEG = 1e-3
"""Width of the cells that tell places apart: about a hundred metres."""
CELL_M = 100.0
"""The same in a plane coordinate system."""
_OFFSET = 0.318309886
"""Moves the walls of the cells away from round decimals, where vertices lie."""


def fingerprint(rule: str, participants: Iterable[str], place: str = "") -> str:
    """Return an id stable under re-upload, re-ordering and unrelated edits.

    ``place`` distinguishes several breaches of one rule between the same
    participants: a field's name, or the position as :func:`places_of` says it.
    """
    text = "\x1f".join([rule, *sorted(map(str, participants)), place])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def places_of(
    geometries: Any, participants: Sequence[tuple[str, ...]], *, cell: float = CELL_DEG
) -> list[str]:
    """Return for each geometry a text that tells its place among its participants'.

    The middle of its box names a cell of a hundred metres (``cell`` in the units
    of the coordinates), so that float noise changes nothing; breaches of the same
    participants in one cell are numbered from south-west to north-east.
    """
    box = shapely.bounds(np.asarray(geometries, dtype=object)).reshape(-1, 4)
    middle = (box[:, :2] + box[:, 2:]) / 2
    middle = np.where(np.isfinite(middle), middle, 0.0)
    at = np.floor(middle / cell + _OFFSET).astype(np.int64)
    table = pd.DataFrame(
        {
            "who": pd.Series(list(participants), dtype=object),
            "column": at[:, 0],
            "row": at[:, 1],
            "x": middle[:, 0],
            "y": middle[:, 1],
        }
    )
    order = table.sort_values(["x", "y"], kind="stable")
    number = order.groupby(["who", "column", "row"], sort=False).cumcount()
    numbers = number.reindex(table.index).to_numpy()
    return [
        f"{column},{row}" if not again else f"{column},{row}#{again + 1}"
        for (column, row), again in zip(at.tolist(), numbers.tolist(), strict=True)
    ]
