"""The map of a coverage sheet: units by class, service areas, facilities, scale."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata import crs
from geodata.errors import Text

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd

MM = 72 / 25.4
MAP = (14 * MM, 16 * MM, 270 * MM, 252 * MM)
"""Left, bottom, width, height of the map's frame in points."""
GOOD = ("#ffffcc", "#a1dab4", "#41b6c4", "#2c7fb8", "#253494")
BAD = ("#ffffd4", "#fed98e", "#fe9929", "#d95f0e", "#993404")
NONE = "#dcdfe2"
_RISING = frozenset({"share", "circle_share", "area_share", "per_thousand"})
_STEPS = (1, 2, 5)


OUTLINED = 0.04
"""Points of paper a metre from which service areas have an outline."""
SERVED, TINT = "#111111", 0.22


@dataclass(frozen=True)
class View:
    """From plane metres to points on the paper."""

    west: float
    south: float
    scale: float
    left: float
    bottom: float

    def at(self, xy: Any) -> Any:
        """Return positions on the paper."""
        return (np.asarray(xy) - (self.west, self.south)) * self.scale + (
            self.left,
            self.bottom,
        )


class Colours:
    """The classes of an indicator and what each is drawn in."""

    def __init__(self, indicator: str, bounds: list[float]) -> None:
        self.bounds = bounds
        ramp = GOOD if indicator in _RISING else BAD
        last = max(len(bounds) - 1, 1)
        at = [0] if len(bounds) == 1 else [round(n / last * 4) for n in range(5)]
        self.ramp = [ramp[each] for each in at[: len(bounds)]]

    def of(self, value: float | None) -> str:
        """Return the colour of a figure."""
        if value is None or not self.bounds:
            return NONE
        at = int(np.searchsorted(np.asarray(self.bounds) + 1e-9, value))
        return self.ramp[min(at, len(self.ramp) - 1)]


class MapDrawing:
    """The map's part of a page."""

    blank = False
    """Whether a unit drawn has no figure, also one of which nothing is known."""
    tinted = False
    """Whether service areas are a tint: at the scale of a city outlines are a mesh."""

    def __init__(self, canvas: Any, regular: str, bold: str, language: str) -> None:
        self.canvas, self.regular, self.bold = canvas, regular, bold
        self.language = language

    def map(
        self, document: Mapping[str, Any], divisions: gpd.GeoDataFrame, number: int,
        part: Mapping[str, Any], indicator: str, colours: Colours,
    ) -> View:  # fmt: skip
        """Draw the map into its frame; return how metres became points."""
        left, bottom, width, height = MAP
        plane = plane_of(divisions)
        moved = crs.transform(divisions[["name", "level", "geometry"]], plane)
        values = {unit["code"]: unit[indicator] for unit in part["units"]}
        units = moved[moved["level"] == number]
        self.blank = any(values.get(str(code)) is None for code in units.index)
        view = _view(units if len(units) else moved)
        canvas = self.canvas
        canvas.saveState()
        clip = canvas.beginPath()
        clip.rect(left, bottom, width, height)
        canvas.clipPath(clip, stroke=0, fill=0)
        for code, shape in zip(units.index, units.geometry, strict=True):
            self._polygon(view, shape, fill=colours.of(values.get(str(code))),
                          stroke="#6b6177", width=0.4)  # fmt: skip
        above = moved[moved["level"] == min(number - 1, 3)]
        for shape in above.geometry:
            self._polygon(view, shape, fill=None, stroke="#3b3145", width=1.1)
        if document["areas"]:
            area = _moved(document["areas"], plane)
            self.tinted = view.scale < OUTLINED
            fill, stroke = (SERVED, None) if self.tinted else (None, SERVED)
            self._polygon(view, area, fill=fill, stroke=stroke, width=0.35, alpha=TINT)
        self._sites(view, document["facilities"], plane)
        self._names(view, units)
        canvas.restoreState()
        canvas.setStrokeColor("#3b3145")
        canvas.setLineWidth(0.8)
        canvas.rect(left, bottom, width, height)
        return view

    def _polygon(
        self, view: View, shape: Any, *, fill: str | None, stroke: str | None,
        width: float, alpha: float = 1.0,
    ) -> None:  # fmt: skip
        canvas = self.canvas
        path = canvas.beginPath()
        rings = 0
        for polygon in shapely.get_parts(shape):
            for ring in (polygon.exterior, *polygon.interiors):
                xy = view.at(shapely.get_coordinates(ring))
                if len(xy) < 3:
                    continue
                path.moveTo(*xy[0])
                for point in xy[1:-1]:
                    path.lineTo(*point)
                path.close()
                rings += 1
        if not rings:
            return
        if stroke is not None:
            canvas.setStrokeColor(stroke)
            canvas.setLineWidth(width)
        if fill is not None:
            canvas.setFillColor(fill, alpha)
        drawn = {"stroke": int(stroke is not None), "fill": int(fill is not None)}
        canvas.drawPath(path, **drawn, fillMode=0)
        canvas.setFillAlpha(1)

    def _sites(self, view: View, sites: list[dict[str, Any]], plane: str) -> None:
        if not sites:
            return
        lon, lat = ([site[name] for site in sites] for name in ("lon", "lat"))
        x, y = crs.transform_points(lon, lat, crs.STORAGE, plane)
        self.canvas.setStrokeColor("#ffffff")
        self.canvas.setFillColor("#96266a")
        self.canvas.setLineWidth(0.5)
        for at in view.at(np.column_stack([x, y])):
            self.canvas.circle(*at, 2.1, stroke=1, fill=1)

    def _names(self, view: View, units: gpd.GeoDataFrame) -> None:
        """Write the names that have room, of large units first."""
        size = 7.0
        taken: list[tuple[float, ...]] = []
        order = np.argsort(-shapely.area(units.geometry.to_numpy()), kind="stable")
        for name, shape in (
            (units["name"].iloc[at], units.geometry.iloc[at]) for at in order
        ):
            if not isinstance(name, str) or shapely.is_empty(shape):
                continue
            room = (shape.bounds[2] - shape.bounds[0]) * view.scale
            wide = self.canvas.stringWidth(name, self.regular, size)
            x, y = view.at(shapely.get_coordinates(shape.representative_point()))[0]
            box = (x - wide / 2 - 1, y - size, x + wide / 2 + 1, y + size)
            if wide > room * 0.95 or any(_meet(box, other) for other in taken):
                continue
            taken.append(box)
            self._name(name, x - wide / 2, y - size / 3, size)

    def _name(self, name: str, x: float, y: float, size: float) -> None:
        """Write a name with a halo."""
        canvas = self.canvas
        for mode, colour in ((1, "#ffffff"), (0, "#1b1f24")):
            canvas.saveState()
            canvas.setStrokeColor("#ffffff")
            canvas.setLineWidth(1.6)
            canvas.setLineJoin(1)
            canvas.setFillColor(colour)
            text = canvas.beginText(x, y)
            text.setFont(self.regular, size)
            text.setTextRenderMode(mode)
            text.textOut(name)
            canvas.drawText(text)
            canvas.restoreState()

    def scale_bar(self, view: View) -> None:
        """Draw a bar of a round length, its scale in figures and where north is."""
        canvas = self.canvas
        left, bottom, width, _ = MAP
        metres = _round_length(60 * MM / view.scale)
        long = metres * view.scale
        x, y = left + 6 * MM, bottom + 7 * MM
        canvas.setFillColor("#ffffff")
        canvas.rect(x - 3 * MM, y - 4 * MM, long + 46 * MM, 12 * MM, stroke=0, fill=1)
        canvas.setStrokeColor("#1b1f24")
        for half, fill in ((0, "#1b1f24"), (1, "#ffffff")):
            canvas.setFillColor(fill)
            canvas.setLineWidth(0.6)
            canvas.rect(x + half * long / 2, y, long / 2, 1.6 * MM, stroke=1, fill=1)
        canvas.setFillColor("#1b1f24")
        canvas.setFont(self.regular, 8)
        shown = f"{metres / 1000:g} km" if metres >= 1000 else f"{metres:g} m"
        canvas.drawString(x, y + 2.6 * MM, "0")
        canvas.drawRightString(x + long, y + 2.6 * MM, shown)
        ratio = round(1000 / (view.scale / MM), -3)
        canvas.drawString(x + long + 5 * MM, y, f"1 : {ratio:,.0f}")
        north = left + width - 10 * MM
        path = canvas.beginPath()
        path.moveTo(north, bottom + 22 * MM)
        path.lineTo(north - 3 * MM, bottom + 12 * MM)
        path.lineTo(north, bottom + 14.5 * MM)
        path.lineTo(north + 3 * MM, bottom + 12 * MM)
        path.close()
        canvas.drawPath(path, stroke=0, fill=1)
        canvas.setFont(self.bold, 9)
        canvas.drawCentredString(
            north, bottom + 7 * MM, Text("北", "N").to(self.language)
        )


