"""Which kind of conflict each place is."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

import numpy as np
import shapely

from geodata.topology import measure
from geodata.topology.arrangement import distinct
from geodata.topology.findings import Place
from geodata.topology.kernels import arranging, tracing
from geodata.topology.sizes import USUAL, Sizes
from geodata.topology.wholes import wholes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.topology.arrangement import Arrangement
    from geodata.topology.coverage import Faces
    from geodata.topology.survey import Survey
    from geodata.topology.units import Units
    from geodata.topology.wholes import Whole

COMPACT = 0.2
"""A hole as wide as this share of its area's root has the shape of a unit."""
REDRAWN = 3
"""So many places along one border make it a border drawn twice."""


def coverage_places(
    units: Units,
    survey: Survey,
    made: Arrangement,
    faces: Faces,
    tolerance_m: float,
    sizes: Sizes = USUAL,
) -> list[Place]:
    """Return overlaps, gaps and borders that do not match, by kind."""
    area = units.metres.area_m2(faces.polygons)
    around = faces.around.copy()
    unknown = np.flatnonzero(np.isnan(around))
    around[unknown] = units.metres.perimeter_m(faces.polygons[unknown])
    width = measure.strip_width(area, around)
    near, pair_of = _near_pairs(units, made, faces, tolerance_m)
    rest = np.flatnonzero(pair_of < 0)
    places = _near_vertices(units, made, near)
    found, told = wholes(survey, faces, sizes)
    redrawn = _redrawn(units, made, faces, rest[~told[rest]])
    places += _borders(units, faces, redrawn, area, around)
    done = told | (pair_of >= 0)
    done[list(itertools.chain.from_iterable(redrawn))] = True
    places += _on_one_another(units, survey, faces, found, area, width)
    for place in np.flatnonzero(~done).tolist():
        places.append(_one(units, survey, faces, place, area, width, sizes))
    joined = np.unique(near)
    rows = made.lacking[~np.isin(made.lacking[:, 0], joined)]
    return places + _lacking(units, made, rows)


def _one(
    units: Units,
    survey: Survey,
    faces: Faces,
    place: int,
    area: NDArray[np.float64],
    width: NDArray[np.float64],
    sizes: Sizes,
) -> Place:
    """Return one overlap, gap or hole the size of a unit."""
    rows = faces.units[place]
    who = tuple(sorted(units.keys[row] for row in rows))
    size, wide = float(area[place]), float(width[place])
    thin = wide < sizes.sliver_m or size < sizes.sliver_m2
    if faces.count[place] > 1:
        rule, kind = ("sliver_overlap" if thin else "overlap"), "give"
    else:
        rule, kind = ("sliver_gap" if thin else "gap"), "fill"
        if not thin and wide >= COMPACT * np.sqrt(size):
            around = np.median(survey.area[list(rows)]) if rows else np.inf
            if faces.share[place] >= sizes.missing_share * around:
                rule, kind = "missing_unit", ""
    repair = {"kind": kind, "to": None, "among": list(who)} if kind and who else None
    return Place(rule, who, faces.polygons[place], size, wide, repair=repair)


def _on_one_another(
    units: Units,
    survey: Survey,
    faces: Faces,
    found: list[Whole],
    area: NDArray[np.float64],
    width: NDArray[np.float64],
) -> list[Place]:
    """Return one finding for units of which one lies on the other."""
    places = []
    for whole in found:
        rows, mine = whole.units, whole.places
        inner, outer = sorted(rows, key=lambda row: (survey.area[row], -row))[
            :: len(rows) - 1
        ]
        names = {"unit": units.keys[inner], "host": units.keys[outer]}
        if whole.word != "uncut_host":
            names = {"unit": units.keys[max(rows)], "host": units.keys[min(rows)]}
        repair = {"duplicate": "drop", "uncut_host": "cut_host"}.get(whole.word)
        who = tuple(sorted(units.keys[row] for row in rows))
        places.append(
            Place(
                whole.word,
                who,
                shapely.union_all(faces.polygons[mine]),
                float(area[mine].sum()),
                float(width[mine].max()),
                repair={"kind": repair, **names, "among": list(who)}
                if repair
                else None,
                detail={"inner": units.keys[inner], "host": units.keys[outer]},
            )
        )
    return places


