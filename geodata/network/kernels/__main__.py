"""Compile the loops now, so that the first search of an installation need not.

Run by ``scripts/install``: ``python -m geodata.network.kernels``.
"""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np

from geodata.network import access, areas, planning, reach, siting
from geodata.network.graph import Spots
from geodata.network.keeping import load, save
from geodata.network.kernels.chaining import chains
from geodata.network.ordering import straight
from geodata.network.reporting import part_of
from geodata.network.snap import snap

if TYPE_CHECKING:
    from geodata.network.graph import Network


def main() -> None:
    """Ask everything of a square of streets, in memory and as a file is mapped."""
    network = straight(
        [(0, 0), (100, 0), (100, 100), (0, 100)], [0, 1, 2, 3], [1, 2, 3, 0],
        crs="EPSG:32650",
    )  # fmt: skip
    asked(network)
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        path = Path(folder) / "square"
        save(network, path)
        # What is mapped cannot be written to, and has loops of its own.
        asked(load(path))
    chains(np.array([-1, 2, 1, -1]))
    chosen()


def asked(network: Network) -> None:
    """Ask everything of a network."""
    graph = network.graph()
    spots = Spots(np.array([0, 1], np.int32), np.array([10.0, 20.0]), np.zeros(2))
    reach.within(graph, spots, 150)
    reach.pairs(graph, spots, spots, 150)
    pairs = reach.pairs(graph, spots, spots, 150)
    access.fill(pairs, [1, 1], [1, 1])
    access.catchment(pairs, [1, 1], [1, 1], access.stepped(pairs))
    reach.nearest(graph, spots)
    reach.k_nearest(graph, spots, spots, 2)
    parts = areas.reached_parts(graph, spots, 150)
    areas.streets(network, parts)
    areas.polygons(network, parts)
    areas.grid(graph, spots, 150)
    plan = planning.Planning(graph, spots, 150.0)
    plan.add(spots)
    plan.move(0, spots.take(np.array([1])))
    snap(network, network.nodes)
    part_of(network)


def chosen() -> None:
    """Ask each siting model about a few sites."""
    random = np.random.default_rng(0)
    cost = random.random((8, 30))
    made = siting.from_costs(cost, np.ones(30), limit_s=0.4, room=np.full(8, 3.0))
    for model in (siting.p_median, siting.mclp, siting.capacitated_mclp):
        model(made, number=3)
    siting.lscp(made)
    siting.p_center(made, number=7)


if __name__ == "__main__":
    import numba  # noqa: F401 - with it in the process the loops are chosen

    main()
