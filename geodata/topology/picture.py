"""What was found, as a map shows it: longitude and latitude, plain numbers, bounded.

For looking at only: nothing measured is taken from here.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pyproj
import shapely

from geodata.topology.findings import SEVERITY
from geodata.topology.simplify import simplify
from geodata.topology.soundness import finite, sound

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from geodata.topology.findings import Findings
    from geodata.topology.metres import Metres

MOST = 20_000
"""Findings on a map; errors come first."""
MOST_CLOSE = 2_000
"""Findings drawn with the borders around them; of others only the box is told."""
MOST_DRAWN = 6
"""Units drawn around one finding."""
MOST_VERTICES = 500
"""Vertices of a unit's border drawn around one finding."""
MOST_UNITS = 6_000
"""Units beyond which only those with findings are drawn."""
PLENTY = 60_000
"""Vertices from which the units themselves are drawn simplified."""
LATTICE = 1_500
"""Simplified so that what is lost is this part of the layer's width."""
DECIMALS = 9
"""Of a degree: a tenth of a millimetre."""
LEAST_M = 20.0
"""Ground shown around the smallest place."""
PLANE_DEG = 111_320.0
"""Metres drawn as a degree at the equator, where the CRS of a plane is unknown."""


def picture(
    frame: gpd.GeoDataFrame, findings: Findings, *, name: str | None = None
) -> dict[str, Any]:
    """Return the findings of a layer with its units around them, as JSON holds them.

    Parameters
    ----------
    frame
        The layer that was checked.
    findings
        What was found in it.
    name
        Column of the units' names.

    Returns
    -------
    dict
        ``findings``: as in the report but for geometry, which is in longitude and
        latitude (None beyond the first :data:`MOST_CLOSE`), with ``box`` (None for a
        finding without a place) and ``around``:
        the borders of its units near it, ``[place in units, lines]``. ``units``:
        ``keys``, ``names``, ``lines`` (simplified), of a very large layer only those
        with findings. ``total``: how many findings
        there are, of which the first :data:`MOST` are drawn. ``plane``: the CRS is
        not known, so that positions are drawn near 0, 0.
    """
    degrees = Degrees(findings)
    order = _ordered(findings.frame)[:MOST]
    reported = findings.to_list()
    rows = _units(findings, [reported[row]["participants"] for row in order])
    places = findings.frame.geometry.to_numpy()
    shapes = degrees.of(_thinned(places))
    close = Close(findings, degrees, rows)
    drawn = []
    for number, row in enumerate(order):
        found = reported[row]
        box = shapely.bounds(places[row])
        place = bool(np.isfinite(box).all())
        whole = place and number < MOST_CLOSE
        found["geometry"] = _plain(shapes[row]) if whole else None
        found["box"] = _rounded(shapely.bounds(shapes[row])) if place else None
        near = close.lines(found["participants"], box) if whole else []
        found["around"] = near
        drawn.append(found)
    known = frame[name].to_numpy()[rows].tolist() if name else [None] * len(rows)
    lines = _outlines(frame, findings, rows)
    return {
        "findings": drawn,
        "total": len(reported),
        "plane": degrees.plane,
        "units": {
            "keys": [findings.keys[row] for row in rows.tolist()],
            "names": [None if value is None else str(value) for value in known],
            "lines": [_lines(line) for line in degrees.of(lines)],
        },
    }


def _units(findings: Findings, who: list[list[str]]) -> NDArray[np.intp]:
    """Return the rows that are drawn."""
    if len(findings.keys) <= MOST_UNITS:
        return np.arange(len(findings.keys))
    place = findings.units.place
    named = {place[key] for keys in who for key in keys if key in place}
    return np.array(sorted(named)[:MOST_UNITS], np.intp)


