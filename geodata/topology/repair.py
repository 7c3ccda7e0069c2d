"""Repairs with their cost: nothing is moved silently, nothing is ever lost."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.crs import area_m2
from geodata.errors import GeometryError, Text
from geodata.topology import measure
from geodata.topology.edges import TOUCH_DEG
from geodata.topology.soundness import repairable, repaired
from geodata.topology.validity import validity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

KINDS = ("make_valid", "fill", "give", "cut_host", "insert")
"""Repairs that :func:`apply_repair` can do; others need a person."""


def suggest_repair(geometry: Any) -> tuple[Any, dict[str, float]]:
    """Return the polygon made valid, and what that costs.

    Parameters
    ----------
    geometry
        One (multi)polygon in degrees. Call this in a guarded process when it is
        large or comes from outside.

    Returns
    -------
    tuple
        The valid multipolygon and ``vertices_added``, ``vertices_dropped``,
        ``largest_shift_m`` (from a dropped vertex to the new boundary),
        ``area_gained_m2`` and ``area_lost_m2`` (against the area the rings
        enclosed as drawn, loops counted by their direction).

    Raises
    ------
    GeometryError
        When the polygon crosses itself so often, or is so broken, that repairing
        it is unbounded work or leaves nothing; the message says where.
    """
    if geometry is None or not repairable(geometry):
        raise _hopeless(geometry)
    if shapely.is_valid(geometry):
        return geometry, _cost(geometry, geometry)
    fixed = repaired(geometry)
    if fixed.is_empty:
        raise _hopeless(geometry)
    return fixed, _cost(geometry, fixed)


def apply_repair(
    frame: gpd.GeoDataFrame,
    repairs: Sequence[Mapping[str, Any]],
    *,
    max_area_m2: float = np.inf,
) -> tuple[gpd.GeoDataFrame, list[dict[str, Any]]]:
    """Return the frame with suggested repairs done, and a log of each.

    Parameters
    ----------
    frame
        Units indexed by key, in degrees.
    repairs
        Each ``{"kind", "place", ...}``: ``make_valid`` with ``unit``; ``fill`` (a
        gap to ``to``) and ``give`` (an overlap to ``to``, taken from the others)
        with ``among``; ``insert`` the points ``place`` into the border of ``unit``.
        Where ``to`` is None it means the unit with the longest border on the
        place; ``cut_host`` with ``unit`` and ``host``.
    max_area_m2
        Repairs that would move more at one place are refused.

    Returns
    -------
    tuple
        A new frame with the same rows, and for each repair ``{"kind", "keys",
        "done", "cost", "why"}`` in the order given. A repair that would leave a
        unit empty or invalid is not done; ``why`` says so in both languages.
    """
    shapes = dict(zip(frame.index, frame.geometry, strict=True))
    order = sorted(range(len(repairs)), key=lambda at: KINDS.index(repairs[at]["kind"]))
    # One after the other: each sees what those before it did.
    done = {at: _one(shapes, repairs[at], max_area_m2) for at in order}
    values = np.empty(len(frame), dtype=object)
    values[:] = [shapes[key] for key in frame.index]
    column = type(frame.geometry)(values, index=frame.index, crs=frame.crs)
    return frame.set_geometry(column), [done[at] for at in range(len(repairs))]


def _one(
    shapes: dict[Any, Any], repair: Mapping[str, Any], max_area_m2: float
) -> dict[str, Any]:
    """Do one repair in ``shapes`` and return its log entry."""
    kind, place = repair["kind"], repair.get("place")
    if kind == "make_valid":
        return _make_valid(shapes, repair["unit"])
    if kind == "insert":
        return _insert(shapes, repair["unit"], place)
    named = [repair["host"]] if kind == "cut_host" else list(repair["among"])
    if any(key not in shapes for key in named):
        return _entry(kind, named, why=_GONE)
    if not shapely.is_valid([shapes[key] for key in named]).all():
        return _entry(kind, named, why=_BROKEN)  # GEOS gives up on these
    area = float(area_m2([place])[0])
    if area > max_area_m2:
        return _entry(kind, named, why=_TOO_MUCH)
    if kind == "cut_host":
        cut = shapes.get(repair["unit"], place)
        cut = cut if shapely.is_valid(cut) else place
        after = {repair["host"]: shapely.difference(shapes[repair["host"]], cut)}
    else:
        to = repair.get("to") or _longest(shapes, named, place)
        after = _handed(shapes, kind, to, named, place)
    return _settled(shapes, kind, after, place, area)


def _make_valid(shapes: dict[Any, Any], key: Any) -> dict[str, Any]:
    if key not in shapes:
        return _entry("make_valid", [key], why=_GONE)
    try:
        shapes[key], cost = suggest_repair(shapes[key])
    except GeometryError as error:
        return _entry("make_valid", [key], why=error.message)
    return _entry("make_valid", [key], cost=cost)


def _insert(shapes: dict[Any, Any], key: Any, points: Any) -> dict[str, Any]:
    """Give a unit vertices of its neighbour that lie on its border."""
    if key not in shapes:
        return _entry("insert", [key], why=_GONE)
    snapped = shapely.snap(shapes[key], points, TOUCH_DEG)
    if snapped.is_empty or not snapped.is_valid:
        return _entry("insert", [key], why=_EMPTIED)
    cost = _cost(shapes[key], snapped)
    shapes[key] = snapped
    return _entry("insert", [key], cost=cost)


def _handed(
    shapes: dict[Any, Any], kind: str, to: Any, among: list[Any], place: Any
) -> dict[Any, Any]:
    """Return the new shapes when ``place`` goes to ``to``."""
    if kind == "fill":
        return {to: shapely.union(shapes[to], place)}
    return {key: shapely.difference(shapes[key], place) for key in among if key != to}


def _settled(
    shapes: dict[Any, Any],
    kind: str,
    after: dict[Any, Any],
    place: Any,
    area: float,
) -> dict[str, Any]:
    """Take over the new shapes if every unit stays a sound polygon."""
    keys = list(after)
    fixed = {key: _polygons(shape) for key, shape in after.items()}
    if any(shape.is_empty or not shape.is_valid for shape in fixed.values()):
        return _entry(kind, keys, why=_EMPTIED)
    _share_vertices(shapes, fixed, place)
    sign = 1 if kind == "fill" else -1
    cost = {
        "area_gained_m2": area if sign > 0 else 0.0,
        "area_lost_m2": area if sign < 0 else 0.0,
        "largest_shift_m": float(measure.mean_width_m([place])[0]),
    }
    return _entry(kind, keys, cost=cost)


def _share_vertices(shapes: dict[Any, Any], fixed: dict[Any, Any], place: Any) -> None:
    """Give the corners of a place to all units whose border runs through them."""
    shapes.update(fixed)
    corners = shapely.multipoints(shapely.get_coordinates(place))
    keys = list(shapes)
    near = shapely.dwithin(np.array(list(shapes.values())), place, TOUCH_DEG)
    for key in (keys[index] for index in np.flatnonzero(near)):
        snapped: Any = shapely.snap(shapes[key], corners, TOUCH_DEG)
        if snapped.is_valid and not snapped.is_empty:
            shapes[key] = snapped


def _longest(shapes: dict[Any, Any], among: list[Any], place: Any) -> Any:
    """Return the unit with the longest border on the place."""
    west, south, east, north = place.bounds
    window = shapely.box(
        west - TOUCH_DEG, south - TOUCH_DEG, east + TOUCH_DEG, north + TOUCH_DEG
    )
    edge = shapely.boundary(place)

    def length(key: Any) -> float:
        border = shapely.intersection(shapely.boundary(shapes[key]), window)
        shared = shapely.intersection(edge, shapely.buffer(border, TOUCH_DEG))
        return float(measure.perimeter_m([shared])[0])

    return max(sorted(among, key=str), key=length)


def _polygons(geometry: Any) -> Any:
    """Return the polygons of an overlay's result as one multipolygon."""
    parts = shapely.get_parts(geometry)
    areal = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return shapely.multipolygons(parts[areal])


