"""How the file's coordinates were understood is said, and doubts are marked (D2-D5)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from boundaries.rules import finding
from boundaries.rules.context import at
from geodata.errors import Text
from geodata.files.reading import SURE

if TYPE_CHECKING:
    import geopandas as gpd

    from boundaries.rules.context import Context
    from geodata.files.reading import Reading

SOURCE = "domain D2-D5, H7"


def rule(context: Context) -> gpd.GeoDataFrame:
    """Report an unsure or swapped CRS, a shift, and coordinates that are no degrees."""
    rows = _off_the_earth(context)
    if context.reading is not None:
        rows += [*_reference_system(context.reading), *_shift(context.reading)]
    return finding.frame(rows)


def _off_the_earth(context: Context) -> list[dict[str, Any]]:
    """Report moved units whose numbers cannot be degrees."""
    off = context.candidate.index.isin(context.moved) & context.astray
    keys = [str(key) for key in context.candidate.index[off]]
    if not keys:
        return []
    first = shapely.bounds(np.asarray(context.candidate.geometry.array)[off][0])
    return [
        finding.finding(
            "crs",
            "error",
            keys,
            Text(
                f"{context.labels(keys)} 的坐标超出经纬度范围（如 {at(*first[:2])}）。"
                "请指定正确的坐标系后重新导入。",
                f"Coordinates of {context.labels(keys)} are no degrees (for instance "
                f"{at(*first[:2])}). Name the right CRS and import again.",
            ),
            place="range",
            source=SOURCE,
        )
    ]


def _reference_system(reading: Reading) -> list[dict[str, Any]]:
    rows = []
    if reading.crs.epsg is not None and reading.crs.confidence < SURE:
        rows.append(
            finding.finding(
                "crs",
                "warning",
                [],
                Text(
                    f"坐标系 EPSG:{reading.crs.epsg} 为推断（{reading.crs.evidence}），"
                    f"可信度 {reading.crs.confidence:.0%}。请核对。",
                    f"EPSG:{reading.crs.epsg} is inferred ({reading.crs.evidence}), "
                    f"confidence {reading.crs.confidence:.0%}. Verify it.",
                ),
                place="inferred",
                source=SOURCE,
            )
        )
    if reading.axis_swapped:
        rows.append(
            finding.finding(
                "crs",
                "info",
                [],
                Text(
                    "文件中 X、Y 互换，已按经度、纬度的次序读入。",
                    "The file has its axes swapped; read as longitude, latitude.",
                ),
                place="axes",
                source=SOURCE,
            )
        )
    return rows


def _shift(reading: Reading) -> list[dict[str, Any]]:
    shift = reading.shift
    if shift is None:
        return []
    return [
        finding.finding(
            "crs",
            "warning",
            [],
            Text(
                f"与参考图层有系统偏移（{shift.kind}）：东 {shift.dx_m:+.0f} m，北 "
                f"{shift.dy_m:+.0f} m（{shift.evidence}）。请确认后选择是否改正。",
                f"A systematic shift against the reference ({shift.kind}): east "
                f"{shift.dx_m:+.0f} m, north {shift.dy_m:+.0f} m ({shift.evidence}). "
                "Confirm and choose whether to correct it.",
            ),
            place="shift",
            source=SOURCE,
        )
    ]
