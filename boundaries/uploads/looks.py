"""What a page needs to show of a reading: samples by field, and a small map.

Everything is bounded, whatever the file holds: the page of a country is as small as
the page of a village.
"""

from __future__ import annotations

import contextlib
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd

    from geodata.files.reading import Reading
    from geodata.store.protocol import Store

SAMPLES = 5
LISTED = 500
"""Refused records and invalid polygons listed by name; counts are always exact."""
FEATURES = 3_000
VERTICES = 40_000
_TEXT = 120
GRID = "GTiff"
"""The driver of what is read as a grid: what its bands are is all it has of fields."""


def found(
    store: Store, frame: gpd.GeoDataFrame, reading: Reading, target: str
) -> dict[str, Any]:
    """Return the document of a reading: what was understood, samples, preview."""
    told = reading.to_dict()
    refused, invalid = told["records"]["refused"], told["geometry"]["invalid"]
    told["records"]["refused"] = refused[:LISTED]
    told["geometry"]["invalid"] = invalid[:LISTED]
    schema = store.layers()[target]
    drawn = _preview(_cells(frame) if reading.driver == GRID else frame)
    return {
        "reading": told,
        "target": target,
        "refused": len(refused),
        "invalid": len(invalid),
        "questions": _questions(reading),
        "fields": _fields(frame, reading),
        "located": bool(drawn["total"]) if drawn else True,
        "ours": [
            {"name": item.name, "required": item.required} for item in schema.fields
        ],
        "key": schema.key,
        "crs_names": _crs_names(reading),
        "preview": drawn,
    }


def _questions(reading: Reading) -> list[str]:
    """Return the guesses a person must answer before the data may be staged."""
    from boundaries.registry.taken import open_questions

    return [guess.what for guess in open_questions(reading)]


def _fields(frame: gpd.GeoDataFrame, reading: Reading) -> list[dict[str, Any]]:
    """Return each column, theirs and ours, with a few of its values."""
    theirs = {ours: name for name, ours in reading.fields.items()}
    listed = []
    for ours in frame.columns:
        if ours == frame.geometry.name or (
            reading.driver == GRID and ours not in theirs
        ):
            continue
        values = frame[ours].dropna()
        shown = list(dict.fromkeys(_text(value) for value in values.head(200)))
        listed.append(
            {
                "theirs": theirs.get(ours, str(ours)),
                "ours": str(ours) if ours in theirs else None,
                "samples": [text for text in shown if text][:SAMPLES],
                "filled": len(values),
            }
        )
    return listed


def _text(value: Any) -> str:
    text = str(int(value)) if _is_whole(value) else str(value).strip()
    return text if len(text) <= _TEXT else f"{text[: _TEXT - 1]}…"


def _is_whole(value: Any) -> bool:
    return isinstance(value, float) and math.isfinite(value) and value.is_integer()


def _cells(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return where a grid has people as points, named by their number."""
    import geopandas as gpd

    cells = [cell for places in frame["places"] for cell in places]
    shown = [cells[at] for at in _spread(len(cells), FEATURES)]
    names = [f"{cell[2] or 0:g}" for cell in shown]
    at = gpd.points_from_xy([c[0] for c in shown], [c[1] for c in shown])
    return gpd.GeoDataFrame({"name": names}, geometry=at, crs=frame.crs)


def _preview(frame: gpd.GeoDataFrame) -> dict[str, Any] | None:
    """Return the records as GeoJSON, few and simple enough for any page."""
    if frame.crs is None:
        return None
    drawn = frame[~(frame.geometry.isna() | frame.geometry.is_empty)]
    shown = drawn.iloc[_spread(len(drawn), FEATURES)]
    names = shown["name"] if "name" in shown else [None] * len(shown)
    return {
        "type": "FeatureCollection",
        "total": len(drawn),
        "features": [
            {
                "type": "Feature",
                "properties": {
                    "record": _record(record),
                    "name": None if _missing(name) else _text(name),
                },
                "geometry": shape.__geo_interface__,
            }
            for record, name, shape in zip(
                shown.index,
                names,
                simplified(shown.geometry.to_numpy(), VERTICES),
                strict=True,
            )
        ],
    }


def _crs_names(reading: Reading) -> dict[str, str]:
    """Return the names of the coordinate systems a page speaks of, by code."""
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    names: dict[str, str] = {}
    codes = [reading.crs.epsg, *(item["epsg"] for item in reading.crs.alternatives)]
    for code in codes:
        if code is not None:
            with contextlib.suppress(CRSError):
                names[str(code)] = CRS.from_epsg(code).name
    return names


def simplified(shapes: Any, most: int) -> Any:
    """Return the shapes with so few vertices in all, each at least its box.

    Each by itself and without repair: the work grows with the vertices alone,
    however a polygon crosses itself.
    """
    shapes = np.asarray(shapes, dtype=object)
    if not len(shapes):
        return shapes
    west, south, east, north = shapely.total_bounds(shapes)
    tolerance = max(east - west, north - south, 1e-9) / 4_000
    made = shapes
    while int(shapely.get_num_coordinates(made).sum()) > most:
        made = shapely.simplify(shapes, tolerance, preserve_topology=False)
        gone = shapely.is_empty(made)
        made[gone] = shapely.envelope(shapes[gone])
        if tolerance > max(east - west, north - south):
            break
        tolerance *= 2
    return shapely.set_precision(made, 1e-6, mode="pointwise")


def _spread(count: int, most: int) -> Any:
    """Return which of ``count`` to show: all, or evenly ``most`` of them."""
    if count <= most:
        return np.arange(count)
    return np.linspace(0, count - 1, most).astype(int)


def _record(record: Any) -> Any:
    return int(record) if isinstance(record, int | np.integer) else str(record)


def _missing(value: Any) -> bool:
    return value is None or value != value
