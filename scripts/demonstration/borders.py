"""From atoms to polygons whose borders are shared to the bit.

Every edge between atoms that any unit of any vintage needs is drawn once, with its
own fixed bends; a polygon is the union of atoms that carry these edges.
"""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from demonstration.atoms import Atoms, Ints
from demonstration.relief import Points


class Borders:
    """The drawn edges of the atoms and the polygons made of them."""

    def __init__(
        self,
        atoms: Atoms,
        used: NDArray[np.bool_],
        calm: NDArray[np.float64],
        rng: np.random.Generator,
    ) -> None:
        """Draw the edges that are ``used``; ``calm`` (0-1 a corner) damps the bends."""
        self.atoms = atoms
        frozen = np.zeros(len(atoms.corners), dtype=bool)
        noise = int(rng.integers(2**31))
        for _ in range(12):
            self.corners = _eased(atoms, used, np.where(frozen, np.nan, calm))
            self.bends = _bends(atoms, self.corners, used, calm, frozen, noise)
            crossing = self._crossing(np.flatnonzero(used))
            if not len(crossing):
                break
            frozen[atoms.edges[crossing].ravel()] = True
        self._around = _around(atoms)

    def _crossing(self, used: Ints) -> Ints:
        """Return the used edges whose drawings meet elsewhere than at their ends."""
        lines = np.array([shapely.LineString(self.line(edge)) for edge in used])
        one, other = shapely.STRtree(lines).query(lines, predicate="intersects")
        pair = one < other
        one, other = one[pair], other[pair]
        shared = (
            self.atoms.edges[used[one]][:, :, None]
            == self.atoms.edges[used[other]][:, None, :]
        ).any(axis=2)
        met = shapely.intersection(lines[one], lines[other])
        allowed = shared.sum(axis=1)
        bad = (shapely.get_num_coordinates(met) > allowed) | (allowed == 0)
        return np.unique(used[np.concatenate([one[bad], other[bad]])])

    def line(self, edge: int) -> Points:
        """Return the points of an edge from its smaller to its larger corner."""
        a, b = self.atoms.edges[edge]
        bends = self.bends.get((int(a), int(b)), np.empty((0, 2)))
        return np.concatenate([self.corners[[a]], bends, self.corners[[b]]])

    def polygon(self, members: Ints) -> shapely.MultiPolygon:
        """Return the land of these atoms: largest part first."""
        inside = np.zeros(len(self.atoms.seeds), dtype=bool)
        inside[members] = True
        rings = [self._drawn(ring) for ring in self._walked(members, inside)]
        shells = [ring for ring in rings if _is_shell(ring)]
        holes = [ring for ring in rings if not _is_shell(ring)]
        bodies = [shapely.Polygon(shell) for shell in shells]
        cut: list[list[Points]] = [[] for _ in shells]
        for hole in holes:
            inner = shapely.Polygon(hole)
            around = [i for i, body in enumerate(bodies) if body.covers(inner)]
            cut[min(around, key=lambda i: bodies[i].area)].append(hole)
        parts = [
            shapely.Polygon(shell, holes)
            for shell, holes in zip(shells, cut, strict=True)
        ]
        return shapely.MultiPolygon(sorted(parts, key=lambda part: -part.area))

    def _walked(self, members: Ints, inside: NDArray[np.bool_]) -> list[list[int]]:
        """Return the corner numbers of rings around atoms, land on the left."""
        onward: dict[int, list[int]] = {}
        for atom in members:
            for start, end, other in self._around[atom]:
                if other < 0 or not inside[other]:
                    onward.setdefault(start, []).append(end)
        rings = []
        while onward:
            first = min(onward)
            ring = [first, onward[first].pop()]
            while ring[-1] != first:
                ring.append(self._next(ring[-2], ring[-1], onward))
            rings.append(ring[:-1])
            onward = {corner: ends for corner, ends in onward.items() if ends}
        return rings

    def _next(self, before: int, at: int, onward: dict[int, list[int]]) -> int:
        """Return where a ring goes on: at a pinch by the sharpest left turn."""
        ends = onward[at]
        if len(ends) > 1:
            back = self._angle(at, before)
            ends.sort(key=lambda end: -((back - self._angle(at, end)) % (2 * np.pi)))
        return ends.pop()

    def _angle(self, start: int, end: int) -> float:
        along = self.corners[end] - self.corners[start]
        return float(np.arctan2(along[1], along[0]))

    def _drawn(self, ring: list[int]) -> Points:
        """Return the points of a ring of corners, bends included."""
        pieces = []
        for a, b in zip(ring, [*ring[1:], ring[0]], strict=True):
            pieces.append(self.corners[[a]])
            bends = self.bends.get((min(a, b), max(a, b)))
            if bends is not None:
                pieces.append(bends if a < b else bends[::-1])
        return np.concatenate(pieces)


