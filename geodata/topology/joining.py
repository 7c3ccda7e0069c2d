"""Join and hand over units by the edges they share, without computing a coordinate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from geodata.errors import GeometryError, NotFoundError, Text
from geodata.topology.editing import SAME_AREA, Edit, unit_of, where

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import geopandas as gpd
    from numpy.typing import NDArray


def dissolve(plus: Sequence[Any], minus: Sequence[Any] = ()) -> Any:
    """Return the ground of ``plus`` without that of ``minus``, every bit kept.

    Edges drawn in both directions cancel; what is left bounds the result. Where
    borders are not the same bits on both sides nothing cancels and this is refused.
    """
    ahead = shapely.orient_polygons(np.array(plus, dtype=object))
    against = shapely.orient_polygons(np.array(minus, dtype=object), exterior_cw=True)
    left = _unmatched(np.concatenate([ahead, against]))
    if not len(left):
        return shapely.MultiPolygon()
    lines: Any = shapely.linestrings(left)
    faces = shapely.orient_polygons(shapely.get_parts(shapely.polygonize(lines)))
    drawn = {(*edge[0], *edge[1]) for edge in left.tolist()}
    inside = []
    for face in faces:
        first = shapely.get_coordinates(shapely.get_exterior_ring(face))[:2]
        if (*first[0].tolist(), *first[1].tolist()) in drawn:
            inside.append(face)
    joined = shapely.multipolygons(inside) if inside else shapely.MultiPolygon()
    wanted = shapely.area(ahead).sum() - shapely.area(against).sum()
    edges = sum(shapely.get_num_coordinates(f) - 1 - _holes(f) for f in inside)
    if (
        edges != len(left)
        or not joined.is_valid
        or abs(joined.area - wanted) > SAME_AREA * max(joined.area, wanted)
    ):
        raise GeometryError(
            Text(
                "这些单位的公共界线两侧顶点不一致，或相互重叠，不能合并或划转。",
                "Their common borders differ in vertices, or they overlap; they "
                "cannot be joined as they are.",
            ),
            Text(
                "请先检查草稿并采用修复建议。",
                "Check the draft and accept the suggested repairs first.",
            ),
        )
    return joined


def merge(frame: gpd.GeoDataFrame, units: Sequence[str], into: str) -> Edit:
    """Return one unit in place of several that border each other.

    The bits of its outline are those the units had; their common border goes.
    """
    others = [key for key in dict.fromkeys(units) if key != into]
    shapes = [unit_of(frame, key) for key in [into, *others]]
    if not others:
        raise GeometryError(
            Text("合并至少需要两个单位。", "It takes two units to merge.")
        )
    _require_linked(shapes, [into, *others])
    changed = {into: dissolve(shapes)}
    return Edit(changed, ended=tuple(others))


def hand_over(
    frame: gpd.GeoDataFrame,
    ground: Any,
    giver: str | None,
    taker: str,
    above: Mapping[str, str | None],
) -> Edit:
    """Return the units after ``ground`` went from one to another.

    Parameters
    ----------
    ground
        Polygons drawn with the bits of the units around.
    giver
        None: the ground belongs to no unit of this level (a gap).
    above
        The unit above each; where giver and taker are under different ones, those
        hand the ground over too, level by level.
    """
    if giver is None:
        return Edit({taker: dissolve([unit_of(frame, taker), ground])})
    changed: dict[str, Any] = {}
    losing: str | None = giver
    winning: str | None = taker
    while losing and winning and losing != winning:
        if losing in frame.index:
            rest = dissolve([unit_of(frame, losing)], [ground])
            if rest.is_empty:
                raise GeometryError(
                    Text(
                        f"划出后 {losing} 不剩任何土地。",
                        f"Nothing of {losing} would be left.",
                    ),
                    Text("如要撤销该单位，请用“合并”。", "To end it, merge it."),
                )
            changed[losing] = rest
        if winning in frame.index:
            changed[winning] = dissolve([unit_of(frame, winning), ground])
        losing, winning = above.get(losing), above.get(winning)
    return Edit(changed)


def part_at(shape: Any, place: tuple[float, float], key: str) -> Any:
    """Return the polygon of a multipolygon that holds a place."""
    parts = shapely.get_parts(shape)
    held = np.flatnonzero(shapely.covers(parts, shapely.points(place)))
    if not len(held):
        raise NotFoundError(
            Text(
                f"{key} 在此没有碎片{where(place)}。",
                f"{key} has no piece{where(place, 'en')}.",
            ),
            Text("请点在要归并的碎片内。", "Point inside the piece."),
        )
    if len(parts) == 1:
        raise GeometryError(
            Text(f"{key} 只有一块。", f"{key} is in one piece."),
            Text("请用“拆分”或“合并”。", "Split it, or merge it."),
        )
    return parts[held[0]]


def gap_at(frame: gpd.GeoDataFrame, level: int, place: tuple[float, float]) -> Any:
    """Return the place without unit of a level that holds a point.

    Its outline is drawn with the bits of the units around it.
    """
    same = frame[frame["level"] == level] if "level" in frame else frame
    shapes = shapely.orient_polygons(same.geometry.to_numpy())
    left = _unmatched(shapes)
    lines: Any = shapely.linestrings(left)
    faces = shapely.get_parts(shapely.polygonize(lines))
    point = shapely.points(place)
    held = faces[shapely.contains(faces, point)] if len(faces) else faces
    if not len(held) or shapely.covers(shapes, point).any():
        raise NotFoundError(
            Text(
                f"此处没有被单位围住的空隙{where(place)}。",
                f"There is no gap enclosed by units{where(place, 'en')}.",
            ),
            Text("请点在空隙内。", "Point inside the gap."),
        )
    return held[0]


def _unmatched(shapes: NDArray[Any]) -> NDArray[np.float64]:
    """Return the directed edges that meet no reverse, ``(n, 2, 2)``."""
    rings = shapely.get_rings(shapely.get_parts(shapes))
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    xy = xy + 0.0
    points, vertex = np.unique(
        np.ascontiguousarray(xy).view(np.complex128).ravel(), return_inverse=True
    )
    start = np.flatnonzero(ring[1:] == ring[:-1])
    a, b = vertex[start], vertex[start + 1]
    start, a, b = start[a != b], a[a != b], b[a != b]
    low, high = np.minimum(a, b), np.maximum(a, b)
    edges, first, group = np.unique(
        low.astype(np.int64) * len(points) + high,
        return_index=True,
        return_inverse=True,
    )
    net = np.bincount(group, weights=np.where(a < b, 1.0, -1.0), minlength=len(edges))
    alone = np.flatnonzero(net)
    chosen = start[first[alone]]
    pairs = np.stack([xy[chosen], xy[chosen + 1]], axis=1)
    turned = (net[alone] > 0) != (a[first[alone]] < b[first[alone]])
    pairs[turned] = pairs[turned][:, ::-1]
    return pairs


def _holes(polygon: Any) -> int:
    return int(shapely.get_num_interior_rings(polygon))


def _require_linked(shapes: Sequence[Any], keys: Sequence[str]) -> None:
    """Refuse units that no common border links to the first."""
    lines = [shapely.boundary(shape) for shape in shapes]
    linked, open_ = {0}, set(range(1, len(shapes)))
    while open_:
        near = {
            at
            for at in open_
            if any(
                shapely.length(shapely.intersection(lines[at], lines[one])) > 0
                for one in linked
            )
        }
        if not near:
            names = "、".join(keys[at] for at in sorted(open_))
            raise GeometryError(
                Text(
                    f"{names} 与 {keys[0]} 没有公共界线，不能合并。",
                    f"{names} has no common border with {keys[0]}.",
                )
            )
        linked |= near
        open_ -= near