def _redrawn(
    units: Units, made: Arrangement, faces: Faces, places: NDArray[np.intp]
) -> list[list[int]]:
    """Return groups of strips that two drawings of one border leave.

    Between the same two units, each strip touching the next, some of them overlaps
    and some gaps.
    """
    two = faces.size == 2
    mine = np.zeros(len(two), bool)
    mine[places] = True
    mine &= two & (faces.cycle >= 0)
    if mine.sum() < REDRAWN:
        return []
    first = (np.cumsum(faces.size) - faces.size)[mine]
    pair = np.zeros(len(two), np.int64)
    pair[mine] = faces.rows[first] * len(units) + faces.rows[first + 1]
    place, node = _corners(made, faces)
    kept = mine[place]
    place, node = place[kept], node[kept]
    order = np.lexsort((place, pair[place], node))
    place, node = place[order], node[order]
    next_to = (node[1:] == node[:-1]) & (pair[place[1:]] == pair[place[:-1]])
    group = tracing.components(place[:-1][next_to], place[1:][next_to], len(two))
    strips = np.flatnonzero(mine)
    strips = strips[np.argsort(group[strips], kind="stable")]
    size = np.bincount(group[strips], minlength=len(two))[group[strips]]
    gap = faces.count[strips] == 0
    gaps = np.bincount(group[strips], gap, minlength=len(two))[group[strips]]
    strips = strips[(size >= REDRAWN) & (gaps > 0) & (gaps < size)]
    bounds = np.flatnonzero(np.diff(group[strips], prepend=-1, append=-1)).tolist()
    rows = strips.tolist()
    return [rows[low:high] for low, high in itertools.pairwise(bounds)]


def _borders(
    units: Units,
    faces: Faces,
    groups: list[list[int]],
    area: NDArray[np.float64],
    around: NDArray[np.float64],
) -> list[Place]:
    """Return the findings for borders drawn twice."""
    if not groups:
        return []
    flat = np.array(list(itertools.chain.from_iterable(groups)), np.intp)
    number = np.repeat(np.arange(len(groups)), [len(group) for group in groups])
    parts, owner = shapely.get_parts(faces.polygons[flat], return_index=True)
    shapes = np.asarray(shapely.multipolygons(parts, indices=number[owner]))
    sizes = np.bincount(number, area[flat]).tolist()
    lengths = (np.bincount(number, around[flat]) / 2).tolist()
    places = []
    for group, shape, size, length in zip(groups, shapes, sizes, lengths, strict=True):
        who = tuple(sorted([units.keys[row] for row in faces.units[group[0]]]))
        repair = {"kind": "midline", "among": list(who)}
        drawn = Place(
            "redrawn_border", who, shape, size, size / length, length, repair=repair
        )
        places.append(drawn)
    return places


