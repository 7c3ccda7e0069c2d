"""The street network: blocks in the city, grids in towns and villages, roads between.

Streets run from atom to atom, so they lie inside communities and cross a river only
where somebody built a bridge. They are lines as a bureau's own road layer has them:
long, crossing one another without a common point, now and then a hand's breadth short
of the junction, some of them above or below the others.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from demonstration import byways, plan
from demonstration.atoms import Ints
from demonstration.frames import to_degrees
from demonstration.land import CORE, KM, MAIN_RIVER, Land
from demonstration.relief import Points
from demonstration.strokes import Way, strokes
from geodata import crs

if TYPE_CHECKING:
    from demonstration.partition import Neighbours
    from demonstration.units import Vintage

SHORT_OF_M = 0.3
"""How far some lines end before the junction they were drawn to."""
_SUBURB_M, _CORE_M = 9.0 * KM, 6.6 * KM
_BRIDGE_STEP_M = {True: 1350.0, False: 700.0}


@dataclass
class Plan:
    """Streets while they are drawn: places and the ways between them."""

    nodes: list[Any]
    """(x, y) of each, plane metres; the atoms' seeds come first."""
    ways: dict[tuple[int, int], Way] = field(default_factory=dict)

    def add(self, a: int, b: int, way: Way) -> None:
        """Add a way unless there is a larger one already."""
        key = (min(a, b), max(a, b))
        before = self.ways.get(key)
        if before is None or way.rank < before.rank:
            self.ways[key] = way


