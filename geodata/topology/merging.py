"""What the parts of a level say, put together as if one process had looked at it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.topology.check import concluded
from geodata.topology.kernels import matching
from geodata.topology.survey import Survey
from geodata.topology.units import Rings

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from geodata.topology.alone import Left
    from geodata.topology.findings import Findings, Place
    from geodata.topology.partition import Layer, Part, Runs, Seen
    from geodata.topology.units import Units


def merge(
    layer: Layer,
    seen: Sequence[Seen],
    again: Callable[[Sequence[Part]], Sequence[Seen]],
) -> Findings:
    """Return the findings for a level of which every part was looked at.

    Parameters
    ----------
    layer
        The whole level, and what was asked.
    seen
        What each of its parts has to say.
    again
        Looks at some parts once more, told something they could not know.
    """
    looked = Gathered(layer, list(seen), again)
    return concluded(looked, layer.frame, layer.asked)


class Gathered:
    """A level that was looked at in parts."""

    def __init__(
        self,
        layer: Layer,
        seen: list[Seen],
        again: Callable[[Sequence[Part]], Sequence[Seen]],
    ) -> None:
        self.units = layer.units
        self._layer, self._seen, self._again = layer, seen, again
        self._without: tuple[int, ...] = ()
        back = sum(part.turned[0] for part in seen)
        on = sum(part.turned[1] for part in seen)
        usual = bool(back / (back + on) > 0.5) if back + on else False
        self.units.usual = usual
        self.units.__dict__["vertices"] = sum(part.vertices for part in seen)
        # A part in which most rings turn otherwise than in the level spoke of the
        # wrong ones.
        self._look([n for n, part in enumerate(seen) if part.usual != usual])

    def _look(self, numbers: list[int]) -> None:
        if numbers:
            parts = [
                self._layer.part(
                    self._seen[number].rows, self.units.usual, self._without
                )
                for number in numbers
            ]
            for number, part in zip(numbers, self._again(parts), strict=True):
                self._seen[number] = part
        self.survey = self._joined()

    def _joined(self) -> Survey:
        """Return the survey of the whole, without rings."""
        count = len(self.units)
        usable, area = np.zeros(count, bool), np.zeros(count)
        box = np.full((count, 4), np.nan)
        repaired: dict[int, Any] = {}
        places: list[Place] = []
        low, high = np.full(2, np.inf), np.full(2, -np.inf)
        for part in self._seen:
            usable[part.rows], area[part.rows] = part.usable, part.area
            box[part.rows] = part.boxes
            repaired |= {
                row: shapely.from_wkb(shape) for row, shape in part.repaired.items()
            }
            places += part.places
            low = np.minimum(low, part.bounds[:2])
            high = np.maximum(high, part.bounds[2:])
        self.units.__dict__["bounds"] = np.concatenate([low, high])
        nobody = np.zeros(0, np.int32)
        rings = Rings(np.zeros((0, 2)), np.zeros(1, np.int64), nobody, nobody != 0)
        fixed = dict(sorted(repaired.items()))
        whole = Survey(rings, rings.hole, usable, fixed, area, places)
        whole.__dict__["boxes"] = box
        return whole

    def left(self) -> Left:
        """Return the edges that no unit of any part draws backwards."""
        runs = self._runs([part.left for part in self._seen])
        skip = np.zeros(len(runs.unit), bool)
        twin = matching.match(runs.xy.view(np.uint64), runs.start, skip)
        edge = np.flatnonzero(twin == -1)
        line = np.searchsorted(runs.start, edge, side="right") - 1
        return runs.xy[edge], runs.xy[edge + 1], runs.unit[line]

    def leave_out(self, rows: NDArray[np.intp]) -> list[Place]:
        """Have the parts of some units looked at again without them."""
        self._without += tuple(rows.tolist())
        mine = [
            number
            for number, part in enumerate(self._seen)
            if np.isin(part.rows, rows).any()
        ]
        self._look(mine)
        named = {self.units.keys[row] for row in rows.tolist()}
        said = [place for number in mine for place in self._seen[number].crowded]
        return [place for place in said if place.units[0] in named]

    def lost(self) -> list[Any]:
        """Return the box of every unit that could not be used, None for one of NaN."""
        return [
            None if box is None else shapely.from_wkb(box)
            for part in self._seen
            for box in part.lost
        ]

    def multiparts(self) -> list[Place]:
        """Return what the parts say about units of several parts."""
        return [place for part in self._seen for place in part.multiparts]

    def families(
        self,
        above: Units,  # noqa: ARG002 - known since before the parts were made
        given: Any,  # noqa: ARG002
    ) -> tuple[NDArray[np.intp], Survey]:
        """Return whose every unit is, and what is left within those families."""
        rings = self._runs([part.family for part in self._seen if part.family])
        skip = np.zeros(len(rings.unit), bool)
        return self._layer.whose, replace(self.survey, rings=rings, skip=skip)

    def _runs(self, runs: list[Runs]) -> Rings:
        """Return lines of all parts in the order in which one process meets them."""
        if not runs:
            nobody = np.zeros(0, np.int32)
            return Rings(np.zeros((0, 2)), np.zeros(1, int), nobody, nobody != 0)
        row = np.concatenate([part.row for part in runs])
        late = np.concatenate([part.late for part in runs])
        size = np.concatenate([np.diff(part.start) for part in runs])
        begin = np.concatenate([[0], np.cumsum(size)[:-1]]) if len(size) else size
        xy = np.concatenate([part.xy for part in runs])
        order = np.lexsort((np.arange(len(row)), row, late))
        size = size[order]
        start = np.concatenate([[0], np.cumsum(size)]).astype(np.int64)
        within = np.arange(start[-1]) - np.repeat(start[:-1], size)
        xy = np.ascontiguousarray(xy[np.repeat(begin[order], size) + within])
        return Rings(xy, start, row[order], np.zeros(len(order), bool))
