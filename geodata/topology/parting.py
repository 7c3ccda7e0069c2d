"""Split a unit by a line; neighbours get the line's ends as vertices."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import shapely

from geodata.errors import GeometryError, Text
from geodata.topology.editing import Edit, one_line, require_sound, unit_of, where
from geodata.topology.joining import dissolve
from geodata.topology.nearby import woven

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    import geopandas as gpd

    from geodata.topology.weave import Coordinates, Weave

REACH_DEG = 2e-6
"""A line that ends this near (0.2 m) to a border ends on it."""
SAME_DEG = 1e-7
"""A crossing this near (1 cm) to a vertex is that vertex."""
MOST_PIECES = 20


class Crossing(NamedTuple):
    """Where the line meets a border of the unit."""

    along: float
    """Place on the line: number of its segment and the part of it."""
    arc: int
    segment: int
    part: float
    xy: tuple[float, float]


def split(
    frame: gpd.GeoDataFrame,
    unit: str,
    line: Coordinates,
    *,
    fixed: Collection[str] = (),
) -> Edit:
    """Cut a unit along a line that crosses it.

    Parameters
    ----------
    line
        From outside or from its border, through it; what lies outside is ignored.
    fixed
        Units that must not get a vertex: where the line meets their border it
        ends at the vertex nearest to it.

    Returns
    -------
    Edit
        ``parts`` are the pieces; ``changed`` the other units whose border now has
        the cut's ends as vertices.

    Raises
    ------
    GeometryError
        When the line does not part the unit, or runs along its border.
    """
    shape = unit_of(frame, unit)
    drawn = one_line(line)
    if not _simple(drawn):
        raise _crosses_itself()
    threads = woven(frame)
    at = threads.place[unit]
    drawn = _reaching(threads, at, drawn)
    kept = {threads.place[key] for key in fixed if key in threads.place}
    crossings = _crossings(threads, at, drawn, kept)
    chords = _chords(shape, drawn, crossings)
    used, pieces = _pieces(threads, at, chords)
    inserted = _with_vertices(threads, [c for c in crossings if c.xy in used])
    after = threads.with_arcs(inserted)
    touched = {other for arc in inserted for other in threads.beside(arc)} - {at}
    changed = {threads.keys[other]: after.drawn(other) for other in sorted(touched)}
    require_sound(frame, changed)
    _require_whole(unit, shape, pieces)
    notes: tuple[Text, ...] = ()
    if any(threads.beside(c.arc) & kept for c in crossings if c.xy in used):
        notes = (
            Text(
                "线端落在辖区外单位的界线上，已移到最近的既有界址点。",
                "The line met the border of units outside your subtree; its end was "
                "moved to the nearest vertex there.",
            ),
        )
    return Edit(changed, parts=tuple(pieces), notes=notes)


def split_along(
    frame: gpd.GeoDataFrame, unit: str, line: Coordinates, below: Sequence[str]
) -> Edit:
    """Part a unit between the units below it, as a line suggests.

    Each unit below falls whole to the piece that holds most of it, so that the
    cut follows borders that exist and no unit below is cut.
    """
    shape = unit_of(frame, unit)
    children = [unit_of(frame, key) for key in below]
    _require_made_of(unit, shape, children)
    rough = split(frame, unit, line).parts
    shares = shapely.area(
        shapely.intersection(
            np.array(children, dtype=object)[:, None],
            np.array(rough, dtype=object)[None, :],
        )
    )
    whose = shares.argmax(axis=1)
    crossed = (shares > shares.sum(axis=1, keepdims=True) * 1e-6).sum(axis=1) > 1
    groups = [[c for c, w in zip(children, whose, strict=True) if w == n]
              for n in range(len(rough))]  # fmt: skip
    filled = [n for n, group in enumerate(groups) if group]
    if len(filled) < 2:
        raise GeometryError(
            Text(
                f"按此线 {unit} 的下级单位都在同一侧。",
                f"All units below {unit} fall to one side of this line.",
            ),
            Text(
                "请让线从下级单位之间穿过，或先拆分下级单位。",
                "Draw it between the units below, or split one of those first.",
            ),
        )
    pieces = [dissolve(groups[n]) for n in filled]
    order = sorted(range(len(pieces)), key=lambda n: -shapely.area(pieces[n]))
    number = {filled[n]: place for place, n in enumerate(order)}
    side = {key: number[int(w)] for key, w in zip(below, whose, strict=True)}
    notes = tuple(
        Text(
            f"{key} 被线穿过，整体划入第 {side[key] + 1} 块。",
            f"{key} is crossed by the line and falls whole to piece {side[key] + 1}.",
        )
        for key, cut in zip(below, crossed, strict=True)
        if cut
    )
    return Edit(parts=tuple(pieces[n] for n in order), side=side, notes=notes)


def _reaching(threads: Weave, unit: int, line: Coordinates) -> Coordinates:
    """Return the line with ends that almost reach the border put onto it.

    A little beyond, so that the crossing is found whatever the last bit says.
    """
    line = line.copy()
    own: Any = [shapely.linestrings(threads.arcs[a]) for a in threads.arcs_of(unit)]
    borders = shapely.multilinestrings(own)
    for end, inner in ((0, 1), (-1, -2)):
        point = shapely.points(line[end])
        if shapely.distance(point, borders) <= REACH_DEG:
            way = line[end] - line[inner]
            length = np.hypot(*way)
            if length > 0:
                line[end] = line[end] + way / length * 2 * REACH_DEG
    return line


def _crossings(
    threads: Weave, unit: int, line: Coordinates, kept: Collection[int]
) -> list[Crossing]:
    """Return where the line meets the unit's border, in order along it."""
    own = threads.arcs_of(unit)
    arcs = np.repeat(own, [len(threads.arcs[arc]) - 1 for arc in own])
    segments = np.concatenate([np.arange(len(threads.arcs[a]) - 1) for a in own])
    starts = np.concatenate([threads.arcs[arc][:-1] for arc in own])
    ends = np.concatenate([threads.arcs[arc][1:] for arc in own])
    edges: Any = shapely.linestrings(np.stack([starts, ends], axis=1))
    tree = shapely.STRtree(edges)
    steps = shapely.linestrings(np.stack([line[:-1], line[1:]], axis=1))
    step, edge = tree.query(steps, predicate="intersects")
    found: list[Crossing] = []
    for s, e in sorted(zip(step.tolist(), edge.tolist(), strict=True)):
        met = _meet(line[s], line[s + 1], starts[e], ends[e])
        if met is None:
            raise GeometryError(
                Text(
                    f"分割线与界线重合{where(starts[e])}。",
                    f"The line runs along the border{where(starts[e], 'en')}.",
                ),
                Text("请让线穿过单位内部。", "Draw it through the unit."),
            )
        along, part = met
        arc = int(arcs[e])
        held = bool(threads.beside(arc) & set(kept))
        part, xy = _settled(part, starts[e], ends[e], held=held)
        found.append(Crossing(s + along, arc, int(segments[e]), part, xy))
    found.sort()
    once: list[Crossing] = []
    for crossing in found:
        if not (once and once[-1].xy == crossing.xy):
            once.append(crossing)
    return once