def plane_of(divisions: gpd.GeoDataFrame) -> str:
    """Return the plane a map of these divisions is drawn in: north is up in it."""
    west, south, east, north = divisions.total_bounds
    return f"EPSG:{crs.plane_at((west + east) / 2, (south + north) / 2)}"


def _view(frame: gpd.GeoDataFrame) -> View:
    left, bottom, width, height = MAP
    west, south, east, north = frame.total_bounds
    margin = 6 * MM
    scale = min(
        (width - 2 * margin) / max(east - west, 1.0),
        (height - 2 * margin) / max(north - south, 1.0),
    )
    left += (width - (east - west) * scale) / 2
    bottom += (height - (north - south) * scale) / 2
    return View(west, south, scale, left, bottom)


def _meet(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return (
        one[0] < other[2] and other[0] < one[2]
        and one[1] < other[3] and other[1] < one[3]
    )  # fmt: skip


def _moved(geojson: Mapping[str, Any], plane: str) -> Any:
    """Return polygons in degrees in the sheet's plane."""
    parts = geojson.get("coordinates", [])  # an empty collection where nobody reaches
    if geojson["type"] == "Polygon":
        parts = [parts]
    made = []
    for rings in parts:
        shell, *holes = [_ring(positions, plane) for positions in rings]
        made.append(shapely.polygons(shell, holes=holes or None))
    return shapely.multipolygons(made) if made else shapely.MultiPolygon()


def _ring(positions: Any, plane: str) -> Any:
    points = np.asarray(positions, np.float64)
    x, y = crs.transform_points(points[:, 0], points[:, 1], crs.STORAGE, plane)
    return shapely.linearrings(np.column_stack([x, y]))


def _round_length(metres: float) -> float:
    """Return the longest 1, 2 or 5 times a power of ten that fits."""
    power = 10.0 ** math.floor(math.log10(max(metres, 1.0)))
    return max(step * power for step in _STEPS if step * power <= max(metres, 1.0))
