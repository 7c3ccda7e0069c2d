"""The overlaps, gaps and borders of each level that a draft may have touched."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from boundaries import codes
from boundaries.vocabulary import Level
from geodata.topology.conflicts import Conflicts, conflicts
from geodata.topology.soundness import Sound

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from boundaries.rules.context import Context

NEAR_DEG = 2e-5
"""Units whose boxes come this near (about two metres) are looked at together."""
WHOLE_SHARE = 0.25
"""Past this share of a level it is cheaper and simpler to look at all of it."""


@dataclass(frozen=True)
class Tiling:
    """One level's conflicts that involve what moved.

    ``places`` are the units looked at, as positions in the candidate; the units in
    ``found`` are positions in the candidate too.
    """

    level: int
    places: NDArray[np.intp]
    found: Conflicts


def tilings(context: Context) -> list[Tiling]:
    """Return the conflicts of every level in which a geometry moved."""
    moved = context.candidate.index.isin(context.moved)
    before = _levels_before(context)
    made = []
    for number in sorted(set(context.level.tolist())):
        mine = _together(context, number)
        if moved[mine].any() or number in before:
            made.append(_tiling(context, number, mine, moved))
    return made


def _together(context: Context, number: int) -> NDArray[np.intp]:
    """Return the units that tile at a level, as positions.

    A city without counties (东莞市) lies among the counties of its neighbours.
    """
    level = context.level.to_numpy()
    mine = level == number
    if number == Level.COUNTY:
        held = {key[:4] for key, its in zip(context.keys, mine, strict=True) if its}
        for place in np.flatnonzero(level == Level.PREFECTURE):
            mine[place] = context.keys[place][:4] not in held
    return np.flatnonzero(mine)


def _levels_before(context: Context) -> set[int]:
    """Return the levels of units that the draft moves or removes."""
    gone = context.moved.intersection(context.base.index)
    if "level" in context.base.columns:
        known = context.base["level"].reindex(gone).dropna()
        return {int(value) for value in known}
    return {int(codes.infer_level(key)) for key in gone if codes.is_code(key)}


def _tiling(
    context: Context,
    level: int,
    mine: NDArray[np.intp],
    moved: NDArray[np.bool_],
) -> Tiling:
    """Return one level's conflicts, looking no further than needed."""
    moved = moved[mine]
    polygons = context.sound.polygons[mine]
    boxes = shapely.envelope(polygons)
    changed = np.concatenate([boxes[moved], shapely.envelope(context.left)])
    near = _near(boxes, changed)
    # A gap may reach past the units next to it: look again with what is there.
    while near.sum() < WHOLE_SHARE * len(mine):
        found = _conflicts(context, mine[near])
        wider = near | _near(boxes, shapely.envelope(found.gaps.geometry.to_numpy()))
        if wider.sum() == near.sum():
            return Tiling(level, mine[near], _involving(context, found))
        near = wider
    found = _conflicts(context, mine)
    if moved.all():
        return Tiling(level, mine, found)
    return Tiling(level, mine, _involving(context, found))


def _near(boxes: NDArray[Any], places: NDArray[Any]) -> NDArray[np.bool_]:
    """Return which boxes come near one of the places."""
    hit = np.zeros(len(boxes), bool)
    some = places[~shapely.is_empty(places)]
    if len(some):
        pairs = shapely.STRtree(boxes).query(
            some, predicate="dwithin", distance=NEAR_DEG
        )
        hit[pairs[1]] = True
    return hit


def _conflicts(context: Context, places: NDArray[np.intp]) -> Conflicts:
    """Return the conflicts of some units, which it names by place in the candidate."""
    whole = context.sound
    part = Sound(whole.polygons[places], whole.valid[places], whole.usable[places])
    found = conflicts(part.polygons, checked=part)
    return replace(
        found,
        overlaps=_renamed(found.overlaps, places),
        gaps=_renamed(found.gaps, places),
        borders=_renamed(found.borders, places),
        noisy=places[found.noisy],
        unusable=places[found.unusable],
        crowded=places[found.crowded],
    )


def _renamed(table: gpd.GeoDataFrame, places: NDArray[np.intp]) -> gpd.GeoDataFrame:
    names = places.tolist()
    units = [tuple(names[unit] for unit in row) for row in table["units"]]
    named = np.empty(len(units), dtype=object)
    named[:] = units
    return table.assign(units=named)


def _involving(context: Context, found: Conflicts) -> Conflicts:
    """Keep the conflicts of moved units, and those on ground one of them left."""
    moved = set(np.flatnonzero(context.candidate.index.isin(context.moved)).tolist())
    left = context.left
    tree = shapely.STRtree(left)

    def kept(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
        mine = np.array([not moved.isdisjoint(row) for row in table["units"]], bool)
        shapes = table.geometry.to_numpy()
        place, ground = tree.query(shapes, predicate="intersects")
        shares = shapely.relate_pattern(shapes[place], left[ground], "T********")
        mine[place[shares]] = True
        return table[mine].reset_index(drop=True)

    return replace(
        found,
        overlaps=kept(found.overlaps),
        gaps=kept(found.gaps),
        borders=kept(found.borders),
        **{
            name: np.array([u for u in getattr(found, name) if u in moved], np.intp)
            for name in ("noisy", "unusable", "crowded")
        },
    )
