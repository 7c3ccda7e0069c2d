"""A level as one process looks at it: every unit by itself, then its edges."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import shapely

from geodata.topology.coverage import unmatched
from geodata.topology.findings import Place
from geodata.topology.nested import superiors
from geodata.topology.survey import survey

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.topology.survey import Survey
    from geodata.topology.units import Units

Left = tuple["NDArray[np.float64]", "NDArray[np.float64]", "NDArray[np.int32]"]
"""From where to where edges without a reverse run, and the unit of each."""


class Looked(Protocol):
    """What a check must know of a level, wherever it was looked at."""

    @property
    def units(self) -> Units:
        """The units of the level."""

    @property
    def survey(self) -> Survey:
        """What is wrong with single units, and the boxes of the others."""

    def left(self) -> Left:
        """Return the edges that no other unit draws backwards."""

    def leave_out(self, rows: NDArray[np.intp]) -> list[Place]:
        """Go on without some units, which cross too many others; say so."""

    def lost(self) -> list[Any]:
        """Return the box of every unit that could not be used, None for one of NaN."""

    def multiparts(self) -> list[Place]:
        """Report units of several parts; the geometry is all but the largest."""

    def families(self, above: Units, given: Any) -> tuple[NDArray[np.intp], Survey]:
        """Return the superior of every unit, and rings to compare with theirs.

        Edges that two units of one superior draw in opposite directions may be
        missing from the rings.
        """


class Alone:
    """A level that is looked at in this process."""

    def __init__(self, units: Units) -> None:
        self.units, self.survey = units, survey(units)

    def left(self) -> Left:
        """Return the edges that no other unit draws backwards."""
        edge, unit = unmatched(self.survey)
        xy = self.survey.rings.xy
        return xy[edge], xy[edge + 1], unit

    def leave_out(self, rows: NDArray[np.intp]) -> list[Place]:
        """Go on without some units, which cross too many others; say so."""
        seen = self.survey
        usable = seen.usable.copy()
        usable[rows] = False
        skip = seen.skip | np.isin(seen.rings.unit, rows)
        self.survey = replace(seen, usable=usable, skip=skip)
        return [_crowded(self.units, seen, row) for row in rows.tolist()]

    def lost(self) -> list[Any]:
        """Return the box of every unit that could not be used, None for one of NaN."""
        raw = self.units.rings
        lost = np.unique(raw.unit[~self.survey.usable[raw.unit]])
        return [_box(self.units, row) for row in lost.tolist()]

    def multiparts(self) -> list[Place]:
        """Report units of several parts; the geometry is all but the largest."""
        units, raw = self.units, self.units.rings
        parts = np.bincount(raw.unit[~raw.hole], minlength=len(units))
        rows = np.flatnonzero((parts > 1) & self.survey.usable)
        pieces, owner = shapely.get_parts(units.shapes(rows), return_index=True)
        order = np.lexsort((-shapely.area(pieces), owner))
        less = np.zeros(len(owner), bool)  # all but the largest of each
        less[1:] = owner[1:] == owner[:-1]
        pieces, owner = shapely.force_2d(pieces[order[less]]), owner[less]
        rests = np.asarray(shapely.multipolygons(pieces, indices=owner))
        areas = units.metres.area_m2(rests).tolist()
        places = []
        for row, rest, area in zip(rows.tolist(), rests, areas, strict=True):
            detail = {"count": len(rest.geoms) + 1}
            who = (units.keys[row],)
            places.append(Place("multipart", who, rest, area, detail=detail))
        return places

    def families(self, above: Units, given: Any) -> tuple[NDArray[np.intp], Survey]:
        """Return the superior of every unit, and rings to compare with theirs."""
        return superiors(self.units, above, given), self.survey


def _crowded(units: Units, seen: Survey, row: int) -> Place:
    rings = seen.rings
    first = rings.start[int(np.argmax(rings.unit == row))]
    return Place(
        "unusable",
        (units.keys[row],),
        shapely.Point(rings.xy[first]),
        detail={
            "why_zh": "与太多单元交叉，无法逐处列出",
            "why_en": "it crosses too many others to list the places",
        },
    )


def _box(units: Units, row: int) -> Any:
    """Return the box of a unit's vertices that are finite."""
    rings = units.rings
    mine = np.flatnonzero(rings.unit == row)
    xy: NDArray[np.float64] = np.concatenate(
        [rings.xy[rings.start[ring] : rings.start[ring + 1]] for ring in mine]
    )
    xy = xy[np.isfinite(xy).all(axis=1)]
    if not len(xy):
        return None
    return shapely.box(*xy.min(axis=0), *xy.max(axis=0))
