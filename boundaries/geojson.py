"""One geometry as GeoJSON for a page: centimetres, finite, or nothing."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import shapely

DIGITS = 7
"""Decimals of a degree: about a centimetre."""


def geojson(shape: Any) -> dict[str, Any] | None:
    """Return a geometry as GeoJSON with centimetres, None where there is none."""
    if shape is None or shape.is_empty:
        return None
    rounded = shapely.transform(shape, lambda xy: np.round(xy, DIGITS))
    if not np.isfinite(shapely.get_coordinates(rounded)).all():
        return None
    return dict(json.loads(shapely.to_geojson(rounded)))
