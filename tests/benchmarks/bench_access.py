"""How fast people share places, beside the package access.

The same million pairs for both; ratios of CPU time, medians of alternating rounds.
``RESULTS.md`` holds the figures of the last full run.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from geodata.network import access
from geodata.network.graph import Pairs
from geodata.network.kernels import loops  # noqa: F401 - a process that is warm
from tests.support.measuring import medians

pytestmark = [pytest.mark.benchmark, pytest.mark.alone]

SOURCES, TARGETS, PAIRS = 1_000, 100_000, 1_000_000
TIMES = 100


def some_pairs():
    rng = np.random.default_rng(7)
    each = PAIRS // SOURCES
    target = np.sort(
        np.array([rng.choice(TARGETS, each, replace=False) for _ in range(SOURCES)])
    )
    cost = rng.integers(1, 1_800, PAIRS).astype(float)
    starts = np.arange(0, PAIRS + 1, each)
    pairs = Pairs(starts, target.ravel().astype(np.int32), cost)
    beds = rng.integers(10, 300, SOURCES).astype(float)
    people = rng.integers(0, 200, TARGETS).astype(float)
    return pairs, beds, people


def test_e2sfca_beside_access(capsys):
    fca = pytest.importorskip("access.fca")
    weights = pytest.importorskip("access.weights")
    pairs, beds, people = some_pairs()
    supply = pd.DataFrame({"beds": beds}, index=pd.Index(range(SOURCES), name="geoid"))
    demand = pd.DataFrame(
        {"people": people}, index=pd.Index(range(TARGETS), name="geoid")
    )
    costs = pd.DataFrame(
        {"origin": pairs.target, "dest": pairs.source, "cost": pairs.cost_s}
    )
    step = weights.step_fn(dict(access.LUO_QI))

    def ours(_=None):
        return access.catchment(pairs, beds, people, access.stepped(pairs)).score

    def theirs(_=None):
        return fca.two_stage_fca(
            demand, supply, costs, 1_800, demand_index=True, demand_name="people",
            supply_index=True, supply_name="beds", weight_fn=step,
        )  # fmt: skip

    found = theirs()
    gap = np.abs(ours()[found.index] - found.to_numpy()).max()
    mine, peer = medians(None, 5, ours, theirs)
    with capsys.disabled():
        print(  # noqa: T201 - the figure itself
            f"\n  E2SFCA, {PAIRS:,} pairs: ours {mine:.4f} access {peer:.2f} "
            f"x{peer / mine:.0f}, difference {gap:.1e}"
        )
    assert gap < 1e-12
    assert peer / mine >= TIMES
