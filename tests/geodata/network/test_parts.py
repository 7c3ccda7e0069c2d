"""Which streets hang together, by either engine."""

from __future__ import annotations

import numpy as np
import pytest

from geodata.network import plain
from geodata.network.kernels import loops


@pytest.mark.parametrize("edges", [0, 30, 60, 400])
def test_both_engines_number_parts_by_their_first_nodes(edges: int) -> None:
    rng = np.random.default_rng(edges)
    tail, head = rng.integers(0, 100, (2, edges)).astype(np.int32)
    found = loops.connected(100, tail, head)
    assert found.tolist() == plain.connected(100, tail, head).tolist()
    first = np.unique(found, return_index=True)[1]
    assert (np.diff(first) > 0).all()
    assert found[tail].tolist() == found[head].tolist()