def _meet(p: Any, q: Any, a: Any, b: Any) -> tuple[float, float] | None:
    """Return where on p-q and on a-b two segments meet; None when parallel."""
    (px, py), (ex, ey) = q - p, b - a
    across = px * ey - py * ex
    scale = np.hypot(px, py) * np.hypot(ex, ey)
    if abs(across) <= 1e-12 * scale:
        return None
    dx, dy = a - p
    along, part = (dx * ey - dy * ex) / across, (dx * py - dy * px) / across
    return float(np.clip(along, 0, 1)), float(np.clip(part, 0, 1))


def _settled(
    part: float, a: Any, b: Any, *, held: bool
) -> tuple[float, tuple[float, float]]:
    """Return a place on an edge, at its end where that is near or must be."""
    length = float(np.hypot(*(b - a)))
    if held:
        part = float(part > 0.5)
    elif part * length <= SAME_DEG:
        part = 0.0
    elif (1 - part) * length <= SAME_DEG:
        part = 1.0
    xy = a if part == 0.0 else b if part == 1.0 else a + part * (b - a)
    return part, (float(xy[0]), float(xy[1]))


def _chords(
    shape: Any, line: Coordinates, crossings: Sequence[Crossing]
) -> list[Coordinates]:
    """Return the stretches of the line inside the unit, border to border."""
    shapely.prepare(shape)
    found = []
    for one, other in pairwise(crossings):
        low, high = int(np.floor(one.along)), int(np.ceil(other.along))
        inner = line[low + 1 : high]
        chord = one_line(np.array([one.xy, *inner.tolist(), other.xy]))
        middle = shapely.line_interpolate_point(
            shapely.linestrings(chord), 0.5, normalized=True
        )
        if shapely.contains_properly(shape, middle):
            found.append(chord)
    if not found:
        raise _parts_nothing()
    lines: Any = [shapely.linestrings(chord) for chord in found]
    together = shapely.multilinestrings(lines)
    if not shapely.is_simple(together) or not all(_simple(chord) for chord in found):
        raise _crosses_itself()
    return found


def _simple(chord: Coordinates) -> bool:
    return bool(shapely.is_simple(shapely.linestrings(chord)))


