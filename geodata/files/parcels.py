"""Boundary points by number, ring after ring: the exchange text of land surveys.

The 勘测定界 text has a section ``[属性描述]`` (datum, zone width, zone), a section
``[地块坐标]`` with one line ending in ``@`` for each plot, and below it lines
``J1,1,X,Y``: number, ring, northing X, easting Y. Plainer lists have only
``J1,X,Y``. A ring may or may not repeat its first point at the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import shapely

from geodata.errors import Text
from geodata.files import points, spelling
from geodata.files.reading import Guess, Refusal

_SECTION = re.compile(r"^\s*\[(?P<name>[^\]]+)\]\s*$")
_POINT = re.compile(r"^\s*(?P<id>[Jj]\s*\d+(?:-\d+)?)\s*[,，\t;； ]")
_PARTS = re.compile(r"\s*[,，\t;；]\s*|\s+")
_PLOT_FIELDS = (
    "points",
    "area_ha",
    "code",
    "name",
    "graphic",
    "sheet",
    "use",
    "land_class",
)
_LEAST_SHARE = 0.5


@dataclass(frozen=True)
class Corner:
    """One listed point: its number, its ring's number, (north, east)."""

    label: int
    ring: str
    point: tuple[float, float]


@dataclass
class Ring:
    """One ring as listed: (north, east) pairs."""

    number: str
    points: list[tuple[float, float]] = field(default_factory=list)


@dataclass
class Plot:
    """One plot: its attributes, its rings, and what was wrong with a line."""

    attributes: dict[str, str]
    rings: list[Ring] = field(default_factory=list)
    problem: Text | None = None


@dataclass(frozen=True)
class Parcels:
    """What a list of boundary points holds."""

    rows: tuple[dict[str, Any], ...]
    geometry: tuple[shapely.Geometry, ...]
    """(north, east) already turned to x = east, y = north."""
    records: tuple[int, ...]
    refused: tuple[Refusal, ...]
    description: dict[str, str]
    by_standard: bool = False
    """Whether the sections of the exchange format fix X as the northing."""
    guesses: tuple[Guess, ...] = ()
    """How the angles of the corners were read, where that is not plain degrees."""


def looks_like_one(text: str) -> bool:
    """Return whether the text lists boundary points rather than a table."""
    sample = spelling.half_width(text[:20_000])
    lines = [line for line in sample.splitlines() if line.strip()][:200]
    if any("地块坐标" in line for line in lines if _SECTION.match(line)):
        return True
    if any(line.rstrip().endswith("@") for line in lines):
        return any(map(_POINT.match, lines))
    if lines and points.says_minutes(lines[0]):
        # Only a table heeds its header; here 117.1236 would be plain degrees.
        return False
    corners = sum(bool(_POINT.match(line)) for line in lines)
    return corners >= 3 and corners >= len(lines) - 2


def read_text(text: str) -> Parcels:
    """Return the plots listed in ``text``; a plot that is no polygon is refused."""
    description: dict[str, str] = {}
    plots = list(_plots(text.splitlines(), description))
    standard = any(bool(plot.attributes) for plot in plots)
    return replace(assemble(plots, description), by_standard=standard)


def assemble(plots: list[Plot], description: dict[str, str]) -> Parcels:
    """Return polygons for the plots that make one, refusals for the others."""
    rows, geometries, records, refused = [], [], [], []
    for record, plot in enumerate(plots, start=1):
        made = plot.problem or _polygon(plot)
        if isinstance(made, Text):
            refused.append(Refusal(record, made._asdict()))
            continue
        rows.append(plot.attributes)
        geometries.append(made)
        records.append(record)
    return Parcels(
        tuple(rows), tuple(geometries), tuple(records), tuple(refused), description
    )


def crs_name(description: dict[str, str]) -> str | None:
    """Return the CRS that ``[属性描述]`` declares, by its registered name."""
    system = description.get("坐标系", "")
    width, zone = (
        spelling.integer(description.get(key)) for key in ("几度分带", "带号")
    )
    datum = next((name for word, name in _DATUMS if word in system), None)
    if datum is None or zone is None or width not in (3, 6):
        return None
    degrees = "3-degree " if width == 3 else ""
    return f"{datum} / {degrees}Gauss-Kruger zone {zone}"


_DATUMS = (
    ("2000", "CGCS2000"),
    ("1980", "Xian 1980"),
    ("80", "Xian 1980"),
    ("1954", "Beijing 1954"),
    ("54", "Beijing 1954"),
)


