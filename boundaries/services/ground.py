"""How much of the ground is within reach (I12): service areas, by unit.

Each of the lowest divisions is measured against the areas of its own time limit, as
its people are urban or rural, and of a facility's own radius where it has one; what
lies above is their sum. Areas follow the streets where a network is known, and are
straight circles where none is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boundaries.services import coverage as figures
from boundaries.services import nearness
from boundaries.services.settlement import is_urban
from geodata import crs

if TYPE_CHECKING:
    from boundaries.services.situation import Situation
    from geodata.network.graph import Graph, Spots

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Side:
    """Town or countryside: its lowest divisions, and how one comes to them."""

    here: npt.NDArray[np.int64]
    """Positions among the leaves."""
    radius_m: float
    """As the crow flies, where no network is known."""
    graph: Graph | None
    limit_s: float
    mode: str

    def areas(self, xy: Floats, spots: Spots | None, own: Floats) -> Shapes:
        """Return the service area of each place, empty where it stands nowhere.

        Parameters
        ----------
        xy
            (f, 2) plane metres, NaN for a place that is not known.
        spots
            The same places on the network; None without one.
        own
            (f,) metres of a radius of its own, NaN where the usual limit holds.
        """
        found = np.full(len(xy), shapely.Polygon(), object)
        if self.graph is None or spots is None:
            there = np.isfinite(xy).all(axis=1)
            radius = np.where(np.isnan(own), self.radius_m, own)[there]
            found[there] = shapely.buffer(shapely.points(xy[there]), radius)
            return found
        from geodata.network.areas import polygons, reached_parts

        limit = np.where(np.isnan(own), self.limit_s, own / self.graph.speed_mps)
        for each in np.unique(limit):
            these = np.flatnonzero((limit == each) & (spots.edge >= 0))
            parts = reached_parts(self.graph, spots.take(these), float(each))
            found[these] = polygons(self.graph.network, parts)
        return found


class Land:
    """The lowest divisions of a situation as ground that may be served.

    Attributes
    ----------
    codes
        Of the divisions that have a shape and none below them.
    shapes
        In the plane of the situation.
    """

    def __init__(self, situation: Situation) -> None:
        self.situation = situation
        divisions = situation.divisions
        parents = situation.tree.parents_of(str(code) for code in divisions.index)
        lowest = divisions[~divisions.index.isin(parents)]
        there = lowest[lowest.geometry.notna() & ~lowest.geometry.is_empty]
        moved = crs.transform(there[["geometry"]], situation.crs)
        self.codes = [str(code) for code in there.index]
        self.shapes: Shapes = moved.geometry.to_numpy(object)
        self.area_m2: Floats = shapely.area(self.shapes)
        self._above: dict[str, list[str | None]] = {}

    @cached_property
    def sides(self) -> list[Side]:
        """Town and countryside, those that have ground."""
        situation, profile = self.situation, self.situation.profile
        units = situation.people.units
        classes = units["settlement"].to_dict() if "settlement" in units else {}
        urban = np.array(
            [is_urban(code, classes.get(code)) for code in self.codes], bool
        )
        town, country = np.flatnonzero(urban), np.flatnonzero(~urban)
        ridden = "walk" if situation.ride is situation.walk else "drive"
        sides = (
            Side(town, profile.urban_radius_m, situation.walk, profile.urban_s, "walk"),
            Side(country, profile.rural_radius_m, situation.ride, profile.rural_s,
                 ridden),
        )  # fmt: skip
        return [side for side in sides if len(side.here)]

    def areas(
        self, side: Side, rows: npt.NDArray[np.int64], *, straight: bool = False
    ) -> Shapes:
        """Return the service areas of facilities of the situation on one side.

        ``straight`` asks for circles, whether there are streets or not.
        """
        situation = self.situation
        spots = situation.facility_spots
        if side.mode == "drive":
            spots = situation.facility_ride_spots
        return side.areas(
            situation.facility_xy[rows],
            None if spots is None or straight else spots.take(rows),
            nearness.own_radius(situation, rows),
        )

    def served(self, rows: npt.NDArray[np.int64], *, straight: bool = False) -> Shapes:
        """Return the part of each leaf that facilities serve."""
        found = np.full(len(self.shapes), shapely.Polygon(), object)
        for side in self.sides:
            shapes = self.areas(side, rows, straight=straight)
            at, area = shapely.STRtree(shapes).query(
                self.shapes[side.here], predicate="intersects"
            )
            for unit in np.unique(at):
                near, leaf = shapes[area[at == unit]], side.here[unit]
                whole = near[0] if len(near) == 1 else shapely.union_all(near)
                found[leaf] = shapely.intersection(whole, self.shapes[leaf])
        return found

    def served_m2(self, rows: npt.NDArray[np.int64]) -> Floats:
        """Return how much of each leaf facilities serve."""
        square: Floats = shapely.area(self.served(rows))
        return square

    def by_unit(self, served_m2: Floats, level: str) -> pd.DataFrame:
        """Return ``area_m2, served_m2, area_share`` by unit of a level."""
        table = pd.DataFrame({
            "unit": self._units(level), "area_m2": self.area_m2, "served_m2": served_m2,
        })  # fmt: skip
        there = table.dropna(subset="unit")
        sums = there.groupby("unit")[["area_m2", "served_m2"]].sum()
        share = sums["served_m2"] / sums["area_m2"].where(sums["area_m2"] > 0) * 100
        return sums.assign(area_share=share.round(6))

    def _units(self, level: str) -> list[str | None]:
        """Return the unit of a level that each leaf is or lies below."""
        if level not in self._above:
            number, tree = figures.numbered(level), self.situation.tree
            self._above[level] = [
                tree.at(code, number) if number else code for code in self.codes
            ]
        return self._above[level]


def ground(
    situation: Situation, rows: npt.NDArray[np.int64], level: str
) -> pd.DataFrame:
    """Return ``area_m2, served_m2, area_share`` by unit of a level.

    Areas are of the plane of the situation.
    """
    land = Land(situation)
    return land.by_unit(land.served_m2(rows), level)