def streets(
    land: Land, vintage: Vintage, graph: Neighbours, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Return the streets of a vintage as lines in longitude and latitude."""
    drawing = Plan([*land.atoms.seeds])
    crossed = _river_pairs(land)
    seats, hamlets = _settlements(land, vintage)
    _blocks(drawing, land, crossed, rng)
    _bridges(drawing, land, rng)
    _roads(drawing, land, graph, seats, hamlets, crossed)
    _grids(drawing, land, seats, hamlets, rng)
    _islands(drawing, land, graph)
    lines = strokes(drawing.nodes, drawing.ways, rng)
    lines += byways.footways(drawing.nodes, drawing.ways, land, rng)
    lines += byways.elevated(land)
    lines += byways.beside(lines, rng)
    return _frame(_drawn_by_hand(lines, rng), rng)


def _river_pairs(land: Land) -> dict[tuple[int, int], str]:
    """Return the pairs of atoms with a river between them."""
    found = {}
    for name, edges in land.rivers.items():
        for a, b in land.atoms.sides[edges].tolist():
            found[min(a, b), max(a, b)] = name
    return found


def _settlements(
    land: Land, vintage: Vintage
) -> tuple[dict[str, int], dict[str, tuple[int, str]]]:
    """Return the atom of each township's seat, and of each community with its kind."""
    townships = np.array(vintage.township_of())
    seats = {
        code: _middle(land, np.flatnonzero(townships == code))
        for code in vintage.townships
        if (townships == code).any()
    }
    hamlets = {
        each.code: (_middle(land, vintage.members(number)), each.kind)
        for number, each in enumerate(vintage.communities)
        if len(vintage.members(number))
    }
    return seats, hamlets


def _middle(land: Land, members: Ints) -> int:
    """Return the atom nearest to the middle of some."""
    middle = land.atoms.seeds[members].mean(axis=0)
    gaps = np.hypot(*(land.atoms.seeds[members] - middle).T)
    return int(members[gaps.argmin()])


def _blocks(
    drawing: Plan,
    land: Land,
    crossed: dict[tuple[int, int], str],
    rng: np.random.Generator,
) -> None:
    """Draw the streets of the city: along blocks, without diagonals."""
    atoms = land.atoms
    a, b = atoms.sides.T
    away = np.hypot(*(atoms.seeds - CORE).T)
    near = (atoms.sides >= 0).all(axis=1)
    near &= atoms.land[a] & atoms.land[b]
    near &= np.maximum(away[a], away[b]) < _SUBURB_M
    width = np.hypot(*np.diff(atoms.corners[atoms.edges], axis=1)[:, 0].T)
    long = np.hypot(*(atoms.seeds[a] - atoms.seeds[b]).T)
    missing = np.where(np.maximum(away[a], away[b]) < _CORE_M, 0.05, 0.22)
    kept = near & (width > 0.36 * long) & (rng.random(len(a)) > missing)
    for one, other in atoms.sides[kept].tolist():
        if (min(one, other), max(one, other)) not in crossed:
            drawing.add(one, other, Way("residential", straight=True))


def _bridges(drawing: Plan, land: Land, rng: np.random.Generator) -> None:
    """Draw the bridges of the city: few over the main river, more over the others."""
    atoms = land.atoms
    for name, edges in land.rivers.items():
        step_m = _BRIDGE_STEP_M[name == MAIN_RIVER]
        built: list[Points] = []
        for edge in edges[rng.permutation(len(edges))].tolist():
            a, b = atoms.sides[edge].tolist()
            if a < 0 or b < 0 or not (atoms.land[a] and atoms.land[b]):
                continue
            at = (atoms.seeds[a] + atoms.seeds[b]) / 2
            if np.hypot(*(at - CORE)) > _CORE_M:
                continue
            if all(np.hypot(*(at - other)) > step_m for other in built):
                built.append(at)
                kind = "primary" if name == MAIN_RIVER else "tertiary"
                drawing.add(a, b, Way(kind, straight=True, bridge=True))


def _roads(
    drawing: Plan,
    land: Land,
    graph: Neighbours,
    seats: dict[str, int],
    hamlets: dict[str, tuple[int, str]],
    crossed: dict[tuple[int, int], str],
) -> None:
    """Draw the roads between seats, to the villages, and from village to village."""
    matrix = _priced(graph, drawing)
    places = land.atoms.seeds
    codes = list(seats)
    outside = [
        (code, atom)
        for code, (atom, _) in hamlets.items()
        if np.hypot(*(places[atom] - CORE)) > 5 * KM
    ]
    cut_off = _cut_off(land, outside)
    price, came = dijkstra(
        matrix, indices=[seats[code] for code in codes], return_predecessors=True
    )

    def draw(row: int, end: int, kind: str, tree: Any) -> None:
        while (before := int(tree[row, end])) >= 0:
            key = (min(before, end), max(before, end))
            drawing.add(before, end, Way(kind, bridge=key in crossed))
            end = before

    for row, code in enumerate(codes):
        ends = [seats[other] for other in codes if other != code]
        nearest = sorted(ends, key=lambda end: price[row, end])
        for rank, end in enumerate(nearest[:3]):
            draw(row, end, "primary" if rank == 0 else "secondary", came)
    capital = codes.index(min(codes))
    for code in codes:
        draw(capital, seats[code], "primary", came)
    for code, atom in outside:
        if code != cut_off:
            draw(codes.index(code[:9]), atom, "tertiary", came)
    starts = [atom for code, atom in outside if code != cut_off]
    price, came = dijkstra(
        matrix, indices=starts, return_predecessors=True, limit=12_000.0
    )
    for row, start in enumerate(starts):
        others = [atom for atom in starts if atom != start]
        nearest = sorted(others, key=lambda end: price[row, end])
        for end in nearest[:2]:
            draw(row, end, "unclassified", came)


def _cut_off(land: Land, outside: list[tuple[str, int]]) -> str:
    """Return the village highest in the hills: no road on record leads there."""
    height = land.height.at(land.atoms.seeds[[atom for _, atom in outside]])
    away = [np.hypot(*(land.atoms.seeds[atom] - CORE)) for _, atom in outside]
    return outside[int(np.argmax(height * (np.array(away) > 20 * KM)))][0]


def _priced(graph: Neighbours, drawing: Plan) -> csr_matrix:
    """Return what a road from atom to atom costs; along a street there is one."""
    rows = [
        (a, b, 0.5 * price if (min(a, b), max(a, b)) in drawing.ways else price)
        for a, near in enumerate(graph.lists)
        for b, price in near
    ]
    for a, b in drawing.ways:
        if drawing.ways[a, b].bridge:
            length = float(np.hypot(*(drawing.nodes[a] - drawing.nodes[b])))
            rows += [(a, b, length), (b, a, length)]
    cheapest: dict[tuple[int, int], float] = {}
    for a, b, price in rows:
        cheapest[a, b] = min(price, cheapest.get((a, b), np.inf))
    ends = np.array(list(cheapest))
    size = len(graph.lists)
    return csr_matrix((list(cheapest.values()), ends.T), shape=(size, size))


def _grids(
    drawing: Plan,
    land: Land,
    seats: dict[str, int],
    hamlets: dict[str, tuple[int, str]],
    rng: np.random.Generator,
) -> None:
    """Draw the streets of towns and villages, turned as the ground lies."""
    atoms = land.atoms
    wanted = [(atom, 950.0, 145.0) for atom in seats.values()]
    for atom, kind in hamlets.values():
        urban = kind == "community"
        wanted.append((atom, 520.0 if urban else 360.0, 130.0 if urban else 105.0))
    waters = np.array(
        [
            shapely.LineString(atoms.corners[atoms.edges[edge]])
            for edges in land.rivers.values()
            for edge in edges
        ]
    )
    banks = shapely.STRtree(waters)
    shore = atoms.sides[(atoms.sides >= 0).all(axis=1)]
    shore = np.unique(shore[atoms.land[shore].sum(axis=1) == 1])
    wet = np.zeros(len(atoms.seeds), dtype=bool)
    wet[shore] = True
    seeds = shapely.STRtree(shapely.points(atoms.seeds))
    done: list[tuple[Points, float]] = []
    for atom, radius, step in wanted:
        at = atoms.seeds[atom]
        if np.hypot(*(at - CORE)) < _SUBURB_M - 600:
            continue
        if any(np.hypot(*(at - other)) < 0.85 * (radius + r) for other, r in done):
            continue
        done.append((at, radius))
        points, pairs = _grid(land, at, radius, step, rng)
        lines = shapely.linestrings(points[pairs])
        clear = np.ones(len(lines), dtype=bool)
        clear[banks.query(lines, predicate="dwithin", distance=25.0)[0]] = False
        home = seeds.nearest(shapely.points(points))
        dry = atoms.land[home] & ~wet[home] | (np.arange(len(points)) == 0)
        clear &= dry[pairs].all(axis=1)
        clear &= rng.random(len(pairs)) > (0.12 if radius > 500 else 0.2)
        _join(
            drawing,
            atom,
            points,
            pairs[clear],
            "residential" if radius > 500 else "lane",
        )


def _grid(
    land: Land, at: Points, radius: float, step: float, rng: np.random.Generator
) -> tuple[Points, Ints]:
    """Return points around ``at`` (which is the first) and pairs of neighbours."""
    away = np.array([[60.0, 0.0], [0.0, 60.0]])
    rise = (land.detail.at(at + away) - land.detail.at(at - away)) / 120
    turn = float(np.arctan2(rise[1], rise[0])) + np.pi / 2
    count = int(radius / step) + 1
    span = np.arange(-count, count + 1)
    columns, rows = np.meshgrid(span, span)
    cells = np.stack([columns.ravel(), rows.ravel()], axis=1)
    place = {(c, r): n for n, (c, r) in enumerate(cells.tolist())}
    grid = cells * np.array([step, 0.8 * step])
    grid += rng.normal(0, 0.09 * step, grid.shape)
    middle = place[0, 0]
    grid[middle] = 0
    matrix = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    within = np.hypot(*grid.T) < radius * rng.uniform(0.7, 1.0, len(grid))
    within[middle] = True
    kept = [middle, *(n for n in np.flatnonzero(within).tolist() if n != middle)]
    number = {old: new for new, old in enumerate(kept)}
    pairs = [
        (number[n], number[place[c + i, r + j]])
        for (c, r), n in place.items()
        for i, j in ((1, 0), (0, 1))
        if n in number and place.get((c + i, r + j)) in number
    ]
    return (grid[kept] @ matrix) + at, np.array(pairs, dtype=np.int64).reshape(-1, 2)


def _join(drawing: Plan, atom: int, points: Points, pairs: Ints, kind: str) -> None:
    """Add what of a grid hangs together with its first point, which is an atom."""
    near: dict[int, list[int]] = {}
    for a, b in pairs.tolist():
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    reached, wave = {0}, [0]
    while wave:
        wave = [n for at in wave for n in near.get(at, ()) if n not in reached]
        wave = list(dict.fromkeys(wave))
        reached.update(wave)
    first = len(drawing.nodes)
    number = {0: atom}
    for n in sorted(reached - {0}):
        number[n] = first + len(number) - 1
        drawing.nodes.append(points[n])
    for a, b in pairs.tolist():
        if a in reached:
            drawing.add(number[a], number[b], Way(kind, straight=True))


def _islands(drawing: Plan, land: Land, graph: Neighbours) -> None:
    """Draw the lanes of the islands, which no bridge joins to the rest."""
    for island in land.islands:
        for atom in island.tolist():
            for other, _ in graph.lists[atom]:
                drawing.add(atom, other, Way("lane", straight=True))


def _drawn_by_hand(lines: list[Way], rng: np.random.Generator) -> list[Way]:
    """Return the lines with a few that end just short of their junction."""
    chosen = [n for n, way in enumerate(lines) if way.kind == "residential"]
    chosen = rng.choice(chosen, 12, replace=False).tolist()
    for n in chosen:
        points = lines[n].points
        last = points[-1] - points[-2]
        short = points[-1] - last / np.hypot(*last) * SHORT_OF_M
        lines[n] = replace(lines[n], points=np.concatenate([points[:-1], [short]]))
    return lines


def _frame(lines: list[Way], rng: np.random.Generator) -> gpd.GeoDataFrame:
    shapes = to_degrees(np.array([shapely.LineString(way.points) for way in lines]))
    one_way = [
        way.kind == "motorway" or (way.kind == "residential" and rng.random() < 0.12)
        for way in lines
    ]
    return gpd.GeoDataFrame(
        {
            "street": [f"S{n + 1:05d}" for n in range(len(lines))],
            "name": [way.name for way in lines],
            "class": [way.kind for way in lines],
            "oneway": [int(each) for each in one_way],
            "layer": [way.layer for way in lines],
            "bridge": [int(way.bridge) for way in lines],
            "foot": ["no" if way.kind == "motorway" else "yes" for way in lines],
            "remark": plan.LABEL,
        },
        geometry=list(shapes),
        crs=crs.STORAGE,
    )
