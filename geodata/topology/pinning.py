"""Borders that no repair may move."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.errors import GeometryError, InputError, Text

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.topology.bench import Bench, Changes
    from geodata.topology.findings import Findings
    from geodata.topology.metres import Metres
    from geodata.topology.remedies import Task

NEAR_M = 0.002
"""What lies this near to a pinned line is on it."""
ASIDE = 2.0
"""Tolerances from a point of a border at which is looked for what lies there."""
AROUND = 16
"""Directions in which is looked."""
OPEN = 3
"""Of these so many lead to nobody's ground: more than a hair's breadth of it."""


class Pins:
    """What stays: nothing; lines, for each unit; or the outer border of all."""

    def __init__(
        self, lines: NDArray[Any], outline: Outline | None, metres: Metres
    ) -> None:
        self._lines = shapely.STRtree(lines) if len(lines) else None
        self._outline = outline
        self._near = metres.units(NEAR_M)

    @classmethod
    def of(
        cls, pin: Any, shapes: NDArray[Any], findings: Findings, metres: Metres
    ) -> Pins:
        """Return the pins that ``pin`` of a repair means."""
        none = np.empty(0, dtype=object)
        if pin is None:
            return cls(none, None, metres)
        if isinstance(pin, str):
            if pin != "outer":
                raise InputError(
                    Text(
                        f"“{pin}”不是可以固定的对象：outer，或界线。",
                        f"“{pin}” cannot be pinned: outer, or lines.",
                    )
                )
            return cls(none, Outline(shapes, findings, metres), metres)
        if isinstance(pin, list | tuple) and any(isinstance(p, str) for p in pin):
            both = [cls.of(each, shapes, findings, metres) for each in pin]
            outline = next(each._outline for each in both if each._outline)
            drawn = [each._lines.geometries for each in both if each._lines]
            return cls(np.concatenate([none, *drawn]), outline, metres)
        given = np.asarray(getattr(pin, "geometry", pin), dtype=object).reshape(-1)
        areal = np.isin(shapely.get_type_id(given), (3, 6))
        lines = np.where(areal, shapely.boundary(given), given)
        lines = lines[~shapely.is_missing(lines) & ~shapely.is_empty(lines)]
        return cls(np.asarray(shapely.get_parts(lines), dtype=object), None, metres)

    def require_kept(
        self, bench: Bench, after: Changes, task: Task, left: NDArray[np.float64]
    ) -> None:
        """Raise GeometryError when a pinned border is among what is left.

        ``left``: points of the borders, as they stand, that are no longer there.
        """
        if not len(left) or (self._lines is None and self._outline is None):
            return
        points: Any = shapely.points(left)
        moved = np.zeros(len(points), bool)
        if self._lines is not None:
            on = np.zeros(len(points), bool)
            on[self._lines.query(points, "dwithin", distance=self._near)[0]] = True
            moved = on & self._off(bench, after, points, each=True)
        # What an invalid unit covers is what it is repaired to: no ground moves.
        if self._outline is not None and task.repair["kind"] != "make_valid":
            off = self._off(bench, after, points, each=False)
            off[off] = self._outline.holds(points[off], task)
            moved |= off
        if moved.any():
            x, y = left[int(np.argmax(moved))]
            raise GeometryError(
                Text(
                    f"会移动固定的界线（{x:.6f}, {y:.6f}）。",
                    f"It would move a pinned border at {x:.6f}, {y:.6f}.",
                )
            )

    def _off(
        self, bench: Bench, after: Changes, points: NDArray[Any], *, each: bool
    ) -> NDArray[np.bool_]:
        """Return which points are off the borders that there will be.

        Off those of any unit that had them, or off all.
        """
        off = np.zeros(len(points), bool) if each else np.ones(len(points), bool)
        for row, drawn in after.items():
            border = None if drawn is None else shapely.boundary(drawn.shape())
            away = ~shapely.dwithin(border, points, self._near)
            if each:
                was = shapely.boundary(bench.shape(row))
                off |= away & shapely.dwithin(was, points, self._near)
            else:
                off &= away
        return off


class Outline:
    """The borders with a unit on one side only that lie at no finding."""

    def __init__(
        self, shapes: NDArray[Any], findings: Findings, metres: Metres
    ) -> None:
        self._shapes = shapely.STRtree(shapes)
        places = np.asarray(findings.frame.geometry.to_numpy(), dtype=object)
        level = findings.frame["rule"].to_numpy() == "precision"
        holes = findings.frame["rule"].to_numpy() == "missing_unit"
        self._places = shapely.STRtree(places[~level & ~holes])
        self._reach = metres.units(max(NEAR_M, ASIDE * findings.tolerance_m))
        self._metres = metres

    def holds(self, points: NDArray[Any], task: Task) -> NDArray[np.bool_]:
        """Return which points of borders are on the outer border.

        The place that is mended is none, unless all that is done there is to move
        vertices.
        """
        outer = np.ones(len(points), bool)
        if task.repair["kind"] != "snap":
            outer &= ~shapely.dwithin(points, task.place, self._reach)
        at = np.flatnonzero(outer)
        if not len(at):
            return outer
        # Nobody's ground is near, and is no conflict: then nobody is beyond.
        xy = shapely.get_coordinates(points[at])
        turn = np.arange(AROUND) * 2 * np.pi / AROUND
        step = np.stack([np.cos(turn), np.sin(turn)], axis=1) * self._reach
        step = step * (self._metres.unit_m / self._metres.scale(xy))[:, None, :]
        probes: Any = shapely.points((xy[:, None, :] + step).reshape(-1, 2))
        covered = np.zeros(len(probes), bool)
        for tree in (self._shapes, self._places):
            covered[tree.query(probes, predicate="intersects")[0]] = True
        outer[at] = (~covered).reshape(len(at), -1).sum(axis=1) >= OPEN
        return outer
