"""What each suggested repair does to the shapes of the units it concerns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.errors import GeometryError, Text
from geodata.topology.repair import suggest_repair

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from geodata.topology.metres import Metres

TOUCH_M = 0.002
"""What lies this near to each other touches."""

Shapes = dict[int, Any]


class Bench:
    """The layer as it stands while repairs are done, row by row."""

    def __init__(
        self, shapes: NDArray[Any], keys: Sequence[str], metres: Metres
    ) -> None:
        self.shapes = shapes
        self.keys = tuple(keys)
        self.metres = metres
        self.touch = metres.units(TOUCH_M)
        self._rows = {key: row for row, key in enumerate(self.keys)}
        # Shapes grow by no more than a finding's place, which they touch already.
        self._tree = shapely.STRtree(shapes)

    def row(self, key: str) -> int:
        """Return the row of a unit; raise GeometryError when it is not there."""
        if key not in self._rows or self.shapes[self._rows[key]] is None:
            raise GeometryError(
                Text(f"{key} 已不在图层中。", f"{key} is no longer there.")
            )
        return self._rows[key]

    def rows(self, keys: Iterable[str]) -> list[int]:
        """Return the rows of units that must be valid to be worked with."""
        found = [self.row(key) for key in keys]
        for row in found:
            if not shapely.is_valid(self.shapes[row]):
                raise GeometryError(
                    Text(
                        f"{self.keys[row]} 的图形无效，请先修复该单元。",
                        f"{self.keys[row]} has an invalid shape; mend that first.",
                    )
                )
        return found

    def around(self, place: Any) -> list[int]:
        """Return the rows that touch a place."""
        found = self._tree.query(place, predicate="dwithin", distance=self.touch)
        near = shapely.dwithin(self.shapes[found], place, self.touch)
        return sorted(found[near].tolist())

    def near(self, one: Any, other: Any) -> bool:
        """Return whether two places are the same within a few metres."""
        return bool(shapely.dwithin(one, other, self.metres.units(5.0)))

    def put(self, shapes: Mapping[int, Any]) -> None:
        """Take over new shapes."""
        for row, shape in shapes.items():
            self.shapes[row] = shape

    def require_sound(self, after: Mapping[int, Any]) -> None:
        """Raise GeometryError when a shape is no sound polygon with ground."""
        for row, shape in after.items():
            if (
                shape.is_empty
                or not shape.is_valid
                or shapely.get_type_id(shape) not in (3, 6)
            ):
                raise GeometryError(
                    Text(
                        f"修复后 {self.keys[row]} 会变空或无效，未执行。",
                        f"It would leave {self.keys[row]} empty or invalid.",
                    )
                )  # fmt: skip

    def cost(self, after: Mapping[int, Any]) -> dict[str, Any]:
        """Return what it takes to get to new shapes, by unit and in metres."""
        moved, shift = 0, 0.0
        gained: dict[str, float] = {}
        lost: dict[str, float] = {}
        for row, shape in after.items():
            old = self.shapes[row]
            gone = _apart(old, shape)
            come = _apart(shape, old)
            moved += len(gone)
            shift = max(shift, self._farthest(gone, shape), self._farthest(come, old))
            areas = self.metres.area_m2(np.array([old, shape], dtype=object))
            change = round(float(areas[1] - areas[0]), 3)
            if change > 0:
                gained[self.keys[row]] = change
            elif change < 0:
                lost[self.keys[row]] = -change
        return {
            "vertices_moved": moved,
            "largest_shift_m": round(shift, 4),
            "area_gained_m2": gained,
            "area_lost_m2": lost,
        }

    def _farthest(self, xy: NDArray[np.float64], shape: Any) -> float:
        """Return the metres from the farthest vertex to a shape's border."""
        if not len(xy):
            return 0.0
        points: Any = shapely.points(xy)
        lines = shapely.shortest_line(points, shapely.boundary(shape))
        ends, index = shapely.get_coordinates(lines, return_index=True)
        return float(self.metres.length_m(ends, index, len(xy)).max(initial=0.0))