def _pieces(
    threads: Weave, unit: int, chords: Sequence[Coordinates]
) -> tuple[set[tuple[float, float]], list[Any]]:
    """Return the ends of chords that part the unit, and its pieces."""
    ends = np.array([chord[at] for chord in chords for at in (0, -1)])
    edges = [_noded(threads.arcs[arc], ends) for arc in threads.arcs_of(unit)]
    edges += [np.stack([chord[:-1], chord[1:]], axis=1) for chord in chords]
    lines: Any = shapely.linestrings(np.concatenate(edges))
    faces = shapely.get_parts(shapely.polygonize(lines))
    inside = faces[
        shapely.contains(threads.drawn(unit), shapely.point_on_surface(faces))
    ]
    parts = shapely.get_parts(threads.drawn(unit))
    if len(inside) <= len(parts):
        raise _parts_nothing()
    if len(inside) - len(parts) + 1 > MOST_PIECES:
        raise GeometryError(
            Text(
                f"线把单位分成了超过 {MOST_PIECES} 块。",
                f"The line makes more than {MOST_PIECES} pieces.",
            ),
            Text("请少穿过界线。", "Cross the border less often."),
        )
    corners = set(map(tuple, shapely.get_coordinates(inside).tolist()))
    used = {
        tuple(chord[at].tolist())
        for chord in chords
        if all(tuple(xy) in corners for xy in chord.tolist())
        for at in (0, -1)
    }
    cut = _of_parts(parts, inside)
    largest = int(np.argmax([shapely.area(face) for face in cut]))
    whole = [face for face in inside if not any(face is one for one in cut)]
    pieces = [
        shapely.multipolygons([face, *whole] if n == largest else [face])
        for n, face in enumerate(cut)
    ]
    pieces = [shapely.orient_polygons(piece) for piece in pieces]
    return used, sorted(pieces, key=lambda piece: -shapely.area(piece))


def _of_parts(parts: Any, faces: Any) -> list[Any]:
    """Return the faces of those parts that were cut."""
    middle = shapely.point_on_surface(faces)
    held = shapely.contains(parts[:, None], middle[None, :])
    several = held.sum(axis=1) > 1
    return list(faces[held[several].any(axis=0)])


def _noded(arc: Coordinates, ends: Coordinates) -> Any:
    """Return an arc's edges, cut where chords end on them."""
    starts, stops = arc[:-1], arc[1:]
    lines: Any = shapely.linestrings(np.stack([starts, stops], axis=1))
    tree = shapely.STRtree(lines)
    point, edge = tree.query(shapely.points(ends), predicate="dwithin", distance=1e-12)
    cuts: dict[int, set[tuple[float, float]]] = {}
    for p, e in zip(point.tolist(), edge.tolist(), strict=True):
        cuts.setdefault(e, set()).add((float(ends[p][0]), float(ends[p][1])))
    edges = []
    for at, (a, b) in enumerate(zip(starts.tolist(), stops.tolist(), strict=True)):
        inner = cuts.get(at, set()) - {tuple(a), tuple(b)}
        way = np.subtract(b, a)
        ordered = sorted(inner, key=lambda xy: float(np.dot(np.subtract(xy, a), way)))
        run = [a, *map(list, ordered), b]
        edges += [[one, other] for one, other in pairwise(run)]
    return np.array(edges, dtype=float).reshape(-1, 2, 2)


def _with_vertices(
    threads: Weave, crossings: Sequence[Crossing]
) -> dict[int, Coordinates]:
    """Return the arcs that get new vertices."""
    wanted: dict[int, set[tuple[int, float, tuple[float, float]]]] = {}
    for crossing in crossings:
        if 0.0 < crossing.part < 1.0:
            entry = (crossing.segment, crossing.part, crossing.xy)
            wanted.setdefault(crossing.arc, set()).add(entry)
    return {
        arc: np.insert(
            threads.arcs[arc],
            [segment + 1 for segment, _, _ in sorted(entries)],
            [xy for _, _, xy in sorted(entries)],
            axis=0,
        )
        for arc, entries in wanted.items()
    }


def _require_whole(unit: str, shape: Any, pieces: Sequence[Any]) -> None:
    total, before = sum(map(shapely.area, pieces)), shapely.area(shape)
    if abs(total - before) > 1e-9 * before or not all(p.is_valid for p in pieces):
        raise GeometryError(
            Text(
                f"{unit} 不能沿此线拆分：各块之和与原单位不符。",
                f"{unit} cannot be split so: its pieces do not make it up.",
            ),
            Text("请移动线的端点后重试。", "Move the line's ends and try again."),
        )


def _require_made_of(unit: str, shape: Any, children: Sequence[Any]) -> None:
    if not dissolve([shape], children).is_empty:
        raise GeometryError(
            Text(
                f"{unit} 与其下级单位不完全吻合，不能按下级拆分。",
                f"{unit} and the units below it do not match.",
            ),
            Text("请先采用修复建议。", "Accept the suggested repairs first."),
        )


def _parts_nothing() -> GeometryError:
    return GeometryError(
        Text("这条线没有把单位分开。", "This line does not part the unit."),
        Text(
            "线须从界线的一处穿到另一处。",
            "It must run from one place of the border to another.",
        ),
    )


def _crosses_itself() -> GeometryError:
    return GeometryError(
        Text("分割线与自身相交。", "The line crosses itself."),
        Text("请重新画线。", "Draw it again."),
    )
