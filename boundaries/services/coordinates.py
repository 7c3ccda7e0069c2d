"""What the coordinates of a list of facilities are in: said by the list, or told.

Positions copied from map services are in GCJ-02 or BD-09, whatever the file calls
them. Where a record says so it is brought back by itself; where only the places tell
(more of them lie in the unit each names) a person is asked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boundaries import columns
from boundaries.services.columns import COORD_CRS, DIVISION_PARTS
from boundaries.services.filling import Units
from geodata import crs
from geodata.crs import gcj
from geodata.crs.labelled import estimate_point_shift
from geodata.errors import Text
from geodata.files.reading import Guess

if TYPE_CHECKING:
    from collections.abc import Mapping

    from geodata.files.reading import Reading

LEAST = 4
"""Records that must come home for the question to be asked."""
_BACK = {"gcj02": gcj.gcj02_to_wgs84, "bd09": gcj.bd09_to_wgs84}
_CALLED = {"gcj02": "GCJ-02", "bd09": "BD-09"}


def settled(
    frame: gpd.GeoDataFrame,
    reading: Reading,
    reference: gpd.GeoDataFrame | None,
    overrides: Mapping[str, Any],
) -> tuple[gpd.GeoDataFrame, Reading]:
    """Return a list with the positions its records say are a web map's put right.

    Parameters
    ----------
    frame, reading
        As read, EPSG:4490 (or without CRS while that must be asked).
    reference
        Divisions with ``code``, compared with; None: no question is asked.
    overrides
        A person's word: ``shift`` means the whole file, records are then left alone.
    """
    if frame.crs is None or frame.geometry.isna().all():
        return frame, reading
    frame, reading = _within_grounds(frame, reading)
    known = columns.prepared(frame, "facilities", reading.fields)
    word = overrides.get("shift")
    if word in _BACK:
        return _sourced(frame, known, {word: ~frame.geometry.isna()}), reading
    said = _said(known) if word is None else {}
    if said:
        frame, reading = _brought_back(frame, reading, said)
        frame = _sourced(frame, known, said)
    if word is None and reference is not None and "code" in reference:
        reading = _asked(known.set_geometry(frame.geometry), reading, reference, said)
    return frame, reading


def _within_grounds(
    frame: gpd.GeoDataFrame, reading: Reading
) -> tuple[gpd.GeoDataFrame, Reading]:
    """Return facilities drawn as their grounds as points inside them."""
    shapes = frame.geometry.to_numpy(dtype=object).copy()
    areas = shapely.get_dimensions(shapes) == 2
    if not areas.any():
        return frame, reading
    shapes[areas] = shapely.point_on_surface(shapely.make_valid(shapes[areas]))
    count = int(areas.sum())
    note = Text(
        f"{count} 条记录是面（院区），位置取面内一点。",
        f"{count} records are areas (grounds); a point inside each is its place.",
    )
    inside = gpd.GeoSeries(shapes, index=frame.index, crs=frame.crs)
    notes = (*reading.notes, note._asdict())
    return frame.set_geometry(inside), replace(reading, notes=notes)


def _said(known: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return which records say that their coordinates are in which system."""
    if COORD_CRS not in known:
        return {}
    told = {name: known[COORD_CRS].eq(name) & known.geometry.notna() for name in _BACK}
    return {name: rows for name, rows in told.items() if rows.any()}


def _brought_back(
    frame: gpd.GeoDataFrame, reading: Reading, said: Mapping[str, Any]
) -> tuple[gpd.GeoDataFrame, Reading]:
    shapes = frame.geometry.to_numpy(dtype=object).copy()
    notes = []
    for name, rows in said.items():
        where = rows.to_numpy(dtype=bool)
        lon, lat = _BACK[name](
            shapely.get_x(shapes[where]), shapely.get_y(shapes[where])
        )
        shapes[where] = shapely.points(lon, lat)
        count, called = int(where.sum()), _CALLED[name]
        notes.append(
            Text(
                f"{count} 条记录注明坐标为 {called}，已逐条纠正。",
                f"{count} records say that their coordinates are in {called}; each "
                "was corrected.",
            )._asdict()
        )
    moved = frame.set_geometry(
        gpd.GeoSeries(shapes, index=frame.index, crs=crs.STORAGE)
    )
    return moved, replace(reading, notes=(*reading.notes, *notes))


def _sourced(
    frame: gpd.GeoDataFrame, known: gpd.GeoDataFrame, moved: Mapping[str, Any]
) -> gpd.GeoDataFrame:
    """Return the list with the source of positions that were put right."""
    values = np.full(len(frame), None, dtype=object)
    if "coord_source" in known:
        values[:] = known["coord_source"].to_numpy(dtype=object)
    for name, rows in moved.items():
        blank = rows.to_numpy(dtype=bool) & pd.isna(values)
        values[blank] = name
    kept = [name for name in frame if str(name) in ("坐标来源", "coord_source")]
    return frame.drop(columns=kept).assign(coord_source=values)


def _asked(
    known: gpd.GeoDataFrame,
    reading: Reading,
    reference: gpd.GeoDataFrame,
    said: Mapping[str, Any],
) -> Reading:
    """Return the reading with the question whether all places are a web map's.

    Asked anew where records were put right, since what was asked before is not so.
    """
    guesses = reading.guesses
    if said:
        guesses = tuple(guess for guess in guesses if guess.what != "shift")
        reading = replace(reading, shift=None, guesses=guesses)
    if any(guess.what == "shift" for guess in guesses):
        return reading
    placed = known[known.geometry.notna()]
    if not (placed.geometry.geom_type == "Point").all():
        return reading
    units = Units(reference.set_index("code", drop=False))
    found = [
        units.code(row.get("division"), [row.get(part) for part in DIVISION_PARTS])
        for row in placed.drop(columns=placed.geometry.name).to_dict("records")
    ]
    points = gpd.GeoDataFrame(
        {"code": pd.array(found, dtype=object)},
        geometry=placed.geometry.to_numpy(),
        crs=placed.crs,
    )
    shift = estimate_point_shift(points, reference[["code", "geometry"]], least=LEAST)
    if shift is None:
        return reading
    value = {"kind": shift.kind, "dx_m": shift.dx_m, "dy_m": shift.dy_m}
    guess = Guess(
        "shift", value, shift.confidence, shift.evidence, evidence_en=shift.evidence_en
    )
    return replace(reading, shift=shift, guesses=(*guesses, guess))
