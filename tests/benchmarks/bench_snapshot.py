"""A snapshot of 180k polygons as of a past date, beside reading them from a file.

The bar: at most three times ``geopandas.read_file`` (no Arrow) of the same rows
from a GeoPackage, in medians of one run, within 2 GB.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

MEASURE = Path(__file__).with_name("snapshot_measured.py")


@pytest.mark.benchmark
def test_a_snapshot_of_the_past_is_at_most_three_reads(data, tmp_path, root):
    source = data / "bench" / "uk_oa2011_england_wales.parquet"
    for step in ("write", "file", "store"):
        done = subprocess.run(
            [sys.executable, MEASURE, step, source, tmp_path],
            cwd=root,
            env={"PYTHONPATH": str(root), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stderr
        if step != "write":
            (tmp_path / f"{step}.json").write_text(done.stdout)
    found = {
        step: json.loads((tmp_path / f"{step}.json").read_text())
        for step in ("file", "store")
    }
    store, file = (statistics.median(found[s]["seconds"]) for s in ("store", "file"))
    print(f"snapshot {store:.2f} s, read_file {file:.2f} s, ratio {store / file:.2f}")  # noqa: T201
    print(f"peak {found['store']['peak_mb']:.0f} MB")  # noqa: T201
    assert found["store"]["rows"] == found["file"]["rows"] > 180_000
    assert store <= 3 * file
    assert found["store"]["peak_mb"] <= 2000
