"""The check of each level that a draft may have touched, with its superiors."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boundaries import codes
from boundaries.vocabulary import Level
from geodata.crs import STORAGE
from geodata.topology import Findings, check

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from boundaries.rules.context import Context

NESTING = ("outside_parent", "parent_residual")
GAPS = ("gap", "sliver_gap", "missing_unit")
MIXED = 0
"""Stands for the level of units that do not tile: children of one superior."""


@dataclass(frozen=True)
class Checked:
    """One check: ``places`` are its units, as positions in the candidate."""

    level: int
    places: NDArray[np.intp]
    superiors: NDArray[np.intp]
    found: Findings
    touched: bool
    """Whether a unit of the level moved, so that its own conflicts count."""

    @cached_property
    def table(self) -> gpd.GeoDataFrame:
        """The findings, participants by code alone where one is given twice."""
        table = self.found.frame
        plain = {
            name: name.rpartition("#")[0]
            for name in self.found.keys
            if "#" in name and name.rpartition("#")[0] in self.found.units.place
        }
        if not plain:
            return table
        who = np.empty(len(table), dtype=object)
        who[:] = [
            tuple(sorted({plain.get(key, key) for key in row}))
            for row in table["participants"]
        ]
        return table.assign(participants=who)


def levels(context: Context) -> list[Checked]:
    """Return the checks of all levels that the draft may have touched."""
    moved = context.candidate.index.isin(context.moved)
    before = _levels_before(context)
    above = context.above
    concerned = np.isin(above, list(context.families))
    tiles = {
        number: together(context, number)
        for number in sorted(set(context.level.tolist()))
    }
    made, whole = [], []
    for number, mine in tiles.items():
        superiors = complete(above, mine)
        whole.append(superiors)
        touched = bool(moved[mine].any()) or number in before
        if touched or concerned[mine].any():
            made.append(checked(context, number, mine, superiors, touched=touched))
    known = np.concatenate([*whole, [-1]])
    rest = np.setdiff1d(list(context.families), known).astype(np.intp)
    children = np.flatnonzero(np.isin(above, rest) & ~context.astray)
    if len(children):
        made.append(checked(context, MIXED, children, rest, touched=False))
    return made


def checked(
    context: Context,
    number: int,
    places: NDArray[np.intp],
    superiors: NDArray[np.intp],
    *,
    touched: bool,
) -> Checked:
    """Check some units of the candidate together."""
    settings = context.settings
    superiors = superiors[~context.astray[superiors]]
    lines = context.lines
    if lines is not None:
        lines = lines[lines["level"] == number]
        lines = None if lines.empty else lines
    found = check(
        frame_of(context, places, parent=True),
        key="key",
        parent=frame_of(context, superiors) if len(superiors) else None,
        lines=lines,
        tolerance_m=settings.vertex_m,
        sizes=settings.sizes,
        names=context.name,
    )
    return Checked(number, places, superiors, found, touched)


def frame_of(
    context: Context, places: NDArray[np.intp], *, parent: bool = False
) -> gpd.GeoDataFrame:
    """Return units as a check wants them."""
    keys = [context.keys[place] for place in places.tolist()]
    table = pd.DataFrame({"key": pd.array(keys, dtype="str")})
    if parent:
        table["parent"] = context.parent.to_numpy()[places]
    shapes = np.asarray(context.candidate.geometry.to_numpy(), dtype=object)[places]
    return gpd.GeoDataFrame(table, geometry=shapes, crs=STORAGE)


def together(context: Context, number: int) -> NDArray[np.intp]:
    """Return the units that tile at a level, as positions.

    A city without counties (东莞市) lies among the counties of its neighbours. Units
    of which the numbers are no degrees are told as that and looked at no further.
    """
    level = np.where(context.astray, -1, context.level.to_numpy())
    mine = level == number
    if number == Level.COUNTY:
        held = {key[:4] for key, its in zip(context.keys, mine, strict=True) if its}
        for place in np.flatnonzero(level == Level.PREFECTURE):
            mine[place] = context.keys[place][:4] not in held
    return np.flatnonzero(mine)


def complete(above: NDArray[np.intp], mine: NDArray[np.intp]) -> NDArray[np.intp]:
    """Return the superiors of which every unit is among these."""
    superiors = np.unique(above[mine])
    elsewhere = np.delete(above, mine)
    alone = np.setdiff1d(superiors, elsewhere)
    return alone[alone >= 0]


def _levels_before(context: Context) -> set[int]:
    """Return the levels of units that the draft moves or removes."""
    gone = context.moved.intersection(context.base.index)
    if "level" in context.base.columns:
        known = context.base["level"].reindex(gone).dropna()
        return {int(value) for value in known}
    return {int(codes.infer_level(key)) for key in gone if codes.is_code(key)}


def involving(
    context: Context, table: gpd.GeoDataFrame, keys: Iterable[Any]
) -> NDArray[np.bool_]:
    """Return which findings name one of the keys, or lie on ground one left."""
    named = {str(key) for key in keys}
    mine = np.array([not named.isdisjoint(row) for row in table["participants"]], bool)
    left = context.left
    rest = np.flatnonzero(~mine)
    if not len(left) or not len(rest):
        return mine
    shapes = np.asarray(table.geometry.to_numpy(), dtype=object)[rest]
    place, ground = shapely.STRtree(left).query(shapes, predicate="intersects")
    shares = shapely.relate_pattern(shapes[place], left[ground], "T********")
    mine[rest[place[shares]]] = True
    return mine