def _is_shell(ring: Points) -> bool:
    return bool(shapely.is_ccw(shapely.LinearRing(ring)))


def _around(atoms: Atoms) -> list[list[tuple[int, int, int]]]:
    """Return (start, end, atom beyond) of each edge around each atom."""
    number = {(int(a), int(b)): i for i, (a, b) in enumerate(atoms.edges)}
    around = []
    for atom, ring in enumerate(atoms.rings):
        edges = []
        for a, b in zip(ring.tolist(), np.roll(ring, -1).tolist(), strict=True):
            one, other = atoms.sides[number[min(a, b), max(a, b)]]
            beyond = int(other if one == atom else one)
            if beyond != atom:
                edges.append((a, b, beyond))
        around.append(edges)
    return around


def _eased(atoms: Atoms, used: NDArray[np.bool_], calm: NDArray[np.float64]) -> Points:
    """Return corners with the zigzag taken out of chains of used edges.

    Only a corner where exactly two used edges meet moves, towards the middle of
    its two neighbours: corners where three units meet stay, and so do those whose
    ``calm`` is NaN.
    """
    chains = atoms.edges[used]
    meeting = np.bincount(chains.ravel(), minlength=len(atoms.corners))
    movable = (meeting == 2) & ~np.isnan(calm)
    corners = atoms.corners.copy()
    ends = np.concatenate([chains, chains[:, ::-1]])
    strength = np.where(movable, 0.5 * (1 - 0.55 * np.nan_to_num(calm)), 0.0)[:, None]
    for _ in range(3):
        total = np.zeros_like(corners)
        np.add.at(total, ends[:, 0], corners[ends[:, 1]])
        middle = np.where(movable[:, None], total / 2, corners)
        corners = corners + strength * (middle - corners)
    return corners


def _bends(
    atoms: Atoms,
    corners: Points,
    used: NDArray[np.bool_],
    calm: NDArray[np.float64],
    frozen: NDArray[np.bool_],
    noise: int,
) -> dict[tuple[int, int], Points]:
    """Return the inner points of each used edge.

    Each edge has its own generator, so that one drawn again is drawn the same.
    """
    drawn = {}
    for edge in np.flatnonzero(used):
        a, b = atoms.edges[edge]
        rng = np.random.default_rng((noise, int(edge)))
        quiet = float(min(calm[a], calm[b]))
        step = 42.0 if quiet > 0.5 else 75.0
        roughness = 0.035 if quiet > 0.5 else 0.13
        if frozen[a] and frozen[b]:
            roughness = 0.0
        points = _bent(corners[a], corners[b], rng, step, roughness)
        if len(points) > 2:
            drawn[int(a), int(b)] = points[1:-1]
    return drawn


def _bent(
    start: Points, end: Points, rng: np.random.Generator, step: float, roughness: float
) -> Points:
    along = end - start
    length = float(np.hypot(*along))
    if length <= step:
        return np.stack([start, end])
    aside = np.array([-along[1], along[0]])
    share = float(np.clip(rng.normal(0, roughness), -0.22, 0.22))
    middle = start + along * rng.uniform(0.4, 0.6) + aside * share
    left = _bent(start, middle, rng, step, roughness)
    right = _bent(middle, end, rng, step, roughness)
    return np.concatenate([left, right[1:]])
