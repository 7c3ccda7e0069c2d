"""Pairs of shapes whose borders cross so often that comparing them has no end.

Two combs of three thousand teeth, one turned, are valid and cross nine million
times. How often lines of some length cross in a box is about known (Buffon's
needle), so that only pairs which could be such are looked at more closely.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.errors import GeometryError, Text
from geodata.topology.soundness import cross, sampled, segments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MOST_CROSSINGS = 200_000
"""More than two drawings of a border have; the work grows with their number."""
SUSPICIOUS = 20_000
"""Crossings to be expected of lines so long, from which on a sample is counted."""
CHUNK = 256
PAIRS_EACH = 50
LEAST_PAIRS = 20_000
"""More pairs of units than these that meet are no change of borders."""


def require_comparable(one: Any, other: Any, keys: Sequence[Any]) -> None:
    """Raise GeometryError for the first pair of shapes that cross too often.

    ``keys`` are the units that the pairs belong to, for the message.
    """
    for place in np.flatnonzero(_suspicious(one, other)).tolist():
        first, second = np.atleast_1d(one)[place], np.atleast_1d(other)[place]
        if _crossings(first, second) > MOST_CROSSINGS:
            where = shapely.point_on_surface(first)
            raise _too_many(keys[place], where)


def require_few_pairs(tree: shapely.STRtree, given: Any, keys: Sequence[Any]) -> None:
    """Raise GeometryError where so many units meet that no list of changes helps.

    ``given`` are shapes, of units by key, of which the boxes may meet those in the
    tree.
    """
    given = np.asarray(given, dtype=object)
    most = PAIRS_EACH * (len(given) + len(tree)) + LEAST_PAIRS
    count = 0
    for some in np.array_split(np.arange(len(given)), max(len(given) // CHUNK, 1)):
        mine, _ = tree.query(given[some])
        count += len(mine)
        if count > most:
            worst = keys[int(some[np.bincount(mine).argmax()])]
            raise GeometryError(
                Text(
                    f"两个版本中相互重叠的单元过多（如 {worst}），无法比较。",
                    "Far too many units of the two versions overlap (among them "
                    f"{worst}): they cannot be compared.",
                ),
                _advice(),
            )


def _suspicious(one: Any, other: Any) -> NDArray[np.bool_]:
    """Return which pairs have borders long enough to cross very often."""
    one, other = np.atleast_1d(one), np.atleast_1d(other)
    box, more = (shapely.bounds(shapes).reshape(-1, 4) for shapes in (one, other))
    wide = np.minimum(box[:, 2:], more[:, 2:]) - np.maximum(box[:, :2], more[:, :2])
    long = shapely.length(one) * shapely.length(other)
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        expected = 2 / np.pi * long / wide.prod(axis=1)
    return np.asarray((wide > 0).all(axis=1) & (expected > SUSPICIOUS))


def _crossings(one: Any, other: Any) -> int:
    """Return about how often the edges of two shapes cross."""
    a, b = segments(one)
    c, d = segments(other)
    chosen = sampled(len(a))
    start, end = np.concatenate([a, c]), np.concatenate([b, d])
    lines: Any = shapely.linestrings(np.stack([c, d], axis=1))
    tree = shapely.STRtree(lines)
    found, scale = 0, len(a) / max(len(chosen), 1)
    for some in np.array_split(chosen, max(len(chosen) // 32, 1)):
        low, high = np.minimum(a[some], b[some]), np.maximum(a[some], b[some])
        mine, its = tree.query(shapely.box(*low.T, *high.T))
        found += int(cross(start, end, some[mine], its + len(a)).sum())
        if found * scale > MOST_CROSSINGS:
            break
    return int(found * scale)


def _too_many(key: Any, where: Any) -> GeometryError:
    at = f"{where.x:.6f}, {where.y:.6f}"
    return GeometryError(
        Text(
            f"{key} 新旧边界交叉过多（{at} 一带），无法比较。",
            f"The old and new borders of {key} cross too often near {at} to be "
            "compared.",
        ),
        _advice(),
    )


def _advice() -> Text:
    return Text(
        "请先用 quhua check 检查两个文件。", "Look at both files with quhua check."
    )
