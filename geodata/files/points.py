"""Find the coordinates of a table and make geometries of them.

Chinese survey tables write X for the northing (纵坐标, seven digits) and Y for the
easting (横坐标, six digits, or eight with the zone in front); GIS tables write x for
the easting. The magnitudes tell them apart, so they decide, and the choice is
reported as a guess.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import shapely

from geodata.errors import Text
from geodata.files import dms, evidence, spelling, wkt
from geodata.files.fields import fold
from geodata.files.reading import SURE, Guess, Refusal

Numbers = np.ndarray[Any, np.dtype[np.float64]]

NAMES: dict[str, tuple[str, ...]] = {
    "lon": (
        "lon",
        "lng",
        "long",
        "longitude",
        "经度",
        "东经",
        "JD",
        "地理经度",
        "GPS经度",
        "坐标经度",
        "经度坐标",
        "大地经度",
        "L",
    ),
    "lat": (
        "lat",
        "latitude",
        "纬度",
        "北纬",
        "WD",
        "地理纬度",
        "GPS纬度",
        "坐标纬度",
        "纬度坐标",
        "大地纬度",
        "B",
    ),
    "east": ("HZB", "横坐标", "东坐标", "easting", "east", "横坐标Y", "E"),
    "north": (
        "ZZB",
        "纵坐标",
        "北坐标",
        "northing",
        "north",
        "纵坐标X",
        "X纵坐标",
        "N",
    ),
    "x": ("x", "X坐标", "坐标X", "XZB", "POINT_X", "X轴", "coord_x", "xcoord"),
    "y": ("y", "Y坐标", "坐标Y", "YZB", "POINT_Y", "Y轴", "coord_y", "ycoord"),
    "pair": (
        "坐标",
        "经纬度",
        "coordinates",
        "coordinate",
        "位置坐标",
        "坐标点",
        "lonlat",
    ),
    "wkt": ("wkt", "the_geom", "geom", "geometry", "geojson", "几何", "shape", "图形"),
}
"""Role of a coordinate column -> its names, the most telling first."""

_SYSTEMS = frozenset(map(fold, ("crs", "srs", "epsg", "srid", "坐标系", "坐标系统")))
_EPSG = re.compile(r"^(?:EPSG:{1,2})?(\d{4,5})$")

_ROLES = {
    fold(name): (role, rank)
    for role, names in NAMES.items()
    for rank, name in enumerate(names)
}
_NOTED = re.compile(r"[（(\[【].*?[）)\]】]")
_SEXAGESIMAL = re.compile(
    r"D{1,3}\W?M{1,2}\W?S{1,4}|度\W?分|[°º]\W?[′']", re.IGNORECASE
)
"""A header that says degrees, minutes and seconds: (D.MMSS), （度分秒）, (° ′ ″)."""
_SPACED = re.compile(r"\d\s+\d{1,2}(?!\d)")
"""Digits parted by fewer than three: 117 12 41 is an angle, 517 300 a number."""
_PAIR = re.compile(
    r"^\s*(?P<a>[^,，;；/\s]+(?:\s*[°′″'\"][^,，;；/]*)?)"
    r"\s*(?:[,，;；/]|\s)\s*(?P<b>[^,，;；/]+?)\s*$"
)
_NORTH = (1_500_000.0, 7_200_000.0)
"""Northings of China: Gauss-Krüger 2.0e6 to 5.95e6, Web Mercator up to 7.1e6."""
_EAST = (73.0, 136.0)
"""Longitudes of China; no latitude of it comes near."""
_LATITUDES = (3.0, 54.0)
_LOOKED_AT = 200
_NAMELESS = re.compile(r"^column_\d+$")


@dataclass(frozen=True)
class Columns:
    """Which columns hold the coordinates.

    ``axes`` are (east, north) column names; or one column of pairs or of text
    geometries. ``metric`` is True for plane coordinates.
    """

    axes: tuple[str, ...]
    style: str
    """``degrees``, ``plane``, ``pair`` or ``wkt``."""
    guess: Guess | None = None


@dataclass(frozen=True)
class Placed:
    """Geometries for the rows of a table, and why some rows have none."""

    geometry: pd.Series[Any]
    """Indexed like the table; None where ``refused`` says why."""
    refused: tuple[Refusal, ...]
    used: tuple[str, ...]
    guesses: tuple[Guess, ...] = ()
    z_dropped: int = 0
    crs: str | None = None
    """``EPSG:n`` if every geometry given as text names the same one."""


def find(frame: pd.DataFrame, given: dict[str, str] | None = None) -> Columns | None:
    """Return the coordinate columns of a table, or None when it has none.

    Parameters
    ----------
    frame
        The table's cells.
    given
        A person's word: ``{column: "x" | "y" | "wkt"}`` with x east and y north.
    """
    told = _told(given or {}, frame)
    if told:
        return told
    roles = _roles(frame.columns)
    for column in roles.get("wkt", []):
        if wkt.looks_like_one(frame[column]):
            return Columns((column,), "wkt")
    for east, north in (("lon", "lat"), ("east", "north"), ("x", "y")):
        for a, b in zip(roles.get(east, []), roles.get(north, []), strict=False):
            found = _axes(frame, a, b, named=east != "x")
            if found:
                return found
    for column in roles.get("pair", []):
        if _looks_paired(frame[column]):
            return Columns((column,), "pair")
    return _unnamed(frame)


def _unnamed(frame: pd.DataFrame) -> Columns | None:
    """Return the one pair of neighbours that can be a place in a nameless table."""
    if not all(_NAMELESS.match(str(name)) for name in frame.columns):
        return None
    numbers = {
        str(name): _numbers(frame[name].iloc[:_LOOKED_AT])
        for name in frame.columns[:20]
    }
    names = list(numbers)
    beside = [*pairwise(names), *pairwise(names[::-1])]
    pairs = [(a, b) for a, b in beside if _can_be_place(numbers[a], numbers[b])]
    if len(pairs) != 1:
        return None
    axes = pairs[0]
    why = Text(
        f"没有表头；相邻两列中只有 {axes[0]}、{axes[1]} 像中国范围内的坐标",
        f"no header; of neighbouring columns {axes[0]}, {axes[1]} look like places",
    )
    told = {axes[0]: "x", axes[1]: "y"}
    guess = evidence.guess("fields", told, 0.8, why)
    return Columns(axes, "plane", guess)


def _can_be_place(east: Numbers, north: Numbers) -> bool:
    """Return whether all numbers are degrees, or plane coordinates, of China."""
    if not len(east) or not (np.isfinite(east) & np.isfinite(north)).all():
        return False
    if _all_in(east, *_EAST) and _all_in(north, *_LATITUDES):
        return True
    plain, prefixed = (100_000.0, 900_000.0), (13_000_000.0, 46_000_000.0)
    return _all_in(north, *_NORTH) and (
        _all_in(east, *plain) or _all_in(east, *prefixed)
    )


def _all_in(values: Numbers, least: float, most: float) -> bool:
    return bool(((values >= least) & (values <= most)).all())


@dataclass(frozen=True)
class System:
    """The CRS a column declares for the whole table."""

    column: str
    crs: str


def declared_system(frame: pd.DataFrame) -> System | None:
    """Return the CRS that a column names alike in every row, or None."""
    for column in frame.columns:
        if fold(column) not in _SYSTEMS:
            continue
        values = {spelling.plain(value).upper() for value in frame[column]} - {""}
        found = _EPSG.match(values.pop()) if len(values) == 1 else None
        if found:
            return System(str(column), f"EPSG:{found[1]}")
    return None


def place(
    frame: pd.DataFrame,
    columns: Columns,
    *,
    angles: str | None = None,
    heading: str = "",
) -> Placed:
    """Return a point or geometry for each row.

    Parameters
    ----------
    frame
        The table's cells.
    columns
        As :func:`find` gives them.
    angles
        How bare numbers are to be read: ``decimal``, ``packed`` or
        ``dms_decimal``; None to find out.
    heading
        What the table says above the coordinates, where that is not the names of
        the columns.
    """
    first = (columns.guess,) if columns.guess else ()
    if columns.style == "wkt":
        read = wkt.parse_column(frame[columns.axes[0]])
        named = f"EPSG:{read.srid}" if read.srid else None
        return Placed(
            read.geometry, read.refused, columns.axes, first, read.z_dropped, named
        )
    if columns.style == "pair":
        table = _split_pairs(frame[columns.axes[0]])
        found = _axes(table, "a", "b", named=False)
        halves = found or Columns(("a", "b"), "degrees")
        inner = place(table, halves, angles=angles, heading=columns.axes[0])
        return _about_pairs(inner, frame[columns.axes[0]])
    east, north = columns.axes
    if columns.style == "plane":
        placed = _from_numbers(frame, east, north)
    else:
        said = _said(frame, east, north, heading or f"{east} {north}")
        placed = _from_angles(frame, east, north, form=angles, said=said)
    return replace(placed, guesses=first + placed.guesses)


def _told(given: dict[str, str], frame: pd.DataFrame) -> Columns | None:
    """Return the columns a person named, if they name a full set."""
    by_role = {
        role: column for column, role in given.items() if column in frame.columns
    }
    if "wkt" in by_role:
        return Columns((by_role["wkt"],), "wkt")
    if "x" not in by_role or "y" not in by_role:
        return None
    axes = (by_role["x"], by_role["y"])
    plane = all(_plane_like(frame[column]) for column in axes)
    return Columns(axes, "plane" if plane else "degrees")


def _roles(columns: Iterable[Any]) -> dict[str, list[str]]:
    """Return role -> columns that may have it, the best name first."""
    found: dict[str, list[tuple[int, str]]] = {}
    for column in columns:
        for name in (fold(column), fold(_NOTED.sub("", str(column)))):
            if name in _ROLES:
                role, rank = _ROLES[name]
                found.setdefault(role, []).append((rank, str(column)))
                break
    return {role: [name for _, name in sorted(names)] for role, names in found.items()}


def _axes(frame: pd.DataFrame, a: str, b: str, *, named: bool) -> Columns | None:
    """Return the (east, north) order of two columns by what they hold."""
    if not (_usable(frame[a]) and _usable(frame[b])):
        return None
    if _plane_like(frame[a]) and _plane_like(frame[b]):
        return _plane_axes(frame, a, b, named=named)
    if not (_angle_name(a) or _written(frame[a])) and _no_degrees(frame[a], frame[b]):
        return _plane_axes(frame, a, b, named=named)
    letters = [dms.parse_column(_sample(frame[name])).letters for name in (a, b)]
    if letters == ["lat", "lon"]:
        return Columns((b, a), "degrees")
    return Columns((a, b), "degrees")


def _sample(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return the first filled cells; a column may begin with many empty ones."""
    return column[~column.map(spelling.blank).astype(bool)].iloc[:_LOOKED_AT]