def _near_pairs(
    units: Units, made: Arrangement, faces: Faces, tolerance_m: float
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Return pairs of vertices meant to be one, and the pair behind each place.

    A pair is two vertices within the tolerance that no unit has both of. A place is
    theirs when besides crossings it has no more than two other corners.
    """
    pair_of = np.full(len(faces.units), -1, np.intp)
    eps = units.metres.units(tolerance_m)
    node, where, moved = arranging.nodes_of(
        made.xy[: made.original], eps, made.original
    )
    if not moved.any():
        return np.zeros((0, 2), np.int64), pair_of
    first = np.full(len(where), -1)
    order = np.arange(made.original)[::-1]
    first[node[order]] = order
    second = np.flatnonzero(moved)
    pairs = np.stack([first[node[second]], second], axis=1)
    # Three positions within the tolerance are no pair; nor two of one unit.
    once = np.bincount(node)[node[second]] == 2
    drawn = _drawn_at(made, np.unique(pairs))
    apart = [
        bool(drawn.get(p) and drawn.get(q) and not (drawn[p] & drawn[q]))
        for p, q in pairs.tolist()
    ]
    pairs = pairs[once & np.array(apart, bool)]
    number = np.full(len(made.xy), -1)
    number[pairs[:, 0]] = number[pairs[:, 1]] = np.arange(len(pairs))
    place, node = _corners(made, faces)
    mine = number[node]
    others = np.bincount(
        place[(mine < 0) & (node < made.original)], minlength=len(pair_of)
    )
    first = np.full(len(pair_of), len(pairs))
    last = np.full(len(pair_of), -1)
    of_pair = mine >= 0
    np.minimum.at(first, place[of_pair], mine[of_pair])
    np.maximum.at(last, place[of_pair], mine[of_pair])
    one = (first == last) & (others <= 2)
    pair_of[one] = first[one]
    # A pair on a longer strip is a part of that, not two vertices meant to be one.
    strip = np.zeros(len(pairs), bool)
    strip[mine[of_pair & ~one[place]]] = True
    kept = np.flatnonzero(~strip)
    renumbered = np.full(len(pairs) + 1, -1)
    renumbered[kept] = np.arange(len(kept))
    return pairs[kept], renumbered[pair_of].astype(np.intp)


def _corners(
    made: Arrangement, faces: Faces
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return pairs of place and node, each once, for the places of the arrangement."""
    at = np.full(len(made.area) + 1, -1)
    traced = faces.cycle >= 0
    at[faces.cycle[traced]] = np.flatnonzero(traced)
    half = np.flatnonzero(at[made.cycle] >= 0)
    node = np.where(half & 1, made.b[half >> 1], made.a[half >> 1]).astype(np.int64)
    place = at[made.cycle[half]]
    both = distinct(place * len(made.xy) + node)
    return both // len(made.xy), both % len(made.xy)


def _drawn_at(made: Arrangement, nodes: NDArray[np.intp]) -> dict[int, set[int]]:
    """Return the units that have a vertex at each node."""
    wanted = np.zeros(len(made.xy), bool)
    wanted[nodes] = True
    node, unit = made.drawn
    mine = wanted[node]
    found: dict[int, set[int]] = {}
    for at, row in zip(node[mine].tolist(), unit[mine].tolist(), strict=True):
        found.setdefault(at, set()).add(row)
    return found


def _near_vertices(
    units: Units, made: Arrangement, pairs: NDArray[np.int64]
) -> list[Place]:
    """Return one finding for the pairs of vertices between the same units."""
    drawn = _drawn_at(made, np.unique(pairs))
    groups: dict[tuple[int, tuple[int, ...]], list[tuple[int, int]]] = {}
    for p, q in pairs.tolist():
        one, two = drawn[p], drawn[q]
        # The fewer units draw it, the likelier it is the vertex that is off.
        moved, kept = (q, p) if len(two) <= len(one) else (p, q)
        mark = min(drawn[moved]), tuple(sorted(one | two))
        groups.setdefault(mark, []).append((moved, kept))
    places = []
    for (unit, rows), mine in groups.items():
        off, onto = (made.xy[[pair[side] for pair in mine]] for side in (0, 1))
        apart = np.stack([off, onto], axis=1).reshape(-1, 2)
        index = np.repeat(np.arange(len(mine)), 2)
        who = tuple(sorted(units.keys[row] for row in rows))
        places.append(
            Place(
                "near_vertex",
                who,
                shapely.multipoints(off),
                length_m=float(units.metres.length_m(apart, index, len(mine)).max()),
                repair={
                    "kind": "snap",
                    "unit": units.keys[unit],
                    "from": off.tolist(),
                    "onto": onto.tolist(),
                    "among": list(who),
                },
                detail={"count": len(mine)},
            )
        )
    return places


def _lacking(units: Units, made: Arrangement, rows: NDArray[np.int64]) -> list[Place]:
    """Return borders on which a unit lacks vertices that its neighbours have."""
    having: dict[tuple[int, int], list[int]] = {}
    for node, lacks, has in rows.tolist():
        having.setdefault((node, lacks), []).append(has)
    groups: dict[tuple[int, tuple[int, ...]], list[int]] = {}
    for (node, lacks), has in having.items():
        groups.setdefault((lacks, tuple(has)), []).append(node)
    places = []
    for (lacks, has), nodes in groups.items():
        names = tuple(sorted([units.keys[lacks], *(units.keys[row] for row in has)]))
        places.append(
            Place(
                "unmatched_vertex",
                names,
                shapely.multipoints(made.xy[nodes]),
                repair={
                    "kind": "insert",
                    "unit": units.keys[lacks],
                    "among": list(names),
                },
                detail={
                    "lacks": units.keys[lacks],
                    "has": tuple(units.keys[row] for row in has),
                    "count": len(nodes),
                },
            )
        )
    return places
