"""What a check found: one row a place, with measures, participants and a repair."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geodata.topology.fingerprints import fingerprint, places_of
from geodata.topology.sizes import USUAL, Sizes
from geodata.topology.wording import message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from geodata.topology.metres import Metres
    from geodata.topology.units import Units

COLUMNS = (
    "rule",
    "severity",
    "participants",
    "area_m2",
    "width_m",
    "length_m",
    "message_zh",
    "message_en",
    "repair",
    "fingerprint",
    "geometry",
)
"""``rule`` a word of :data:`SEVERITY`; ``participants`` a sorted tuple of keys;
measures in metres, NaN where one does not apply; ``repair`` a dict or None;
``geometry`` the place in the coordinates of the file."""

SEVERITY = {
    "overlap": "error",
    "sliver_overlap": "warning",
    "gap": "warning",
    "sliver_gap": "warning",
    "unmatched_vertex": "warning",
    "near_vertex": "warning",
    "redrawn_border": "warning",
    "self_crossing": "error",
    "spike": "error",
    "repeated_point": "info",
    "orientation": "info",
    "too_few_points": "error",
    "not_finite": "error",
    "duplicate": "error",
    "near_duplicate": "error",
    "missing_unit": "warning",
    "uncut_host": "error",
    "multipart": "warning",
    "outside_parent": "error",
    "parent_residual": "warning",
    "off_line": "warning",
    "line_dangle": "warning",
    "line_self_overlap": "warning",
    "line_end": "warning",
    "line_sides": "warning",
    "precision": "info",
    "unusable": "error",
}
"""Every rule of a check and how much it matters."""


@dataclass(frozen=True)
class Place:
    """One breach before it has a name: ``units`` are keys."""

    rule: str
    units: tuple[str, ...]
    geometry: Any
    area_m2: float = float("nan")
    width_m: float = float("nan")
    length_m: float = float("nan")
    repair: dict[str, Any] | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    """What the message says besides."""


@dataclass(frozen=True)
class Findings:
    """The result of :func:`geodata.topology.check`, and what a re-check needs.

    ``units`` are the rows that were checked.
    """

    frame: gpd.GeoDataFrame
    units: Units
    key: str
    tolerance_m: float
    exceptions: frozenset[str] = frozenset()
    parent: Any = None
    lines: Any = None
    given: Any = None
    """What was given to the check besides: superiors, lines, and who is whose."""
    sizes: Sizes = USUAL
    names: Mapping[str, str] | None = None
    """From where on a place is of which kind, and what messages call the units."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The names of the rows that were checked, as participants have them."""
        return self.units.keys

    @property
    def shapes(self) -> NDArray[Any]:
        """The geometries of the rows that were checked, as given."""
        return self.units.shapes()

    @property
    def crs(self) -> Any:
        """The CRS of the file, or None."""
        return self.frame.crs

    def __len__(self) -> int:
        """Return how many findings there are."""
        return len(self.frame)

    def to_list(self) -> list[dict[str, Any]]:
        """Return the report: plain objects, geometry as GeoJSON in the file's CRS."""
        shapes = shapely.to_geojson(self.frame.geometry.to_numpy())
        table = pd.DataFrame(self.frame.drop(columns="geometry"))
        rows: list[dict[Any, Any]] = table.to_dict("records")
        return [_plain(row, shape) for row, shape in zip(rows, shapes, strict=True)]


def framed(
    places: Sequence[Place], metres: Metres, names: Mapping[str, str] | None = None
) -> gpd.GeoDataFrame:
    """Return places as a frame of findings, in an order that only they decide."""
    shapes = np.empty(len(places), dtype=object)
    shapes[:] = [place.geometry for place in places]
    who = [tuple(sorted(place.units)) for place in places]
    marks = [(place.rule, *units) for place, units in zip(places, who, strict=True)]
    where = places_of(shapes, marks, cell=metres.cell)
    words = [message(place, metres, names) for place in places]
    table = pd.DataFrame(
        {
            "rule": pd.array([place.rule for place in places], dtype="str"),
            "severity": pd.array([SEVERITY[p.rule] for p in places], dtype="str"),
            "participants": _objects(who),
            "area_m2": np.array([place.area_m2 for place in places], float),
            "width_m": np.array([place.width_m for place in places], float),
            "length_m": np.array([place.length_m for place in places], float),
            "message_zh": pd.array([word.zh for word in words], dtype="str"),
            "message_en": pd.array([word.en for word in words], dtype="str"),
            "repair": _objects([place.repair for place in places]),
            "fingerprint": pd.array(
                [
                    fingerprint(place.rule, units, at)
                    for place, units, at in zip(places, who, where, strict=True)
                ],
                dtype="str",
            ),
        }
    )
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=metres.crs)
    return frame.sort_values(["rule", "fingerprint"], ignore_index=True)


def without(frame: gpd.GeoDataFrame, known: Iterable[str]) -> gpd.GeoDataFrame:
    """Return the findings but for those with a fingerprint that is excepted."""
    known = list(known)
    if not known:
        return frame
    kept = ~frame["fingerprint"].isin(known)
    return frame[kept].reset_index(drop=True)


def _objects(values: Sequence[Any]) -> NDArray[Any]:
    made = np.empty(len(values), dtype=object)
    made[:] = list(values)
    return made


def _plain(row: dict[Any, Any], shape: str | None) -> dict[str, Any]:
    """Return one finding as JSON holds it."""
    measures = {
        name: None if np.isnan(row[name]) else float(row[name])
        for name in ("area_m2", "width_m", "length_m")
    }
    return {
        "rule": row["rule"],
        "severity": row["severity"],
        "participants": list(row["participants"]),
        **measures,
        "geometry": json.loads(shape) if shape else None,
        "fingerprint": row["fingerprint"],
        "message": {"zh": row["message_zh"], "en": row["message_en"]},
        "repair": row["repair"],
    }