def _usable(column: pd.Series[Any]) -> bool:
    """Return whether half of the filled cells read as numbers or angles."""
    filled = list(_sample(column))
    bad = dms.parse_column(filled).reasons
    numbers = sum(spelling.number(filled[i]) is not None for i in bad)
    return bool(filled) and len(bad) - numbers <= len(filled) / 2


def _numbers(column: pd.Series[Any]) -> Numbers:
    """Return the cells as numbers, NaN where they are none."""
    fast = pd.to_numeric(column, errors="coerce").to_numpy(dtype="float64", copy=True)
    for position in np.flatnonzero(np.isnan(fast)):
        cell = column.iloc[position]
        parted = isinstance(cell, str) and _SPACED.search(cell)
        found = None if parted else spelling.number(cell)
        fast[position] = np.nan if found is None else found
    return fast


def _plane_like(column: pd.Series[Any]) -> bool:
    """Return whether the numbers are too large for degrees and not packed angles."""
    sample = _sample(column)
    values = _numbers(sample)
    values = np.abs(values[np.isfinite(values)])
    if not len(values) or np.median(values) <= 360 or _written(column):
        return False
    return not _angle_name(column.name) or not any(
        dms.parse_column(sample, axis=axis).form == "packed" for axis in ("lon", "lat")
    )


