"""Names for findings that stay the same however often a place is found."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
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
    seen: dict[tuple[tuple[str, ...], int, int], int] = {}
    names = [""] * len(at)
    cells = at.tolist()
    for place in np.lexsort((middle[:, 1], middle[:, 0])).tolist():
        column, row = cells[place]
        mark = (participants[place], column, row)
        number = seen[mark] = seen.get(mark, 0) + 1
        names[place] = f"{column},{row}" + (f"#{number}" if number > 1 else "")
    return names
