"""Tables whose rows are the numbered corners of rings: 点号, X, Y, perhaps 地块, 圈号.

Cadastral corners (J1, J2, ...) make a polygon; markers (界桩) have numbers of their
own and stay points, so only ``J`` numbers or a column that says corner count.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd
import shapely

from geodata.errors import Text
from geodata.files import evidence, parcels, points, spelling
from geodata.files.fields import fold
from geodata.files.reading import Guess, Refusal

_CORNER = frozenset(
    fold(name)
    for name in (
        "点号",
        "界址点号",
        "界址点",
        "拐点",
        "拐点号",
        "拐点编号",
        "界址点编号",
        "JZDH",
    )
)
_PLOT = frozenset(
    fold(name)
    for name in (
        "地块",
        "地块号",
        "地块编号",
        "地块名称",
        "图斑号",
        "宗地号",
        "宗地代码",
        "面号",
    )
)
_RING = frozenset(fold(name) for name in ("圈号", "环号", "圈", "ring", "ring_no"))
_LABEL = re.compile(r"^[Jj]\s*0*(\d+)(?:-\d+)?$")
_BARE = re.compile(r"^0*(\d+)$")
_MOST = 200


@dataclass(frozen=True)
class Numbered:
    """The columns of a table of corners; plot and ring may be missing."""

    corner: str
    east: str
    north: str
    plot: str | None
    ring: str | None
    guesses: tuple[Guess, ...]


def find(frame: pd.DataFrame) -> Numbered | None:
    """Return the columns if the rows list the corners of rings, else None."""
    corner = _corner_column(frame)
    if corner is None or len(frame) < 3:
        return None
    columns = _axes(frame.drop(columns=[corner]))
    if columns is None:
        return None
    east, north = columns.axes
    names = {fold(name): str(name) for name in frame.columns}
    plot = next((names[key] for key in names if key in _PLOT), None)
    ring = next((names[key] for key in names if key in _RING), None)
    used = {corner, east, north, plot, ring}
    others = [name for name in frame.columns if name not in used]
    # Corners carry nothing of their own; other columns mean these are points.
    sure = 0.95 if not others else 0.7
    why = Text(f"{corner} 从 1 起编界址点号", f"{corner} counts corners from 1 up")
    guess = evidence.guess("geometry", "Polygon", sure, why, alternatives=("Point",))
    first = (columns.guess,) if columns.guess else ()
    return Numbered(corner, east, north, plot, ring, (*first, guess))


def read(
    frame: pd.DataFrame, columns: Numbered, *, angles: str | None = None
) -> parcels.Parcels:
    """Return the plots; one with a bad corner is refused as a whole, naming the row.

    Parameters
    ----------
    frame, columns
        The table's cells, and its columns as :func:`find` gives them.
    angles
        See :func:`geodata.files.points.place`.
    """
    axes = points.Columns((columns.east, columns.north), _style(frame, columns))
    placed = points.place(frame, axes, angles=angles)
    bad = {item.record: item for item in placed.refused}
    plots: list[parcels.Plot] = []
    current: str | None = None
    rows = zip(frame.index, placed.geometry, frame.to_dict("records"), strict=True)
    for record, point, row in rows:
        key = spelling.plain(row[columns.plot]) if columns.plot else ""
        corner = _corner(row, columns, point)
        if key != current or parcels.restarts(plots[-1], _unkeyed(corner, columns)):
            plots.append(parcels.Plot({columns.plot: key} if columns.plot else {}))
            current = key
        if corner is None:
            plots[-1].problem = plots[-1].problem or _in_row(bad[record])
        else:
            parcels.add(plots[-1], corner)
    return replace(parcels.assemble(plots, {}), guesses=placed.guesses)


def _corner(
    row: Mapping[Any, Any], columns: Numbered, point: shapely.Point | None
) -> parcels.Corner | None:
    """Return the corner of a row; None where it has no usable coordinates."""
    if point is None:
        return None
    ring = spelling.plain(row[columns.ring]) if columns.ring else ""
    return parcels.Corner(_number(row[columns.corner]), ring, (point.y, point.x))


def _unkeyed(corner: parcels.Corner | None, columns: Numbered) -> parcels.Corner | None:
    """Return the corner if only its number can tell a new plot."""
    return None if columns.plot else corner


def _axes(frame: pd.DataFrame) -> points.Columns | None:
    found = points.find(frame)
    if found is None or len(found.axes) != 2:
        return None
    if found.guess and found.guess.confidence < 0.9:
        # In lists of corners X is the northing by the standard, whatever its size.
        x, y = found.axes
        why = Text("界址点表以 X 为北坐标", "lists of corners call the northing X")
        guess = evidence.guess("fields", {y: "x", x: "y"}, 0.8, why)
        return points.Columns((y, x), found.style, guess)
    return found


def _style(frame: pd.DataFrame, columns: Numbered) -> str:
    named = {columns.east: "x", columns.north: "y"}
    found = points.find(frame, named)
    return found.style if found else "plane"


def _corner_column(frame: pd.DataFrame) -> str | None:
    """Return the column that counts corners, or None."""
    for name in frame.columns:
        cells = [spelling.plain(v) for v in frame[name].iloc[:_MOST]]
        cells = [spelling.half_width(cell) for cell in cells if cell]
        if not cells:
            continue
        labelled = all(_LABEL.match(cell) for cell in cells)
        counted = fold(name) in _CORNER and all(_BARE.match(cell) for cell in cells)
        if (labelled or counted) and _number(cells[0]) == 1:
            return str(name)
    return None


def _number(cell: object) -> int:
    """Return the number in J12, or 0."""
    text = spelling.half_width(spelling.plain(cell))
    found = _LABEL.match(text) or _BARE.match(text)
    return int(found.group(1)) if found else 0


def _in_row(item: Refusal) -> Text:
    return Text(
        f"第 {item.record} 行：{item.reason['zh']}",
        f"Row {item.record}: {item.reason['en']}",
    )