def _written(column: pd.Series[Any]) -> bool:
    """Return whether angles with marks or spaces are no fewer than bare numbers.

    A few cells spelled otherwise must not turn a column of angles into metres.
    """
    sample = _sample(column)
    bare = np.isfinite(_numbers(sample))
    angles = np.isfinite(dms.parse_column(sample).degrees) & ~bare
    return bool(angles.any()) and bool(angles.sum() >= bare.sum())


def _no_degrees(first: pd.Series[Any], second: pd.Series[Any]) -> bool:
    """Return whether most rows are numbers that are degrees in neither order."""
    x, y = np.abs(_numbers(first)), np.abs(_numbers(second))
    both = np.isfinite(x) & np.isfinite(y)
    low, high = np.minimum(x, y)[both], np.maximum(x, y)[both]
    return bool(len(low)) and bool(((low > 90) | (high > 180)).mean() > 0.5)


_ANGLE_NAMES = {fold(name) for role in ("lon", "lat") for name in NAMES[role]}


def _angle_name(name: object) -> bool:
    """Return whether a column is called longitude or latitude, notes apart."""
    return fold(_NOTED.sub("", str(name))) in _ANGLE_NAMES


def _plane_axes(frame: pd.DataFrame, a: str, b: str, *, named: bool) -> Columns:
    """Return plane columns as (east, north): the northing of China has seven digits."""
    first, second = _numbers(frame[a]), _numbers(frame[b])
    found = order(first, second)
    if named and found.confidence < SURE:
        return Columns((a, b), "plane")
    axes = (b, a) if found.north_first else (a, b)
    told = {axes[0]: "x", axes[1]: "y"}
    other = {axes[0]: "y", axes[1]: "x"}
    why = Text(f"{a}、{b}：{found.why.zh}", f"{a}, {b}: {found.why.en}")
    guess = evidence.guess("fields", told, found.confidence, why, alternatives=(other,))
    return Columns(axes, "plane", guess)


