"""Units that are edited a few at a time.

An edit is kept beside the units that were read, so that it costs what it changes;
the units are put together when somebody asks for all of them.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.errors import InputError, Text
from geodata.topology.kernels import boxes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from geodata.topology.metres import Metres
    from geodata.topology.units import Units

MOST_EDITS = 1000
"""So many edited units are made one with the others."""

Drawn = tuple[str, Any, tuple[float, float, float, float]]
"""Key, shape and box of one unit."""


class Layer:
    """Units by row; an edit keeps the rows, and new ones come after them.

    Rows of units that are gone stay empty until the units are put together.
    """

    def __init__(
        self,
        base: Units,
        edits: dict[int, Drawn | None] | None = None,
        rows: dict[str, int | None] | None = None,
    ) -> None:
        self._base, self._edits, self._rows = base, edits or {}, rows or {}

    @property
    def metres(self) -> Metres:
        """How long things are here."""
        return self._base.metres

    @property
    def noise_m(self) -> float | None:
        """Positions nearer than this are one, once known."""
        return self._base.noise_m

    @cached_property
    def units(self) -> Units:
        """All units, those that were added last."""
        if not self._edits:
            return self._base
        base, count = self._base, len(self._base)
        keys, shapes, box = list(base.keys), base.shapes().copy(), base.boxes.copy()
        more = sorted(row for row in self._edits if row >= count)
        for row, edit in self._edits.items():
            if row < count and edit is not None:
                keys[row], shapes[row], box[row] = edit
        added = [edit for row in more if (edit := self._edits[row]) is not None]
        fresh = np.empty(len(added), dtype=object)
        fresh[:] = [edit[1] for edit in added]
        gone = [row for row, edit in self._edits.items() if row < count and not edit]
        kept = np.delete(np.arange(count), gone)
        names = [keys[row] for row in kept.tolist()] if gone else keys
        return base.like(
            (*names, *(edit[0] for edit in added)),
            np.concatenate([shapes[kept], fresh]),
            np.concatenate([box[kept], np.reshape([e[2] for e in added], (-1, 4))]),
        )

    @cached_property
    def bounds(self) -> NDArray[np.float64]:
        """West, south, east and north of all units."""
        old = [row for row in self._edits if row < len(self._base)]
        outer = self._base.bounds
        if (self._base.boxes[old] == outer).any():
            return self.units.bounds  # what reached furthest was edited
        new = [edit[2] for edit in self._edits.values() if edit is not None]
        box = np.reshape(np.array([*new, tuple(outer)]), (-1, 4))
        low, high = np.nanmin(box[:, :2], axis=0), np.nanmax(box[:, 2:], axis=0)
        return np.concatenate([low, high])

    def row(self, key: str) -> int | None:
        """Return the row of a key, or None."""
        return self._rows[key] if key in self._rows else self._base.place.get(key)

    def key(self, row: int) -> str:
        """Return the key of a row."""
        edit = self._edits.get(row)
        return edit[0] if edit else self._base.keys[row]

    def __len__(self) -> int:
        """Return how many units there are."""
        gone = sum(edit is None for edit in self._edits.values())
        return self._end - gone

    @property
    def _end(self) -> int:
        return max(len(self._base), max(self._edits, default=-1) + 1)

    def all_rows(self) -> NDArray[np.intp]:
        """Return the rows that have a unit."""
        gone = [row for row, edit in self._edits.items() if edit is None]
        return np.delete(np.arange(self._end), gone)

    def boxes(self, rows: Sequence[int]) -> NDArray[np.float64]:
        """Return west, south, east and north of some rows."""
        known, base = self._edits, self._base
        found = [
            edit[2] if (edit := known.get(row)) else base.boxes[row] for row in rows
        ]
        return np.reshape(np.array(found, dtype=float), (-1, 4))

    def near(self, asked: NDArray[np.float64], reach: float) -> set[int]:
        """Return the rows of which the box comes near one of the boxes."""
        if not len(asked):
            return set()
        wide = asked + reach * np.array([-1.0, -1.0, 1.0, 1.0])
        base = self._base
        found = set(boxes.meeting(base.boxes, *base.packed, wide)[0].tolist())
        found -= self._edits.keys()
        for row, edit in self._edits.items():
            if edit is not None:
                west, south, east, north = edit[2]
                meets = (
                    (wide[:, 0] <= east)
                    & (wide[:, 2] >= west)
                    & (wide[:, 1] <= north)
                    & (wide[:, 3] >= south)
                )
                if meets.any():
                    found.add(row)
        return found

    def subset(self, rows: Sequence[int]) -> Units:
        """Return some rows as units of their own, measured as the whole layer is."""
        known, base = self._edits, self._base
        shapes = np.empty(len(rows), dtype=object)
        old = [at for at, row in enumerate(rows) if row not in known]
        shapes[old] = base.shapes(np.array([rows[at] for at in old], np.intp))
        for at, row in enumerate(rows):
            if edit := known.get(row):
                shapes[at] = edit[1]
        return base.like(tuple([self.key(row) for row in rows]), shapes)

    def edited(
        self, keys: Sequence[str], shapes: NDArray[Any], removed: Sequence[str]
    ) -> Layer:
        """Return the layer with units changed, added and removed.

        Raises
        ------
        InputError
            When a unit to be removed is not there.
        """
        unknown = [key for key in removed if self.row(key) is None and key not in keys]
        if unknown:
            some = "、".join(unknown[:5])
            raise InputError(
                Text(
                    f"要删除的单元不在图层中：{some}（共 {len(unknown)} 个）。",
                    f"Units to be removed are not in the layer: {some} "
                    f"({len(unknown)} in all).",
                ),
                Text("请核对代码。", "Check the keys."),
            )
        edits, rows, end = dict(self._edits), dict(self._rows), self._end
        box = np.asarray(shapely.bounds(shapes), dtype=float).reshape(-1, 4).tolist()
        for key, shape, its in zip(keys, shapes, box, strict=True):
            row = rows[key] if key in rows else self._base.place.get(key)
            if row is None:
                row = rows[key] = end
                end += 1
            edits[row] = key, shape, tuple(its)
        for key in removed:
            row = rows[key] if key in rows else self._base.place[key]
            if row is not None:
                edits[row], rows[key] = None, None
        made = Layer(self._base, edits, rows)
        most = max(MOST_EDITS, len(self._base) // 100)
        return Layer(made.units) if len(edits) > most else made
