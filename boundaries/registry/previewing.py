"""What a suggested repair would do, tried in a guarded process on a copy."""

from __future__ import annotations

import tempfile
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from boundaries.registry import reports
from boundaries.rules.trying import FINDINGS, UNITS
from geodata.errors import StoreError, Text
from geodata.files.limits import Limits

if TYPE_CHECKING:
    import geopandas as gpd

LIMITS = Limits(memory_mb=3072, cpu_s=20, wall_s=30)
AT_ONCE, TURN_S = 2, 5.0
"""Previews tried at a time, and how long others wait: each may take :data:`LIMITS`."""
_MARGIN_DEG = 1e-4
_TURNS = threading.BoundedSemaphore(AT_ONCE)


def preview(after: gpd.GeoDataFrame, chosen: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return what the repairs of the findings chosen would do together.

    Returns
    -------
    dict
        ``repairs``, each ``{"fingerprint", "kind", "keys", "done", "cost",
        "why"}``, and ``units``, each ``{"key", "before", "after",
        "area_before_m2", "area_after_m2"}`` with its drawings.

    Raises
    ------
    StoreError
        Code ``busy`` when others are being tried and do not end soon.
    """
    if not _TURNS.acquire(timeout=TURN_S):
        raise StoreError(
            Text("正在为他人试算修复。", "Repairs are being tried for others."),
            Text("请稍后重试。", "Try again in a moment."),
            code="busy",
        )
    try:
        return _tried(after, chosen)
    finally:
        _TURNS.release()


def _tried(after: gpd.GeoDataFrame, chosen: gpd.GeoDataFrame) -> dict[str, Any]:
    from geodata import guard

    with tempfile.TemporaryDirectory(prefix="quhua-preview-") as name:
        folder = Path(name)
        near = _near(after, chosen)
        near[["geometry"]].to_parquet(folder / UNITS)
        (folder / FINDINGS).write_bytes(reports.to_bytes(chosen))
        target = "boundaries.rules.trying:tried"
        found: dict[str, Any] = guard.call(target, limits=LIMITS, workdir=folder)
        return found


def _near(after: gpd.GeoDataFrame, chosen: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the units that take part in the findings or lie beside them."""
    named = {str(key) for who in chosen["participants"] for key in who}
    boxes = shapely.bounds(chosen.geometry.to_numpy()).reshape(-1, 4)
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    around = shapely.box(*(boxes + np.array([-1, -1, 1, 1]) * _MARGIN_DEG).T)
    mine = shapely.bounds(after.geometry.to_numpy()).reshape(-1, 4)
    good = np.isfinite(mine).all(axis=1)
    places = np.flatnonzero(good)
    boxed: Any = shapely.box(*mine[good].T)
    tree = shapely.STRtree(boxed)
    hit = places[np.unique(tree.query(around)[1])] if len(boxes) else places[:0]
    keep = after.index.isin(named)
    keep[hit] = True
    return after[keep]
