"""Ways beside the streets: through blocks, over crossings, above all others."""

from __future__ import annotations

from typing import Any

import numpy as np

from demonstration.land import KM, Land
from demonstration.relief import Points, wander
from demonstration.strokes import Way

_MAIN = ("primary", "secondary")


def beside(lines: list[Way], rng: np.random.Generator) -> list[Way]:
    """Return service roads that leave a street and come back to it: parallel edges."""
    long = [way for way in lines if way.kind == "secondary" and len(way.points) > 9]
    made = []
    for n in rng.choice(len(long), 6, replace=False).tolist():
        start, middle, end = long[n].points[[2, 3, 4]]
        along = (end - start) / np.hypot(*(end - start))
        aside = middle + 26.0 * np.array([-along[1], along[0]])
        made.append(Way("residential", points=np.stack([start, aside, end])))
    return made


def footways(
    nodes: list[Any],
    ways: dict[tuple[int, int], Way],
    land: Land,
    rng: np.random.Generator,
) -> list[Way]:
    """Return ways through blocks, from street to street; over a main one a crossing."""
    atoms = land.atoms
    streets_at: dict[int, list[tuple[int, int]]] = {}
    for edge, (a, b) in zip(atoms.edges.tolist(), atoms.sides.tolist(), strict=True):
        key = (min(a, b), max(a, b))
        way = ways.get(key)
        if way is not None and way.straight and not way.bridge:
            for corner in edge:
                streets_at.setdefault(corner, []).append(key)
    made = []
    for corner in sorted(streets_at):
        sides = streets_at[corner]
        if len(sides) < 3 or rng.random() > 0.42:
            continue
        ends = [sides[0], sides[-1]]
        points = [(nodes[a] + nodes[b]) / 2 for a, b in ends]
        middle = atoms.corners[corner]
        made += _through(points, middle, [ways[key].kind for key in ends])
    return made


def _through(ends: list[Points], middle: Points, kinds: list[str]) -> list[Way]:
    """Return a footway between two streets, its last metres a crossing at main ones."""
    made, line = [], [middle]
    for street, kind in zip(ends, kinds, strict=True):
        end = street
        gap = float(np.hypot(*(end - middle)))
        if kind in _MAIN and gap > 30:
            kerb = end + (middle - end) * (14 / gap)
            made.append(Way("crossing", points=np.stack([end, kerb])))
            end = kerb
        line = [end, *line] if len(line) == 1 else [*line, end]
    return [*made, Way("footway", points=np.stack(line))]


def elevated(land: Land) -> list[Way]:
    """Return a road for vehicles across the city, above all others."""
    corners = np.array([(-8.2, 3.1), (-3.0, 2.6), (3.5, 3.9), (8.6, 3.0)]) * KM
    rng = np.random.default_rng(int(land.atoms.area_m2[0]))
    high = wander(corners, rng, step_m=400, roughness=0.04)
    return [Way("motorway", points=high, layer=1, name="澜北高架路")]
