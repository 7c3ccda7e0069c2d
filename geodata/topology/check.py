"""Every conflict of one level's units, in one pass."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.topology.arrangement import Arrangement, CrowdedError
from geodata.topology.coverage import (
    NOISE_M,
    Shapes,
    arranged,
    faces_of,
    unmatched,
)
from geodata.topology.crowding import crowding
from geodata.topology.findings import Findings, Place, framed, without
from geodata.topology.kinds import coverage_places
from geodata.topology.linework import Lines, line_places
from geodata.topology.nested import nesting_places, superiors
from geodata.topology.sizes import USUAL, Sizes
from geodata.topology.spikes import with_neighbours
from geodata.topology.survey import survey
from geodata.topology.units import Units

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.topology.survey import Survey


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
    """
    units = Units(frame, key)
    above = None if parent is None else Units(parent, key)
    given = frame["parent"] if above is not None and _has(frame, "parent") else None
    found = places_of_units(units, tolerance_m, sizes)
    shapes = Shapes(units, found.survey)
    places = found.places + precision(units, [units.keys[row] for row in found.noisy])
    if above is not None:
        higher = survey(above)
        whose = superiors(units, above, given)
        places += nesting_places(units, found.survey, above, higher, whose)
    if lines is not None:
        known = Lines.of(lines, key)
        places += line_places(known, shapes, units.metres, tolerance_m)
    table = without(framed(places, units.metres, names), exceptions)
    return Findings(
        table,
        units,
        key,
        tolerance_m,
        frozenset(exceptions),
        parent,
        lines,
        given,
        sizes,
        names,
    )


@dataclass(frozen=True)
class Checked:
    """The places of one level, and the survey they come from."""

    survey: Survey
    places: list[Place]
    noisy: NDArray[np.int32]
    """Rows with vertices that differ from others' by less than any survey."""


def places_of_units(units: Units, tolerance_m: float, sizes: Sizes = USUAL) -> Checked:
    """Return every conflict of one level by itself, not yet framed."""
    seen = survey(units)
    seen, made, places = _arranged(units, seen)
    faces = faces_of(units, seen, made)
    conflicts = coverage_places(units, seen, made, faces, tolerance_m, sizes)
    conflicts = _without_unusable(units, seen, conflicts)
    places += with_neighbours(seen.places, Shapes(units, seen)) + conflicts
    places += _multipart(units, seen)
    return Checked(seen, places, made.noisy)


def _has(frame: Any, name: str) -> bool:
    names = frame.column_names if hasattr(frame, "column_names") else frame.columns
    return name in names


def _arranged(units: Units, seen: Survey) -> tuple[Survey, Arrangement, list[Place]]:
    """Return the arrangement, without units that cross far too many others."""
    places: list[Place] = []
    while True:
        try:
            return seen, arranged(units, seen), places
        except CrowdedError:
            edge, unit = unmatched(seen)
            xy = seen.rings.xy
            rows = crowding(xy[edge], xy[edge + 1], unit)
            if not len(rows):  # no one to blame: leave out all that meet others
                rows = np.unique(unit)
        places += [_crowded(units, seen, row) for row in rows.tolist()]
        usable = seen.usable.copy()
        usable[rows] = False
        seen = replace(
            seen, usable=usable, skip=seen.skip | np.isin(seen.rings.unit, rows)
        )


def _crowded(units: Units, seen: Survey, row: int) -> Place:
    rings = seen.rings
    first = rings.start[int(np.argmax(rings.unit == row))]
    return Place(
        "unusable",
        (units.keys[row],),
        shapely.Point(rings.xy[first]),
        detail={
            "why_zh": "与太多单元交叉，无法逐处列出",
            "why_en": "it crosses too many others to list the places",
        },
    )


def _without_unusable(units: Units, seen: Survey, places: list[Place]) -> list[Place]:
    """Drop the holes that units leave which could not be used."""
    raw = units.rings
    lost = np.unique(raw.unit[~seen.usable[raw.unit]])
    if not len(lost):
        return places
    boxes = shapely.STRtree([_box(units, row) for row in lost.tolist()])
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


def _box(units: Units, row: int) -> Any:
    """Return the box of a unit's vertices that are finite."""
    rings = units.rings
    mine = np.flatnonzero(rings.unit == row)
    xy: NDArray[np.float64] = np.concatenate(
        [rings.xy[rings.start[ring] : rings.start[ring + 1]] for ring in mine]
    )
    xy = xy[np.isfinite(xy).all(axis=1)]
    if not len(xy):
        return None
    return shapely.box(*xy.min(axis=0), *xy.max(axis=0))


def _multipart(units: Units, seen: Survey) -> list[Place]:
    """Report units of several parts; the geometry is all but the largest."""
    outer = ~units.rings.hole
    parts = np.bincount(units.rings.unit[outer], minlength=len(units))
    rows = np.flatnonzero((parts > 1) & seen.usable)
    places = []
    for row, shape in zip(rows.tolist(), units.shapes(rows), strict=True):
        pieces = shapely.get_parts(shape)
        order = np.argsort(-shapely.area(pieces), kind="stable")
        rest = shapely.multipolygons(shapely.force_2d(pieces[order[1:]]))
        places.append(
            Place(
                "multipart",
                (units.keys[row],),
                rest,
                float(units.metres.area_m2(rest)[0]),
                detail={"count": len(pieces)},
            )
        )
    return places


def precision(units: Units, noisy: Iterable[str]) -> list[Place]:
    """Say once that borders differ only below the data's own precision."""
    keys = tuple(sorted(noisy))
    if not keys:
        return []
    box = shapely.box(*units.bounds)
    detail = {"count": len(keys), "most": NOISE_M}
    return [Place("precision", keys, box, length_m=NOISE_M, detail=detail)]
