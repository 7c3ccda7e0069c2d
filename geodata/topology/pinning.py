"""Borders that no repair may move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.errors import GeometryError, InputError, Text
from geodata.topology.drawing import beside, take_apart

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    from numpy.typing import NDArray

    from geodata.topology.findings import Findings
    from geodata.topology.metres import Metres
    from geodata.topology.remedies import Bench

NEAR_M = 0.002
"""A vertex this near to a pinned line is on it."""


class Pins:
    """Lines that stay; ``lines`` in the layer's coordinates."""

    def __init__(self, lines: NDArray[Any], metres: Metres) -> None:
        self.lines = lines
        self._tree = shapely.STRtree(lines)
        self._near = metres.units(NEAR_M)

    @classmethod
    def of(
        cls, pin: Any, frame: gpd.GeoDataFrame, findings: Findings, metres: Metres
    ) -> Pins:
        """Return the pins that ``pin`` of a repair means."""
        if pin is None:
            return cls(np.empty(0, dtype=object), metres)
        if isinstance(pin, str):
            if pin != "outer":
                raise InputError(
                    Text(
                        f"“{pin}”不是可以固定的对象：outer，或界线。",
                        f"“{pin}” cannot be pinned: outer, or lines.",
                    )
                )
            return cls(_outer(frame, findings, metres), metres)
        shapes = np.asarray(getattr(pin, "geometry", pin), dtype=object).reshape(-1)
        areal = np.isin(shapely.get_type_id(shapes), (3, 6))
        lines = np.where(areal, shapely.boundary(shapes), shapes)
        return cls(np.asarray(shapely.get_parts(lines), dtype=object), metres)

    def require_kept(self, bench: Bench, after: Mapping[int, Any]) -> None:
        """Raise GeometryError when shapes differ from the bench's along a pin."""
        if not len(self.lines):
            return
        for row, shape in after.items():
            for one, other in ((bench.shapes[row], shape), (shape, bench.shapes[row])):
                lost = self._moved(one, other)
                if len(lost):
                    x, y = lost[0]
                    raise GeometryError(
                        Text(
                            f"会移动固定的界线（{x:.6f}, {y:.6f}）。",
                            f"It would move a pinned border at {x:.6f}, {y:.6f}.",
                        )
                    )

    def _moved(self, one: Any, other: Any) -> NDArray[np.float64]:
        """Return vertices on a pin of one shape that are off the other's border."""
        xy = np.unique(shapely.get_coordinates(one), axis=0)
        points: Any = shapely.points(xy)
        on = np.unique(
            self._tree.query(points, predicate="dwithin", distance=self._near)[0]
        )
        border = shapely.boundary(other)
        shapely.prepare(border)
        kept = shapely.dwithin(points[on], border, self._near)
        return np.asarray(xy[on][~kept])


def _outer(frame: gpd.GeoDataFrame, findings: Findings, metres: Metres) -> Any:
    """Return the borders with a unit on one side only that lie at no finding."""
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    arcs, drawing = take_apart(shapes)
    _, left = beside(drawing)
    line = drawing.steps["line"].to_numpy()
    sides = np.zeros((len(arcs), 2), np.int64)
    np.add.at(sides, (line, left.astype(np.intp)), 1)
    alone = np.flatnonzero((sides == 0).any(axis=1))
    number = np.repeat(np.arange(len(arcs)), np.diff(arcs.bounds))
    mine = np.isin(number, alone)
    xy, number = arcs.xy[mine, :2], number[mine]
    within = number[1:] == number[:-1]
    ends = np.stack([xy[:-1][within], xy[1:][within]], axis=1)
    edges = np.asarray(shapely.linestrings(ends), dtype=object)
    places = np.asarray(findings.frame.geometry.to_numpy(), dtype=object)
    places = places[~shapely.is_missing(places)]
    if len(places) and len(edges):
        reach = metres.units(max(NEAR_M, 2 * findings.tolerance_m))
        near = shapely.STRtree(edges).query(
            places, predicate="dwithin", distance=reach
        )[1]
        edges = np.delete(edges, near)
    return edges
