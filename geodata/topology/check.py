"""Every conflict of one level's units, in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geodata.topology.conflicts import conflicts
from geodata.topology.findings import Findings, Place, framed, without
from geodata.topology.metres import METRES_PER_DEGREE, Metres

if TYPE_CHECKING:
    from collections.abc import Iterable

    import geopandas as gpd

SLIVER_M = 1.0


def check(
    frame: gpd.GeoDataFrame,
    *,
    key: str,
    exceptions: Iterable[str] = (),
    tolerance_m: float = 0.05,
) -> Findings:
    """Return every conflict between the units of one level.

    Parameters
    ----------
    frame
        (Multi)polygons in any CRS, or without one.
    key
        Column that names the units.
    exceptions
        Fingerprints of findings that are registered (enclaves, waivers).
    tolerance_m
        Vertices nearer than this on the ground are meant to be one.
    """
    keys = unit_keys(frame[key])
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    metres = Metres.of(frame.crs, frame.total_bounds)
    places = _coverage(shapes, keys, metres)
    found = without(framed(places, metres), exceptions)
    return Findings(found, keys, shapes, tolerance_m, frozenset(exceptions))


def unit_keys(column: pd.Series[Any]) -> tuple[str, ...]:
    """Return one name a row: the key, ``#row`` without one, ``key#2`` when repeated."""
    names: list[str] = []
    seen: dict[str, int] = {}
    for row, value in enumerate(column):
        missing = value is None or bool(pd.isna(value)) or not str(value).strip()
        name = f"#{row}" if missing else str(value)
        seen[name] = seen.get(name, 0) + 1
        names.append(name if seen[name] == 1 else f"{name}#{seen[name]}")
    return tuple(names)


def _coverage(shapes: Any, keys: tuple[str, ...], metres: Metres) -> list[Place]:
    factor = 1.0 if metres.degrees else metres.unit_m / METRES_PER_DEGREE
    scaled = shapely.transform(shapes, lambda xy: xy * factor)
    found = conflicts(scaled)
    places = []
    for table, wide, thin, kind in (
        (found.overlaps, "overlap", "sliver_overlap", "give"),
        (found.gaps, "gap", "sliver_gap", "fill"),
    ):
        back = shapely.transform(table.geometry.to_numpy(), lambda xy: xy / factor)
        area, width = metres.area_m2(back), metres.width_m(back)
        for units, shape, size, narrow in zip(
            table["units"], back, area, width, strict=True
        ):
            who = tuple(sorted(keys[unit] for unit in units))
            places.append(
                Place(
                    thin if narrow < SLIVER_M else wide,
                    who,
                    shape,
                    area_m2=float(size),
                    width_m=float(narrow),
                    repair={"kind": kind, "to": None, "among": list(who)},
                )
            )
    return places
