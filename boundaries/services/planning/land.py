"""The ground within reach while facilities change: measured again where they do."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from boundaries.services.ground import Land, Side

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import numpy.typing as npt

    from boundaries.services.ground import Floats, Shapes
    from boundaries.services.planning.ground import Ground, Place

COLUMNS = ["area_km2", "area_reached_km2"]
_REMEMBERED = 500
"""Areas drawn of changed facilities."""

Where = tuple[tuple[float, float], float]
"""Where a facility stands in the plane, and its own radius."""


class Served:
    """The ground that the facilities of a question serve, and after changes of some.

    Parameters
    ----------
    ground
        The question; its situation's lowest divisions are the ground.
    known
        :data:`COLUMNS` by unit of the question's level, where they were computed
        before; uniting the areas of all facilities takes longest.
    """

    def __init__(self, ground: Ground, known: pd.DataFrame | None = None) -> None:
        self.land, self.level = Land(ground.situation), ground.level
        self.rows = ground.situation.serving(ground.types)
        self.row = {ground.keys[at]: number for number, at in enumerate(self.rows)}
        self.known = known

    def km2(self, stands: Collection[str], places: Mapping[str, Place]) -> pd.DataFrame:
        """Return :data:`COLUMNS` by unit when some facilities stand elsewhere.

        ``stands`` are those that a plan changes, ``places`` where they are now.
        """
        gone = [self.row[key] for key in stands if key in self.row]
        fresh = [
            (places[key].xy, places[key].own) for key in stands if places[key].serves
        ]
        if not gone and not fresh:
            return self.base
        more = np.zeros(len(self.land.codes))
        for side in self._sides:
            more[side.side.here] += side.more(gone, fresh)
        change = self.land.by_unit(more, self.level)["served_m2"] / 1e6
        found = self.base.copy()
        reached = found[COLUMNS[1]].add(change, fill_value=0.0)
        found[COLUMNS[1]] = reached.reindex(found.index).clip(lower=0.0)
        return found

    @cached_property
    def base(self) -> pd.DataFrame:
        """Before any change."""
        if self.known is not None:
            return self.known[COLUMNS]
        found = self.land.by_unit(self.land.served_m2(self.rows), self.level)
        return (found[["area_m2", "served_m2"]] / 1e6).set_axis(COLUMNS, axis=1)

    @cached_property
    def _sides(self) -> list[_Shared]:
        return [_Shared(self.land, side, self.rows) for side in self.land.sides]


class _Shared:
    """One side: the area of every facility, and what it serves that no other does."""

    def __init__(self, land: Land, side: Side, rows: npt.NDArray[np.int64]) -> None:
        self.side, self.situation = side, land.situation
        self.leaves: Shapes = land.shapes[side.here]
        self.leaf_tree = shapely.STRtree(self.leaves)
        self.shapes = land.areas(side, rows)
        self.tree = shapely.STRtree(self.shapes)
        self._drawn: dict[Where, Any] = {}
        self._lost: tuple[list[int], Floats] = ([], np.zeros(len(self.leaves)))

    def more(self, gone: list[int], fresh: Sequence[Where]) -> Floats:
        """Return how much more of each leaf (m²) is served with others instead."""
        if self._lost[0] != gone:  # a drag moves one facility many times
            self._lost = gone, self._alone(self.shapes[gone], gone)
        areas = np.array([self._area(each) for each in fresh], object)
        gained = self._alone(areas, gone)
        return gained - self._lost[1]

    def _alone(self, areas: Shapes, gone: Collection[int]) -> Floats:
        """Return what areas cover of each leaf that none of those kept covers."""
        found = np.zeros(len(self.leaves))
        left = shapely.union_all(areas)
        for at in self.tree.query(left, predicate="intersects"):
            if at not in gone:
                left = shapely.difference(left, self.shapes[at])
        near = self.leaf_tree.query(left, predicate="intersects")
        found[near] = shapely.area(shapely.intersection(self.leaves[near], left))
        return found

    def _area(self, where: Where) -> Any:
        """Return the area of a facility somewhere; a few are remembered."""
        if where not in self._drawn:
            if len(self._drawn) >= _REMEMBERED:
                self._drawn.clear()
            self._drawn[where] = self._draw(where)
        return self._drawn[where]

    def _draw(self, where: Where) -> Any:
        place, own = where
        xy, spots, network = np.array([place]), None, self.situation.network
        if network is not None:
            from geodata.network.snap import snap

            spots = snap(
                network, xy, max_m=self.situation.profile.snap_m,
                mode="drive" if self.side.mode == "drive" else "walk",
            )  # fmt: skip
        return self.side.areas(xy, spots, np.array([own]))[0]
