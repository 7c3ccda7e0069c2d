"""The loops that join, cut and merge edges, against the plain way to say it."""

from __future__ import annotations

import numpy as np
import pytest

from geodata.topology.kernels import arranging, tracing


@pytest.mark.parametrize("eps", [1e-6, 0.02, 0.2])
def test_ends_where_the_next_edge_begins_take_the_same_node(eps: float) -> None:
    rng = np.random.default_rng(11)
    begin = rng.integers(0, 30, (4_000, 2)) / 10 + rng.normal(0, eps / 2, (4_000, 2))
    end = np.roll(begin, -1, axis=0)
    end[::7] += eps / 3  # another ring begins there
    ends = np.concatenate([begin, end])
    for found, plain in zip(
        arranging.nodes_of(ends, eps, len(begin)),
        arranging.nodes_of(ends, eps, len(ends)),
        strict=True,
    ):
        np.testing.assert_array_equal(found, plain)


@pytest.mark.parametrize("many", [5, arranging.FEW_CUTS, 300])
def test_an_edge_is_cut_in_the_order_of_its_cuts(many: int) -> None:
    rng = np.random.default_rng(many)
    share = rng.permutation(many) // 2 / many  # two nodes at each
    node = rng.permutation(many) + 10
    order = np.lexsort((node, share))
    edge = np.ones(many, np.int32)
    a, b = np.array([0, 2], np.int32), np.array([1, 3], np.int32)
    one, two, owner = arranging.cut_up(a, b, edge, share, node)
    assert owner.tolist() == [0] + [1] * (many + 1)
    assert one.tolist() == [0, 2, *node[order].tolist()]
    assert two.tolist() == [1, *node[order].tolist(), 3]


def test_edges_between_the_same_nodes_are_merged_into_the_first() -> None:
    rng = np.random.default_rng(3)
    a, b = rng.integers(0, 20, (2, 500)).astype(np.int32)
    first, count = tracing.merge(a, b)
    pairs = list(zip(a.tolist(), b.tolist(), strict=True))
    assert first.tolist() == [pairs.index(pair) for pair in pairs]
    leading = {pair: count[at] for at, pair in enumerate(pairs) if first[at] == at}
    assert leading == {pair: pairs.count(pair) for pair in set(pairs)}
    assert count.sum() == len(pairs)
