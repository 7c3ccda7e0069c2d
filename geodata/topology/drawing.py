"""Polygons taken apart into arcs, and put together again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geodata.errors import GeometryError, Text
from geodata.topology.arcs import Arcs, counted, cut
from geodata.topology.rings import MULTIPOLYGON, drawn_rings

if TYPE_CHECKING:
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Drawing:
    """How every row of a layer is drawn, in columns.

    ``rings``: ``unit`` (row), ``part`` of the row, ``ring`` of the part (0 the outer
    one), ``start`` (vertices along its first step), ``size`` (its vertices, not
    closed), ``left`` (the unit lies to its left). ``steps``: ``ring``, ``line``,
    ``ahead``, in order. ``repeats``: ``ring`` and ``at``, a vertex drawn once more.
    ``types``: of each row 3 (polygon), 6 (multipolygon), or -1: it has no borders.
    ``flat``: of each row, drawn without a third ordinate.
    """

    rings: pd.DataFrame
    steps: pd.DataFrame
    repeats: pd.DataFrame
    types: NDArray[np.int64]
    flat: NDArray[np.bool_]


def take_apart(shapes: NDArray[Any]) -> tuple[Arcs, Drawing]:
    """Return the arcs that shapes are drawn with, and how.

    Rows that are no polygon, or have a vertex that is not finite, or a ring without
    extent, have no arcs.
    """
    drawn = drawn_rings(shapes)
    arcs = cut(drawn.xy, drawn.bounds, drawn.unit, drawn.left)
    rings = {
        "unit": drawn.unit,
        "part": drawn.part,
        "ring": drawn.number,
        "start": arcs.start,
        "size": np.diff(drawn.bounds) - 1,
        "left": drawn.left,
    }
    steps = {"ring": arcs.ring, "line": arcs.arc, "ahead": arcs.ahead}
    types = np.where(drawn.whole, shapely.get_type_id(shapes), -1)
    return arcs, Drawing(
        rings=pd.DataFrame(rings),
        steps=pd.DataFrame(steps),
        repeats=drawn.repeats,
        types=types.astype(np.int64),
        flat=~np.asarray(shapely.has_z(shapes)),
    )


def beside(drawing: Drawing) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Return for each step the row it draws, and whether that is left of its line."""
    ring = drawing.steps["ring"].to_numpy()
    left = drawing.steps["ahead"].to_numpy() == drawing.rings["left"].to_numpy()[ring]
    return drawing.rings["unit"].to_numpy()[ring], left


def put_together(
    drawing: Drawing, xy: NDArray[np.float64], bounds: NDArray[np.int64]
) -> NDArray[Any]:
    """Return the shapes drawn with lines ``xy[bounds[n]:bounds[n + 1]]``.

    None for rows without borders.

    Raises
    ------
    GeometryError
        When lines that should meet do not, or a ring that was drawn anew has fewer
        than three vertices.
    """
    result = np.full(len(drawing.types), None, dtype=object)
    if not len(drawing.rings):
        return result
    _require_meeting(drawing, xy, bounds)
    walked, ring = _walked(drawing, bounds)
    size = np.bincount(ring, minlength=len(drawing.rings))
    _require_extent(drawing, size)
    place, ring = _closed(drawing, size)
    xy = xy[walked[place]]
    rings: Any = shapely.linearrings(xy, indices=ring)
    unit, part = drawing.rings["unit"].to_numpy(), drawing.rings["part"].to_numpy()
    begins = np.r_[True, (unit[1:] != unit[:-1]) | (part[1:] != part[:-1])]
    parts: Any = shapely.polygons(rings, indices=np.cumsum(begins) - 1)
    owner = unit[begins]
    several = drawing.types[owner] == MULTIPOLYGON
    result[owner[~several]] = parts[~several]
    if several.any():
        those, at = np.unique(owner[several], return_inverse=True)
        result[those] = shapely.multipolygons(parts[several], indices=at)
    thin = drawing.flat & (drawing.types >= 0)
    if xy.shape[1] > 2 and thin.any():
        result[thin] = shapely.force_2d(result[thin])
    return result


def _walked(
    drawing: Drawing, bounds: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the vertices of all rings, open, as places in the lines, and the ring."""
    line, ahead = drawing.steps["line"].to_numpy(), drawing.steps["ahead"].to_numpy()
    length = np.diff(bounds)[line] - 1  # without its last vertex
    step = np.repeat(np.arange(len(line)), length)
    along = counted(length)
    low, high = bounds[:-1][line], bounds[1:][line] - 1
    place = np.where(ahead[step], low[step] + along, high[step] - along)
    return place, drawing.steps["ring"].to_numpy()[step]


def _closed(
    drawing: Drawing, size: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rings' vertices from their start, repeats and all, and the ring."""
    first = np.cumsum(size) - size
    start = drawing.rings["start"].to_numpy() % size
    ring = np.repeat(np.arange(len(size)), size + 1)
    place = first[ring] + (counted(size + 1) + start[ring]) % size[ring]
    kept = drawing.rings["size"].to_numpy() == size
    repeats = drawing.repeats[kept[drawing.repeats["ring"].to_numpy()]]
    if len(repeats):
        of = repeats["ring"].to_numpy()
        at = (first + np.arange(len(size)))[of] + repeats["at"].to_numpy()
        place, ring = np.insert(place, at, place[at]), np.insert(ring, at, ring[at])
    return place, ring


def _require_meeting(
    drawing: Drawing, xy: NDArray[np.float64], bounds: NDArray[np.int64]
) -> None:
    """Raise unless each step ends where the next one of its ring begins."""
    line, ahead = drawing.steps["line"].to_numpy(), drawing.steps["ahead"].to_numpy()
    ring = drawing.steps["ring"].to_numpy()
    first, last = bounds[:-1][line], bounds[1:][line] - 1
    begin, end = np.where(ahead, first, last), np.where(ahead, last, first)
    new = np.r_[True, ring[1:] != ring[:-1]]
    follows = np.arange(1, len(line) + 1)
    follows[np.r_[new[1:], True]] = np.flatnonzero(new)
    apart = (xy[end, :2] != xy[begin[follows], :2]).any(axis=1)
    if apart.any():
        at = int(np.argmax(apart))
        where = f"{xy[end[at], 0]:.6f}, {xy[end[at], 1]:.6f}"
        raise GeometryError(
            Text(
                f"界线 {line[at]} 的端点与下一段不相接（{where}）。",
                f"Line {line[at]} does not meet the next at {where}.",
            ),
            Text(
                "移动交汇点时，须同时移动在此相接的所有界线。",
                "Move all lines that end at a junction together with it.",
            ),
        )


def _require_extent(drawing: Drawing, size: NDArray[np.int64]) -> None:
    thin = size < np.minimum(drawing.rings["size"].to_numpy(), 3)
    if thin.any():
        row = int(drawing.rings["unit"].iloc[int(np.argmax(thin))])
        raise GeometryError(
            Text(
                f"第 {row + 1} 个单位的一个环不足三个点。",
                f"A ring of unit {row + 1} has fewer than three vertices.",
            )
        )
