"""Which streets hang together, by either engine; and networks mapped from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from geodata.network import areas, plain, reach
from geodata.network.keeping import load, save
from geodata.network.kernels import loops
from geodata.network.reporting import part_of
from geodata.network.snap import snap
from tests.support.streets import town

if TYPE_CHECKING:
    from pathlib import Path

    from geodata.network.graph import Network


@pytest.mark.parametrize("edges", [0, 30, 60, 400])
def test_both_engines_number_parts_by_their_first_nodes(edges: int) -> None:
    rng = np.random.default_rng(edges)
    tail, head = rng.integers(0, 100, (2, edges)).astype(np.int32)
    found = loops.connected(100, tail, head)
    assert found.tolist() == plain.connected(100, tail, head).tolist()
    first = np.unique(found, return_index=True)[1]
    assert (np.diff(first) > 0).all()
    assert found[tail].tolist() == found[head].tolist()


def test_a_network_mapped_from_a_file_answers_as_the_one_in_memory(
    tmp_path: Path,
) -> None:
    network = town(6, 6)
    save(network, tmp_path / "town")
    for one, two in zip(
        answers(network), answers(load(tmp_path / "town")), strict=True
    ):
        np.testing.assert_array_equal(one, two)


def answers(network: Network) -> list[Any]:
    """Whatever loops can be asked of it."""
    graph = network.graph(speed_mps=1.2)
    spots = snap(network, network.nodes[::5] + 7.0)
    near = reach.nearest_of(graph, spots.take(np.arange(3)), spots, 400)
    pairs = reach.pairs(graph, spots, spots, 300)
    parts = areas.reached_parts(graph, spots.take(np.arange(2)), 200)
    return [
        part_of(network), spots.edge, spots.along_m, near.source, near.cost_s,
        pairs.target, pairs.cost_s, areas.polygons(network, parts),
    ]  # fmt: skip
