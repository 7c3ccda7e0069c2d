"""How fast siting models are answered beside spopt, and that the answers are the same.

Both get the same cost array in memory; what is timed is from there to the answer, in
CPU seconds, models built included. ``RESULTS.md`` holds the figures of the last full
run.
"""

from __future__ import annotations

import time

import numpy as np
import pytest

from geodata.network.siting import (
    capacitated_mclp,
    from_costs,
    lscp,
    mclp,
    p_median,
)
from tests.support.measuring import medians

pytestmark = [
    pytest.mark.benchmark,
    pytest.mark.alone,
    pytest.mark.filterwarnings("ignore"),  # those of the peers
]

ROUNDS = 3
SITES, PLACES = 500, 5000
RADIUS = 500.0
NUMBER = 30
HELD = 60
MOST_GAP, MOST_SECONDS = 0.005, 5.0


def costs(sites, places, seed):
    """Straight ways between places spread over 10 × 10 km, and who lives there."""
    random = np.random.default_rng(seed)
    one, other = random.random((sites, 2)) * 1e4, random.random((places, 2)) * 1e4
    cost = np.hypot(*(one[:, None] - other[None]).transpose(2, 0, 1))
    return cost, random.integers(1, 200, places).astype(float)


@pytest.fixture(scope="module", autouse=True)
def compiled():
    """Numba's cache filled: what compiling takes is not a model's."""
    cost, weight = costs(40, 300, 0)
    made = from_costs(cost, weight, limit_s=2000, room=np.full(40, 500.0))
    for model in (p_median, mclp, capacitated_mclp):
        model(made, number=3)
    lscp(made)


def peers():
    locate = pytest.importorskip("spopt.locate")
    pulp = pytest.importorskip("pulp")
    solver = pulp.PULP_CBC_CMD(msg=False)
    return locate, (solver if solver.available() else pulp.HiGHS(msg=False))


def test_mclp_beside_spopt(record_property):
    locate, solver = peers()
    cost, weight = costs(SITES, PLACES, 1)

    def theirs(given):
        model = locate.MCLP.from_cost_matrix(
            given.T, weight, RADIUS, p_facilities=NUMBER
        )
        model.solve(solver)
        return model.problem.objective.value()

    def ours(given):
        return mclp(from_costs(given, weight, limit_s=RADIUS), number=NUMBER)

    answer = ours(cost)
    assert answer.optimal
    assert abs(theirs(cost) - answer.objective) < 1e-6 * answer.objective
    mine, peer = medians(cost, ROUNDS, ours, theirs)
    told(record_property, mine, peer)
    assert peer / mine >= HELD


def test_lscp_beside_spopt(record_property):
    locate, solver = peers()
    cost, _ = costs(SITES, PLACES, 1)
    covered = (cost <= RADIUS).any(axis=0)  # spopt needs unreachable demand dropped
    cost = np.ascontiguousarray(cost[:, covered])
    weight = np.ones(cost.shape[1])

    def theirs(given):
        model = locate.LSCP.from_cost_matrix(given.T, RADIUS)
        model.solve(solver)
        return model.problem.objective.value()

    def ours(given):
        return lscp(from_costs(given, weight, limit_s=RADIUS))

    answer = ours(cost)
    assert answer.optimal
    assert abs(theirs(cost) - answer.objective) < 1e-6
    mine, peer = medians(cost, ROUNDS, ours, theirs)
    told(record_property, mine, peer)
    assert peer / mine >= HELD


@pytest.mark.parametrize("number", [10, 30, 60])
def test_p_median_is_certified_in_time(record_property, number):
    cost, weight = costs(SITES, PLACES, 1)
    begin = time.process_time()
    answer = p_median(from_costs(cost, weight), number=number)
    spent = time.process_time() - begin
    record_property("seconds", spent)
    record_property("gap", answer.gap)
    assert answer.gap <= MOST_GAP
    assert spent <= MOST_SECONDS
    assert len(answer.opened) == number


@pytest.mark.parametrize("seed", range(5))
def test_capacitated_beside_the_exact_model(record_property, seed):
    cost, weight = costs(30, 200, seed)
    room = np.random.default_rng(seed).integers(300, 3000, 30).astype(float)
    made = from_costs(cost, weight, limit_s=2500, room=room)
    exact = capacitated_mclp(made, number=6, seconds=60)
    searched = capacitated_mclp(made, number=6, small=0)
    record_property("found", searched.objective / exact.objective)
    record_property("gap", searched.gap)
    assert exact.gap < 1e-4
    assert searched.objective <= exact.objective + 1e-6
    assert searched.bound >= exact.objective - 1e-6
    assert searched.objective >= 0.99 * exact.objective


def told(record_property, mine, peer):
    record_property("ours_s", mine)
    record_property("peer_s", peer)
    record_property("times", peer / mine)
