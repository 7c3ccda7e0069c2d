"""A finding: one breach at one place, the same however often it is found.

Findings are kept as a frame (there may be a hundred thousand); this module says
which columns it has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd

from geodata.crs import STORAGE
from geodata.topology.fingerprints import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from geodata.errors import Text

COLUMNS = (
    "rule",
    "severity",
    "participants",
    "area_m2",
    "width_m",
    "length_m",
    "place",
    "message_zh",
    "message_en",
    "source",
    "repair",
    "fingerprint",
    "geometry",
)
"""``rule`` one of :data:`boundaries.vocabulary.RULES`; ``severity`` error, warning
or info; ``participants`` a tuple of keys; measures in metres (NaN: does not apply);
``place`` a short description or ``""``; ``source`` the article or standard;
``repair`` a dict ``{"kind", ...}`` or None; geometry in EPSG:4490 or None."""

MEASURES = ("area_m2", "width_m", "length_m")
OBJECTS = ("participants", "repair", "geometry")

SEVERITIES = ("error", "warning", "info")


def finding(
    rule: str,
    severity: str,
    participants: Sequence[str],
    message: Text,
    *,
    geometry: Any = None,
    place: str = "",
    area_m2: float = float("nan"),
    width_m: float = float("nan"),
    length_m: float = float("nan"),
    source: str = "",
    repair: dict[str, Any] | None = None,
) -> dict[str, Any]:
    """Return one row of a findings frame."""
    return {
        "rule": rule,
        "severity": severity,
        "participants": tuple(participants),
        "area_m2": area_m2,
        "width_m": width_m,
        "length_m": length_m,
        "place": place,
        "message_zh": message.zh,
        "message_en": message.en,
        "source": source,
        "repair": repair,
        "fingerprint": fingerprint(rule, participants, place),
        "geometry": geometry,
    }


def frame(rows: Sequence[dict[str, Any]] = ()) -> gpd.GeoDataFrame:
    """Return a findings frame in EPSG:4490 from rows of :func:`finding`."""
    return _typed({name: [row[name] for row in rows] for name in COLUMNS})


def joined(frames: Iterable[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Return findings frames as one, in their order."""
    some = [table for table in frames if len(table)]
    if not some:
        return frame()
    if len(some) == 1:
        return some[0]
    table = pd.concat(some, ignore_index=True)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=STORAGE)


def _typed(columns: Mapping[str, Sequence[Any] | NDArray[Any]]) -> gpd.GeoDataFrame:
    """Return the columns as a frame with their order and types."""
    made: dict[str, Any] = {}
    for name in COLUMNS:
        if name in MEASURES:
            made[name] = np.asarray(columns[name], dtype=float)
        elif name in OBJECTS:
            made[name] = np.empty(len(columns[name]), dtype=object)
            made[name][:] = list(columns[name])
        else:
            made[name] = pd.array(list(columns[name]), dtype="str")
    shapes = made.pop("geometry")
    return gpd.GeoDataFrame(made, geometry=shapes, crs=STORAGE)
