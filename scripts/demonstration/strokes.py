"""Streets as people name them: pieces that go on straight are one line."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from demonstration.relief import Points, wander

RANKS = (
    "motorway", "primary", "secondary", "tertiary", "unclassified", "residential",
    "lane", "footway", "crossing",
)  # fmt: skip
_STRAIGHT_ON = math.radians(38)
_STEMS = "澜汀桂槐书观织钟鼓银文临船竹柳芦锦云鹤望石青松枫兰荷"
_SECOND = "安平阳泉波兴宁和义仁信昌盛华丰秀明远新庆春康泰福祥瑞"
_MOST_PIECES = 40


@dataclass(frozen=True)
class Way:
    """A piece of street between two places, or a whole one with its points."""

    kind: str
    straight: bool = False
    bridge: bool = False
    layer: int = 0
    name: str | None = None
    points: Points = field(default_factory=lambda: np.empty((0, 2)))

    @property
    def rank(self) -> int:
        """How far down the list of kinds it stands."""
        return RANKS.index(self.kind)


def strokes(
    nodes: list[Any], ways: dict[tuple[int, int], Way], rng: np.random.Generator
) -> list[Way]:
    """Return the ways joined to long lines with names; bridges stay by themselves.

    Among the streets of blocks the long ones are the larger ones, so ``ways`` is
    brought up to date with what class each piece came to be.
    """
    names = [a + b for a in _STEMS for b in _SECOND if a != b]
    rng.shuffle(names)
    noise = int(rng.integers(2**31))
    made = []
    for chain in _chains(nodes, ways):
        keys = [(min(a, b), max(a, b)) for a, b in itertools.pairwise(chain)]
        first = ways[keys[0]]
        length = sum(float(np.hypot(*(nodes[a] - nodes[b]))) for a, b in keys)
        kind = _kind(first, length)
        for key in keys:
            ways[key] = replace(ways[key], kind=kind)
        points = _points(nodes, chain, first, noise)
        made.append(
            replace(first, kind=kind, points=points, name=_name(kind, length, names))
        )
    return made


def _kind(way: Way, length_m: float) -> str:
    if way.kind != "residential":
        return way.kind
    sizes = ((5600, "primary"), (3600, "secondary"), (1500, "tertiary"))
    return next((kind for least, kind in sizes if length_m > least), "residential")


def _name(kind: str, length_m: float, names: list[str]) -> str | None:
    if length_m < 350 or kind == "lane" or not names:
        return None
    ending = "大道" if kind == "primary" else "路" if length_m > 900 else "街"
    return names.pop() + ending


def _chains(nodes: list[Any], ways: dict[tuple[int, int], Way]) -> list[list[int]]:
    """Return the ways as chains of nodes, going straight on where they can."""
    onward = _pairs(nodes, ways)
    done: set[tuple[int, int]] = set()
    chains = []
    for a, b in ways:
        if (a, b) in done:
            continue
        chain = [a, b]
        done.add((a, b))
        for _ in range(2):
            while len(chain) < _MOST_PIECES:
                end = onward.get((chain[-2], chain[-1]))
                if end is None:
                    break
                key = (min(chain[-1], end), max(chain[-1], end))
                if key in done:
                    break
                done.add(key)
                chain.append(end)
            chain.reverse()
        chains.append(chain)
    return chains


def _pairs(
    nodes: list[Any], ways: dict[tuple[int, int], Way]
) -> dict[tuple[int, int], int]:
    """Return where one goes on, by the piece one comes along: (from, at) → to."""
    near: dict[int, list[int]] = {}
    for a, b in ways:
        near.setdefault(a, []).append(b)
        near.setdefault(b, []).append(a)
    onward = {}
    for at, ends in near.items():
        ways_out = {
            end: math.atan2(nodes[end][1] - nodes[at][1], nodes[end][0] - nodes[at][0])
            for end in ends
        }
        options = sorted(
            (bend, one, other)
            for i, one in enumerate(ends)
            for other in ends[i + 1 :]
            if (bend := _bend(ways_out[one], ways_out[other])) < _STRAIGHT_ON
            and _alike(ways, (one, at), (at, other))
        )
        taken: set[int] = set()
        for _, one, other in options:
            if not {one, other} & taken:
                taken |= {one, other}
                onward[one, at], onward[other, at] = other, one
    return onward


def _bend(one: float, other: float) -> float:
    """Return by how much a way turns between two directions out of a place."""
    return abs(math.pi - abs((one - other + math.pi) % (2 * math.pi) - math.pi))


def _alike(
    ways: dict[tuple[int, int], Way], one: tuple[int, int], other: tuple[int, int]
) -> bool:
    """Whether two pieces may be one street: of a kind, and neither a bridge."""
    first, second = ways[min(one), max(one)], ways[min(other), max(other)]
    return (first.kind, first.straight, first.bridge) == (
        second.kind,
        second.straight,
        False,
    )


def _points(nodes: list[Any], chain: list[int], way: Way, noise: int) -> Points:
    """Return the points of a chain: block streets by their middles, roads winding."""
    pieces = [np.array([nodes[chain[0]]])]
    for a, b in itertools.pairwise(chain):
        ends = np.array([nodes[a], nodes[b]])
        if way.bridge:
            inner = ends
        elif way.straight:
            inner = np.array([ends[0], ends.mean(axis=0), ends[1]])
        else:
            rng = np.random.default_rng([noise, min(a, b), max(a, b)])
            inner = wander(
                ends if a < b else ends[::-1], rng, step_m=110, roughness=0.09
            )
            inner = inner if a < b else inner[::-1]
        pieces.append(inner[1:])
    return np.concatenate(pieces)
