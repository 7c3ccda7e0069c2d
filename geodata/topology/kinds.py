"""Which kind of conflict each place is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely

from geodata.topology import measure
from geodata.topology.findings import Place
from geodata.topology.kernels import arranging

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from geodata.topology.arrangement import Arrangement
    from geodata.topology.coverage import Faces
    from geodata.topology.survey import Survey
    from geodata.topology.units import Units

SLIVER_M = 0.5
"""An overlap or gap narrower than this on average is a sliver."""
SLIVER_M2 = 1.0
"""So is one smaller than this."""
SAME_SHARE = 1 - 1e-6
"""Two units that share this part of both are one drawn twice."""
NEAR_SHARE = 0.95
"""Two units that share this part of both are nearly the same."""
HOST_SHARE = 0.95
"""A unit covered this much by a larger one lies in a host that was not cut."""
MISSING_SHARE = 0.1
"""A hole at least this share of its neighbours' median area may be a unit."""
COMPACT = 0.2
"""A hole as wide as this share of its area's root has the shape of a unit."""
REDRAWN = 3
"""So many places along one border make it a border drawn twice."""


def coverage_places(
    units: Units, survey: Survey, made: Arrangement, faces: Faces, tolerance_m: float
) -> list[Place]:
    """Return overlaps, gaps and borders that do not match, by kind."""
    area = units.metres.area_m2(faces.polygons)
    around = units.metres.perimeter_m(faces.polygons)
    width = measure.strip_width(area, around)
    near, pair_of = _near_pairs(units, made, faces, tolerance_m)
    rest = np.flatnonzero(pair_of < 0)
    places = _near_vertices(units, made, near, pair_of)
    kind = _whole_units(survey, faces)
    strips = rest[[kind[place] == "" for place in rest.tolist()]]
    redrawn = _redrawn(made, faces, strips)
    for group in redrawn:
        places.append(_border(units, faces, group, area, around))
    done = np.zeros(len(faces.units), bool)
    done[[place for group in redrawn for place in group]] = True
    done |= pair_of >= 0
    places += _pairs(units, survey, faces, kind, area, width, done)
    for place in np.flatnonzero(~done).tolist():
        if kind[place] == "":
            places.append(_one(units, survey, faces, place, area, width))
    return places + _lacking(units, made)


def _one(
    units: Units,
    survey: Survey,
    faces: Faces,
    place: int,
    area: NDArray[np.float64],
    width: NDArray[np.float64],
) -> Place:
    """Return one overlap, gap or hole the size of a unit."""
    rows = faces.units[place]
    who = tuple(sorted(units.keys[row] for row in rows))
    size, wide = float(area[place]), float(width[place])
    thin = wide < SLIVER_M or size < SLIVER_M2
    if faces.count[place] > 1:
        rule, kind = ("sliver_overlap" if thin else "overlap"), "give"
    else:
        rule, kind = ("sliver_gap" if thin else "gap"), "fill"
        if not thin and wide >= COMPACT * np.sqrt(size):
            around = np.median(survey.area[list(rows)]) if rows else np.inf
            if faces.share[place] >= MISSING_SHARE * around:
                rule, kind = "missing_unit", ""
    repair = {"kind": kind, "to": None, "among": list(who)} if kind and who else None
    return Place(rule, who, faces.polygons[place], size, wide, repair=repair)


def _whole_units(survey: Survey, faces: Faces) -> list[str]:
    """Tell duplicates and uncut hosts by what the same units share in all places."""
    total: dict[tuple[int, ...], float] = {}
    for place in np.flatnonzero(faces.count > 1).tolist():
        who = faces.units[place]
        total[who] = total.get(who, 0.0) + float(faces.share[place])
    kinds: dict[tuple[int, ...], str] = {}
    for who, shared in total.items():
        small, large = survey.area[list(who)].min(), survey.area[list(who)].max()
        if shared >= SAME_SHARE * large:
            kinds[who] = "duplicate"
        elif shared >= NEAR_SHARE * large:
            kinds[who] = "near_duplicate"
        elif len(who) == 2 and shared >= HOST_SHARE * small:
            kinds[who] = "uncut_host"
    many = faces.count > 1
    return [
        kinds.get(who, "") if over else ""
        for who, over in zip(faces.units, many.tolist(), strict=True)
    ]