def _cost(before: Any, after: Any) -> dict[str, float]:
    """Return what it takes to get from one drawing of a unit to another."""
    old, new = _vertex_set(before), _vertex_set(after)
    change = round(float(area_m2([after])[0] - area_m2([before])[0]), 3)
    return {
        "vertices_added": float(len(new - old)),
        "vertices_dropped": float(len(old - new)),
        "largest_shift_m": _largest_shift(old - new, after),
        "area_gained_m2": max(change, 0.0),
        "area_lost_m2": max(-change, 0.0),
    }


def _vertex_set(geometry: Any) -> set[tuple[float, float]]:
    return set(map(tuple, shapely.get_coordinates(geometry).tolist()))


def _largest_shift(dropped: set[tuple[float, float]], after: Any) -> float:
    """Return the metres from the farthest dropped vertex to the new boundary."""
    if not dropped:
        return 0.0
    points = shapely.points(np.array(sorted(dropped)))
    lines = shapely.shortest_line(points, shapely.boundary(after))
    return float(np.max(measure.perimeter_m(lines)))


def _entry(
    kind: str,
    keys: list[Any],
    *,
    cost: dict[str, float] | None = None,
    why: Text | None = None,
) -> dict[str, Any]:
    return {
        "kind": kind,
        "keys": keys,
        "done": why is None,
        "cost": cost or {},
        "why": why._asdict() if why else None,
    }


_GONE = Text("涉及的单元已不在图层中。", "A unit involved is no longer there.")
_TOO_MUCH = Text("移动的面积超过上限。", "It would move more area than allowed.")
_BROKEN = Text(
    "涉及的单元图形无效，请先修复该单元。",
    "A unit involved has an invalid shape; mend that first.",
)
_EMPTIED = Text(
    "修复后会有单元变空或无效，未执行。",
    "It would leave a unit empty or invalid, so it was not done.",
)


def _hopeless(geometry: Any) -> GeometryError:
    """Say that a polygon cannot be repaired, and where it is worst."""
    found = validity(np.array([geometry], dtype=object))
    placed = found[np.isfinite(found["x"])]
    where = ""
    if len(placed):
        where = f"{placed['x'].iloc[0]:.6f}, {placed['y'].iloc[0]:.6f}"
    kind = ", ".join(found["kind"]) or "unusable"
    return GeometryError(
        Text(
            f"图形无法自动修复（{kind}）{'，位置 ' + where if where else ''}。",
            f"The shape cannot be repaired ({kind}){' at ' + where if where else ''}.",
        ),
        Text("请在原软件中改正后重新导入。", "Correct it at its source, import again."),
    )
