"""Coverage of a province by street: one process, processes here, Dask workers.

Each in a process of its own that reads what there is from files; it says the CPU and
wall seconds of every step and the most memory it ever had.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time

import pandas as pd
import pytest

from geodata.network import keeping
from tests.support import province

pytestmark = [pytest.mark.benchmark, pytest.mark.alone]

SIZE = 16, 20_000, 100_000, 40_000_000
"""Tiles a side (4.7 million nodes), facilities, places and people."""
MOST_S = 15.0
MOST_BYTES = 2e9

PROGRAM = """
import json, multiprocessing, os, re, signal, sys, time
from pathlib import Path
import pandas as pd
from boundaries.services.coverage import coverage
from boundaries.services.profiles import Profile
from boundaries.services.situation import assemble
from boundaries.settings import Settings
from geodata.network import keeping
from geodata.workers import Dask, Processes

def deadly(workers, victims):
    # One of them is killed when the fifth part goes out.
    class Deadly(workers):
        made = 0

        def look(self, work, parts):
            def made(part):
                self.made += 1
                if self.made == 5:
                    os.kill(min(victims()), signal.SIGKILL)
                return part()
            return super().look(work, [lambda part=part: made(part) for part in parts])
    return Deadly

def children():
    return [process.pid for process in multiprocessing.active_children()]

def main(folder, how):
    folder, told = Path(folder), {}
    def step(name, work):
        wall, cpu = time.perf_counter(), time.process_time()
        made = work()
        told[name] = time.perf_counter() - wall, time.process_time() - cpu
        return made
    names = "units", "facilities", "population"
    frames = [pd.read_pickle(folder / name) for name in names]
    network = step("network", lambda: keeping.load(folder / "streets", verify=False))
    profile = Profile.of(Settings())
    asked = step(
        "placing",
        lambda: assemble("2026-01-01", *frames, profile, network=network,
                         versions={"network": {"version": "tiled"}}),
    )
    client = None
    if how == "processes":
        workers = Processes(2)
    elif how == "processes killed":
        workers = deadly(Processes, children)(2)
    elif how.startswith("dask"):
        import distributed
        client = distributed.Client(distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, host="127.0.0.1",
            dashboard_address="127.0.0.1:0"))
        pids = list(client.run(os.getpid).values())
        made = deadly(Dask, lambda: pids) if how == "dask killed" else Dask
        workers = made(client)
    else:
        workers = None
    found = step("coverage", lambda: coverage(asked, level="street", workers=workers))
    if client is not None:
        client.cluster.close()
        client.close()
    found.units.reset_index().to_feather(folder / f"found {how}")
    status = Path("/proc/self/status").read_text()
    told["bytes"] = int(re.search(r"VmHWM:\\s+(\\d+) kB", status)[1]) * 1024
    told["total"] = found.total
    print(json.dumps(told))

if __name__ == "__main__":
    main(*sys.argv[1:])
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory, data):
    """The province as files."""
    side, count, places, people = SIZE
    made = tmp_path_factory.mktemp("province")
    network = province.streets(data, side)
    keeping.save(network, made / "streets")
    units = province.divisions(network, side)
    units.to_pickle(made / "units")
    province.facilities(network, units, count).to_pickle(made / "facilities")
    province.population(network, units, places, people).to_pickle(made / "population")
    (made / "program.py").write_text(PROGRAM, "utf-8")
    return made


def test_coverage_by_street(folder, root, capsys):
    frames = {}
    for how in ("alone", "processes", "processes killed", "dask", "dask killed"):
        begin = time.perf_counter()
        done = subprocess.run(
            [sys.executable, folder / "program.py", folder, how],
            cwd=root, env=environment(root), check=True, capture_output=True, text=True,
        )  # fmt: skip
        said = json.loads(done.stdout)
        frames[how] = pd.read_feather(folder / f"found {how}")
        with capsys.disabled():
            steps = ", ".join(
                f"{name} {said[name][0]:.2f} s ({said[name][1]:.2f} CPU)"
                for name in ("network", "placing", "coverage")
            )
            print(  # noqa: T201
                f"\n{how}: {steps}, {said['bytes'] / 1e9:.2f} GB, "
                f"{len(frames[how])} streets, {said['total']['share']:.2f} %, "
                f"with the start of the process {time.perf_counter() - begin:.1f} s"
            )
        pd.testing.assert_frame_equal(frames[how], frames["alone"], check_exact=True)
        if how == "alone":
            assert said["coverage"][1] < MOST_S
            assert said["bytes"] < MOST_BYTES


def environment(root):
    return {**os.environ, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1"}
