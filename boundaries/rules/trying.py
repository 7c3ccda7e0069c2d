"""Try the suggested repairs on a copy, in a process that may be killed.

Its module imports little: the process is started while somebody waits.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np

from boundaries.geojson import geojson
from boundaries.rules import repairing
from boundaries.rules.settings import RuleSettings
from geodata import crs
from geodata.store.diffing import same_geometry

UNITS, FINDINGS, LINES = "units.parquet", "findings.parquet", "lines.parquet"
WISHES = "wishes.json"


def tried() -> dict[str, Any]:
    """Do the repairs on the units in the current folder."""
    units = gpd.read_parquet(UNITS)
    chosen = gpd.read_parquet(FINDINGS)
    wishes = json.loads(Path(WISHES).read_text("utf-8"))
    mended = repairing.apply(
        units,
        chosen.assign(repair=[json.loads(each) for each in chosen["repair"]]),
        settings=RuleSettings(**wishes["settings"]),
        lines=gpd.read_parquet(LINES) if Path(LINES).exists() else None,
        to=wishes["to"],
        whole=False,
    )
    keys = list(mended.rows.index)
    old, new = (
        np.asarray(frame.geometry.loc[keys].array, dtype=object)
        for frame in (units, mended.rows)
    )
    areas = crs.area_m2(old), crs.area_m2(new)
    differs = ~same_geometry(old, new)
    drawn = [
        {
            "key": str(keys[at]),
            "before": geojson(old[at]),
            "after": geojson(new[at]),
            "area_before_m2": float(areas[0][at]),
            "area_after_m2": float(areas[1][at]),
        }
        for at in np.flatnonzero(differs)
    ]
    return {"repairs": list(mended.log), "units": drawn + _gone(units, mended.ended)}


def _gone(units: gpd.GeoDataFrame, ended: tuple[str, ...]) -> list[dict[str, Any]]:
    """Return the units that a repair drops: nothing is drawn of them after."""
    shapes = np.asarray(units.geometry.loc[list(ended)].array, dtype=object)
    areas: Any = crs.area_m2(shapes) if len(shapes) else []
    return [
        {
            "key": key,
            "before": geojson(shape),
            "after": None,
            "area_before_m2": float(area),
            "area_after_m2": 0.0,
        }
        for key, shape, area in zip(ended, shapes, areas, strict=True)
    ]
