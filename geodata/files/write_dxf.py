r"""DXF for CAD: outlines on a layer for each level, names as text, data attached.

Written as R2000 in GBK, which every CAD program in use here shows right; what GBK
lacks is written as ``\U+XXXX``, beyond the basic plane as two of them. Each outline
carries its code and name as extended data of the application ``QUHUA``; holes are
outlines of their own on the same layer.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geodata.errors import Text
from geodata.files import plain, spelling
from geodata.files.plain import Options
from geodata.files.write_geojson import records
from geodata.files.write_tables import check_characters, encodable

if TYPE_CHECKING:
    from ezdxf.enums import TextEntityAlignment

APPLICATION = "QUHUA"
_NAMES = ("name", "名称")
_ENCODING = "gbk"
_ESCAPE = re.compile(r"\\U\+([0-9A-Fa-f]{4})")
_EXTENDED_TEXT = 1000
_EXTENDED_BYTES = 250
_DEGREES = Text(
    "图形坐标为经纬度（度）；如需在 CAD 中量算米，请写出时指定高斯投影（crs）。",
    "The drawing is in degrees of longitude and latitude; to measure metres in CAD, "
    "name a Gauss-Krüger crs when writing.",
)
_LABEL_SHARE = 12.0
"""Label height: the side of a typical shape over this."""


def write(
    frame: gpd.GeoDataFrame, path: Path, options: Options
) -> list[dict[str, str]]:
    """Write outlines, lines, points and labels."""
    from ezdxf.document import Drawing

    check_characters(frame)
    document = Drawing.new("AC1015")
    document.encoding = _ENCODING
    document.appids.add(APPLICATION)
    space = document.modelspace()
    height = _label_height(frame)
    columns = plain.columns(frame)
    label = next((name for name in _NAMES if name in columns), None)
    rows = records(frame[columns])
    layers: dict[str, None] = {}
    for row, shape in zip(rows, frame.geometry.to_numpy(), strict=True):
        if shape is None:
            continue
        layer = _layer(row)
        for name in (layer, f"{layer}_TEXT", f"{layer}_CODE"):
            if name not in layers:
                document.layers.add(name)
                layers[name] = None
        data = list(_extended(row))
        for kind, points in _outlines(shape):
            entity = _entity(space, kind, points, layer)
            entity.set_xdata(APPLICATION, data)
        texts = {
            f"{layer}_{suffix}": (escape(str(row[name])), alignment)
            for suffix, name, alignment in _labels(label)
            if name in row and not spelling.blank(row[name])
        }
        for where in _label_places(shape):
            for named, (text, alignment) in texts.items():
                written = space.add_text(
                    text, height=height, dxfattribs={"layer": named}
                )
                written.set_placement(tuple(where), align=alignment)
    document.saveas(path)
    del options
    in_degrees = frame.crs is not None and frame.crs.is_geographic
    return [_DEGREES._asdict()] if in_degrees else []


def _labels(name: str | None) -> Iterator[tuple[str, str, TextEntityAlignment]]:
    """Yield layer, column and place of each label: the name above, the code below."""
    from ezdxf.enums import TextEntityAlignment

    if name is not None:
        yield "TEXT", name, TextEntityAlignment.BOTTOM_LEFT
    yield "CODE", "code", TextEntityAlignment.TOP_LEFT


def _label_places(shape: shapely.Geometry) -> np.ndarray[Any, Any]:
    """Return a point inside each part."""
    return shapely.get_coordinates(shapely.point_on_surface(shapely.get_parts(shape)))


def _entity(space: Any, kind: str, points: Any, layer: str) -> Any:
    attributes = {"layer": layer}
    if kind == "point":
        return space.add_point(tuple(points[0]), dxfattribs=attributes)
    return space.add_lwpolyline(
        points.tolist(), format="xy", close=kind == "ring", dxfattribs=attributes
    )


def _outlines(shape: shapely.Geometry) -> Iterator[tuple[str, np.ndarray[Any, Any]]]:
    """Yield rings (without their closing point), lines and points."""
    for part in shapely.get_parts(shape):
        if part.geom_type == "Polygon":
            for ring in shapely.get_rings(part):
                yield "ring", shapely.get_coordinates(ring)[:-1]
        elif part.geom_type == "Point":
            yield "point", shapely.get_coordinates(part)
        elif part.geom_type.startswith("Multi") or part.geom_type.endswith("ion"):
            yield from _outlines(part)
        else:
            yield "line", shapely.get_coordinates(part)


def _layer(row: dict[str, Any]) -> str:
    level = spelling.level(row.get("level"))
    return APPLICATION if level is None else f"{APPLICATION}_{level}"


def _extended(row: dict[str, Any]) -> Iterator[tuple[int, str]]:
    """Yield the code and name as extended data, each short enough for a group."""
    for name in ("code", *_NAMES):
        value = row.get(name)
        if value is not None and not spelling.blank(value):
            text = escape(f"{name}={value}").encode(_ENCODING)[:_EXTENDED_BYTES]
            yield _EXTENDED_TEXT, text.decode(_ENCODING, errors="ignore")


def escape(text: str) -> str:
    r"""Return ``text`` on one line, with ``\U+XXXX`` for what GBK lacks."""
    return "".join(
        mark if encodable(mark, _ENCODING) else _units(mark)
        for mark in " ".join(text.splitlines())
    )


def unescape(text: str) -> str:
    """Return the text that :func:`escape` was given, pairs put together again."""
    units = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text)
    return units.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _units(mark: str) -> str:
    raw = mark.encode("utf-16-be", "surrogatepass").hex().upper()
    return "".join(f"\\U+{raw[i : i + 4]}" for i in range(0, len(raw), 4))


def _label_height(frame: gpd.GeoDataFrame) -> float:
    """Return a height of text that fits a typical shape, in the file's unit."""
    bounds = shapely.bounds(frame.geometry.to_numpy())
    bounds = bounds[~np.isnan(bounds).any(axis=1)]
    if not len(bounds):
        return 1.0
    sides = np.maximum(bounds[:, 2] - bounds[:, 0], bounds[:, 3] - bounds[:, 1])
    side = float(np.median(sides))
    if side == 0.0:
        side = float(np.ptp(bounds[:, :2], axis=0).max()) / max(len(bounds) ** 0.5, 1)
    return side / _LABEL_SHARE or 1.0