@dataclass(frozen=True)
class Order:
    """Which of two columns of plane coordinates is the northing, and how sure."""

    north_first: bool
    confidence: float
    why: Text


def order(first: Numbers, second: Numbers) -> Order:
    """Return the order of plane coordinates by their magnitudes."""
    a, b = _middle(first), _middle(second)
    a_north, b_north = _is_north(a, b), _is_north(b, a)
    if a_north and not b_north:
        return Order(True, 0.95, _why("测量习惯，北坐标在前", "survey order", a, b))
    if b_north and not a_north:
        return Order(False, 0.97, _why("GIS 习惯，东坐标在前", "GIS order", a, b))
    why = _why("数值大小分不出南北与东西", "the magnitudes do not tell", a, b)
    return Order(False, 0.5, why)


def _why(zh: str, en: str, a: float, b: float) -> Text:
    """Return what was seen with the two middle values, without needless digits."""
    shown = [f"{v:.0f}" if abs(v) >= 1000 else f"{v:.4g}" for v in (a, b)]
    return Text(
        f"{zh}（约 {shown[0]} 与 {shown[1]}）", f"{en} (about {shown[0]}, {shown[1]})"
    )


def order_of_list(first: Numbers, second: Numbers) -> Order:
    """Return the order of a list of corners: survey order unless the numbers object."""
    a, b = _middle(first), _middle(second)
    if max(abs(a), abs(b)) <= 180:
        east_first = _EAST[0] <= a <= _EAST[1] and not _EAST[0] <= b <= _EAST[1]
        sure = 0.95 if east_first or _EAST[0] <= b <= _EAST[1] else 0.5
        return Order(not east_first, sure, _why("经纬度", "degrees", a, b))
    found = order(first, second)
    if found.confidence >= SURE:
        return found
    why = Text("界址点表的惯例是北坐标在前", "lists of corners give the northing first")
    return Order(True, 0.8, why)


def _middle(values: Numbers) -> float:
    values = values[np.isfinite(values)]
    return float(np.median(values)) if len(values) else 0.0


def _is_north(value: float, other: float) -> bool:
    """Return whether ``value`` can be a northing of China beside easting ``other``."""
    plain = 100_000 <= other <= 900_000
    prefixed = 13_000_000 <= other < 46_000_000
    mercator = 8_000_000 <= other <= 15_200_000
    return _NORTH[0] <= value <= _NORTH[1] and (plain or prefixed or mercator)


def _from_numbers(frame: pd.DataFrame, east: str, north: str) -> Placed:
    """Make points of plane coordinates."""
    x, y = _numbers(frame[east]), _numbers(frame[north])
    reasons: dict[int, Text] = {}
    for name, values in ((east, x), (north, y)):
        for position in np.flatnonzero(np.isnan(values)):
            cell = frame[name].iloc[position]
            reasons[int(position)] = (
                _no_coordinate(name)
                if spelling.blank(cell)
                else Text(
                    f"{name} 列的“{cell}”不是数字。",
                    f"“{cell}” in {name} is not a number.",
                )
            )
    return _points(frame, x, y, reasons, (east, north))


def says_minutes(heading: str) -> bool:
    """Return whether a header says that its angles have minutes and seconds."""
    return bool(_SEXAGESIMAL.search(heading))


def _said(frame: pd.DataFrame, east: str, north: str, heading: str) -> str | None:
    """Return how bare degrees of both columns are read, if the header says minutes."""
    if not says_minutes(heading):
        return None
    return dms.dotted(np.concatenate([_numbers(frame[east]), _numbers(frame[north])]))


