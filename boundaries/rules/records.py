"""What a rule of a register looks at: its records as a draft leaves them."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from boundaries.rules.finding import finding
from boundaries.rules.settings import RegisterSettings
from geodata import crs

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.errors import Text


@dataclass(frozen=True)
class Records:
    """A register with the draft applied (``candidate``) and before it (``base``).

    ``changed`` are the keys the draft touches; ``divisions`` and ``markers`` are the
    other layers as a change of that date finds them.
    """

    layer: str
    candidate: gpd.GeoDataFrame
    base: gpd.GeoDataFrame
    changed: pd.Index[Any]
    divisions: gpd.GeoDataFrame
    markers: gpd.GeoDataFrame
    settings: RegisterSettings = field(default_factory=RegisterSettings)
    today: str = field(
        default_factory=lambda: dt.datetime.now(dt.UTC).date().isoformat()
    )

    @cached_property
    def subjects(self) -> gpd.GeoDataFrame:
        """The records the draft adds or alters, as they would be."""
        return self.candidate[self.candidate.index.isin(self.changed)]

    @cached_property
    def points(self) -> NDArray[Any]:
        """The points of :attr:`subjects`, None where there is none."""
        return np.asarray(self.subjects.geometry.array, dtype=object)

    @cached_property
    def placed(self) -> NDArray[np.bool_]:
        """Which of :attr:`points` are points with coordinates."""
        lacking = shapely.is_missing(self.points) | shapely.is_empty(self.points)
        return np.asarray(~lacking)

    def rows(self) -> list[dict[str, Any]]:
        """Return the subjects as dictionaries with ``key`` and ``point``."""
        plain = self.subjects.drop(columns=self.subjects.geometry.name)
        names = [str(name) for name in plain.columns]
        columns = [plain[name].tolist() for name in names]
        places = zip(self.subjects.index, self.points, strict=True)
        return [
            {**dict(zip(names, row, strict=True)), "key": str(key), "point": point}
            for row, (key, point) in zip(
                zip(*columns, strict=True), places, strict=True
            )
        ]

    def division(self, code: Any) -> str:
        """Return a division's name and code for a message."""
        if code in self.divisions.index and "name" in self.divisions:
            return f"{self.divisions.loc[code, 'name']}（{code}）"
        return str(code)


def said_of(
    row: dict[str, Any], rule: str, severity: str, words: Text, **more: Any
) -> dict[str, Any]:
    """Return the finding of one record, at its place; ``more`` as of ``finding``."""
    return finding(rule, severity, [row["key"]], words, geometry=row["point"], **more)


def text(value: Any) -> str:
    """Return an attribute's text, ``""`` when it has none."""
    if isinstance(value, list | dict):
        return str(value) if value else ""
    return "" if value is None or pd.isna(value) else str(value).strip()


def amount(value: Any) -> float | None:
    """Return an attribute's number, None when it has none."""
    return None if value is None or pd.isna(value) else float(value)


def items(value: Any) -> list[str]:
    """Return the entries of a list attribute."""
    return [str(item) for item in value] if isinstance(value, list) else []


def gap_m(point: Any, other: Any) -> float:
    """Return the metres between a point and the nearest place of a geometry.

    Looked for where degrees of both axes are equally long, else the nearest place
    in degrees would not be the nearest in metres.
    """
    x, y = point.x, point.y
    near = shapely.clip_by_rect(other, x - _REACH, y - _REACH, x + _REACH, y + _REACH)
    around = other if near.is_empty else near
    factors = np.array([math.cos(math.radians(y)), 1.0])
    flat = shapely.transform([point, around], lambda xy: xy * factors)
    line = shapely.shortest_line(*flat)
    return float(crs.length_m([shapely.transform(line, lambda xy: xy / factors)])[0])


_REACH = 0.05
"""Degrees around a point in which the nearest place is looked for first."""
