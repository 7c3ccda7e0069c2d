"""The second vintage: a split, a merge, two moved borders and a 镇改街道."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from demonstration import plan
from demonstration.atoms import Ints
from demonstration.partition import Neighbours
from demonstration.units import (
    ENDINGS,
    Community,
    Township,
    Vintage,
    named,
    pieces_of,
)


@dataclass(frozen=True)
class Event:
    """What happened, by code, and the (invented) document behind it."""

    type: str
    before: tuple[str, ...]
    after: tuple[str, ...]
    document: str
    approved: str

    def to_dict(self) -> dict[str, object]:
        """Return the event as JSON."""
        return {
            "type": self.type,
            "from": list(self.before),
            "to": list(self.after),
            "document": self.document,
            "approved": self.approved,
            "effective": plan.SECOND_DAY,
        }


def reformed(first: Vintage, graph: Neighbours) -> tuple[Vintage, list[Event]]:
    """Return the second vintage and the events that lead to it."""
    vintage, events = first, []
    for step in (
        _split,
        _merged,
        _communities_merged,
        _town_to_street,
        _border_within,
        _border_between,
    ):
        vintage, found = step(vintage, graph)
        events += found
    return vintage, events


def adjusted(second: Vintage, graph: Neighbours) -> Vintage:
    """Return the second vintage with one more border moved, for a sound draft."""
    moved, _ = _moved(
        second, graph, "文枢", same=True, size=9, document="border_within"
    )
    return moved


def _split(vintage: Vintage, graph: Neighbours) -> tuple[Vintage, list[Event]]:
    """Abolish one street and establish two on its land."""
    old = named(vintage, plan.REFORMS["split"]["of"])
    mine = _communities(vintage, old)
    groups = _halves(vintage, graph, mine)
    names = plan.REFORMS["split"]["into"]
    codes = []
    for name, group in zip(names, groups, strict=True):
        vintage, code = _established(vintage, name, "street", (old,), group)
        codes.append(code)
    vintage = _without(vintage, old)
    return vintage, [Event("split", (old,), tuple(codes), *plan.APPROVALS["split"])]


def _merged(vintage: Vintage, _graph: Neighbours) -> tuple[Vintage, list[Event]]:
    """Abolish two streets and establish one on their land."""
    old = tuple(named(vintage, name) for name in plan.REFORMS["merge"]["of"])
    mine = [n for code in old for n in _communities(vintage, code)]
    name = plan.REFORMS["merge"]["into"]
    vintage, code = _established(vintage, name, "street", old, mine)
    for gone in old:
        vintage = _without(vintage, gone)
    return vintage, [Event("merge", old, (code,), *plan.APPROVALS["merge"])]


def _communities_merged(
    vintage: Vintage, graph: Neighbours
) -> tuple[Vintage, list[Event]]:
    """Give one community to its neighbour; its code is not used again."""
    township = named(vintage, plan.REFORMS["communities_merged"]["of"])
    mine = list(_communities(vintage, township))
    gone, kept = next(
        (a, b)
        for a in mine[1:-1]
        for b in mine
        if a != b and _touching(vintage, graph, a, b) > 3
    )
    absorbed = vintage.moved(vintage.members(gone), kept)
    codes = [vintage.communities[n].code for n in (gone, kept)]
    event = Event(
        "merge", (codes[0],), (codes[1],), *plan.APPROVALS["communities_merged"]
    )
    return absorbed, [event]


def _touching(vintage: Vintage, graph: Neighbours, one: int, other: int) -> int:
    """Return how many edges two communities share."""
    inside = set(vintage.members(other).tolist())
    return sum(
        neighbour in inside
        for atom in vintage.members(one)
        for neighbour, _ in graph.lists[atom]
    )


def _town_to_street(
    vintage: Vintage, _graph: Neighbours
) -> tuple[Vintage, list[Event]]:
    """Make a street of a town: another kind, so another code."""
    name = plan.REFORMS["town_to_street"]["of"]
    old = named(vintage, name)
    mine = _communities(vintage, old)
    vintage, code = _established(vintage, name, "street", (old,), mine)
    vintage = _without(vintage, old)
    document = plan.APPROVALS["town_to_street"]
    return vintage, [Event("town_to_street", (old,), (code,), *document)]


def _border_within(vintage: Vintage, graph: Neighbours) -> tuple[Vintage, list[Event]]:
    """Move the border between two streets of one district."""
    return _moved(vintage, graph, "听澜", same=True, size=14, document="border_within")


def _border_between(vintage: Vintage, graph: Neighbours) -> tuple[Vintage, list[Event]]:
    """Move the border between two streets of different districts."""
    return _moved(
        vintage, graph, "观棋", same=False, size=10, document="border_between"
    )


def _communities(vintage: Vintage, township: str) -> list[int]:
    return [n for n, c in enumerate(vintage.communities) if c.township == township]


def _established(
    vintage: Vintage,
    name: str,
    kind: str,
    before: tuple[str, ...],
    communities: list[int],
) -> tuple[Vintage, str]:
    """Return the vintage with a new unit that holds some communities.

    The code is the next after the last ever used in its range, and so are those of
    the communities: an abolished code is not used again.
    """
    district = vintage.townships[before[0]].district
    used = [
        int(code[6:])
        for code, unit in vintage.townships.items()
        if unit.district == district and unit.kind == kind
    ]
    code = f"{district}{max(used) + 1:03d}"
    unit = Township(code, name + ENDINGS[kind], kind, district, before)
    moved = dict(enumerate(vintage.communities))
    counters = {"community": 1, "village": 200}
    for n in communities:
        old = moved[n]
        moved[n] = replace(
            old,
            code=f"{code}{counters[old.kind]:03d}",
            township=code,
            predecessors=(old.code,),
        )
        counters[old.kind] += 1
    townships = {**vintage.townships, code: unit}
    return replace(vintage, townships=townships, communities=list(moved.values())), code


def _without(vintage: Vintage, code: str) -> Vintage:
    kept = {key: unit for key, unit in vintage.townships.items() if key != code}
    return replace(vintage, townships=kept)


def _halves(
    vintage: Vintage, graph: Neighbours, communities: list[int]
) -> list[list[int]]:
    """Return the communities in two connected groups of similar area."""
    atoms = graph.atoms
    middles = np.array(
        [atoms.seeds[vintage.members(n)].mean(axis=0) for n in communities]
    )
    areas = np.array([atoms.area_m2[vintage.members(n)].sum() for n in communities])
    for angle in np.linspace(0, np.pi, 12, endpoint=False):
        along = middles @ np.array([np.cos(angle), np.sin(angle)])
        order = np.argsort(along)
        cut = int(np.searchsorted(np.cumsum(areas[order]), areas.sum() / 2)) + 1
        groups = [
            [communities[i] for i in order[:cut]],
            [communities[i] for i in order[cut:]],
        ]
        lands = [np.flatnonzero(np.isin(vintage.atoms, group)) for group in groups]
        if all(pieces_of(atoms, land) == 1 for land in lands):
            return groups
    raise AssertionError("no straight cut leaves two connected halves")


def _moved(
    vintage: Vintage,
    graph: Neighbours,
    name: str,
    *,
    same: bool,
    size: int,
    document: str,
) -> tuple[Vintage, list[Event]]:
    """Give a strip of one street to a neighbour in the same or another district."""
    giver = named(vintage, name)
    settled = {
        code for code, unit in vintage.townships.items() if not unit.predecessors
    }
    for strip, taker in _strips(vintage, graph, giver, size):
        other = vintage.communities[taker].township
        is_same = other[:6] == giver[:6]
        if is_same is not same or other not in settled:
            continue
        candidate = vintage.moved(strip, taker)
        touched = {int(n) for n in vintage.atoms[strip]} | {taker}
        if all(_is_sound(candidate, graph, n) for n in touched) and all(
            pieces_of(
                graph.atoms,
                np.flatnonzero(np.array(candidate.township_of()) == code),
            )
            == 1
            for code in (giver, other)
        ):
            event = Event("border", (giver,), (other,), *plan.APPROVALS[document])
            return candidate, [event]
    raise AssertionError(f"no strip of {name} can be given away")


def _strips(
    vintage: Vintage, graph: Neighbours, giver: str, size: int
) -> list[tuple[Ints, int]]:
    """Return strips of the giver along its rim and the community across from each."""
    townships = np.array(vintage.township_of())
    inside = townships == giver
    across: dict[int, list[int]] = {}
    for atom in np.flatnonzero(inside):
        for other, _ in graph.lists[atom]:
            if townships[other] and townships[other] != giver:
                across.setdefault(int(vintage.atoms[other]), []).append(int(atom))
    strips = []
    for taker, rim in sorted(across.items(), key=lambda item: -len(item[1])):
        middle = graph.atoms.seeds[rim].mean(axis=0)
        gaps = np.hypot(*(graph.atoms.seeds - middle).T)
        nearest = np.flatnonzero(inside)[np.argsort(gaps[inside])][:size]
        strips.append((nearest, taker))
    return strips


def _is_sound(vintage: Vintage, graph: Neighbours, number: int) -> bool:
    """Tell whether a community still has land, in one piece."""
    land = vintage.members(number)
    return len(land) > 3 and pieces_of(graph.atoms, land) == 1


__all__ = ["Community", "Event", "reformed"]
