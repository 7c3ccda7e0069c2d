"""How much of the ground is within reach (I12): service areas, by unit.

Each of the lowest divisions is measured against the areas of its own time limit, as
its people are urban or rural, and of a facility's own radius where it has one; what
lies above is their sum. Areas follow the streets where a network is known, and are
straight circles where none is.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from boundaries.services import coverage as figures
from boundaries.services import nearness
from boundaries.services.settlement import is_urban
from geodata import crs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boundaries.services.situation import Situation
    from geodata.network.areas import Parts
    from geodata.network.graph import Graph, Network, Spots

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[np.object_]


@dataclass(frozen=True, eq=False)
class Pieces:
    """Parts of streets that places reach, each with the place it is reached from.

    ``source, edge, begin, end`` are as of :class:`geodata.network.areas.Parts`.
    """

    network: Network
    source: npt.NDArray[np.int64]
    edge: npt.NDArray[np.int32]
    begin: Floats
    end: Floats

    def take(self, which: npt.NDArray[Any]) -> Pieces:
        """Return some of them."""
        return Pieces(
            self.network, self.source[which], self.edge[which], self.begin[which],
            self.end[which],
        )  # fmt: skip

    def beside(self, other: Pieces) -> Pieces:
        """Return these and others; they may overlap."""
        return Pieces(
            self.network,
            *(np.concatenate([getattr(self, name), getattr(other, name)])
              for name in ("source", "edge", "begin", "end")),
        )  # fmt: skip

    def boxes(self) -> Shapes:
        """Return the box of each piece with the width that is served along it."""
        from geodata.network.areas import WIDTH_M
        from geodata.network.engine import engine

        if not len(self.edge):
            return np.empty(0, object)
        xy, starts = engine(len(self.edge)).cut(
            self.network.coords, self.network.offsets, self.edge, self.begin, self.end
        )
        low = np.minimum.reduceat(xy, starts[:-1]) - WIDTH_M
        high = np.maximum.reduceat(xy, starts[:-1]) + WIDTH_M
        return np.asarray(shapely.box(*low.T, *high.T), object)

    def merged(self) -> Pieces:
        """Return what any place reaches, no two pieces overlapping."""
        made = self._parts().together()
        source = np.zeros(len(made.edge), np.int64)
        return Pieces(self.network, source, made.edge, made.begin, made.end)

    def _parts(self) -> Parts:
        from geodata.network.areas import Parts

        return Parts(np.array([0, len(self.edge)]), self.edge, self.begin, self.end)


def land_along(leaves: Shapes, pieces: Sequence[Pieces]) -> Shapes:
    """Return the part of each leaf that lies along its pieces, merged ones.

    One drawing of what all places reach together: uniting their areas takes far
    longer, most of all where people ride and each area is as large as a county.
    """
    from geodata.network.areas import Parts, polygons

    if not len(leaves):
        return leaves
    indptr = np.cumsum([0, *(len(each.edge) for each in pieces)])
    parts = Parts(
        indptr,
        *(np.concatenate([getattr(each, name) for each in pieces])
          for name in ("edge", "begin", "end")),
    )  # fmt: skip
    drawn = polygons(pieces[0].network, parts)
    found: Shapes = shapely.intersection(drawn, leaves)
    return found


@dataclass(frozen=True, eq=False)
class Side:
    """Town or countryside: its lowest divisions, and how one comes to them."""

    here: npt.NDArray[np.int64]
    """Positions among the leaves."""
    radius_m: float
    """As the crow flies."""
    graph: Graph | None
    limit_s: float
    mode: str

    def circles(self, xy: Floats, own: Floats) -> Shapes:
        """Return the circle of each place, empty where it stands nowhere.

        Parameters
        ----------
        xy
            (f, 2) plane metres, NaN for a place that is not known.
        own
            (f,) metres of a radius of its own, NaN where the usual limit holds.
        """
        found = np.full(len(xy), shapely.Polygon(), object)
        there = np.isfinite(xy).all(axis=1)
        radius = np.where(np.isnan(own), self.radius_m, own)[there]
        found[there] = shapely.buffer(shapely.points(xy[there]), radius)
        return found

    def pieces(self, spots: Spots, own: Floats) -> Pieces:
        """Return the parts of streets that places on the network reach in time."""
        from geodata.network.areas import reached_parts

        assert self.graph is not None  # noqa: S101 - there are spots on it
        limit = np.where(np.isnan(own), self.limit_s, own / self.graph.speed_mps)
        found = []
        for each in np.unique(limit):
            these = np.flatnonzero((limit == each) & (spots.edge >= 0))
            parts = reached_parts(self.graph, spots.take(these), float(each))
            source = np.repeat(these, np.diff(parts.indptr))
            found.append((source, parts.edge, parts.begin, parts.end))
        if not found:
            empty = np.empty(0)
            found = [(empty.astype(np.int64), empty.astype(np.int32), empty, empty)]
        joined = (np.concatenate(each) for each in zip(*found, strict=True))
        return Pieces(self.graph.network, *joined)


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

    def pieces(self, side: Side, rows: npt.NDArray[np.int64]) -> Pieces | None:
        """Return the streets that facilities reach on one side; None without any."""
        situation = self.situation
        spots = situation.facility_spots
        if side.mode == "drive":
            spots = situation.facility_ride_spots
        if spots is None:
            return None
        return side.pieces(spots.take(rows), nearness.own_radius(situation, rows))

    def served(self, rows: npt.NDArray[np.int64], *, straight: bool = False) -> Shapes:
        """Return the part of each leaf that facilities serve.

        ``straight`` asks for circles, whether there are streets or not.
        """
        found = np.full(len(self.shapes), shapely.Polygon(), object)
        for side in self.sides:
            leaves = self.shapes[side.here]
            pieces = None if straight else self.pieces(side, rows)
            if pieces is None:
                own = nearness.own_radius(self.situation, rows)
                circles = side.circles(self.situation.facility_xy[rows], own)
                found[side.here] = within(leaves, circles)
                continue
            merged = pieces.merged()
            at, near = shapely.STRtree(merged.boxes()).query(
                leaves, predicate="intersects"
            )
            some, starts = np.unique(at, return_index=True)
            each = [merged.take(part) for part in np.split(near, starts[1:])]
            found[side.here[some]] = land_along(leaves[some], each)
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


def within(leaves: Shapes, areas: Shapes) -> Shapes:
    """Return the part of each leaf that lies in any of the areas."""
    found = np.full(len(leaves), shapely.Polygon(), object)
    at, area = shapely.STRtree(areas).query(leaves, predicate="intersects")
    for leaf in np.unique(at):
        near = shapely.union_all(areas[area[at == leaf]])
        found[leaf] = shapely.intersection(near, leaves[leaf])
    return found


def ground(
    situation: Situation, rows: npt.NDArray[np.int64], level: str
) -> pd.DataFrame:
    """Return ``area_m2, served_m2, area_share`` by unit of a level.

    Areas are of the plane of the situation.
    """
    land = Land(situation)
    return land.by_unit(land.served_m2(rows), level)
