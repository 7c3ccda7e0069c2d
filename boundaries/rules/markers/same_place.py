"""Two markers do not stand at one place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from boundaries.rules.finding import finding
from boundaries.rules.records import gap_m
from geodata.errors import Text

if TYPE_CHECKING:
    from boundaries.rules.records import Records

_METRES = 111_320.0


def rule(records: Records) -> list[dict[str, Any]]:
    """Report pairs nearer to each other than the setting."""
    limit = records.settings.same_place_m
    points = records.points[records.placed]
    keys = records.subjects.index[records.placed]
    everyone = np.asarray(records.candidate.geometry.array, dtype=object)
    mine, theirs = shapely.STRtree(everyone).query(
        points, predicate="dwithin", distance=2 * limit / _METRES
    )
    pairs = {
        tuple(sorted((str(keys[one]), str(records.candidate.index[other]))))
        for one, other in zip(mine, theirs, strict=True)
        if keys[one] != records.candidate.index[other]
        and gap_m(points[one], everyone[other]) <= limit
    }
    shapes = records.candidate.geometry
    return [
        finding(
            "marker_repeated",
            "error",
            pair,
            Text(
                f"界桩 {pair[0]} 与 {pair[1]} 在同一位置（相距不到 {limit:g} 米）。"
                "请删除重复，或改正坐标。",
                f"Markers {pair[0]} and {pair[1]} stand at one place (within "
                f"{limit:g} m). Remove one, or correct the coordinates.",
            ),
            geometry=shapes.loc[pair[0]],
        )
        for pair in sorted(pairs)
    ]
