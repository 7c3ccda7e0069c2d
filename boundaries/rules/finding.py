"""A finding: one breach at one place, the same however often it is found.

Findings are kept as a frame (there may be a hundred thousand); this module says
which columns it has and how a fingerprint is made.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import pandas as pd
import shapely

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

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

SEVERITIES = ("error", "warning", "info")


def fingerprint(rule: str, participants: Iterable[str], place: str = "") -> str:
    """Return an id stable under re-upload, re-ordering and unrelated edits.

    ``place`` distinguishes several breaches of one rule between the same
    participants: a field's name, or the position rounded so that float noise
    does not change it (see :func:`place_of`).
    """
    text = "\x1f".join([rule, *sorted(participants), place])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def place_of(geometries: Sequence[Any], digits: int = 5) -> list[str]:
    """Return each geometry's point on surface rounded to ``digits`` (about 1 m)."""
    points = shapely.point_on_surface(shapely.envelope(geometries))
    x = shapely.get_x(points).round(digits)
    y = shapely.get_y(points).round(digits)
    return [f"{a:.{digits}f},{b:.{digits}f}" for a, b in zip(x, y, strict=True)]


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
    table = pd.DataFrame(list(rows), columns=list(COLUMNS))
    return gpd.GeoDataFrame(table, geometry="geometry", crs="EPSG:4490")
