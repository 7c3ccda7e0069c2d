"""Who else a spike concerns: the units whose border it runs along."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.topology.noise import LEAST_M

if TYPE_CHECKING:
    from geodata.topology.coverage import Shapes
    from geodata.topology.findings import Place


def with_neighbours(places: list[Place], shapes: Shapes) -> list[Place]:
    """Name also the units that have the tip of a spike on their border.

    A spike that goes out and back along a border hides it from the unit beyond:
    which of the two drew too much only the people of both can say.
    """
    at = [place for place, found in enumerate(places) if found.rule == "spike"]
    if not at:
        return places
    tips = np.array([places[place].geometry for place in at], dtype=object)
    unit, tip = shapes.near(tips)
    lines = shapely.boundary(shapes.of(unit.tolist()))
    reach = shapes.units.metres.units(LEAST_M)
    touch = shapely.dwithin(lines, tips[tip], reach)
    found = list(places)
    for row, number in zip(unit[touch].tolist(), tip[touch].tolist(), strict=True):
        place = found[at[number]]
        who = tuple(sorted({*place.units, shapes.units.keys[row]}))
        record = None if place.repair is None else {**place.repair, "among": list(who)}
        found[at[number]] = replace(place, units=who, repair=record)
    return found