class Degrees:
    """From the coordinates of a layer to longitude and latitude."""

    def __init__(self, findings: Findings) -> None:
        metres = findings.units.metres
        self.plane = False
        self._way: Any = None
        if metres.degrees:
            return
        if metres.crs is not None and metres.crs.geodetic_crs is not None:
            self._way = pyproj.Transformer.from_crs(
                metres.crs, metres.crs.geodetic_crs, always_xy=True
            )
            return
        self.plane = True
        box = findings.units.bounds
        self._middle = (box[:2] + box[2:]) / 2
        self._unit_m = metres.unit_m

    def of(self, shapes: Any) -> NDArray[Any]:
        """Return shapes in degrees; those with a coordinate that is none as None."""
        shapes = shapely.force_2d(np.array(shapes, dtype=object))
        shapes[~finite(shapes)] = None
        return np.asarray(
            shapely.transform(shapes, lambda xy: np.round(self._moved(xy), DECIMALS))
        )

    def _moved(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        if self.plane:
            moved: NDArray[np.float64] = (xy - self._middle) * self._unit_m / PLANE_DEG
            return moved
        if self._way is None:
            return xy
        return np.column_stack(self._way.transform(xy[:, 0], xy[:, 1]))


class Close:
    """Borders as they are, near a finding."""

    def __init__(
        self, findings: Findings, degrees: Degrees, rows: NDArray[np.intp]
    ) -> None:
        self._units, self._degrees = findings.units, degrees
        self._drawn = {row: at for at, row in enumerate(rows.tolist())}
        self._borders: dict[int, Any] = {}
        self._least = findings.units.metres.units(LEAST_M)

    def lines(self, keys: list[str], box: NDArray[np.float64]) -> list[Any]:
        """Return for units by key their place in the layer and their border there."""
        place = self._units.place
        mine = [place[key] for key in keys if place.get(key) in self._drawn]
        if len(mine) > MOST_DRAWN:
            return []
        size = float(max(box[2] - box[0], box[3] - box[1]))
        pad = max(0.6 * size, self._least)
        found = []
        for row in mine:
            near = shapely.clip_by_rect(
                self._border(row),
                *(box[:2] - pad).tolist(),
                *(box[2:] + pad).tolist(),
            )
            if shapely.get_num_coordinates(near) > MOST_VERTICES:
                near = shapely.simplify(near, pad / 500)
            (line,) = self._degrees.of([near])
            drawn = _lines(line)
            if drawn:
                found.append([self._drawn[row], drawn])
        return found

    def _border(self, row: int) -> Any:
        if row not in self._borders:
            (shape,) = self._units.shapes([row])
            areal = shapely.get_type_id(shape) in (3, 6)
            fine = areal and bool(finite(np.array([shape], dtype=object))[0])
            edge = shapely.boundary(shapely.force_2d(shape)) if fine else None
            self._borders[row] = edge or shapely.LineString()
        return self._borders[row]


def _ordered(frame: gpd.GeoDataFrame) -> list[int]:
    """Return the rows of findings, the gravest and of these the largest first."""
    rank = {"error": 0, "warning": 1, "info": 2}
    rules = list(SEVERITY)
    table: pd.DataFrame = frame.assign(
        _rank=frame["severity"].map(rank),
        _rule=frame["rule"].map({rule: at for at, rule in enumerate(rules)}),
        _size=-frame["area_m2"].fillna(0.0),
    )
    order = table.sort_values(["_rank", "_rule", "_size"], kind="stable")
    return [int(row) for row in order.index]


def _outlines(
    frame: gpd.GeoDataFrame, findings: Findings, rows: NDArray[np.intp]
) -> NDArray[Any]:
    """Return the borders of some units, simplified where there is much of them."""
    shapes = findings.shapes[rows]
    good = sound(shapes)
    units = good.polygons.copy()
    units[~good.usable] = None
    if shapely.get_num_coordinates(units[good.usable]).sum() > PLENTY:
        metres: Metres = findings.units.metres
        box = findings.units.bounds
        wide = float(max(box[2] - box[0], box[3] - box[1])) * metres.unit_m
        layer = gpd.GeoDataFrame(geometry=list(units), crs=frame.crs)
        thin = simplify(layer, wide / LATTICE)
        units = np.asarray(thin.geometry.to_numpy(), dtype=object)
    return np.asarray(shapely.boundary(units))


def _thinned(shapes: NDArray[Any]) -> NDArray[Any]:
    """Return places with no more vertices than can be told apart."""
    many = np.flatnonzero(shapely.get_num_coordinates(shapes) > MOST_VERTICES)
    box = shapely.bounds(shapes[many]).reshape(-1, 4)
    thin = shapes.copy()
    wide = np.maximum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1])
    thin[many] = shapely.simplify(shapes[many], wide / 1_000)
    return thin


def _lines(line: Any) -> list[list[list[float]]]:
    """Return the vertices of every part of a line."""
    if line is None or line.is_empty:
        return []
    parts = shapely.get_parts(line)
    parts = parts[np.isin(shapely.get_type_id(parts), (1, 2))]
    return [shapely.get_coordinates(part).tolist() for part in parts]


def _rounded(box: Any) -> list[float]:
    return [float(value) for value in box]


def _plain(shape: Any) -> Any:
    """Return a geometry as GeoJSON has it."""
    return None if shape is None else json.loads(shapely.to_geojson(shape))
