"""The units of the city on the land: which atom belongs to which community."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely

from demonstration import plan
from demonstration.atoms import Atoms, Ints
from demonstration.land import CORE, KM, MAIN_RIVER, Land
from demonstration.naming import Names
from demonstration.partition import Neighbours

IMPASSABLE = 1e6
"""Added to the main river in the city: no unit spreads over it there."""
SKIPPED = 3
"""Codes left free before the forest farm's, as real tables leave some."""
_URBAN = {"street"}


@dataclass(frozen=True)
class Township:
    """A street, town or township of one vintage."""

    code: str
    name: str
    """Full name with its ending."""
    kind: str
    district: str
    predecessors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Community:
    """A community or village of one vintage."""

    code: str
    name: str
    kind: str
    township: str
    enclave: bool = False
    predecessors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Vintage:
    """Who is where from one day on. ``atoms`` holds a community's position or -1."""

    townships: dict[str, Township]
    communities: list[Community]
    atoms: Ints

    def members(self, number: int) -> Ints:
        """Return the atoms of a community."""
        return np.flatnonzero(self.atoms == number)

    def township_of(self) -> list[str]:
        """Return for each atom the code of its township, empty at sea."""
        codes = [community.township for community in self.communities]
        return [codes[n] if n >= 0 else "" for n in self.atoms]

    def moved(self, atoms: Ints, to: int) -> Vintage:
        """Return the vintage with some atoms given to another community."""
        changed = self.atoms.copy()
        changed[atoms] = to
        return replace(self, atoms=changed)


ENDINGS = {"street": "街道", "town": "镇", "township": "乡"}
_FIRST = {"street": 1, "town": 100, "township": 200}


class HemmedInError(LookupError):
    """A district has no room: the rivers of this land shut its seat in."""


def settle(land: Land, graph: Neighbours, rng: np.random.Generator) -> Vintage:
    """Return the first vintage: districts, then townships, then communities.

    Raises
    ------
    HemmedInError
        When a district does not get half the ground the plan gives it.
    """
    islands = np.zeros(len(land.atoms.seeds), dtype=bool)
    for island in land.islands:
        islands[island] = True
    mainland = land.atoms.land & ~islands
    centres = [_nearest(land.atoms, mainland, d.seat) for d in plan.DISTRICTS]
    shares = [district.area_km2 for district in plan.DISTRICTS]
    owner = graph.divide(mainland, centres, shares, rounds=40)
    names = Names(rng)
    _require_ground(land.atoms, owner, shares)
    townships: dict[str, Township] = {}
    communities: list[Community] = []
    atoms = np.full(len(land.atoms.seeds), -1, dtype=np.int64)
    for number, district in enumerate(plan.DISTRICTS):
        parts = _township_parts(graph, land, owner == number, district, rng)
        for code, township, members in parts:
            name = township.name + ENDINGS[township.kind]
            townships[code] = Township(code, name, township.kind, district.code)
            for piece in _community_parts(graph, members, township, rng):
                atoms[piece] = len(communities)
                communities.append(_community(code, township.kind, communities, names))
    vintage = Vintage(townships, communities, atoms)
    vintage = _with_islands(vintage, land)
    return _with_enclave(vintage, land.atoms, graph)


def costs(land: Land) -> np.ndarray:
    """Return what it costs a unit to spread over each edge: water and ridges."""
    atoms = land.atoms
    a, b = atoms.sides.T
    length = np.hypot(*(atoms.seeds[a] - atoms.seeds[b]).T)
    middle = (atoms.seeds[a] + atoms.seeds[b]) / 2
    ridge = np.maximum(land.height.at(middle), 0) ** 2
    wild = np.clip(np.hypot(*(middle - CORE).T) / KM / 12 - 0.5, 0, 1)
    price = length * (1 + 1.6 * ridge * wild) * np.exp(0.75 * land.detail.at(middle))
    for name, edges in land.rivers.items():
        price[edges] += 5200 if name == MAIN_RIVER else 1900
    main = land.rivers[MAIN_RIVER]
    price[main[np.hypot(*(middle[main] - CORE).T) < 9 * KM]] += IMPASSABLE
    return price


def _nearest(atoms: Atoms, members: np.ndarray, seat: tuple[float, float]) -> int:
    inside = np.flatnonzero(members)
    gaps = np.hypot(*(atoms.seeds[inside] - np.array(seat) * KM).T)
    return int(inside[gaps.argmin()])


def _require_ground(atoms: Atoms, owner: Ints, shares: list[float]) -> None:
    held = owner >= 0
    area = np.bincount(owner[held], atoms.area_m2[held], len(shares))
    if (area / area.sum() < np.array(shares) / sum(shares) / 2).any():
        raise HemmedInError


