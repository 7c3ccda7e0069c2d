"""What a check found: one row a place, with measures, participants and a repair."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geodata.topology.fingerprints import fingerprint, places_of
from geodata.topology.layer import Layer
from geodata.topology.sizes import USUAL, Sizes
from geodata.topology.table import MARK, Table
from geodata.topology.wording import message

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.topology.metres import Metres
    from geodata.topology.table import Row
    from geodata.topology.units import Units

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


@dataclass(frozen=True, slots=True)
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


class _Whole:
    """A field that is put together from its parts when it is asked for."""

    def __init__(self, part: str) -> None:
        self._part = part

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_{name}"

    def __get__(self, held: Any, owner: type) -> Any:
        if held is None:
            raise AttributeError(self._name)  # to dataclass: no default
        value = held.__dict__[self._name]
        parted = isinstance(value, Table | Layer)
        return getattr(value, self._part) if parted else value

    def __set__(self, held: Any, value: Any) -> None:
        held.__dict__[self._name] = value


@dataclass(frozen=True)
class Findings:
    """The result of :func:`geodata.topology.check`, and what a re-check needs.

    ``units`` are the rows that were checked.
    """

    if TYPE_CHECKING:
        frame: gpd.GeoDataFrame
        units: Units
    else:  # may be given as a table or a layer, of which they are made when needed
        frame: gpd.GeoDataFrame = _Whole("frame")
        units: Units = _Whole("units")
    key: str
    tolerance_m: float
    exceptions: frozenset[str] = frozenset()
    parent: Any = None
    lines: Any = None
    """What was given to the check besides: superiors and lines."""
    sizes: Sizes = USUAL
    names: Mapping[str, str] | None = None
    """From where on a place is of which kind, and what messages call the units."""

    levels: Any = None
    """Superiors and lines as a re-check looks at them; see ``levels.py``."""

    @cached_property
    def table(self) -> Table:
        """The findings as a table that can be edited."""
        given = self.__dict__["_frame"]
        return given if isinstance(given, Table) else Table.of_frame(given)

    @cached_property
    def layer(self) -> Layer:
        """The units as a layer that can be edited."""
        given = self.__dict__["_units"]
        return given if isinstance(given, Layer) else Layer(given)

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
        return self.table.crs

    def __len__(self) -> int:
        """Return how many findings there are."""
        return len(self.table)

    def to_list(self) -> list[dict[str, Any]]:
        """Return the report: plain objects, geometry as GeoJSON in the file's CRS."""
        shapes = shapely.to_geojson(self.frame.geometry.to_numpy())
        table = pd.DataFrame(self.frame.drop(columns="geometry"))
        rows: list[dict[Any, Any]] = table.to_dict("records")
        return [_plain(row, shape) for row, shape in zip(rows, shapes, strict=True)]


def rows_of(
    places: Sequence[Place], metres: Metres, names: Mapping[str, str] | None = None
) -> list[Row]:
    """Return places as findings."""
    shapes = np.empty(len(places), dtype=object)
    shapes[:] = [place.geometry for place in places]
    box = np.asarray(shapely.bounds(shapes), dtype=float).reshape(-1, 4)
    middle = (box[:, :2] + box[:, 2:]) / 2
    who = [tuple(sorted(place.units)) for place in places]
    marks = [(place.rule, *units) for place, units in zip(places, who, strict=True)]
    where = places_of(shapes, marks, cell=metres.cell)
    rows: list[Row] = []
    for place, units, at, cell in zip(places, who, middle.tolist(), where, strict=True):
        said = message(place, metres, names, at)
        rows.append(
            (
                place.rule,
                SEVERITY[place.rule],
                units,
                place.area_m2,
                place.width_m,
                place.length_m,
                said.zh,
                said.en,
                place.repair,
                fingerprint(place.rule, units, cell),
                place.geometry,
            )
        )
    return rows


def without(rows: Sequence[Row], known: Collection[str]) -> Sequence[Row]:
    """Return the findings but for those with a fingerprint that is excepted."""
    return [row for row in rows if row[MARK] not in known] if known else rows


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