def _pairs(
    units: Units,
    survey: Survey,
    faces: Faces,
    kind: list[str],
    area: NDArray[np.float64],
    width: NDArray[np.float64],
    done: NDArray[np.bool_],
) -> list[Place]:
    """Return one finding for units of which one lies on the other."""
    groups: dict[tuple[int, ...], list[int]] = {}
    for place, word in enumerate(kind):
        if word and not done[place]:
            groups.setdefault(faces.units[place], []).append(place)
    places = []
    for rows, mine in groups.items():
        word = kind[mine[0]]
        inner, outer = sorted(rows, key=lambda row: (survey.area[row], -row))[
            :: len(rows) - 1
        ]
        names = {"unit": units.keys[inner], "host": units.keys[outer]}
        if word != "uncut_host":
            names = {"unit": units.keys[max(rows)], "host": units.keys[min(rows)]}
        repair = {"duplicate": "drop", "uncut_host": "cut_host"}.get(word)
        who = tuple(sorted(units.keys[row] for row in rows))
        places.append(
            Place(
                word,
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
    made: Arrangement, faces: Faces, places: NDArray[np.intp]
) -> list[list[int]]:
    """Return groups of strips that two drawings of one border leave.

    Of one connected piece and between the same two units, some of them overlaps and
    some gaps.
    """
    two = [
        place
        for place in places.tolist()
        if faces.cycle[place] >= 0 and len(faces.units[place]) == 2
    ]
    table = pd.DataFrame(
        {
            "place": two,
            "piece": made.part[faces.cycle[two]] if two else [],
            "one": [faces.units[place][0] for place in two],
            "two": [faces.units[place][1] for place in two],
            "gap": faces.count[two] == 0 if two else [],
        }
    )
    groups = table.groupby(["piece", "one", "two"], sort=True)
    gaps = groups["gap"].transform("sum")
    size = groups["gap"].transform("size")
    table = table[(size >= REDRAWN) & (gaps > 0) & (gaps < size)]
    found = table.groupby(["piece", "one", "two"], sort=True)["place"].apply(list)
    return list(found)


def _border(
    units: Units,
    faces: Faces,
    group: list[int],
    area: NDArray[np.float64],
    around: NDArray[np.float64],
) -> Place:
    """Return the finding for a border drawn twice."""
    who = tuple(sorted(units.keys[row] for row in faces.units[group[0]]))
    strips = shapely.get_parts(faces.polygons[group])
    length = around[group].sum() / 2
    return Place(
        "redrawn_border",
        who,
        shapely.multipolygons(strips),
        float(area[group].sum()),
        float(area[group].sum() / length),
        float(length),
        repair={"kind": "midline", "among": list(who)},
    )


def _near_pairs(
    units: Units, made: Arrangement, faces: Faces, tolerance_m: float
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """Return pairs of vertices meant to be one, and the pair behind each place.

    A pair is two vertices within the tolerance that no unit has both of. A place is
    theirs when besides crossings it has no more than two other corners.
    """
    pair_of = np.full(len(faces.units), -1, np.intp)
    eps = units.metres.units(tolerance_m)
    node, where, moved = arranging.nodes_of(made.xy[: made.original], eps)
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
    corner = _corners(made)
    for place, face in enumerate(faces.cycle.tolist()):
        if face < 0:
            continue
        at = corner(face)
        at = at[at < made.original]
        mine = number[at]
        pairs_here = np.unique(mine[mine >= 0])
        if len(pairs_here) == 1 and (mine < 0).sum() <= 2:
            pair_of[place] = pairs_here[0]
    return pairs, pair_of


def _corners(made: Arrangement) -> Any:
    """Return a function that gives the nodes around a face, up to ten of them."""

    def corners(face: int) -> NDArray[np.intp]:
        begin = int(made.first[face])
        nodes, half = [], begin
        for _ in range(10):
            ends = made.b if half & 1 else made.a
            nodes.append(int(ends[half >> 1]))
            half = int(made.after[half])
            if half == begin:
                break
        return np.unique(np.array(nodes, np.intp))

    return corners


def _drawn_at(made: Arrangement, nodes: NDArray[np.intp]) -> dict[int, set[int]]:
    """Return the units that draw an edge at each node."""
    found: dict[int, set[int]] = {}
    wanted = np.zeros(len(made.xy), bool)
    wanted[nodes] = True
    for ends in (made.a[made.edge], made.b[made.edge]):
        mine = wanted[ends]
        for node, unit in zip(
            ends[mine].tolist(), made.unit[mine].tolist(), strict=True
        ):
            found.setdefault(node, set()).add(unit)
    return found


def _near_vertices(
    units: Units,
    made: Arrangement,
    pairs: NDArray[np.int64],
    pair_of: NDArray[np.intp],
) -> list[Place]:
    """Return one finding for every pair of vertices that spoils a place."""
    used = np.unique(pair_of[pair_of >= 0])
    drawn = _drawn_at(made, np.unique(pairs[used])) if len(used) else {}
    places = []
    for p, q in pairs[used].tolist():
        one, two = drawn[p], drawn[q]
        # The fewer units draw it, the likelier it is the vertex that is off.
        moved, kept = (q, p) if len(two) <= len(one) else (p, q)
        who = tuple(sorted(units.keys[row] for row in one | two))
        apart = made.xy[[p, q]]
        length = units.metres.length_m(apart, np.zeros(2, np.intp), 1)[0]
        places.append(
            Place(
                "near_vertex",
                who,
                shapely.MultiPoint([made.xy[moved]]),
                length_m=float(length),
                repair={
                    "kind": "snap",
                    "unit": units.keys[min(drawn[moved])],
                    "from": [made.xy[moved].tolist()],
                    "onto": [made.xy[kept].tolist()],
                    "among": list(who),
                },
                detail={"count": 1},
            )
        )
    return places


def _lacking(units: Units, made: Arrangement) -> list[Place]:
    """Return borders on which a unit lacks vertices that its neighbours have."""
    if not len(made.lacking):
        return []
    having: dict[tuple[int, int], list[int]] = {}
    for node, lacks, has in made.lacking.tolist():
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
                    "has": "、".join(units.keys[row] for row in has),
                    "count": len(nodes),
                },
            )
        )
    return places
