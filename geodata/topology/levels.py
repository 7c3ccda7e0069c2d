"""Superiors and lines in a re-check: only those that an edit concerns."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.topology.coverage import Shapes
from geodata.topology.linework import CORRIDOR_M, Lines, line_places
from geodata.topology.nested import nesting_places, superiors
from geodata.topology.survey import survey
from geodata.topology.table import RULE, WHO

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from geodata.topology.findings import Findings, Place
    from geodata.topology.layer import Layer
    from geodata.topology.table import Row, Table
    from geodata.topology.units import Units

OF_SUPERIORS = frozenset({"outside_parent", "parent_residual"})
OF_LINES = frozenset(
    {"off_line", "line_dangle", "line_self_overlap", "line_end", "line_sides"}
)
APART = OF_SUPERIORS | OF_LINES
"""Findings that are looked at by superior and by line."""


@dataclass(frozen=True)
class Families:
    """Superiors, and the keys of the units of each.

    ``whose`` is the superior of every unit by key, ``said`` what a column said it
    is; ``edits`` is what became of some: both.
    """

    above: Units
    whose: dict[str, int]
    said: dict[str, Any]
    members: dict[int, frozenset[str]]
    edits: dict[str, tuple[int, Any]]

    @classmethod
    def of(
        cls, keys: Sequence[str], above: Units, whose: NDArray[np.intp], given: Any
    ) -> Families:
        """Return the families of a layer."""
        found: dict[int, set[str]] = {}
        rows = whose.tolist()
        for key, row in zip(keys, rows, strict=True):
            found.setdefault(row, set()).add(key)
        members = {row: frozenset(names) for row, names in found.items()}
        said = {} if given is None else dict(zip(keys, _listed(given), strict=True))
        return cls(above, dict(zip(keys, rows, strict=True)), said, members, {})

    def row(self, key: str) -> int:
        """Return the superior of a unit, -1 for none."""
        edit = self.edits.get(key)
        return self.whose.get(key, -1) if edit is None else edit[0]

    def edited(
        self, now: Units, given: Mapping[str, Any], removed: Iterable[str]
    ) -> Families:
        """Return the families after units changed, and some went.

        ``given`` is what is newly said to be the superior of some.
        """
        old = {key: edit[1] for key, edit in self.edits.items()}
        said = [given.get(key, old.get(key, self.said.get(key))) for key in now.keys]
        rows = superiors(now, self.above, said).tolist()
        after = dict.fromkeys(removed, (-1, None))
        after |= {
            key: (row, word)
            for key, row, word in zip(now.keys, rows, said, strict=True)
        }
        members = dict(self.members)
        for key, (row, _) in after.items():
            before = self.row(key)
            if before in members:
                members[before] -= {key}
            if row >= 0:
                members[row] = members.get(row, frozenset()) | {key}
        return replace(self, members=members, edits=self.edits | after)

    def places(self, rows: Sequence[int], layer: Layer) -> list[Place]:
        """Return where some superiors and their units differ."""
        above = self.above.like(
            tuple(self.above.keys[row] for row in rows),
            self.above.shapes(np.array(rows, np.intp)),
        )
        own = [self.members.get(row, frozenset()) for row in rows]
        held = [
            at for names in own for key in names if (at := layer.row(key)) is not None
        ]
        near = sorted(layer.near(above.boxes, 0.0).union(held))
        units = layer.subset(near)
        number = {key: at for at, names in enumerate(own) for key in names}
        whose = np.array([number.get(key, -1) for key in units.keys], np.intp)
        seen = survey(units)
        shapes = Shapes(units, seen)
        return nesting_places(shapes, seen, above, survey(above), whose)


@dataclass(frozen=True)
class Levels:
    """What a layer is held against besides itself."""

    families: Families | None = None
    lines: Lines | None = None

    @cached_property
    def _line_boxes(self) -> NDArray[np.float64]:
        shapes = self.lines.shapes if self.lines else np.zeros(0, object)
        return np.asarray(shapely.bounds(shapes), dtype=float).reshape(-1, 4)

    def rechecked(
        self,
        findings: Findings,
        after: Layer,
        changed: Any,
        edit: tuple[Sequence[str], Sequence[str], NDArray[np.float64]],
    ) -> tuple[Levels, list[Row], list[Place]]:
        """Return levels after an edit, findings that it makes void, and new places.

        ``edit``: the keys that changed, those that are gone, and the boxes of both.
        """
        keys, removed, ground = edit
        gone: list[Row] = []
        places: list[Place] = []
        families = self.families
        if families is not None:
            now = [row for key in keys if (row := after.row(key)) is not None]
            given = (
                dict(zip(keys, changed["parent"], strict=True))
                if "parent" in changed
                else {}
            )
            families = families.edited(after.subset(now), given, removed)
            asked = {
                of.row(key)
                for of in (self.families, families)
                if of
                for key in (*keys, *removed)
            } - {-1}
            rows, void = _closed(
                findings.table, asked, families.above.keys, OF_SUPERIORS
            )
            gone += void
            places += families.places(rows, after) if rows else []
        if self.lines is not None:
            near = np.flatnonzero(self._reached(ground, after)).tolist()
            rows, void = _closed(findings.table, set(near), self.lines.keys, OF_LINES)
            gone += void
            places += self._beside(rows, after, findings.tolerance_m) if rows else []
        return replace(self, families=families), gone, places

    def _reached(self, ground: NDArray[np.float64], layer: Layer) -> NDArray[np.bool_]:
        """Return which lines lie within the corridor of some ground."""
        reach = layer.metres.units(CORRIDOR_M)
        box = self._line_boxes
        hit = np.zeros(len(box), bool)
        for west, south, east, north in ground.tolist():
            hit |= (
                (box[:, 0] <= east + reach)
                & (box[:, 2] >= west - reach)
                & (box[:, 1] <= north + reach)
                & (box[:, 3] >= south - reach)
            )
        return hit

    def _beside(self, rows: list[int], layer: Layer, tolerance_m: float) -> list[Place]:
        """Return what is wrong with some lines."""
        lines = self.lines
        if lines is None:
            return []
        reach = layer.metres.units(CORRIDOR_M)
        box = self._line_boxes[rows]
        units = layer.subset(sorted(layer.near(box[~np.isnan(box[:, 0])], reach)))
        shapes = Shapes(units, survey(units))
        return line_places(lines, shapes, layer.metres, tolerance_m, rows)


def _closed(
    table: Table, asked: set[int], keys: Sequence[str], rules: frozenset[str]
) -> tuple[list[int], list[Row]]:
    """Return the rows to look at again, and the findings about any of them.

    A finding that goes takes along every superior (or line) it names, so that
    nothing goes that is not looked at.
    """
    place = {key: row for row, key in enumerate(keys)}
    found: dict[int, Row] = {}
    reached = set(asked)
    while asked:
        told = table.naming({keys[row] for row in asked}, rules)
        fresh = [row for row in told if id(row) not in found]
        found.update((id(row), row) for row in fresh)
        named = {place[name] for row in fresh for name in row[WHO] if name in place}
        asked = named - reached
        reached |= named
    return sorted(reached), list(found.values())


def apart(row: Row) -> bool:
    """Return whether a finding is looked at by superior or by line."""
    return row[RULE] in APART


def _listed(column: Any) -> list[Any]:
    return list(column.to_pylist() if hasattr(column, "to_pylist") else column)
