"""Findings that are edited a few at a time, and put into a frame when asked for.

A re-check drops some findings and adds others; what stays is shared with the result
before, so that an edit costs what it changes and not what there is.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.topology.kernels import boxes

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from numpy.typing import NDArray

COLUMNS = (
    "rule",
    "severity",
    "participants",
    "area_m2",
    "width_m",
    "length_m",
    "message_zh",
    "message_en",
    "repair",
    "fingerprint",
    "geometry",
)
"""``rule`` a word of :data:`SEVERITY`; ``participants`` a sorted tuple of keys;
measures in metres, NaN where one does not apply; ``repair`` a dict or None;
``geometry`` the place in the coordinates of the file."""
RULE, WHO, MARK, PLACE = 0, 2, 9, 10
TEXTS = frozenset({"rule", "severity", "message_zh", "message_en", "fingerprint"})
MEASURES = frozenset({"area_m2", "width_m", "length_m"})
MOST_EDITS = 500
"""So many findings dropped and added are made one with the others."""

Row = tuple[Any, ...]
"""One finding, in the order of :data:`COLUMNS`."""


class Table:
    """Findings in the order of rule and fingerprint."""

    def __init__(
        self,
        base: Base,
        crs: Any,
        gone: frozenset[int] = frozenset(),
        more: tuple[Row, ...] = (),
    ) -> None:
        self._base, self.crs, self._gone, self._more = base, crs, gone, more

    @classmethod
    def of(cls, rows: Iterable[Row], crs: Any) -> Table:
        """Return findings as a table."""
        return cls(Base(sorted(rows, key=_order)), crs)

    @classmethod
    def of_frame(cls, frame: gpd.GeoDataFrame) -> Table:
        """Return the findings of a frame as a table."""
        columns = [
            frame[name].astype(object).tolist() if name in TEXTS else list(frame[name])
            for name in COLUMNS[:-1]
        ]
        rows = list(zip(*columns, frame.geometry.to_numpy(), strict=True))
        made = cls(Base(rows), frame.crs)
        made.__dict__["frame"] = frame
        return made

    def __len__(self) -> int:
        """Return how many findings there are."""
        return len(self._base.rows) - len(self._gone) + len(self._more)

    @cached_property
    def rows(self) -> list[Row]:
        """The findings, in order."""
        if not self._gone and not self._more:
            return self._base.rows
        kept = [row for at, row in enumerate(self._base.rows) if at not in self._gone]
        return sorted([*kept, *self._more], key=_order)

    @cached_property
    def frame(self) -> gpd.GeoDataFrame:
        """The findings as a frame."""
        columns = list(zip(*self.rows, strict=True)) or [()] * len(COLUMNS)
        made: dict[str, Any] = {}
        for name, values in zip(COLUMNS[:-1], columns[:-1], strict=True):
            if name in TEXTS:
                made[name] = pd.array(list(values), dtype="str")
            elif name in MEASURES:
                made[name] = np.array(values, float)
            else:
                made[name] = _objects(values)
        frame = pd.DataFrame(made)
        return gpd.GeoDataFrame(frame, geometry=_objects(columns[-1]), crs=self.crs)

    def concerned(self, names: set[str], ground: NDArray[np.float64]) -> Concerned:
        """Return the findings that name a unit, or lie on ground, of an edit.

        And those of the file as a whole, by themselves.
        """
        base = self._base
        found = {at for name in names for at in base.named.get(name, ())}
        if len(ground):
            found.update(boxes.meeting(base.boxes, *base.packed, ground)[0].tolist())
        found |= base.whole
        some = concerned(self._more, names, ground)
        rows = [base.rows[at] for at in sorted(found - self._gone)]
        rows += [row for row, mine in zip(self._more, some, strict=True) if mine]
        return Concerned(
            [row for row in rows if row[RULE] != "precision"],
            [row for row in rows if row[RULE] == "precision"],
        )

    def naming(self, names: set[str], rules: Collection[str]) -> list[Row]:
        """Return the findings of some rules that name any of some units."""
        base = self._base
        found = {at for name in names for at in base.named.get(name, ())} - self._gone
        rows = [base.rows[at] for at in sorted(found)]
        rows += [row for row in self._more if not names.isdisjoint(row[WHO])]
        return [row for row in rows if row[RULE] in rules]

    def edited(self, gone: Sequence[Row], fresh: Sequence[Row]) -> Table:
        """Return the findings without some, and with others."""
        if not gone and not fresh:
            return self
        left = {id(row) for row in gone}
        more = tuple(row for row in self._more if id(row) not in left) + tuple(fresh)
        place = self._base.place
        lost = self._gone | {place[id(row)] for row in gone if id(row) in place}
        made = Table(self._base, self.crs, lost, more)
        if len(lost) + len(more) > max(MOST_EDITS, len(self._base.rows) // 4):
            return Table(Base(made.rows), self.crs)
        return made


class Concerned:
    """Findings that an edit may change, and those of the file as a whole."""

    def __init__(self, rows: list[Row], whole: list[Row]) -> None:
        self.rows, self.whole = rows, whole


class Base:
    """Findings that are looked up by unit and by place."""

    def __init__(self, rows: list[Row]) -> None:
        self.rows = rows

    @cached_property
    def boxes(self) -> NDArray[np.float64]:
        """West, south, east and north of every place."""
        return boxes_of(self.rows)

    @cached_property
    def packed(self) -> tuple[NDArray[np.int32], NDArray[np.float64]]:
        """The boxes as a tree."""
        order, tree = boxes.packed(self.boxes)
        return order, tree

    @cached_property
    def named(self) -> dict[str, list[int]]:
        """The findings that name a unit; not those of the file as a whole."""
        found: dict[str, list[int]] = {}
        for at, row in enumerate(self.rows):
            if row[RULE] != "precision":
                for name in row[WHO]:
                    found.setdefault(name, []).append(at)
        return found

    @cached_property
    def place(self) -> dict[int, int]:
        """Where every finding is."""
        return {id(row): at for at, row in enumerate(self.rows)}

    @cached_property
    def whole(self) -> set[int]:
        """The findings of the file as a whole."""
        return {at for at, row in enumerate(self.rows) if row[RULE] == "precision"}


def boxes_of(rows: Sequence[Row]) -> NDArray[np.float64]:
    """Return west, south, east and north of every place, NaN without one."""
    shapes = _objects([row[PLACE] for row in rows])
    return np.asarray(shapely.bounds(shapes), dtype=float).reshape(-1, 4)


def concerned(
    rows: Sequence[Row], names: set[str], ground: NDArray[np.float64]
) -> list[bool]:
    """Return which findings name a unit, lie on ground, or are of the whole file."""
    if not rows:
        return []
    box = boxes_of(rows)
    near = np.zeros(len(rows), bool)
    for west, south, east, north in ground.tolist():  # few
        near |= (
            (box[:, 0] <= east)
            & (box[:, 2] >= west)
            & (box[:, 1] <= north)
            & (box[:, 3] >= south)
        )
    return [
        row[RULE] == "precision" or hit or not names.isdisjoint(row[WHO])
        for row, hit in zip(rows, near.tolist(), strict=True)
    ]


def _order(row: Row) -> tuple[str, str]:
    return row[RULE], row[MARK]


def _objects(values: Sequence[Any]) -> NDArray[Any]:
    made = np.empty(len(values), dtype=object)
    made[:] = list(values)
    return made
