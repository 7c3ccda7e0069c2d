"""Edits of polygons that share borders: move, split, merge, hand over.

Pure functions over a frame of the units touched and all that lies around them,
of all levels at once (indexed by key, degrees, with ``level``). Each returns a
:class:`Edit` with the new drawings of exactly the units whose coordinates change.
What no edit touches keeps its bits; a border is the same bits on both sides.
After every edit each unit is a valid polygon and the units of a level cover what
they covered before, once; else GeometryError says what and where.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.errors import ConflictError, GeometryError, NotFoundError, Text
from geodata.topology.nearby import woven
from geodata.topology.weave import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd

    from geodata.topology.weave import Coordinates, Weave

BESIDE_DEG = 1e-6
"""A line this near (0.1 m) to a border is that border, drawn with other vertices."""
SAME_AREA = 1e-9
"""Relative: areas of one level before and after an edit are equal to this."""


@dataclass(frozen=True)
class Edit:
    """What an edit makes of a frame; drawings are multipolygons in degrees."""

    changed: dict[str, Any] = field(default_factory=dict)
    """New drawings by key, of exactly those units that are drawn otherwise now."""
    ended: tuple[str, ...] = ()
    parts: tuple[Any, ...] = ()
    """The pieces of a unit that was split, the largest first."""
    side: dict[str, int] = field(default_factory=dict)
    """For each unit below the one split, the number of the piece it falls to."""
    notes: tuple[Text, ...] = ()


def move_borders(
    frame: gpd.GeoDataFrame,
    moved: Mapping[str, Coordinates],
    *,
    outer: bool = False,
) -> Edit:
    """Draw borders anew: every unit that has them follows, whatever its level.

    Parameters
    ----------
    moved
        New coordinates by the ``id`` that :func:`borders_near` gave; vertices may
        be moved, added and left out. A moved end (junction) moves every border
        that meets there.
    outer
        Allow borders with a unit on one side only to move.

    Raises
    ------
    ConflictError
        When a border is not there (any more).
    GeometryError
        When units would cross, turn inside out or leave a place without a unit.
    """
    threads = woven(frame)
    known = {name_of(line): arc for arc, line in enumerate(threads.arcs)}
    missing = [name for name in moved if name not in known]
    if missing:
        raise ConflictError(
            Text(
                f"{len(missing)} 段界线已改变。",
                f"{len(missing)} borders have changed.",
            ),
            Text("请刷新后重做这一步。", "Reload the page and do this step again."),
        )
    drawn = {known[name]: one_line(line) for name, line in moved.items()}
    _require_same_rings(threads, drawn)
    everything = _with_junctions(threads, drawn)
    if not everything:
        return Edit()
    if not outer:
        _require_shared(threads, everything)
    _require_alone(threads, everything)
    after = threads.with_arcs(everything)
    touched = sorted({unit for arc in everything for unit in threads.beside(arc)})
    _require_turned(threads, after, touched)
    changed = {threads.keys[unit]: after.drawn(unit) for unit in touched}
    require_sound(frame, changed, outer=outer)
    return Edit(changed)


def require_sound(
    frame: gpd.GeoDataFrame, changed: Mapping[str, Any], *, outer: bool = False
) -> None:
    """Raise GeometryError unless drawings are valid and areas stay, by level."""
    for key, shape in changed.items():
        if shape.is_empty or not shape.is_valid:
            raise _broken(key, shape)
    before = frame.geometry.reindex([key for key in changed if key in frame.index])
    levels = frame.get("level")
    totals: dict[Any, list[float]] = {}
    for key, shape in changed.items():
        if key not in frame.index:
            continue
        level = 0 if levels is None else levels[key]
        total = totals.setdefault(level, [0.0, 0.0])
        total[0] += shapely.area(before[key])
        total[1] += shapely.area(shape)
    if outer:
        _require_free(frame, changed)
        return
    for level, (was, now) in totals.items():
        if abs(was - now) > SAME_AREA * max(was, now):
            raise GeometryError(
                Text(
                    f"第 {level} 级单位的总面积会改变（重叠或空隙），未执行。",
                    f"The units of level {level} would no longer cover the same "
                    "ground (overlap or gap); nothing was done.",
                )
            )


def one_line(coordinates: Coordinates) -> Coordinates:
    """Return coordinates without repeated vertices."""
    line = np.asarray(coordinates, dtype=float) + 0.0
    again = np.r_[False, (line[1:] == line[:-1]).all(axis=1)]
    line = np.ascontiguousarray(line[~again])
    if len(line) < 2:
        raise GeometryError(
            Text("界线至少要有两个不同的点。", "A border needs two different points.")
        )
    return line


def _require_same_rings(threads: Weave, drawn: Mapping[int, Coordinates]) -> None:
    for arc, line in drawn.items():
        was = threads.arcs[arc]
        if _closed(was) and (not _closed(line) or len(line) < 4):
            raise GeometryError(
                Text(
                    f"这段界线是封闭的，新线须闭合并至少有三个点{where(was[0])}。",
                    "This border is a ring: the new one must close and have three "
                    f"points{where(was[0], 'en')}.",
                )
            )


def _with_junctions(
    threads: Weave, drawn: Mapping[int, Coordinates]
) -> dict[int, Coordinates]:
    """Return all arcs that change: those drawn, and those at a moved junction."""
    targets: dict[tuple[float, float], tuple[float, float]] = {}
    for arc, line in drawn.items():
        for at in (0, -1):
            stood, stands = _point(threads.arcs[arc][at]), _point(line[at])
            if targets.setdefault(stood, stands) != stands:
                raise GeometryError(
                    Text(
                        f"同一交汇点被移到了两处{where(stood)}。",
                        f"One junction was moved to two places{where(stood, 'en')}.",
                    )
                )
    changed = {}
    for arc, was in enumerate(threads.arcs):
        line = drawn.get(arc, was)
        ends = [targets.get(_point(was[at]), _point(was[at])) for at in (0, -1)]
        if any(_point(line[at]) != ends[at] for at in (0, -1)):
            line = line.copy()
            line[0], line[-1] = ends
        if not np.array_equal(line, was):
            changed[arc] = line
    return changed


def _require_shared(threads: Weave, changed: Mapping[int, Any]) -> None:
    alone = [arc for arc in changed if not threads.is_shared(arc)]
    if not alone:
        return
    names = "、".join(
        sorted({threads.keys[u] for a in alone for u in threads.beside(a)})
    )
    place = threads.arcs[alone[0]][len(threads.arcs[alone[0]]) // 2]
    raise GeometryError(
        Text(
            f"{names} 的这段界线另一侧没有单位，或邻接单位的顶点不一致{where(place)}。",
            f"This border of {names} has no unit on its other side, or the "
            f"neighbour's vertices differ{where(place, 'en')}.",
        ),
        Text(
            "外边界须明确选择“移动外边界”；顶点不一致时请先采用修复建议。",
            "Choose “move the outer border” if it is one; where vertices differ, "
            "accept the suggested repairs first.",
        ),
        code="outer",
    )


def _require_alone(threads: Weave, changed: Mapping[int, Any]) -> None:
    """Refuse a border that another level draws again with other vertices.

    It would stay where it is, and the levels no longer nest.
    """
    others = [arc for arc in range(len(threads.arcs)) if arc not in changed]
    lines = [threads.arcs[arc] for arc in others]
    if not lines:
        return
    others_drawn: Any = [shapely.linestrings(line) for line in lines]
    tree = shapely.STRtree(others_drawn)
    for arc in changed:
        was = threads.arcs[arc]
        middle = (was[1:] + was[:-1]) / 2
        points: Any = shapely.points(np.concatenate([middle, was[1:-1]]))
        point, near = tree.query(points, predicate="dwithin", distance=BESIDE_DEG)
        # Points near an end lie near the arcs that meet there, as they should.
        ends = shapely.multipoints(was[[0, -1]])
        apart = shapely.distance(points[point], ends) > 50 * BESIDE_DEG
        if apart.any():
            at = int(np.flatnonzero(apart)[0])
            beside = threads.beside(others[int(near[at])])
            names = "、".join(sorted(threads.keys[unit] for unit in beside))
            place = _point(shapely.get_coordinates(points[point[at]])[0])
            raise GeometryError(
                Text(
                    f"{names} 的界线在此与之重合而顶点不一致，不会随之移动"
                    f"{where(place)}。",
                    f"The border of {names} runs along it with other vertices and "
                    f"would not follow{where(place, 'en')}.",
                ),
                Text(
                    "请先采用界线不吻合的修复建议。",
                    "Accept the repairs of borders that do not match first.",
                ),
            )


def _require_turned(before: Weave, after: Weave, touched: Sequence[int]) -> None:
    """Refuse rings that turned inside out: they would lie on their neighbours."""
    for unit in touched:
        for part in before.units[unit]:
            for ring in part:
                was, now = before.ring(ring), after.ring(ring)
                if len(now) < 4 or _turn(was) * _turn(now) <= 0:
                    raise GeometryError(
                        Text(
                            f"{before.keys[unit]} 的界线会翻转{where(now[0])}。",
                            f"The border of {before.keys[unit]} would turn inside "
                            f"out{where(now[0], 'en')}.",
                        )
                    )


def _require_free(frame: gpd.GeoDataFrame, changed: Mapping[str, Any]) -> None:
    """Refuse ground that an outer border takes from units already there."""
    levels = frame["level"].to_dict() if "level" in frame else {}
    rest = frame[~frame.index.isin(list(changed))]
    for key, shape in changed.items():
        gained = shapely.difference(shape, frame.geometry[key])
        same = [k for k in rest.index if levels.get(k) == levels.get(key)]
        over = shapely.intersection(gained, np.array(rest.geometry[same]))
        hit = np.flatnonzero(shapely.area(over) > 0)
        if len(hit):
            other = same[int(hit[0])]
            place = shapely.get_coordinates(over[int(hit[0])])[0]
            raise GeometryError(
                Text(
                    f"{key} 会与 {other} 重叠{where(place)}。",
                    f"{key} would overlap {other}{where(place, 'en')}.",
                )
            )


def unit_of(frame: gpd.GeoDataFrame, key: str) -> Any:
    """Return a unit's drawing; raise NotFoundError."""
    if key not in frame.index or frame.geometry[key] is None:
        raise NotFoundError(
            Text(f"没有单位 {key}。", f"There is no unit {key}."),
            Text("它可能已在前一步撤销或并入。", "An earlier step may have ended it."),
        )
    return frame.geometry[key]


def _turn(ring: Coordinates) -> float:
    """Return twice the signed area of a ring, about its first vertex."""
    x, y = (ring - ring[0]).T
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum())


def _closed(line: Coordinates) -> bool:
    return bool((line[0] == line[-1]).all())


def _point(xy: Any) -> tuple[float, float]:
    return float(xy[0]), float(xy[1])


def where(xy: Any, language: str = "zh") -> str:
    """Return a place in words, to the decimetre."""
    said = f"{float(xy[0]):.6f}, {float(xy[1]):.6f}"
    return f"（{said}）" if language == "zh" else f" at {said}"


def _broken(key: str, shape: Any) -> GeometryError:
    """Say which unit would be invalid, and where."""
    reason = shapely.is_valid_reason(shape)
    place, _, rest = reason.partition("[")
    xy = rest.rstrip("]").split()
    zh = where(xy) if len(xy) == 2 else ""
    en = where(xy, "en") if len(xy) == 2 else ""
    return GeometryError(
        Text(
            f"{key} 的界线会与自身相交{zh}，未执行。",
            f"{key} would cross itself{en} ({place.strip()}); nothing was done.",
        ),
        Text("请移开该处的点。", "Move the point away from there."),
    )
