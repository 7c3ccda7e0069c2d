"""Street networks to test and measure with: small ones, real ones, tiled ones."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from geodata.network.building import build, ordered
from geodata.network.graph import STREET, Network
from geodata.network.intake import read_streets
from geodata.network.streets import Streets

if TYPE_CHECKING:
    from pathlib import Path

GAP_M = 60.0
"""Between two tiles."""
TILES = {"M": (2, 2), "L": (8, 8), "XL": (16, 16)}
"""How many copies of Porto Alegre across and down make each size."""


@lru_cache(maxsize=4)
def porto_alegre(data: Path) -> Network:
    """The real network: 18 thousand junctions, waiting times left out."""
    streets = read_streets(data / "porto_alegre" / "poa.osm.pbf")
    return build(streets, crossing_s=0, signals_s=0)[0]


def tiled(network: Network, across: int, down: int) -> Network:
    """Return copies of a network side by side, each joined to its neighbours.

    Between neighbours there are three links, between nodes of the main part, so the
    whole is about as connected as one town with the next.
    """
    low = network.coords.min(axis=0)
    span = network.coords.max(axis=0) - low + GAP_M
    shifts = np.array([(i, j) for j in range(down) for i in range(across)]) * span
    copies, n, k = len(shifts), network.node_count, len(network.coords)
    at = np.arange(copies)
    nodes = (network.nodes[None] + shifts[:, None]).reshape(-1, 2)
    coords = (network.coords[None] + shifts[:, None]).reshape(-1, 2)
    links = _links(network, across, down)
    ends = nodes[links]
    straight = np.hypot(*(ends[:, 0] - ends[:, 1]).T)
    fresh = np.arange(1, len(links) + 1) * 2

    def repeated(values: Any, more: Any) -> Any:
        return np.concatenate([np.tile(values, copies), more])

    made = Network(
        nodes,
        np.concatenate([(network.tail + at[:, None] * n).ravel(), links[:, 0]]).astype(
            np.int32
        ),
        np.concatenate([(network.head + at[:, None] * n).ravel(), links[:, 1]]).astype(
            np.int32
        ),
        repeated(network.length_m, straight),
        repeated(network.delay_s, np.zeros(len(links))),
        repeated(network.oneway, np.zeros(len(links), np.int8)),
        repeated(network.kind, np.full(len(links), STREET, np.int8)),
        np.concatenate([coords, ends.reshape(-1, 2)]),
        np.concatenate(
            [
                [0],
                (network.offsets[1:] + at[:, None] * k).ravel(),
                copies * k + fresh,
            ]
        ),
        network.crs,
        {"source": "tiled"},
    )
    return ordered(made)


def _links(network: Network, across: int, down: int) -> Any:
    """Return nodes to join: facing sides of neighbouring tiles, three a pair."""
    from geodata.network.reporting import part_of

    main = np.flatnonzero(part_of(network) == 0)
    xy = network.nodes[main]
    east, west = main[np.argsort(-xy[:, 0])[:3]], main[np.argsort(xy[:, 0])[:3]]
    north, south = main[np.argsort(-xy[:, 1])[:3]], main[np.argsort(xy[:, 1])[:3]]
    n, found = network.node_count, []
    for j in range(down):
        for i in range(across):
            here = (j * across + i) * n
            if i + 1 < across:
                found.append(np.column_stack([east + here, west + here + n]))
            if j + 1 < down:
                found.append(np.column_stack([north + here, south + here + across * n]))
    return np.concatenate(found) if found else np.empty((0, 2), np.int64)


def streets_of(lines: list[list[tuple[float, float]]], **columns: Any) -> Streets:
    """Return streets that meet where they share a position (degrees)."""
    known: dict[tuple[float, float], int] = {}
    vertex = [known.setdefault(p, len(known)) for line in lines for p in line]
    many = len(lines)
    given = {
        "kind": np.full(many, STREET, np.int8),
        "oneway": np.zeros(many, np.int8),
        "record": np.arange(1, many + 1),
        "crossings": np.empty(0, np.int64),
        "signals": np.empty(0, np.int64),
        "closed": np.empty(0, np.int64),
    }
    for name, values in columns.items():
        if name in given:
            given[name] = np.asarray(values, dtype=given[name].dtype)
    rest = {name: value for name, value in columns.items() if name not in given}
    return Streets(
        np.array([p for line in lines for p in line], float),
        np.array(vertex, np.int64),
        np.concatenate([[0], np.cumsum([len(line) for line in lines])]),
        **given,
        **rest,
    )


def town(across: int = 8, down: int = 8, *, step: float = 0.001) -> Network:
    """Return a small town of square blocks, about a hundred metres a side."""
    x, y = (
        [116.0 + i * step for i in range(across)],
        [39.0 + j * step for j in range(down)],
    )
    rows = [[(a, b) for a in x] for b in y]
    columns = [[(a, b) for b in y] for a in x]
    return build(streets_of(rows + columns))[0]


def two_streets(lon: float = 117.0, lat: float = 39.0) -> Network:
    """Return two streets side by side that nothing joins, 111 m apart."""
    rows = [[(lon, lat + up), (lon + 0.01, lat + up)] for up in (0, 0.001)]
    return build(streets_of(rows))[0]
