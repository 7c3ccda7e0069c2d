"""What a suggested repair would do, tried in a guarded process on a copy."""

from __future__ import annotations

import json
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from boundaries.registry import reports, staging
from boundaries.registry.turns import Turns
from boundaries.rules.trying import FINDINGS, LINES, UNITS, WISHES
from geodata.errors import LimitError, Text
from geodata.files.limits import Limits

if TYPE_CHECKING:
    from collections.abc import Mapping

    from boundaries.rules.settings import RuleSettings
    from geodata.store.changes import ChangeSet
    from geodata.store.protocol import Reader

MOST_AROUND = 2_000_000
"""Vertices of the units around the findings tried together."""
LIMITS = Limits(memory_mb=3072, cpu_s=20, wall_s=30)
TURNS = Turns(
    2, 5.0, Text("正在为他人试算修复。", "Repairs are being tried for others.")
)
"""Each preview may take :data:`LIMITS`."""
_MARGIN_DEG = 1e-4


def preview(
    after: gpd.GeoDataFrame,
    chosen: gpd.GeoDataFrame,
    *,
    settings: RuleSettings,
    lines: gpd.GeoDataFrame | None = None,
    to: Mapping[str, str] | None = None,
) -> dict[str, Any]:
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
    wishes = {"settings": asdict(settings), "to": dict(to or {})}
    with TURNS.taken():
        return _tried(after, chosen, lines, wishes)


def _tried(
    after: gpd.GeoDataFrame,
    chosen: gpd.GeoDataFrame,
    lines: gpd.GeoDataFrame | None,
    wishes: dict[str, Any],
) -> dict[str, Any]:
    from geodata import guard

    with tempfile.TemporaryDirectory(prefix="quhua-preview-") as name:
        folder = Path(name)
        near = _near(after, chosen)
        names = [name for name in ("name", "level", "parent") if name in near]
        near[[*names, "geometry"]].to_parquet(folder / UNITS)
        if lines is not None:
            lines.to_parquet(folder / LINES)
        (folder / WISHES).write_text(json.dumps(wishes), "utf-8")
        (folder / FINDINGS).write_bytes(reports.to_bytes(chosen))
        target = "boundaries.rules.trying:tried"
        found: dict[str, Any] = guard.call(target, limits=LIMITS, workdir=folder)
        return found


def around(
    reader: Reader, changes: ChangeSet, chosen: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return the layer with a draft, as far as findings of the draft reach.

    Only the units that take part in the findings and those beside them are read.

    Raises
    ------
    LimitError
        When these have more than :data:`MOST_AROUND` vertices.
    """
    head = reader.head(changes.layer)
    wanted: list[dict[str, Any]] = [{"keys": sorted(_named(chosen))}]
    wanted += [{"bbox": tuple(box)} for box in _boxes(chosen).tolist()]
    found: dict[str, gpd.GeoDataFrame] = {}
    parts, count = [], 0
    for which in wanted:
        part = staging.layer_at(reader, changes.layer, head, changes.effective, **which)
        part = part[~part.index.isin(list(found))]
        found |= dict.fromkeys(part.index)
        count += int(shapely.get_num_coordinates(part.geometry.to_numpy()).sum())
        if count > MOST_AROUND:
            raise _too_much(count)
        parts.append(part)
    filled = [part for part in parts if len(part)] or parts[:1]
    base = gpd.GeoDataFrame(pd.concat(filled), geometry="geometry", crs=parts[0].crs)
    return staging.applied(base, changes)


def _too_much(count: int) -> LimitError:
    return LimitError(
        Text(
            f"所选问题周围的单位共有 {count} 个顶点，超过试算上限 {MOST_AROUND}。",
            f"The units around these findings have {count} vertices; {MOST_AROUND} "
            "can be tried.",
        ),
        Text("请少选几项，或直接修复。", "Choose fewer, or repair without a preview."),
        setting="preview.around",
    )


def _named(chosen: gpd.GeoDataFrame) -> set[str]:
    return {str(key) for who in chosen["participants"] for key in who}


def _boxes(chosen: gpd.GeoDataFrame) -> Any:
    """Return the findings' boxes with a margin, without those of no place."""
    boxes = shapely.bounds(chosen.geometry.to_numpy()).reshape(-1, 4)
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    return boxes + np.array([-1, -1, 1, 1]) * _MARGIN_DEG


def _near(after: gpd.GeoDataFrame, chosen: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the units that take part in the findings or lie beside them."""
    boxes = _boxes(chosen)
    mine = shapely.bounds(after.geometry.to_numpy()).reshape(-1, 4)
    good = np.isfinite(mine).all(axis=1)
    places = np.flatnonzero(good)
    boxed: Any = shapely.box(*mine[good].T)
    tree = shapely.STRtree(boxed)
    hit = places[np.unique(tree.query(shapely.box(*boxes.T))[1])]
    keep = after.index.isin(_named(chosen))
    keep[hit if len(boxes) else places[:0]] = True
    return after[keep]