def _apart(one: Any, other: Any) -> NDArray[np.float64]:
    """Return the vertices of one shape that the other lacks."""
    known = set(map(tuple, shapely.get_coordinates(other).tolist()))
    mine = set(map(tuple, shapely.get_coordinates(one).tolist())) - known
    return np.array(sorted(mine), float).reshape(-1, 2)


def after_repair(bench: Bench, repair: Mapping[str, Any], place: Any) -> Shapes:
    """Return the new shapes of the rows that a repair changes.

    Raises
    ------
    GeometryError
        When it cannot be done, saying why.
    """
    return REMEDIES[repair["kind"]](bench, repair, place)


def _make_valid(bench: Bench, repair: Mapping[str, Any], _: Any) -> Shapes:
    row = bench.row(repair["unit"])
    return {row: _like(suggest_repair(bench.shapes[row])[0], bench.shapes[row])}


def _drop_repeated(bench: Bench, repair: Mapping[str, Any], _: Any) -> Shapes:
    row = bench.row(repair["unit"])
    return {row: shapely.remove_repeated_points(bench.shapes[row])}


def _orient(bench: Bench, repair: Mapping[str, Any], _: Any) -> Shapes:
    row = bench.row(repair["unit"])
    clockwise = bool(repair.get("clockwise"))
    turned = shapely.orient_polygons(bench.shapes[row], exterior_cw=clockwise)
    return {row: turned}


def _snap(bench: Bench, repair: Mapping[str, Any], place: Any) -> Shapes:
    """Move vertices onto those they are meant to be, in all units that have them."""
    bench.rows(repair["among"])
    target = {
        tuple(map(float, one)): tuple(map(float, other))
        for one, other in zip(repair["from"], repair["onto"], strict=True)
    }
    after = {}
    for row in bench.around(place):
        xy = shapely.get_coordinates(bench.shapes[row])
        moved = np.array([target.get(tuple(p), tuple(p)) for p in xy.tolist()])
        if (moved != xy).any():
            drawn = shapely.set_coordinates(shapely.force_2d(bench.shapes[row]), moved)
            after[row] = shapely.remove_repeated_points(drawn)
    return after


def _insert(bench: Bench, repair: Mapping[str, Any], place: Any) -> Shapes:
    row = bench.rows([repair["unit"]])[0]
    points = shapely.get_coordinates(place)
    return {row: with_vertices(bench.shapes[row], points, bench.touch * 50)}


def _fill(bench: Bench, repair: Mapping[str, Any], place: Any) -> Shapes:
    among = bench.rows(repair["among"])
    to = bench.row(repair["to"]) if repair.get("to") else _longest(bench, among, place)
    grown = shapely.union(bench.shapes[to], place)
    return _meeting(bench, {to: grown}, place)


def _give(bench: Bench, repair: Mapping[str, Any], place: Any) -> Shapes:
    among = bench.rows(repair["among"])
    to = bench.row(repair["to"]) if repair.get("to") else _longest(bench, among, place)
    rest = {
        row: shapely.difference(bench.shapes[row], place) for row in among if row != to
    }
    return _meeting(bench, rest, place)


def _cut_host(bench: Bench, repair: Mapping[str, Any], _: Any) -> Shapes:
    inner, host = bench.rows([repair["unit"], repair["host"]])
    place = bench.shapes[inner]
    return _meeting(bench, {host: shapely.difference(bench.shapes[host], place)}, place)


def _meeting(bench: Bench, changed: Shapes, place: Any) -> Shapes:
    """Give the corners of a place to all units whose border runs through them."""
    after = {row: _like(shape, bench.shapes[row]) for row, shape in changed.items()}
    corners = np.unique(shapely.get_coordinates(place), axis=0)
    for row in bench.around(place):
        shape = after.get(row, bench.shapes[row])
        if shape.is_empty or not shapely.is_valid(shape):
            continue
        drawn = with_vertices(shape, corners, bench.touch)
        if drawn is not shape:
            after[row] = drawn
    return after


