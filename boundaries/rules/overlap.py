"""Units of one level may not share ground (domain H7; 行政区域界线管理条例 art 2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from boundaries.rules import finding
from boundaries.rules.context import metres, middle_of, middles_of, square_metres
from geodata.errors import Text
from geodata.topology import measure

if TYPE_CHECKING:
    import geopandas as gpd
    from numpy.typing import NDArray

    from boundaries.rules.context import Context
    from boundaries.rules.tiling import Tiling

SOURCE = "行政区域界线管理条例 art 2; domain H7"


def rule(context: Context) -> gpd.GeoDataFrame:
    """Report overlaps, slivers, duplicates and units inside an uncut host."""
    return finding.joined(_of_level(context, tiling) for tiling in context.tilings)


def _of_level(context: Context, tiling: Tiling) -> gpd.GeoDataFrame:
    found = tiling.found.overlaps
    crowded = finding.frame([_crowded(context, u) for u in tiling.found.crowded])
    if found.empty:
        return crowded
    kind, pair = _kinds(context, found)
    whole = np.isin(kind, ("duplicate", "uncut_host"))
    pairs = _pairs(context, found[whole], kind[whole], pair[whole])
    return finding.joined([crowded, pairs, _places(context, found[~whole])])


def _crowded(context: Context, unit: int) -> dict[str, Any]:
    """Say that a unit crosses too many others to work every place out."""
    shape = context.sound.polygons[unit]
    return finding.finding(
        "unusable",
        "error",
        [context.keys[unit]],
        Text(
            f"{context.label(context.keys[unit])}（{middle_of(shape)}）与太多单元交叉，"
            "无法逐处列出。请检查是否导入了错误的图层。",
            f"{context.label(context.keys[unit])} at {middle_of(shape)} crosses too "
            "many others to list the places. See whether this is the right layer.",
        ),
        geometry=shapely.point_on_surface(shape),
        place="crowded",
        source=SOURCE,
    )


def _kinds(
    context: Context, found: gpd.GeoDataFrame
) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Tell duplicates and uncut hosts by what two units share in all places."""
    settings = context.settings
    kind = np.full(len(found), "overlap", dtype=object)
    pair, _ = pd.factorize(found["units"])
    shared = np.bincount(pair, weights=found["area_m2"])[pair]
    two = (found["units"].str.len() == 2).to_numpy()
    first = context.area_m2[[row[0] for row in found["units"]]]
    second = context.area_m2[[row[1] for row in found["units"]]]
    small, large = np.minimum(first, second), np.maximum(first, second)
    same = two & (shared >= settings.duplicate_share * large)
    kind[two & ~same & (shared >= settings.host_share * small)] = "uncut_host"
    kind[same] = "duplicate"
    return kind, pair


def _pairs(
    context: Context,
    found: gpd.GeoDataFrame,
    kind: NDArray[Any],
    pair: NDArray[np.intp],
) -> gpd.GeoDataFrame:
    """Report one finding per pair of units of which one lies in the other."""
    rows = []
    for number in np.unique(pair):  # few: whole units drawn over each other
        mine = found[pair == number]
        word = str(kind[pair == number][0])
        units = mine["units"].iloc[0]
        inner, host = sorted(units, key=lambda unit: float(context.area_m2[unit]))
        area = float(mine["area_m2"].sum())
        rows.append(
            finding.finding(
                word,
                "error",
                [context.keys[unit] for unit in units],
                _pair_message(context, word, context.keys[inner], context.keys[host]),
                geometry=shapely.union_all(mine.geometry.to_numpy()),
                area_m2=area,
                width_m=float(mine["width_m"].max()),
                source=SOURCE,
                repair={
                    "kind": "drop" if word == "duplicate" else "cut_host",
                    "unit": context.keys[inner],
                    "host": context.keys[host],
                    "cost": {"area_m2": area},
                },
            )
        )
    return finding.frame(rows)


def _pair_message(context: Context, word: str, inner: str, host: str) -> Text:
    a, b = context.label(inner), context.label(host)
    if word == "duplicate":
        return Text(
            f"{a} 与 {b} 的范围相同。请删除重复的单元或改正其图形。",
            f"{a} and {b} cover the same ground. Remove one or correct its shape.",
        )
    return Text(
        f"{a} 位于 {b} 之内，但 {b} 没有为它挖空。请从 {b} 中减去 {a} 的范围。",
        f"{a} lies inside {b}, which has no hole for it. Cut {a} out of {b}.",
    )


def _places(context: Context, found: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Report every other place by itself."""
    if found.empty:
        return finding.frame()
    shapes = found.geometry.to_numpy()
    area, width = found["area_m2"].to_numpy(), found["width_m"].to_numpy()
    thin = slivers(context, shapes, area, width)
    who = context.named(found["units"])
    return finding.columns(
        rule=np.where(thin, "sliver_overlap", "overlap"),
        severity=np.where(thin, "warning", "error"),
        participants=who,
        geometry=shapes,
        area_m2=area,
        width_m=width,
        messages=_messages(context, who, shapes, area, width, thin),
        source=SOURCE,
        repair=_repairs(context, who, area, width),
    )


def slivers(
    context: Context,
    shapes: NDArray[Any],
    area: NDArray[np.float64],
    width: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Return which places are small, or nowhere wider than the sliver's width."""
    settings = context.settings
    thin = area < settings.sliver_area_m2
    narrow = np.flatnonzero(~thin & (width < settings.sliver_width_m))
    thin[narrow] = ~measure.wider_than(shapes[narrow], settings.sliver_width_m)
    return thin


def _messages(
    context: Context,
    who: list[tuple[str, ...]],
    shapes: NDArray[Any],
    area: NDArray[np.float64],
    width: NDArray[np.float64],
    thin: NDArray[np.bool_],
) -> list[Text]:
    words = {units: context.labels(units) for units in set(who)}
    return [
        Text(
            f"{words[units]} 在 {place} 重叠 {square_metres(size)}，"
            f"平均宽 {metres(wide)}。"
            + ("请统一公共边界。" if small else "请确认界线后改正其中一方。"),
            f"{words[units]} overlap at {place}: {square_metres(size)}, "
            f"{metres(wide)} wide on average. "
            + ("Share one border." if small else "Settle the line and correct one."),
        )
        for units, place, size, wide, small in zip(
            who,
            middles_of(shapes),
            area.tolist(),
            width.tolist(),
            thin.tolist(),
            strict=True,
        )
    ]


def _repairs(
    context: Context,
    who: list[tuple[str, ...]],
    area: NDArray[np.float64],
    width: NDArray[np.float64],
) -> list[dict[str, Any] | None]:
    """Suggest to leave a small overlap to one unit and cut it from the others."""
    most = context.settings.repair_area_m2
    return [
        {
            "kind": "give",
            "to": units[0],
            "among": list(units),
            "cost": {"area_m2": size, "shift_m": wide},
        }
        if size <= most
        else None
        for units, size, wide in zip(who, area.tolist(), width.tolist(), strict=True)
    ]
