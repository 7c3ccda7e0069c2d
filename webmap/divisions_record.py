"""Figures of a division's page: official beside computed, never mixed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import geopandas as gpd


def areas(division: dict[str, Any] | None) -> dict[str, Any] | None:
    """Return both areas of a division and by how much they differ, in km² and %."""
    if division is None:
        return None
    official, computed = division["official_km2"], division["area_km2"]
    known = official is not None and computed is not None
    return {
        "official": official,
        "computed": computed,
        "difference": computed - official if known else None,
        "percent": (computed - official) / official * 100
        if known and official
        else None,
    }


def told(rows: list[dict[str, Any]], frame: gpd.GeoDataFrame) -> list[dict[str, Any]]:
    """Return rows of the directory with the area computed on that date."""
    computed = frame["area_km2"]
    return [{**row, "area_km2": _number(computed.get(row["code"]))} for row in rows]


def _number(value: Any) -> float | None:
    return None if value is None or pd.isna(value) else float(value)
