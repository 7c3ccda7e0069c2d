"""Every conflict of one level's units, in one pass."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.topology.coverage import NOISE_M, arranged, faces_of
from geodata.topology.findings import Findings, Place, framed, without
from geodata.topology.kinds import coverage_places
from geodata.topology.survey import survey
from geodata.topology.units import Units

if TYPE_CHECKING:
    from collections.abc import Iterable


def check(
    frame: Any,
    *,
    key: str,
    exceptions: Iterable[str] = (),
    tolerance_m: float = 0.05,
) -> Findings:
    """Return every conflict between the units of one level.

    Parameters
    ----------
    frame
        (Multi)polygons in any CRS, or without one: a frame, or an Arrow table with
        WKB in ``geometry``.
    key
        Column that names the units.
    exceptions
        Fingerprints of findings that are registered (enclaves, waivers).
    tolerance_m
        Vertices nearer than this on the ground are meant to be one.
    """
    units = Units(frame, key)
    seen = survey(units)
    made = arranged(units, seen)
    faces = faces_of(units, seen, made)
    places = seen.places + coverage_places(units, seen, made, faces, tolerance_m)
    places += _precision(units, made.noisy)
    found = without(framed(places, units.metres), exceptions)
    return Findings(found, units, tolerance_m, frozenset(exceptions))


def _precision(units: Units, noisy: Any) -> list[Place]:
    """Say once that borders differ only below the data's own precision."""
    if not len(noisy):
        return []
    west, south, east, north = units.bounds
    return [
        Place(
            "precision",
            tuple(sorted(units.keys[row] for row in np.asarray(noisy).tolist())),
            shapely.box(west, south, east, north),
            length_m=NOISE_M,
            detail={"count": len(noisy), "most": NOISE_M},
        )
    ]
