"""A finding: one breach at one place, the same however often it is found.

Findings are kept as a frame (there may be a hundred thousand); this module says
which columns it has and how a fingerprint is made.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.crs import STORAGE

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

CELL_DEG = 1e-3
"""Width of the cells that tell places apart: about a hundred metres."""
_OFFSET = 0.318309886
"""Moves the walls of the cells away from round decimals, where vertices lie."""


def fingerprint(rule: str, participants: Iterable[str], place: str = "") -> str:
    """Return an id stable under re-upload, re-ordering and unrelated edits.

    ``place`` distinguishes several breaches of one rule between the same
    participants: a field's name, or the position as :func:`places_of` says it.
    """
    text = "\x1f".join([rule, *sorted(map(str, participants)), place])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def places_of(geometries: Any, participants: Sequence[tuple[str, ...]]) -> list[str]:
    """Return for each geometry a text that tells its place among its participants'.

    The middle of its box names a cell of a hundred metres, so that float noise
    changes nothing; breaches of the same participants in one cell are numbered
    from south-west to north-east.
    """
    box = shapely.bounds(np.asarray(geometries, dtype=object)).reshape(-1, 4)
    middle = (box[:, :2] + box[:, 2:]) / 2
    middle = np.where(np.isfinite(middle), middle, 0.0)
    cell = np.floor(middle / CELL_DEG + _OFFSET).astype(np.int64)
    table = pd.DataFrame(
        {
            "who": pd.Series(list(participants), dtype=object),
            "column": cell[:, 0],
            "row": cell[:, 1],
            "x": middle[:, 0],
            "y": middle[:, 1],
        }
    )
    order = table.sort_values(["x", "y"], kind="stable")
    number = order.groupby(["who", "column", "row"], sort=False).cumcount()
    numbers = number.reindex(table.index).to_numpy()
    return [
        f"{column},{row}" if not again else f"{column},{row}#{again + 1}"
        for (column, row), again in zip(cell.tolist(), numbers.tolist(), strict=True)
    ]


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


def columns(
    *,
    rule: Sequence[str] | NDArray[Any],
    severity: Sequence[str] | NDArray[Any],
    participants: Sequence[tuple[str, ...]],
    geometry: NDArray[Any],
    messages: Sequence[Text],
    source: str,
    area_m2: Any = np.nan,
    width_m: Any = np.nan,
    length_m: Any = np.nan,
    repair: Sequence[dict[str, Any] | None] | None = None,
) -> gpd.GeoDataFrame:
    """Return a findings frame of many places at once; the place names itself."""
    rules = np.asarray(rule, dtype=object)
    marks = list(zip(rules.tolist(), participants, strict=True))
    place = places_of(geometry, [(word, *who) for word, who in marks])
    count = len(rules)
    return _typed(
        {
            "rule": rules,
            "severity": severity,
            "participants": participants,
            "area_m2": np.broadcast_to(area_m2, count),
            "width_m": np.broadcast_to(width_m, count),
            "length_m": np.broadcast_to(length_m, count),
            "place": place,
            "message_zh": [message.zh for message in messages],
            "message_en": [message.en for message in messages],
            "source": [source] * count,
            "repair": repair if repair is not None else [None] * count,
            "fingerprint": [
                fingerprint(word, who, where)
                for (word, who), where in zip(marks, place, strict=True)
            ],
            "geometry": geometry,
        }
    )


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
