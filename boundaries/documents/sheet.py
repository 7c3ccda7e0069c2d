"""A map sheet for paper: units, numbered facilities, legend, scale, and the strip.

Drawn in the plane of the place's own Gauss-Krüger zone, so that the scale on the sheet
holds. Symbols differ by shape as well as by colour: they print in black and white.
"""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from boundaries.documents import fonts
from boundaries.documents.handbook import symbols
from geodata import crs
from geodata.tiles import colours

if TYPE_CHECKING:
    from collections.abc import Sequence

    from boundaries.documents.handbook import Entry, Handbook

DPI = 200
_FILLS = ("#e6f0dc", "#fcecd9", "#e2ebf7", "#f6e6f0", "#fbf6d3")
_LOOKS = {
    "home": ("s", "#1c59a8"),
    "centre": ("D", "#96266a"),
    "day": ("o", "#2f7018"),
    "meal": ("^", "#b35400"),
    "other": ("o", "#ffffff"),
}
_BARS_M = (100, 200, 500, 1000, 2000, 5000, 10_000, 20_000)
_MM = 25.4


@dataclass(frozen=True)
class Sheet:
    """A picture with its size on paper; ``scale`` is the number under 1."""

    png: bytes
    width_mm: float
    height_mm: float
    scale: int


def draw(
    book: Handbook,
    entries: Sequence[Entry],
    *,
    frame: str = "",
    width_mm: float = 170.0,
    height_mm: float = 190.0,
) -> Sheet:
    """Return the map of some facilities of a handbook.

    Parameters
    ----------
    frame
        Code of the unit to look at; the whole district if not said.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    plane = _plane(book.whole)
    units = _moved(book.units.geometry.to_numpy(), plane)
    looked = _moved(np.array([book.whole]), plane)[0]
    if frame:
        looked = units[book.units.index.get_loc(frame)]
    figure = Figure(figsize=(width_mm / _MM, height_mm / _MM), dpi=DPI)
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    scale = _look_at(axes, looked.bounds, width_mm, height_mm)
    _units(axes, book, units, looked, frame)
    _facilities(axes, entries, plane)
    _legend(axes, symbols(entries, book.language))
    _bar(axes, scale, width_mm, book)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    return Sheet(buffer.getvalue(), width_mm, height_mm, scale)


def _plane(shape: Any) -> Any:
    """Return how to get from degrees to metres of the zone around a shape."""
    at = shapely.centroid(shape)
    return crs.plane_at(float(at.x), float(at.y))


def _moved(shapes: Any, plane: Any) -> Any:
    def metres(points: Any) -> Any:
        x, y = crs.transform_points(points[:, 0], points[:, 1], crs.STORAGE, plane)
        return np.stack([x, y], axis=1)

    return shapely.transform(shapes, metres)


def _look_at(
    axes: Any, bounds: tuple[float, ...], width_mm: float, height_mm: float
) -> int:
    """Frame a box with some room, at a round scale; return the scale."""
    west, south, east, north = bounds
    needed = max(
        (east - west) * 1.12 / width_mm, (north - south) * 1.12 / (height_mm - 26)
    )
    rough = max(needed * 1000, 1000.0)
    step = 10 ** int(np.floor(np.log10(rough))) / 2
    scale = int(np.ceil(rough / step) * step)
    wide, high = width_mm * scale / 1000, height_mm * scale / 1000
    middle, centre = (west + east) / 2, (south + north) / 2
    low = centre - high / 2 - 6 * scale / 1000
    axes.set_xlim(middle - wide / 2, middle + wide / 2)
    axes.set_ylim(low, low + high)
    axes.set_aspect("equal")
    axes.set_axis_off()
    axes.add_patch(_frame(axes))
    return scale


def _frame(axes: Any) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle(
        (0.002, 0.002), 0.996, 0.996, transform=axes.transAxes, facecolor="none",
        edgecolor="#333333", linewidth=1.0, zorder=7,
    )  # fmt: skip


def _font(size: float, face: str = fonts.REGULAR) -> Any:
    from matplotlib.font_manager import FontProperties

    return FontProperties(fname=str(fonts.file_of(face)), size=size)


def _units(axes: Any, book: Handbook, units: Any, looked: Any, frame: str) -> None:
    """Draw the units in pale colours, the one looked at with a strong border."""
    from matplotlib.patches import PathPatch
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.5, foreground="white")]
    tolerance = np.ptp(axes.get_xlim()) / 2500
    fills = _fills(units)
    named = zip(book.units.index, book.units["name"], units, fills, strict=True)
    for code, name, shape, fill in named:
        faded = bool(frame) and code != frame
        axes.add_patch(
            PathPatch(
                _path(shapely.simplify(shape, tolerance)),
                facecolor="#f2f2f2" if faded else fill,
                edgecolor="#6c6275",
                linewidth=0.7,
                linestyle=(0, (5, 2)),
                zorder=1,
            )
        )
        at = shapely.point_on_surface(shape)
        axes.text(
            at.x, at.y, name, fontproperties=_font(8.5, fonts.BOLD), color="#3c3545",
            ha="center", va="center", path_effects=halo, zorder=2, clip_on=True,
        )  # fmt: skip
    axes.add_patch(
        PathPatch(
            _path(shapely.simplify(looked, tolerance)),
            facecolor="none",
            edgecolor="#55495f",
            linewidth=2.0,
            zorder=2,
        )
    )


def _fills(units: Any) -> list[str]:
    """Return a fill for each unit; those of neighbours differ."""
    touching = shapely.STRtree(units).query(units, predicate="intersects")
    pairs = [(a, b) for a, b in touching.T.tolist() if a != b]
    chosen = colours(range(len(units)), pairs)
    return [_FILLS[chosen[n]] for n in range(len(units))]


def _path(shape: Any) -> Any:
    from matplotlib.path import Path

    rings = [
        ring
        for part in shapely.get_parts(shape)
        for ring in (part.exterior, *part.interiors)
    ]
    return Path.make_compound_path(*(Path(np.asarray(r.coords)) for r in rings))


def _facilities(axes: Any, entries: Sequence[Entry], plane: Any) -> None:
    """Draw each facility with its number beside it, where there is room."""
    from matplotlib.patheffects import withStroke

    halo = [withStroke(linewidth=2.0, foreground="white")]
    placed = [entry for entry in entries if entry.lon is not None]
    if not placed:
        return
    lonlat = np.array([(entry.lon, entry.lat) for entry in placed], float)
    points = _moved(shapely.points(lonlat), plane)
    xy = shapely.get_coordinates(points)
    shift = np.ptp(axes.get_xlim()) / 170 * 1.9
    taken: list[tuple[float, float]] = [tuple(at) for at in xy]
    for entry, (x, y) in zip(placed, xy, strict=True):
        shape, colour = _LOOKS[entry.group]
        axes.plot(
            [x], [y], marker=shape, markersize=6.5, markerfacecolor=colour,
            markeredgecolor="#111111", markeredgewidth=0.8, zorder=4,
        )  # fmt: skip
        dx, dy = _room(x, y, shift, taken)
        taken.append((x + dx, y + dy))
        axes.text(
            x + dx, y + dy, str(entry.number), fontproperties=_font(7.5, fonts.BOLD),
            ha="center", va="center", path_effects=halo, zorder=5, clip_on=True,
        )  # fmt: skip


def _room(
    x: float, y: float, shift: float, taken: list[tuple[float, float]]
) -> tuple[float, float]:
    """Return where beside a point a number is farthest from what is there."""
    angles = np.radians(np.arange(0, 360, 45))
    places = np.stack([np.cos(angles), np.sin(angles)], axis=1) * shift * 1.25
    others = np.array([at for at in taken if at != (x, y)] or [(x, y - 9 * shift)])
    gaps = np.hypot(
        *(others[None] - (places + np.array([x, y]))[:, None]).transpose(2, 0, 1)
    )
    best = places[int(gaps.min(axis=1).round(3).argmax())]
    return float(best[0]), float(best[1])


def _legend(axes: Any, keys: Sequence[tuple[str, str]]) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [],
            [],
            linestyle="none",
            marker=_LOOKS[name][0],
            label=words,
            markersize=7,
            markerfacecolor=_LOOKS[name][1],
            markeredgecolor="#111111",
        )
        for name, words in keys
    ]
    if handles:
        axes.legend(
            handles=handles, loc="lower right", prop=_font(8), framealpha=1,
            borderaxespad=0.9, edgecolor="#333333", fancybox=False,
        ).set_zorder(6)  # fmt: skip


def _bar(axes: Any, scale: int, width_mm: float, book: Handbook) -> None:
    """Draw the scale as a bar and as a number, and where north is."""
    ground = width_mm * scale / 1000
    metres = max(m for m in _BARS_M if m <= ground / 4)
    (west, _), (south, north) = axes.get_xlim(), axes.get_ylim()
    unit = scale / 1000
    x, y = west + 6 * unit, south + 6 * unit
    axes.plot([x, x, x + metres, x + metres], [y + unit, y, y, y + unit], color="#111",
              linewidth=1.4, zorder=6)  # fmt: skip
    words = f"{metres} m" if metres < 1000 else f"{metres // 1000} km"
    axes.text(x + metres / 2, y + 1.4 * unit, f"{words}    1:{scale:,}", zorder=6,
              fontproperties=_font(8), ha="center", va="bottom")  # fmt: skip
    at = west + 9 * unit, north - 16 * unit
    axes.annotate("", xy=(at[0], at[1] + 9 * unit), xytext=at, zorder=6,
                  arrowprops={"arrowstyle": "-|>", "facecolor": "#111"})  # fmt: skip
    axes.text(at[0], at[1] + 9.5 * unit, book.say("北", "N"), zorder=6, ha="center",
              va="bottom", fontproperties=_font(9, fonts.BOLD))  # fmt: skip
