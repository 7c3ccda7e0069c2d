"""Units of one level leave no ground between them (domain H7).

A hole that the parents leave out too is theirs (an enclave of a neighbour), and a
hole inside a parent of which no unit is in the layer is simply not mapped yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from boundaries.rules import finding
from boundaries.rules.context import metres, middles_of, square_metres
from boundaries.rules.overlap import slivers
from geodata.errors import Text

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from boundaries.rules.context import Context
    from boundaries.rules.tiling import Tiling

SOURCE = "domain H7, C6"
COMPACT = 0.2
"""A hole as wide as this share of its area's root has the shape of a unit."""


def rule(context: Context) -> gpd.GeoDataFrame:
    """Report gaps, slivers of gaps and holes the size of a unit."""
    return finding.joined(_of_level(context, tiling) for tiling in context.tilings)


def _of_level(context: Context, tiling: Tiling) -> gpd.GeoDataFrame:
    found = tiling.found.gaps
    found = found[_ours(context, tiling, found)]
    if found.empty:
        return finding.frame()
    shapes = found.geometry.to_numpy()
    area, width = found["area_m2"].to_numpy(), found["width_m"].to_numpy()
    kind = np.full(len(found), "gap", dtype=object)
    kind[_unit_sized(context, found)] = "missing_unit"
    kind[slivers(context, shapes, area, width)] = "sliver_gap"
    who = context.named(found["units"])
    return finding.columns(
        rule=kind,
        severity=np.full(len(found), "warning", dtype=object),
        participants=who,
        geometry=shapes,
        area_m2=area,
        width_m=width,
        messages=_messages(context, who, shapes, area, width, kind),
        source=SOURCE,
        repair=_repairs(context, found, who, kind),
    )


def _ours(
    context: Context, tiling: Tiling, found: gpd.GeoDataFrame
) -> NDArray[np.bool_]:
    """Leave out holes of the parents, and of parents without a unit here."""
    keep = np.ones(len(found), bool)
    parents = context.parent.iloc[tiling.places]
    above = context.places(parents.dropna().unique())
    levels = context.level.to_numpy()
    higher = np.flatnonzero((levels > 0) & (levels < tiling.level))
    above = above[above >= 0]
    if not len(above) or found.empty:
        return keep
    inside = shapely.point_on_surface(found.geometry.to_numpy())
    polygons = context.sound.polygons
    held = np.zeros(len(found), bool)
    held[shapely.STRtree(inside).query(polygons[above], predicate="intersects")[1]] = (
        True
    )
    elsewhere = np.zeros(len(found), bool)
    elsewhere[
        shapely.STRtree(inside).query(polygons[higher], predicate="intersects")[1]
    ] = True
    known = set(above.tolist())
    for place in np.flatnonzero(~held):
        units = list(found["units"].iloc[place])
        mine = context.places(context.parent.iloc[units])
        keep[place] = not (
            elsewhere[place] or all(int(parent) in known for parent in mine)
        )
    return keep


def _unit_sized(context: Context, found: gpd.GeoDataFrame) -> NDArray[np.bool_]:
    """Return which holes are as large and as compact as a unit could be."""
    area, width = found["area_m2"].to_numpy(), found["width_m"].to_numpy()
    share, known = context.settings.missing_unit_share, context.area_m2
    least = known[known > 0].min(initial=np.inf)
    sized = (area >= share * least) & (width >= COMPACT * np.sqrt(area))
    units = found["units"].to_numpy()
    for place in np.flatnonzero(sized):  # few: most gaps are thin
        around = np.median(known[list(units[place])]) if units[place] else np.inf
        sized[place] = area[place] >= share * around
    return np.asarray(sized)


def _messages(
    context: Context,
    who: list[tuple[str, ...]],
    shapes: NDArray[Any],
    area: NDArray[np.float64],
    width: NDArray[np.float64],
    kind: NDArray[Any],
) -> list[Text]:
    words = {units: _between(context, units) for units in set(who)}
    do = {
        "gap": Text("请把它划归一方。", "Give it to one of them."),
        "sliver_gap": Text("请统一公共边界。", "Share one border."),
        "missing_unit": Text(
            "大小相当于一个单元：请补上缺失的单元，或登记为飞地、湖泊等例外。",
            "It is the size of a unit: add the missing one, or register an exception "
            "(enclave, lake).",
        ),
    }
    return [
        Text(
            f"{words[units].zh}在 {place} 有空隙 {square_metres(size)}，"
            f"平均宽 {metres(wide)}。{do[word].zh}",
            f"Gap {words[units].en} at {place}: {square_metres(size)}, "
            f"{metres(wide)} wide on average. {do[word].en}",
        )
        for units, place, size, wide, word in zip(
            who,
            middles_of(shapes),
            area.tolist(),
            width.tolist(),
            kind.tolist(),
            strict=True,
        )
    ]


def _between(context: Context, units: tuple[str, ...]) -> Text:
    """Say whose gap it is."""
    names = context.labels(units)
    if len(units) == 1:
        return Text(f"{names} 之内", f"inside {names}")
    return Text(f"{names} 之间", f"between {names}")


def _repairs(
    context: Context,
    found: gpd.GeoDataFrame,
    who: list[tuple[str, ...]],
    kind: NDArray[Any],
) -> list[dict[str, Any] | None]:
    """Suggest to give a small gap to the neighbour that borders most of it."""
    most = context.settings.repair_area_m2
    return [
        {
            "kind": "fill",
            "to": None,
            "among": list(units),
            "cost": {"area_m2": size, "shift_m": wide},
        }
        if size <= most and units and word != "missing_unit"
        else None
        for units, size, wide, word in zip(
            who,
            found["area_m2"].tolist(),
            found["width_m"].tolist(),
            kind.tolist(),
            strict=True,
        )
    ]
