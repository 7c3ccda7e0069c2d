"""Try the suggested repairs on a copy, in a process that may be killed.

Its module imports little: the process is started while somebody waits.
"""

from __future__ import annotations

import json
from typing import Any

import geopandas as gpd
import numpy as np

from boundaries.geojson import geojson
from boundaries.rules import repairing
from geodata import crs
from geodata.store.diffing import same_geometry

UNITS, FINDINGS = "units.parquet", "findings.parquet"


def tried() -> dict[str, Any]:
    """Do the repairs on the units in the current folder."""
    units = gpd.read_parquet(UNITS)
    chosen = gpd.read_parquet(FINDINGS)
    mended, log = repairing.apply(
        units, chosen.assign(repair=[json.loads(each) for each in chosen["repair"]])
    )
    keys = list(mended.index)
    old, new = (
        np.asarray(frame.geometry.loc[keys].array, dtype=object)
        for frame in (units, mended)
    )
    areas = crs.area_m2(old), crs.area_m2(new)
    differs = ~same_geometry(old, new)
    return {
        "repairs": [
            {**entry, "keys": [str(key) for key in entry["keys"]]} for entry in log
        ],
        "units": [
            {
                "key": str(keys[at]),
                "before": geojson(old[at]),
                "after": geojson(new[at]),
                "area_before_m2": float(areas[0][at]),
                "area_after_m2": float(areas[1][at]),
            }
            for at in np.flatnonzero(differs)
        ],
    }
