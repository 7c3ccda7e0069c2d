"""How long ``quhua reach`` takes in a process of its own, beside a script of scipy.

Both read the same network file and the same facilities, and write the areas and the
figures, on the clock, since it is the clock that a person waits for, and in processor
time of all processes; medians of alternating rounds, modules compiled beforehand.
``RESULTS.md`` holds the figures of the last full run.
"""

from __future__ import annotations

import compileall
import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pyproj import Transformer

import boundaries
import geodata
import webmap
from geodata.network import keeping
from tests.support.streets import porto_alegre

pytestmark = [pytest.mark.benchmark, pytest.mark.alone, pytest.mark.timeout(7_200)]

SCRIPT = Path(__file__).parent.parent / "support" / "scipy_reach.py"
QUHUA = Path(sys.executable).with_name("quhua")
COUNTS, MOST = (20, 100, 300), 1.3
"""Facilities, and at most so many times as long as the script, on the clock. Of few
facilities more processor time goes: guarded processes read and write the files, the
script needs none."""


@pytest.fixture(scope="module")
def network(data, tmp_path_factory):
    for package in (geodata, boundaries, webmap):
        compileall.compile_dir(Path(package.__file__).parent, quiet=1)
    path = tmp_path_factory.mktemp("cold") / "city.qnet"
    keeping.save(porto_alegre(data), path)
    return path


def facilities(network, count):
    made = keeping.load(network)
    rng = np.random.default_rng(7)
    # a node where only vehicles may go would be snapped to another street
    walked = np.unique(
        np.concatenate([made.tail, made.head])[np.tile(made.kind < 2, 2)]
    )
    x, y = made.nodes[rng.choice(walked, count, replace=False)].T + rng.random(
        (2, count)
    )
    to_degrees = Transformer.from_crs(made.crs, "EPSG:4326", always_xy=True)
    lon, lat = to_degrees.transform(x, y)
    path = network.with_name(f"{count}.csv")
    ids = [f"F{at:04}" for at in range(count)]
    pd.DataFrame({"id": ids, "lon": lon, "lat": lat}).to_csv(path, index=False)
    return path


def spent(command):
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return json.loads(done.stdout), used, time.perf_counter() - began


@pytest.mark.parametrize("count", COUNTS)
def test_a_cold_reach_beside_a_script(network, capsys, count):
    sites = facilities(network, count)
    ours = [QUHUA, "reach", "--network", network, "--facilities", sites, "--minutes",
            "15", "--out", network.with_name("ours.gpkg"), "--json"]  # fmt: skip
    script = [sys.executable, SCRIPT, network, sites, network.with_name("theirs.gpkg")]
    times = {"ours": [], "script": []}
    for _ in range(7 if count < 300 else 3):
        mine, *took = spent(ours)
        times["ours"].append(took)
        theirs, *took = spent(script)
        times["script"].append(took)
        network.with_name("theirs.gpkg").unlink()
    one, other = (
        pd.DataFrame(found["facilities"]).set_index("id") for found in (mine, theirs)
    )
    assert (one["reached_nodes"] == other["reached_nodes"]).mean() > 0.98
    for name, apart in (("reached_length_m", 0.01), ("area_m2", 0.03)):
        assert (np.abs(one[name] / other[name] - 1) < apart).mean() > 0.98
    cpu, wall = (
        {
            who: statistics.median(each[at] for each in found)
            for who, found in times.items()
        }
        for at in (0, 1)
    )
    with capsys.disabled():
        print(  # noqa: T201 - the figure itself
            f"\n  {count} facilities: ours {wall['ours']:.2f} s, script "
            f"{wall['script']:.2f} s, x{wall['ours'] / wall['script']:.2f}; processor "
            f"{cpu['ours']:.2f} and {cpu['script']:.2f} s, "
            f"x{cpu['ours'] / cpu['script']:.2f}"
        )
    assert wall["ours"] <= MOST * wall["script"]
