"""Every conflict of one level's units, in one pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import shapely

from geodata.collecting import paused
from geodata.topology.alone import Alone
from geodata.topology.arrangement import Arrangement, CrowdedError
from geodata.topology.coverage import Shapes, arranged, faces_of
from geodata.topology.crowding import crowding
from geodata.topology.findings import Findings, Place, rows_of, without
from geodata.topology.kinds import coverage_places
from geodata.topology.levels import Families, Levels
from geodata.topology.linework import Lines, line_places
from geodata.topology.nested import nesting_places
from geodata.topology.noise import LEAST_M
from geodata.topology.sizes import USUAL, Sizes, require_tolerance
from geodata.topology.spikes import with_neighbours
from geodata.topology.survey import survey
from geodata.topology.table import Table
from geodata.topology.units import Units

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.topology.alone import Looked
    from geodata.topology.layer import Layer
    from geodata.topology.survey import Survey


@paused()
def check(
    frame: Any,
    *,
    key: str,
    parent: Any = None,
    lines: gpd.GeoDataFrame | None = None,
    exceptions: Iterable[str] = (),
    tolerance_m: float = 0.05,
    sizes: Sizes = USUAL,
    names: Mapping[str, str] | None = None,
) -> Findings:
    """Return every conflict between the units of one level.

    Parameters
    ----------
    frame
        (Multi)polygons in any CRS, or without one: a frame, or an Arrow table with
        WKB in ``geometry``. A column ``parent`` names superiors; without it the
        longest key of ``parent`` that a unit's key begins with, or the place.
    key
        Column that names the units.
    parent
        Their superiors in the same coordinates, named by the same column.
    lines
        Boundary lines in the same coordinates, named by the same column if they
        have it; ``left`` and ``right`` may name the units they part.
    exceptions
        Fingerprints of findings that are registered (enclaves, waivers).
    tolerance_m
        Vertices nearer than this on the ground are meant to be one.
    sizes
        From where on a place is of which kind.
    names
        What messages call the units, by key; None: their keys.

    Returns
    -------
    Findings
        One row a place. A unit that cannot be used is a finding of its own, and
        the others are checked without it.

    Raises
    ------
    InputError
        When a frame lacks its key, or the tolerance is none.
    """
    asked = Asked(key, parent, lines, frozenset(exceptions), tolerance_m, sizes, names)
    return concluded(Alone(Units(frame, key)), frame, asked)


@dataclass(frozen=True)
class Asked:
    """What a check was asked for; see :func:`check`."""

    key: str
    parent: Any = None
    lines: Any = None
    exceptions: frozenset[str] = frozenset()
    tolerance_m: float = 0.05
    sizes: Sizes = USUAL
    names: Mapping[str, str] | None = None

    def __post_init__(self) -> None:
        """Refuse a tolerance that is none."""
        require_tolerance(self.tolerance_m)


@paused()
def concluded(looked: Looked, frame: Any, asked: Asked) -> Findings:
    """Return the findings for a level that was looked at, here or elsewhere."""
    units, lines = looked.units, asked.lines
    above, given = above_of(frame, asked)
    found = places_of_units(units, asked.tolerance_m, asked.sizes, looked)
    shapes = Shapes(units, found.survey)
    families = known = None
    places = found.places + precision(units, [units.keys[row] for row in found.noisy])
    if above is not None:
        higher = survey(above)
        whose, drawn = looked.families(above, given)
        places += nesting_places(shapes, drawn, above, higher, whose)
        families = Families.of(units.keys, above, whose, given)
    if lines is not None:
        known = Lines.of(lines, asked.key)
        places += line_places(known, shapes, units.metres, asked.tolerance_m)
    rows = without(rows_of(places, units.metres, asked.names), asked.exceptions)
    return Findings(
        cast("Any", Table.of(rows, units.metres.crs)),  # a frame when asked for
        units,
        asked.key,
        asked.tolerance_m,
        asked.exceptions,
        asked.parent,
        lines,
        asked.sizes,
        asked.names,
        Levels(families, known),
    )


def above_of(frame: Any, asked: Asked) -> tuple[Units | None, Any]:
    """Return the superiors, and the column that says whose each unit is."""
    if asked.parent is None:
        return None, None
    given = frame["parent"] if _has(frame, "parent") else None
    return Units(asked.parent, asked.key), given


@dataclass(frozen=True)
class Checked:
    """The places of one level, and the survey they come from."""

    survey: Survey
    places: list[Place]
    noisy: NDArray[np.int32]
    """Rows with vertices that differ from others' by less than any survey."""


def places_of_units(
    units: Units, tolerance_m: float, sizes: Sizes = USUAL, looked: Looked | None = None
) -> Checked:
    """Return every conflict of one level by itself, not yet framed.

    ``looked`` is the level as other processes looked at it.
    """
    looked = looked or Alone(units)
    made, places = _arranged(looked)
    seen = looked.survey
    faces = faces_of(units, seen, made)
    conflicts = coverage_places(units, seen, made, faces, tolerance_m, sizes)
    conflicts = _beside_unusable(conflicts, looked.lost())
    places += with_neighbours(seen.places, Shapes(units, seen)) + conflicts
    places += looked.multiparts()
    return Checked(seen, places, made.noisy)


def _has(frame: Any, name: str) -> bool:
    names = frame.column_names if hasattr(frame, "column_names") else frame.columns
    return name in names


def _arranged(looked: Looked) -> tuple[Arrangement, list[Place]]:
    """Return the arrangement, without units that cross far too many others."""
    places: list[Place] = []
    while True:
        a, b, unit = looked.left()
        try:
            return arranged(looked.units, a, b, unit), places
        except CrowdedError:
            rows = crowding(a, b, unit)
            if not len(rows):  # no one to blame: leave out all that meet others
                rows = np.unique(unit).astype(np.intp)
        places += looked.leave_out(rows)


def _beside_unusable(places: list[Place], lost: list[Any]) -> list[Place]:
    """Drop the holes that units leave which could not be used."""
    if not lost:
        return places
    boxes = shapely.STRtree(lost)
    kept = []
    for place in places:
        if place.rule in ("gap", "sliver_gap", "missing_unit"):
            box = shapely.box(*shapely.bounds(place.geometry))
            near = boxes.geometries.take(boxes.query(box))
            shared = shapely.area(shapely.intersection(near, box))
            if (shared > shapely.area(near) / 2).any() and (
                shared > box.area / 2
            ).any():
                continue
        kept.append(place)
    return kept


def precision(units: Units | Layer, noisy: Iterable[str]) -> list[Place]:
    """Say once that borders differ only below the data's own precision."""
    keys = tuple(sorted(noisy))
    if not keys:
        return []
    box = shapely.box(*units.bounds)
    most = LEAST_M if units.noise_m is None else units.noise_m
    detail = {"count": len(keys), "most": f"{most:.4g}"}
    return [Place("precision", keys, box, length_m=most, detail=detail)]
