"""The whole territory as frames, from a seed."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from demonstration import frames, heights, land, streets, units, vintages
from demonstration import people as people_by_age
from demonstration.borders import Borders
from demonstration.partition import Neighbours
from demonstration.units import Vintage


@dataclass(frozen=True)
class Territory:
    """Two vintages, what lies around them, and what drafts are drawn from."""

    seed: int
    first: gpd.GeoDataFrame
    second: gpd.GeoDataFrame
    population: dict[str, pd.DataFrame]
    """By vintage (``first``, ``second``)."""
    streets: gpd.GeoDataFrame
    """Of the second vintage."""
    heights: heights.Heights
    rivers: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    events: list[vintages.Event]
    next: gpd.GeoDataFrame
    """The second vintage with one border moved: the draft nothing is wrong with."""


def make(seed: int) -> Territory:
    """Return the territory of a seed."""
    ground, graph, first = _settled(seed)
    second, events = vintages.reformed(first, graph)
    third = vintages.adjusted(second, graph)
    used = _used(ground, (first, second, third))
    borders = Borders(ground.atoms, used, ground.calm, _generator(seed, "borders"))
    people = frames.settled_people(ground, _generator(seed, "people"))
    whole = [
        frames.divisions(vintage, borders, people) for vintage in (first, second, third)
    ]
    return Territory(
        seed=seed,
        first=whole[0],
        second=whole[1],
        next=whole[2],
        population={
            name: people_by_age.table(frame, _generator(seed, "aged"), day)
            for (name, day), frame in zip(
                people_by_age.COUNTED_ON.items(), whole, strict=False
            )
        },
        streets=streets.streets(ground, second, graph, _generator(seed, "streets")),
        heights=heights.of(ground, whole[1].total_bounds),
        rivers=frames.rivers(ground, borders),
        roads=frames.roads(ground, first, graph),
        events=events,
    )


def _settled(seed: int) -> tuple[land.Land, Neighbours, Vintage]:
    """Return a land every district has room on, and who lives where."""
    attempt = 0
    while True:
        ground = land.lay(_generator(seed, "land" + str(attempt or "")))
        graph = Neighbours(ground.atoms, units.costs(ground))
        try:
            return ground, graph, units.settle(ground, graph, _generator(seed, "units"))
        except units.HemmedInError:
            attempt += 1


def _generator(seed: int, purpose: str) -> np.random.Generator:
    """Return the generator of one step, whatever the other steps drew."""
    return np.random.default_rng([seed, *purpose.encode()])


def _used(ground: land.Land, drawn: tuple[Vintage, ...]) -> np.ndarray:
    """Return the edges that part two communities in any vintage, or land from sea."""
    one, other = ground.atoms.sides.T
    used = np.zeros(len(one), dtype=bool)
    for vintage in drawn:
        owner = np.append(np.where(ground.atoms.land, vintage.atoms, -1), -1)
        used |= owner[one] != owner[other]
    return used