def _plots(lines: list[str], description: dict[str, str]) -> Iterator[Plot]:
    """Yield each plot; lines of the first section go to ``description``."""
    section = ""
    plot: Plot | None = None
    for number, line in enumerate(lines, start=1):
        heading = _SECTION.match(line)
        if heading:
            section = heading["name"]
        elif section and "坐标" not in section:
            key, mark, value = line.partition("=")
            if mark:
                description[key.strip()] = value.strip()
        elif line.rstrip().endswith("@"):
            if plot is not None:
                yield plot
            plot = Plot(_attributes(line))
        elif _POINT.match(spelling.half_width(line)):
            found = _point(line)
            if plot is None or (not plot.attributes and restarts(plot, found)):
                if plot is not None:
                    yield plot
                plot = Plot({})
            _take(plot, found, _bad_line(number, line))
        elif not line.strip() and plot is not None and not plot.attributes:
            # In a plain list a blank line parts one plot from the next.
            yield plot
            plot = None
        elif line.strip() and plot is not None:
            plot.problem = plot.problem or _bad_line(number, line)
    if plot is not None:
        yield plot


def _attributes(line: str) -> dict[str, str]:
    """Return the named attributes of a plot's ``@`` line."""
    cells = [
        cell.strip() for cell in spelling.half_width(line).rstrip("@ \t").split(",")
    ]
    named = dict(zip(_PLOT_FIELDS, cells, strict=False))
    named.pop("points", None)
    return {key: value for key, value in named.items() if value}


def _point(line: str) -> Corner | None:
    """Return the corner a line lists, or None if it lists none."""
    cells = [c for c in _PARTS.split(spelling.half_width(line).strip()) if c]
    label = int(re.sub(r"\D.*", "", cells[0][1:]) or 0)
    values = [spelling.number(cell) for cell in cells[1:]]
    ring = ""
    if len(values) >= 3 and cells[1].isdigit() and len(cells[1]) <= 3:
        ring, values = cells[1], values[1:]
    if len(values) < 2 or values[0] is None or values[1] is None:
        return None
    return Corner(label, ring, (values[0], values[1]))


def _take(plot: Plot, corner: Corner | None, problem: Text) -> None:
    """Add a corner to the plot, or note what is wrong with its line."""
    if corner is None:
        plot.problem = plot.problem or problem
    else:
        add(plot, corner)


def restarts(plot: Plot, corner: Corner | None) -> bool:
    """Return whether a corner numbered 1 begins another plot, not a closing."""
    if corner is None or corner.label != 1 or corner.ring or not plot.rings:
        return False
    ring = plot.rings[-1]
    return corner.point != ring.points[0] or _closed(ring)


def add(plot: Plot, corner: Corner) -> None:
    """Append a corner; another ring number, or a corner after closing, opens a ring."""
    ring = plot.rings[-1] if plot.rings else None
    if ring is None or ring.number != corner.ring or _closed(ring):
        ring = Ring(corner.ring)
        plot.rings.append(ring)
    ring.points.append(corner.point)


def _closed(ring: Ring) -> bool:
    return len(ring.points) > 3 and ring.points[0] == ring.points[-1]


def _polygon(plot: Plot) -> shapely.Geometry | Text:
    """Return the plot as a polygon: rings inside others are holes."""
    rings: list[np.ndarray[Any, Any]] = []
    for ring in plot.rings:
        points = ring.points[:-1] if _closed(ring) else ring.points
        if len(set(points)) < 3:
            return _too_few(ring.number or str(len(rings) + 1), len(set(points)))
        rings.append(np.array([(east, north) for north, east in points]))
    if not rings:
        return Text("该地块没有界址点。", "The plot has no boundary points.")
    return _nested(rings)


def _too_few(ring: str, points: int) -> Text:
    return Text(
        f"第 {ring} 圈只有 {points} 个不同的点，不能成面。",
        f"Ring {ring} has only {points} different points and makes no polygon.",
    )


def _nested(rings: list[np.ndarray[Any, Any]]) -> shapely.Geometry:
    """Return polygons of rings: each ring within another is its hole."""
    if len(rings) == 1:
        return shapely.Polygon(rings[0])
    shells = [shapely.Polygon(ring) for ring in rings]
    inside = [
        [
            i
            for i, other in enumerate(shells)
            if i != j and other.area > shell.area and _within(shell, other)
        ]
        for j, shell in enumerate(shells)
    ]
    polygons = []
    for j, ring in enumerate(rings):
        if len(inside[j]) % 2:
            continue
        holes = [
            rings[k]
            for k in range(len(rings))
            if j in inside[k] and len(inside[k]) == len(inside[j]) + 1
        ]
        polygons.append(shapely.Polygon(ring, holes))
    return polygons[0] if len(polygons) == 1 else shapely.MultiPolygon(polygons)


def _within(inner: shapely.Polygon, outer: shapely.Polygon) -> bool:
    """Return whether most corners of ``inner`` lie in ``outer`` (it may touch)."""
    corners = shapely.points(shapely.get_coordinates(inner)[:-1])
    shapely.prepare(outer)
    return float(shapely.intersects(outer, corners).mean()) > _LEAST_SHARE


def _bad_line(number: int, line: str) -> Text:
    shown = line.strip()[:40]
    return Text(
        f"第 {number} 行“{shown}”不是“点号,圈号,X,Y”。",
        f"Line {number} “{shown}” is not “number, ring, X, Y”.",
    )