def _township_parts(
    graph: Neighbours,
    land: Land,
    members: np.ndarray,
    district: plan.District,
    rng: np.random.Generator,
) -> list[tuple[str, plan.Township, Ints]]:
    """Return the townships of a district; streets nearest to the city's middle."""
    centres = graph.spread(members, len(district.townships), rng)
    away = [float(np.hypot(*(land.atoms.seeds[c] - CORE))) for c in centres]
    order = [centres[i] for i in np.argsort(away)]
    shares = [t.size * rng.uniform(0.75, 1.3) for t in district.townships]
    owner = graph.divide(members, order, shares, rounds=36, follow=True)
    counters = dict(_FIRST)
    parts = []
    for number, township in enumerate(district.townships):
        code = f"{district.code}{counters[township.kind]:03d}"
        counters[township.kind] += 1
        parts.append((code, township, np.flatnonzero(owner == number)))
    return parts


def _community_parts(
    graph: Neighbours, members: Ints, township: plan.Township, rng: np.random.Generator
) -> list[Ints]:
    inside = np.zeros(len(graph.atoms.seeds), dtype=bool)
    inside[members] = True
    count = min(township.communities, max(2, len(members) // 6))
    centres = graph.spread(inside, count, rng)
    shares = rng.uniform(0.6, 1.5, count)
    owner = graph.divide(inside, centres, list(shares), rounds=20, follow=True)
    return [np.flatnonzero(owner == n) for n in range(count) if (owner == n).any()]


def _community(
    township: str, kind: str, made: list[Community], names: Names
) -> Community:
    before = [c for c in made if c.township == township]
    is_urban = kind in _URBAN or (kind == "town" and len(before) < 2)
    same = [c for c in before if (c.kind == "community") == is_urban]
    serial = (1 if is_urban else 200) + len(same)
    return Community(
        code=f"{township}{serial:03d}",
        name=names.community() if is_urban else names.village(),
        kind="community" if is_urban else "village",
        township=township,
    )


def _with_islands(vintage: Vintage, land: Land) -> Vintage:
    """Give the islands to the village of their town that lies nearest."""
    town = named(vintage, plan.ISLANDS_OF)
    for island in land.islands:
        middle = land.atoms.seeds[island].mean(axis=0)
        mine = [n for n, c in enumerate(vintage.communities) if c.township == town]
        gaps = [
            np.hypot(*(land.atoms.seeds[vintage.members(n)] - middle).T).min()
            for n in mine
        ]
        nearest = mine[int(np.argmin(gaps))]
        vintage = vintage.moved(island, nearest)
        vintage.communities[nearest] = replace(
            vintage.communities[nearest], enclave=True
        )
    return vintage


def _with_enclave(vintage: Vintage, atoms: Atoms, graph: Neighbours) -> Vintage:
    """Cut a forest farm out of the middle of one town and give it to another."""
    host, owner = named(vintage, plan.ENCLAVE_IN), named(vintage, plan.ENCLAVE_OF)
    townships = np.array(vintage.township_of())
    inside = townships == host
    depth = _depth(graph, inside)
    centre = int(np.argmax(np.where(inside, depth, -1)))
    gaps = np.hypot(*(atoms.seeds - atoms.seeds[centre]).T)
    reach = np.sort(gaps[inside])[9]
    farm = np.flatnonzero(inside & (gaps <= reach) & (depth >= 2))
    serial = (
        200
        + SKIPPED
        + sum(c.township == owner and c.kind == "village" for c in vintage.communities)
    )
    vintage.communities.append(
        Community(
            code=f"{owner}{serial:03d}",
            name=plan.ENCLAVE_NAME + "村",
            kind="village",
            township=owner,
            enclave=True,
        )
    )
    return vintage.moved(farm, len(vintage.communities) - 1)


def _depth(graph: Neighbours, inside: np.ndarray) -> Ints:
    """Return how many atoms each member is away from the rim of its unit."""
    depth = np.where(inside, -1, 0)
    one, other = graph.atoms.sides.T
    apart = inside[one] != (inside[other] & (other >= 0))
    rim = sorted(
        {*one[apart & inside[one]].tolist(), *other[apart & inside[other]].tolist()}
    )
    step, wave = 0, rim
    while wave:
        for atom in wave:
            depth[atom] = step
        step += 1
        wave = sorted(
            {o for atom in wave for o, _ in graph.lists[atom] if depth[o] == -1}
        )
    return depth


def named(vintage: Vintage, name: str) -> str:
    """Return the code of the township whose name without its ending this is."""
    return next(
        code
        for code, t in vintage.townships.items()
        if t.name in {name + end for end in ENDINGS.values()}
    )


def pieces_of(atoms: Atoms, members: Ints) -> int:
    """Return of how many connected pieces some atoms consist."""
    cells = [shapely.Polygon(atoms.corners[atoms.rings[i]]) for i in members]
    return int(shapely.get_num_geometries(shapely.union_all(cells)))
