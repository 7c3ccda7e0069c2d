"""Layers of divisions drawn as text, for the tests of the rules."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd

from boundaries import codes
from boundaries.rules import RuleSettings, check
from tests.support.drawn import coverage_of

COUNTIES = {
    "A": ("120101", "和平区", "district"),
    "B": ("120102", "河东区", "district"),
    "C": ("120103", "河西区", "district"),
    "D": ("120104", "南开区", "district"),
}
TOWNS = {
    "a": ("120101001", "甲街道", "street"),
    "b": ("120101002", "乙街道", "street"),
    "c": ("120102001", "丙街道", "street"),
    "d": ("120102100", "丁镇", "town"),
    "e": ("120102200", "戊乡", "township"),
}


def layer(
    picture: str, names: dict[str, tuple[str, str, str]] | None = None, **drawing: Any
) -> gpd.GeoDataFrame:
    """Return drawn divisions indexed by code, with the layer's columns."""
    known = {**COUNTIES, **TOWNS, **(names or {})}
    frame = coverage_of(picture, **drawing)
    drawn = [known[letter] for letter in frame["code"]]
    keys = [row[0] for row in drawn]
    frame = frame.assign(
        code=keys,
        name=[row[1] for row in drawn],
        kind=[row[2] for row in drawn],
        level=[int(codes.infer_level(key)) for key in keys],
        parent=[key[:6] if len(key) == 9 else None for key in keys],
        area_official_km2=float("nan"),
        enclave=None,
    )
    return frame.set_index("code")


def units(**columns: list[Any]) -> gpd.GeoDataFrame:
    """Return divisions without a shape, for rules on attributes."""
    frame = pd.DataFrame(columns).set_index("code")
    return gpd.GeoDataFrame(frame, geometry=[None] * len(frame), crs="EPSG:4490")


def checked(
    candidate: gpd.GeoDataFrame,
    base: gpd.GeoDataFrame | None = None,
    changed: list[str] | None = None,
    *,
    retired: frozenset[str] = frozenset(),
    reading: Any = None,
    **settings: Any,
) -> gpd.GeoDataFrame:
    """Return the findings; without ``changed``, of everything."""
    return check(
        candidate,
        base=candidate.iloc[:0] if base is None else base,
        changed=candidate.index if changed is None else pd.Index(changed),
        settings=RuleSettings(**settings),
        retired=retired,
        reading=reading,
    )


def rules_of(findings: gpd.GeoDataFrame) -> list[str]:
    """Return the rules reported, sorted."""
    return sorted(findings["rule"])