def _longest(bench: Bench, among: Sequence[int], place: Any) -> int:
    """Return the row with the longest border on a place."""
    edge = shapely.boundary(place)
    near = shapely.buffer(edge, bench.touch)

    def length(row: int) -> float:
        border = shapely.intersection(shapely.boundary(bench.shapes[row]), near)
        xy, index = shapely.get_coordinates(
            shapely.get_parts(border), return_index=True
        )
        count = int(shapely.get_num_geometries(border))
        return float(bench.metres.length_m(xy, index, count).sum())

    return max(sorted(among), key=lambda row: (round(length(row), 6), -row))


def _like(shape: Any, was: Any) -> Any:
    """Return the polygons of a result, drawn the way the unit was.

    As one polygon where it was one; rings turn as the unit's did, since overlays
    return them clockwise.
    """
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_type_id(parts) == shapely.GeometryType.POLYGON]
    outer = shapely.get_exterior_ring(shapely.get_geometry(was, 0))
    parts = shapely.orient_polygons(parts, exterior_cw=not shapely.is_ccw(outer))
    if len(parts) == 1 and shapely.get_type_id(was) == shapely.GeometryType.POLYGON:
        return parts[0]
    return shapely.multipolygons(parts)


def with_vertices(shape: Any, points: NDArray[np.float64], reach: float) -> Any:
    """Return a polygon with further vertices where its border passes points.

    A vertex that is this near to a point already moves onto it; the same object
    is returned where nothing changes.
    """
    parts = shapely.get_parts(shape)
    drawn = []
    changed = False
    for part in parts:
        rings = [_through(ring, points, reach) for ring in shapely.get_rings(part)]
        changed |= any(ring is not None for ring in rings)
        kept = [
            ring if ring is not None else shapely.get_coordinates(old)
            for ring, old in zip(rings, shapely.get_rings(part), strict=True)
        ]
        if any(len(ring) < 4 for ring in kept):
            return shape
        drawn.append(shapely.Polygon(kept[0], kept[1:]))
    if not changed:
        return shape
    made = drawn[0] if shapely.get_type_id(shape) == 3 else shapely.MultiPolygon(drawn)
    return made if made.is_valid else shape


def _through(ring: Any, points: NDArray[np.float64], reach: float) -> Any:
    """Return a ring's coordinates with the points on it, or None: as it was."""
    near = points[shapely.dwithin(shapely.points(points), ring, reach)]
    xy = shapely.get_coordinates(ring)
    known = set(map(tuple, xy.tolist()))
    more = [point for point in near if tuple(point.tolist()) not in known]
    if not more:
        return None
    open_ = xy[:-1]
    for point in more:
        ends = np.roll(open_, -1, axis=0)
        step = ends - open_
        length2 = np.maximum((step**2).sum(axis=1), 1e-300)
        part = np.clip(((point - open_) * step).sum(axis=1) / length2, 0.0, 1.0)
        foot = open_ + part[:, None] * step
        apart = np.hypot(*(foot - point).T)
        at = int(np.argmin(apart))
        corner = np.hypot(*(open_ - point).T)
        nearest = int(np.argmin(corner))
        if corner[nearest] <= reach and corner[nearest] <= apart[at] + reach / 10:
            open_ = open_.copy()
            open_[nearest] = point
        else:
            open_ = np.insert(open_, at + 1, point, axis=0)
    return np.concatenate([open_, open_[:1]])


REMEDIES: dict[str, Callable[[Bench, Mapping[str, Any], Any], Shapes]] = {
    "make_valid": _make_valid,
    "drop_repeated": _drop_repeated,
    "orient": _orient,
    "snap": _snap,
    "cut_host": _cut_host,
    "give": _give,
    "fill": _fill,
    "insert": _insert,
}
"""What is done by kind of repair, in the order repairs are done."""

DOABLE = tuple(REMEDIES)