def _from_angles(
    frame: pd.DataFrame, east: str, north: str, *, form: str | None, said: str | None
) -> Placed:
    """Make points of longitudes and latitudes in any spelling."""
    swapped = _swapped_degrees(frame, east, north)
    axes = ("lat", "lon") if swapped else ("lon", "lat")
    parsed = [
        dms.parse_column(frame[name], axis=axis, form=form, said=said)
        for name, axis in zip((east, north), axes, strict=True)
    ]
    reasons: dict[int, Text] = {}
    for name, angles in zip((north, east), reversed(parsed), strict=True):
        empty = np.flatnonzero(np.isnan(angles.degrees))
        reasons |= {int(i): _no_coordinate(name) for i in empty}
        reasons |= {i: _in_column(name, why) for i, why in angles.reasons.items()}
    placed = _points(
        frame, parsed[0].degrees, parsed[1].degrees, reasons, (east, north)
    )
    return replace(placed, guesses=_angle_guess(parsed))


def _swapped_degrees(frame: pd.DataFrame, east: str, north: str) -> bool:
    """Return whether the columns hold latitude first, as numbers can only tell.

    The frame keeps the file's order then: swapped axes are found from the numbers
    for every format alike.
    """
    a, b = (dms.parse_column(_sample(frame[name])) for name in (east, north))
    if a.letters or b.letters:
        return a.letters == "lat" and b.letters == "lon"
    x, y = np.nan_to_num(a.degrees), np.nan_to_num(b.degrees)
    return bool(len(x)) and bool(np.abs(y).max() > 90 >= np.abs(x).max())


def _angle_guess(parsed: list[dms.Angles]) -> tuple[Guess, ...]:
    """Return the weakest of the two columns' forms, if it is not plain degrees."""
    weakest = min(parsed, key=lambda angles: angles.confidence)
    if weakest.form == "decimal" and not weakest.alternatives:
        return ()
    why = weakest.why or Text("度分秒文本", "degrees, minutes and seconds as text")
    others = tuple(weakest.alternatives) or (
        ("decimal",) if weakest.form == "packed" else ()
    )
    return (
        evidence.guess(
            "angles", weakest.form, weakest.confidence, why, alternatives=others
        ),
    )


def _points(
    frame: pd.DataFrame,
    x: Numbers,
    y: Numbers,
    reasons: dict[int, Text],
    used: tuple[str, str],
) -> Placed:
    """Return points where both coordinates are there, refusals elsewhere."""
    good = np.isfinite(x) & np.isfinite(y)
    made = np.full(len(frame), None, dtype="object")
    made[good] = shapely.points(x[good], y[good])
    refused = tuple(
        Refusal(_label(frame.index[i]), reasons[i]._asdict()) for i in sorted(reasons)
    )
    return Placed(pd.Series(made, index=frame.index, dtype="object"), refused, used)


def _about_pairs(placed: Placed, column: pd.Series[Any]) -> Placed:
    """Return what the halves gave, with the column's own name in the reasons."""
    reasons = tuple(
        Refusal(item.record, _no_pair(column, item.record)._asdict())
        for item in placed.refused
    )
    return replace(placed, refused=reasons, used=(str(column.name),))


def _no_pair(column: pd.Series[Any], record: int | str) -> Text:
    cell = column.loc[record]
    return Text(
        f"{column.name} 列的“{cell}”不是一对经纬度或 X、Y。",
        f"“{cell}” in {column.name} is not a pair of coordinates.",
    )


def _split_pairs(column: pd.Series[Any]) -> pd.DataFrame:
    """Return the two halves of "117.2,39.1" as columns ``a`` and ``b``."""
    found = [_PAIR.match(spelling.plain(value).strip("()（）[] ")) for value in column]
    rows = [(m["a"], m["b"]) if m else ("", "") for m in found]
    return pd.DataFrame(rows, columns=["a", "b"], index=column.index, dtype="object")


def _looks_paired(column: pd.Series[Any]) -> bool:
    halves = _split_pairs(_sample(column))
    return _usable(halves["a"]) and _usable(halves["b"])


def _no_coordinate(name: str) -> Text:
    return Text(f"{name} 列没有坐标。", f"There is no coordinate in {name}.")


def _in_column(name: str, why: Text) -> Text:
    return Text(f"{name} 列：{why.zh}", f"In {name}: {why.en}")


def _label(label: Any) -> int | str:
    return label if isinstance(label, str) else int(label)
