"""How fast a repair is beside ``shapely.coverage_clean``: CPU time in one run.

Both get the same units in memory, one thread, in alternating rounds; figures are
medians. A repair includes its re-check and its log. ``RESULTS.md`` holds those of
the last full run.
"""

from __future__ import annotations

import statistics
import time

import numpy as np
import pytest
import shapely

from geodata.topology import check
from geodata.topology.mending import repair, undo
from tests.support.planting import PLANTINGS, not_finite, plant, unusable
from tests.support.townships import coverage

pytestmark = [pytest.mark.benchmark, pytest.mark.alone]

PLANTED = tuple(kind for kind in PLANTINGS if kind not in (not_finite, unusable))
"""GEOS crashes on the one and takes for ever over the other."""
HELD = 10.0
"""Times as fast as the peer at full size, at least."""


def defective(vertices):
    """Townships of about 700 vertices, a conflict in about six of a hundred."""
    side = max(int((vertices / 705) ** 0.5), 2)
    land = coverage(side, side, 88, seed=6)
    plant(land, 6, most=int(0.06 * side * side), kinds=PLANTED)
    return land.frame()


def spent(tool, *given, **how):
    begin = time.process_time()
    result = tool(*given, **how)
    return time.process_time() - begin, result


@pytest.mark.parametrize("pin", [None, "outer"])
@pytest.mark.parametrize("size", [1e6, 1e7])
def test_repair_against_coverage_clean(size, pin, full_size, capsys):
    size = size if full_size else size / 10
    small = defective(6e4)
    repair(small, check(small, key="code"), pin=pin)  # compiled
    frame = defective(size)
    shapes = frame.geometry.to_numpy()
    found = check(frame, key="code")
    times = {"check": [], "repair": [], "clean": []}
    for _ in range(3 if size > 5e6 else 5):
        took, found = spent(check, frame, key="code")
        times["check"].append(took)
        took, (mended, log) = spent(repair, frame, found, pin=pin)
        times["repair"].append(took)
        times["clean"].append(spent(shapely.coverage_clean, shapes, gap_width=1.0)[0])
    checked, mine, theirs = (statistics.median(each) for each in times.values())
    with capsys.disabled():
        print(  # noqa: T201
            f"\nrepair of {size:.0e}, pin {pin}: {mine:.2f} s, check before "
            f"{checked:.2f} s, coverage_clean {theirs:.2f} s, {theirs / mine:.1f} "
            f"times ({theirs / (mine + checked):.1f} with the check); "
            f"{sum(entry['done'] for entry in log)} of {len(log)} done"
        )
    after = check(mended, key="code").frame
    assert not (
        set(after["fingerprint"]) - set(found.frame["fingerprint"])
        - set(after.loc[after["rule"] == "precision", "fingerprint"])
    )  # fmt: skip
    assert set(mended["code"]) == set(frame["code"])
    refused = {key for entry in log if not entry["done"] for key in entry["keys"]}
    mended_ones = ~frame["code"].isin(list(refused))
    assert np.all(shapely.is_valid(mended.geometry[mended_ones].to_numpy()))
    back = undo(mended, log).geometry.to_numpy()
    assert (shapely.to_wkb(back) == shapely.to_wkb(shapes)).all()
    if full_size and size > 5e6:
        assert theirs / mine >= HELD
