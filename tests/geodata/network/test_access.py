"""Places for people: floating catchments and rooms that fill."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from geodata.errors import InputError
from geodata.network import access, plain
from geodata.network.graph import Pairs
from geodata.network.kernels import loops

MINUTE = 60.0


@st.composite
def shared(draw: st.DrawFn) -> tuple[Pairs, np.ndarray, np.ndarray]:
    """Facilities and places, some of them in reach of each other."""
    sources, targets = draw(st.integers(0, 6)), draw(st.integers(1, 8))
    cells = sources * targets
    cost = draw(st.lists(st.integers(0, 60), min_size=cells, max_size=cells))
    cost = np.array(cost, float).reshape(sources, targets) * MINUTE
    near = cost <= 30 * MINUTE
    source, target = np.nonzero(near)
    starts = np.zeros(sources + 1, np.int64)
    np.cumsum(near.sum(axis=1), out=starts[1:])
    some = st.integers(0, 9)
    supply = np.array([draw(some) for _ in range(sources)], float)
    demand = np.array([draw(some) for _ in range(targets)], float)
    pairs = Pairs(starts, target.astype(np.int32), cost[source, target])
    return pairs, supply, demand


@settings(max_examples=60, deadline=None)
@given(case=shared())
def test_catchments_follow_the_two_steps(both, case):
    pairs, supply, demand = case
    weight = access.stepped(pairs)
    found = both(lambda: access.catchment(pairs, supply, demand, access.stepped(pairs)))
    rows = [range(pairs.indptr[s], pairs.indptr[s + 1]) for s in range(len(pairs))]
    ratio = []
    for row, rooms in zip(rows, supply, strict=True):
        coming = sum(weight[at] * demand[pairs.target[at]] for at in row)
        ratio.append(rooms / coming if coming > 0 else 0)
    score = np.zeros(len(demand))
    for row, each in zip(rows, ratio, strict=True):
        for at in row:
            score[pairs.target[at]] += weight[at] * each
    assert np.allclose(found.ratio, ratio, rtol=1e-12)
    assert np.allclose(found.score, score, rtol=1e-12)
    used = supply[found.ratio > 0].sum()
    assert np.isclose((found.score * demand).sum(), used)  # no place is lost


def test_bands_are_those_of_luo_and_qi():
    cost = np.array([0, 10, 10.01, 20, 20.01, 30, 30.01]) * MINUTE
    pairs = Pairs(np.array([0, 7]), np.arange(7, dtype=np.int32), cost)
    assert access.stepped(pairs).tolist() == [1, 1, 0.68, 0.68, 0.22, 0.22, 0]


@settings(max_examples=60, deadline=None)
@given(case=shared())
def test_rooms_fill_from_the_nearest_and_nobody_is_lost(both, case):
    pairs, supply, demand = case
    found = both(lambda: access.fill(pairs, supply, demand))
    assert (found.flow >= 0).all()
    assert (found.load <= supply + 1e-9).all()
    assert (found.served <= demand + 1e-9).all()
    assert np.isclose(found.load.sum(), found.served.sum())
    source = pairs.source
    for pair in range(len(found.flow)):
        place, here = pairs.target[pair], source[pair]
        if found.served[place] < demand[place]:  # whoever is left found all full
            assert np.isclose(found.load[here], supply[here])
        # whoever goes farther than here found here full of people not farther away
        farther = (pairs.target == place) & (pairs.cost_s > pairs.cost_s[pair])
        if found.flow[farther].sum() > 0:
            assert np.isclose(found.load[here], supply[here])
            there = (source == here) & (found.flow > 0)
            assert (pairs.cost_s[there] <= pairs.cost_s[pair]).all()


@pytest.fixture(scope="module")
def both():
    """Run with both engines; they must agree but for the order of sums."""

    def run_both(run):
        made = []
        for searches in (loops, plain):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(access, "engine", lambda _, found=searches: found)
                made.append(run())
        for name, value in vars(made[0]).items():
            assert np.allclose(value, getattr(made[1], name), rtol=1e-14)
        return made[0]

    return run_both


def test_the_rest_goes_to_the_next():
    pairs = Pairs(np.array([0, 2, 4]), np.array([0, 1, 0, 1], np.int32),
                  np.array([60.0, 120.0, 300.0, 300.0]))  # fmt: skip
    found = access.fill(pairs, [10, 4], [8, 6])
    assert found.flow.tolist() == [8, 2, 0, 4]
    assert found.load.tolist() == [10, 4]
    assert found.served.tolist() == [8, 6]


def test_what_cannot_be_shared_is_refused():
    pairs = Pairs(np.array([0, 1]), np.zeros(1, np.int32), np.array([60.0]))
    for asked in (
        lambda: access.catchment(pairs, [1, 2], [1]),
        lambda: access.catchment(pairs, [1], []),
        lambda: access.catchment(pairs, [-1], [1]),
        lambda: access.fill(pairs, [1], [np.nan]),
        lambda: access.catchment(pairs, [1], [1], weight=[1, 2]),
        lambda: access.stepped(pairs, ((20, 1), (10, 1))),
    ):
        with pytest.raises(InputError):
            asked()
