"""The land of the city: its outline, coast, rivers, and the atoms it is made of."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import shapely
from numpy.typing import NDArray

from demonstration.atoms import Atoms, blocks, cells, pairs_along, scatter
from demonstration.relief import Points, Relief, evenly, rounded, wander

KM = 1000.0
CORE = np.array([0.5, 0.5]) * KM
"""The middle of the built-up area, where the main river bends."""

_INLAND = [
    (13, 26), (8, 29), (-2, 27.5), (-11, 31), (-21, 29), (-30, 30.5), (-37, 22),
    (-35, 13), (-41, 6), (-37, -4), (-38, -13), (-28, -17), (-22, -24), (-12, -21),
    (-4, -25.5), (6, -22), (12, -24),
]  # fmt: skip
_COAST = [
    (12, -24), (15.5, -19), (14, -13.5), (18.5, -9.5), (17.5, -4), (20.5, -0.5),
    (19, 3.5), (16.5, 6.5), (20, 10), (24.5, 11.5), (24, 16), (20, 19.5), (18, 25),
    (13, 26),
]  # fmt: skip
_ISLAND = [(27.5, 4.5), (28.9, 5.4), (29.2, 4.2), (28.1, 3.2), (27.5, 4.5)]
_ISLET = [(25.8, 2.2), (26.5, 2.7), (26.6, 1.9), (25.8, 2.2)]
RIVERS: dict[str, list[tuple[float, float]]] = {
    "澜水": [
        (-37.5, 17), (-29, 12.5), (-23, 13), (-16, 7), (-9.5, 6), (-5.5, 1.5),
        (0.5, 0.8), (5, -1.6), (9.5, 0.6), (14, 0.2), (21.5, 1.2),
    ],
    "青漪河": [(-9, 31), (-7.5, 22), (-10, 15.5), (-5.5, 10.5), (-5.2, 1.3)],
    "芦溪": [(-29, -17.5), (-20, -13), (-11, -14.5), (-3, -11.5), (6, -13), (11, -10.5),
           (18.5, -9)],
    "石门涧": [(-39, -3), (-30, -1), (-24, 4.5), (-23, 13)],
}  # fmt: skip
MAIN_RIVER = "澜水"


@dataclass(frozen=True)
class Land:
    """What nature gave; units are drawn on it."""

    atoms: Atoms
    height: Relief
    detail: Relief
    """A finer field that makes borders wind."""
    rivers: dict[str, NDArray[np.int64]]
    """Edges that each river runs along, by name."""
    calm: NDArray[np.float64]
    """Of each corner, how straight lines are there: 1 among city blocks."""
    islands: list[NDArray[np.int64]] = field(default_factory=list)
    """Atoms of each island in the sea."""


def lay(rng: np.random.Generator) -> Land:
    """Return the land, the same for the same generator."""
    city = _outline(rng)
    rivers = {
        name: rounded(wander(np.array(way) * KM, rng, step_m=700, roughness=0.13), 2)
        for name, way in RIVERS.items()
    }
    sea, coast_pairs = _coast_pairs(rng)
    city = _with_coast(city, sea)
    water_pairs = _river_pairs(rivers, city)
    coast_middle = coast_pairs.mean(axis=1)
    water = np.concatenate([p.reshape(-1, 2) for p in water_pairs.values()])
    coast_pairs = coast_pairs[_clear_of(coast_middle, water, 330.0)]
    isles = [_isle(way, rng) for way in (_ISLAND, _ISLET)]
    isle_seeds = [_isle_seeds(isle, rng) for isle in isles]
    waters = shapely.union_all([shapely.buffer(isle, 1500) for isle in isles])
    paired = np.concatenate([*(p.reshape(-1, 2) for p in water_pairs.values())])
    block_seeds = blocks(CORE, 6.4 * KM, 235.0, 0.27, rng)
    block_seeds = block_seeds[_clear_of(block_seeds, paired, 205.0)]
    frame = shapely.union(shapely.buffer(city, 2500), waters)
    fixed = np.concatenate(
        [paired, coast_pairs.reshape(-1, 2), block_seeds, *isle_seeds]
    )
    radius = np.concatenate(
        [
            np.full(len(paired), 230.0),
            np.full(2 * len(coast_pairs), 200.0),
            np.full(len(block_seeds), 150.0),
            np.full(sum(map(len, isle_seeds)), 150.0),
        ]
    )
    loose = scatter(frame, _spacing, fixed, radius, rng)
    seeds = np.concatenate([fixed, loose])
    forced = _forced(len(paired), coast_pairs, city)
    atoms = cells(seeds, city, forced)
    islands = [np.flatnonzero(shapely.contains_xy(isle, *seeds.T)) for isle in isles]
    for island in islands:
        atoms.land[island] = True
    return Land(
        atoms,
        Relief(rng, wavelength_m=9000),
        Relief(rng, wavelength_m=2300),
        _river_edges(atoms, water_pairs),
        _calm(atoms.corners),
        islands,
    )


def _outline(rng: np.random.Generator) -> shapely.Polygon:
    inland = wander(np.array(_INLAND) * KM, rng, step_m=400, roughness=0.15)
    coast = np.array(_COAST) * KM
    return shapely.make_valid(shapely.Polygon(np.concatenate([inland, coast[1:-1]])))


def _coast_pairs(rng: np.random.Generator) -> tuple[Points, Points]:
    """Return the coast line and seeds in pairs along it, land side first."""
    line = wander(np.array(_COAST) * KM, rng, step_m=500, roughness=0.17)
    line = rounded(line, 1)
    pairs = pairs_along(line, 330.0)
    return line, pairs


def _with_coast(city: shapely.Polygon, coast: Points) -> shapely.Polygon:
    """Return the outline with the drawn coast instead of the straight one."""
    inland = shapely.get_coordinates(city)
    start = np.hypot(*(inland - coast[0]).T).argmin()
    end = np.hypot(*(inland - coast[-1]).T).argmin()
    ring = np.roll(inland[:-1], -end, axis=0)
    steps = (start - end) % (len(inland) - 1)
    joined = np.concatenate([ring[: steps + 1], coast[1:]])
    whole = shapely.make_valid(shapely.Polygon(joined))
    return max(shapely.get_parts(whole), key=lambda part: part.area)


def _river_pairs(rivers: dict[str, Points], city: shapely.Polygon) -> dict[str, Points]:
    """Return the pairs of seeds along each river, tributaries kept off the main."""
    pairs: dict[str, Points] = {}
    taken = np.empty((0, 2))
    for name, line in rivers.items():
        near = np.hypot(*(line.mean(axis=0) - CORE)) < 20 * KM
        found = pairs_along(line, 300.0 if near else 380.0)
        middle = found.mean(axis=1)
        kept = shapely.contains_xy(shapely.buffer(city, 600), *middle.T)
        kept &= _clear_of(middle, taken, 330.0)
        pairs[name] = found[kept]
        taken = np.concatenate([taken, pairs[name].reshape(-1, 2)])
    return pairs


def _clear_of(points: Points, others: Points, radius: float) -> NDArray[np.bool_]:
    """Return which points have none of ``others`` within ``radius``."""
    if not len(others):
        return np.ones(len(points), dtype=bool)
    tree = shapely.STRtree(shapely.points(others))
    hit = tree.query(shapely.points(points), predicate="dwithin", distance=radius)
    clear = np.ones(len(points), dtype=bool)
    clear[hit[0]] = False
    return clear


def _spacing(points: Points) -> NDArray[np.float64]:
    """Return how far apart seeds stand: small in town, large in the hills."""
    away = np.hypot(*(points - CORE).T) / KM
    return np.interp(away, [0, 6, 9, 18, 30, 60], [200, 230, 330, 480, 600, 640])


def _forced(before: int, coast_pairs: Points, city: shapely.Polygon) -> dict[int, bool]:
    """Say of the seeds along the coast which are land: the side the city is on."""
    left_is_land = shapely.contains_xy(city, *coast_pairs[:, 0].T)
    right_is_land = shapely.contains_xy(city, *coast_pairs[:, 1].T)
    clear = left_is_land != right_is_land
    forced = {}
    for i in np.flatnonzero(clear):
        forced[before + 2 * int(i)] = bool(left_is_land[i])
        forced[before + 2 * int(i) + 1] = bool(right_is_land[i])
    return forced


def _isle(way: list[tuple[float, float]], rng: np.random.Generator) -> shapely.Polygon:
    line = wander(np.array(way) * KM, rng, step_m=250, roughness=0.15)
    return shapely.make_valid(shapely.Polygon(line))


def _isle_seeds(isle: shapely.Polygon, rng: np.random.Generator) -> Points:
    """Return seeds on an island and in the water around it."""
    return scatter(
        shapely.buffer(isle, 500),
        lambda points: np.full(len(points), 210.0),
        np.empty((0, 2)),
        np.empty(0),
        rng,
    )


def _river_edges(
    atoms: Atoms, pairs: dict[str, Points]
) -> dict[str, NDArray[np.int64]]:
    """Return the edges between the left and the right seeds of each river."""
    start, found = 0, {}
    inner = (atoms.sides >= 0).all(axis=1)
    for name, seeds in pairs.items():
        count = 2 * len(seeds)
        low, high = start, start + count
        within = inner & (atoms.sides >= low).all(axis=1)
        within &= (atoms.sides < high).all(axis=1)
        opposite = (atoms.sides[:, 0] - low) % 2 != (atoms.sides[:, 1] - low) % 2
        close = np.abs(atoms.sides[:, 0] // 2 - atoms.sides[:, 1] // 2) <= 1
        found[name] = np.flatnonzero(within & opposite & close)
        start = high
    return found


def _calm(corners: Points) -> NDArray[np.float64]:
    away = np.hypot(*(corners - CORE).T) / KM
    return np.interp(away, [0, 5.5, 7.5], [1.0, 1.0, 0.0])


__all__ = ["CORE", "KM", "MAIN_RIVER", "RIVERS", "Land", "evenly", "lay"]
