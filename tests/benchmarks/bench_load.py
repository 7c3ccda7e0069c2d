"""Load on the server as it is deployed, beside a bare Flask route in the same run.

Bars on two cores, 200 connections: published tiles of up to 20 KB at least 2 000 a
second with p95 under 100 ms; 304s at least 3 000 a second; 200 readers who each ask
and wait, beside 8 writers: reading p95 under 200 ms, every verb of writing p95 under
1 s (but checking, which the worker does), no update lost, no overlap committed.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import geopandas as gpd
import numpy as np
import pytest
import shapely

from boundaries import states
from boundaries.jobs.supervision import Supervisor
from geodata.tiles.folders import tiles_over
from tests.support import lacking, published, signed
from tests.support.load_writer import (
    COLUMNS,
    SIDE,
    SOUTH,
    WEST,
    between,
    code,
    kind,
)
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator

    from boundaries.registry import Registry

pytestmark = pytest.mark.benchmark

ROOT = Path(__file__).resolve().parents[2]
CONNECTIONS = 200
SECONDS = 10
MIXED_SECONDS = 20
WRITERS = 8
ROWS = 6
LARGEST, SMALLEST = 20_480, 6_000

MIXED = """
local paths = {PATHS}
local n = 0
request = function()
  n = n + 1
  return wrk.format("GET", paths[n % #paths + 1])
end
function delay() return math.random(500, 1500) end
"""
DONE = """
done = function(summary, latency, requests)
  local bad = summary.errors
  io.write(string.format('{"rps":%.1f,"p50":%.2f,"p95":%.2f,"p99":%.2f,"n":%d,"bad":%d}\\n',
    summary.requests / (summary.duration / 1e6), latency:percentile(50) / 1000,
    latency:percentile(95) / 1000, latency:percentile(99) / 1000, summary.requests,
    bad.connect + bad.read + bad.write + bad.status + bad.timeout))
end
"""


class Load(NamedTuple):
    """What wrk measured; milliseconds."""

    rps: float
    p50: float
    p95: float
    p99: float
    n: int
    bad: int


def wrk(
    folder: Path, address: str, script: str = "", headers: dict[str, str] | None = None,
    seconds: int = SECONDS,
) -> Load:  # fmt: skip
    """Load an address with 200 connections and return what came of it."""
    lacking.command("wrk")
    path = folder / "load.lua"
    path.write_text(script + DONE)
    command = ["wrk", "-t2", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(path)]
    for name, value in (headers or {}).items():
        command += ["-H", f"{name}: {value}"]
    done = subprocess.run(
        [*command, address], capture_output=True, text=True, check=True
    )
    return Load(**json.loads(done.stdout.strip().splitlines()[-1]))


def spent(pid: int) -> float:
    """Return the seconds of processor time a process has used; 0 where unknown."""
    place = Path(f"/proc/{pid}/stat")
    if not place.exists():
        return 0.0
    told = place.read_text().rpartition(")")[2].split()
    return (int(told[11]) + int(told[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def server(*arguments: str) -> Iterator[tuple[str, int]]:
    """Run a server process; yields its address and number."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    store, *rest = arguments
    command = [sys.executable, "-m", "tests.support.load_server", store, str(port)]
    with subprocess.Popen([*command, *rest], cwd=ROOT) as process:
        address = f"http://127.0.0.1:{port}"
        try:
            _until_up(address, process)
            yield address, process.pid
        finally:
            process.terminate()


def _until_up(address: str, process: subprocess.Popen[bytes]) -> None:
    host = address.removeprefix("http://").split(":")
    for _ in range(600):
        assert process.poll() is None, "the server ended"
        try:
            socket.create_connection((host[0], int(host[1])), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    pytest.fail("the server never answers")


def etag(address: str, path: str, headers: dict[str, str]) -> str:
    """Ask twice, so that the layer before Flask knows the reader; return the tag."""
    for _ in range(2):
        link = http.client.HTTPConnection(address.removeprefix("http://"), timeout=60)
        link.request("GET", path, headers=headers)
        answer = link.getresponse()
        answer.read()
        link.close()
    found = answer.headers["ETag"]
    assert (answer.status, bool(found)) == (200, True)
    return str(found)


def said(**measured: Any) -> None:
    """Show what was measured."""
    print("\n" + json.dumps(measured))  # noqa: T201


class Published(NamedTuple):
    """A store of counties with prepared tiles, and a reader's cookie."""

    url: str
    cache: Path
    tiles: list[str]
    size: int
    cookie: str


@pytest.fixture(scope="module")
def counties(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("load")
    frame = gpd.read_parquet(data / "bench" / "cn_county_2020.parquet")
    frame = frame.rename(columns={"adcode": "code"})[["code", "name", "geometry"]]
    registry = published.registry_at(folder / "s.sqlite")
    layer = published.divisions(frame, parent=None, kind="county")
    published.publish(registry.store, layer, "2020-12-31", basis="2020")
    app = create_app(registry, cache=folder / "tiles")
    state = states.state(
        registry.store.snapshot("divisions"), "2020-12-31", folder / "tiles", {}
    )
    found = []
    for x, y in tiles_over(state.box, 6):
        size = len(state.tiles.tile(6, x, y).body)
        if SMALLEST <= size <= LARGEST:
            found.append((size, f"/p/{state.digest}/6/{x}/{y}.mvt"))
    cookie = signed.cookie_of(app)
    url = registry.store.url
    registry.store.close()
    largest = sorted(found, reverse=True)[:12]
    return Published(
        url, folder / "tiles", [path for _, path in largest], largest[0][0], cookie
    )


def test_published_tiles_beside_a_bare_route(
    counties: Published, tmp_path: Path
) -> None:
    headers = {"Cookie": f"quhua={counties.cookie}", "Accept-Encoding": "gzip"}
    listed = ", ".join(f'"{path}"' for path in counties.tiles)
    script = MIXED.replace("PATHS", listed).split("function delay")[0]
    with server(counties.url, str(counties.cache)) as (address, pid):
        tag = etag(address, counties.tiles[0], headers)
        wrk(tmp_path, address, script, headers, seconds=2)
        marks = [spent(pid)]
        tiles = wrk(tmp_path, address, script, headers)
        marks.append(spent(pid))
        unchanged = wrk(
            tmp_path, address + counties.tiles[0], "", {**headers, "If-None-Match": tag}
        )
        marks.append(spent(pid))
    with server("bare", str(counties.size)) as (address, pid):
        began = spent(pid)
        bare = wrk(tmp_path, f"{address}/tile")
        cost = (spent(pid) - began) / bare.n
    said(
        largest=counties.size, tiles=tiles._asdict(), unchanged=unchanged._asdict(),
        bare=bare._asdict(),
        cpu_us={
            "tile": round((marks[1] - marks[0]) / tiles.n * 1e6),
            "304": round((marks[2] - marks[1]) / unchanged.n * 1e6),
            "bare": round(cost * 1e6),
        },
    )  # fmt: skip
    assert tiles.bad == unchanged.bad == 0
    assert tiles.rps >= 2000
    assert tiles.p95 < 100
    assert unchanged.rps >= 3000


@pytest.fixture
def grid(tmp_path: Path) -> Registry:
    """A published layer of cells, its writers and who approves."""
    registry = published.registry_at(tmp_path / "s.sqlite")
    cells = [(column, row) for row in range(ROWS) for column in range(COLUMNS)]
    frame = gpd.GeoDataFrame(
        {
            "code": [code(*cell) for cell in cells],
            "name": [f"第{number}区" for number in range(len(cells))],
            "kind": [kind(*cell) for cell in cells],
        },
        geometry=[
            between(WEST + column * SIDE, WEST + (column + 1) * SIDE, row)
            for column, row in cells
        ],
        crs="EPSG:4490",
    )
    published.publish(registry.store, published.divisions(frame), "2020-01-01")
    signed.add_user(registry, "manager", ["boundary_manager:120000"])
    for number in range(WRITERS):
        signed.add_user(registry, f"writer{number}", ["surveyor:120000"])
    return registry


def test_readers_beside_writers(grid: Registry, tmp_path: Path) -> None:
    app = create_app(grid, cache=tmp_path / "tiles")
    state = app.extensions["published"].edition().state("2020-01-01", wait=60)
    x, y = tiles_over(state.box, 9)[0]
    state.tiles.tile(9, x, y)
    paths = [f"/p/{state.digest}/9/{x}/{y}.mvt"] * 18
    paths += ["/p/current.json", f"/api/v1/divisions/{code(1, 1)}"]
    headers = {"Cookie": f"quhua={signed.cookie_of(app)}", "Accept-Encoding": "gzip"}
    script = MIXED.replace("PATHS", ", ".join(f'"{path}"' for path in paths))
    url = grid.store.url
    with server(url, str(tmp_path / "tiles")) as (address, pid), working(url):
        wrk(tmp_path, address, script, headers, seconds=3)
        with writing(url, MIXED_SECONDS + 4) as writers:
            time.sleep(2)
            before = spent(pid)
            reads = wrk(tmp_path, address, script, headers, seconds=MIXED_SECONDS)
            cost = (spent(pid) - before) / reads.n
            told = [json.loads(line) for w in writers for line in w.stdout or ()]
    writes = {
        verb: percentiles([one["ms"] for one in told if one["verb"] == verb])
        for verb in ("stage", "check", "submit", "approve")
    }
    approved = sum(one["verb"] == "approve" and one["ok"] for one in told)
    refused = [one for one in told if not one["ok"]]
    said(
        reads=reads._asdict(), cpu_us=round(cost * 1e6), writes=writes,
        approved=approved,
        refused=sorted({one["why"] for one in refused}), refusals=len(refused),
    )  # fmt: skip
    check_history(grid, told)
    assert approved >= WRITERS, "nothing to speak of was written"
    assert reads.bad == 0
    assert reads.p95 < 200
    # checking is a job of the worker; the other verbs are what a person waits for
    waited = {verb: found for verb, found in writes.items() if verb != "check"}
    assert all(found["p95"] < 1000 for found in waited.values())


@contextmanager
def working(url: str) -> Iterator[None]:
    """Run the worker beside the server, as ``quhua serve`` does."""
    worker = Supervisor(url)
    worker.start()
    try:
        yield
    finally:
        worker.stop()


@contextmanager
def writing(url: str, seconds: int) -> Iterator[list[subprocess.Popen[str]]]:
    """Start the writers at once; they end by themselves."""
    command = [sys.executable, "-m", "tests.support.load_writer", url]
    writers = [
        subprocess.Popen(
            [*command, f"writer{number}", str(number), str(seconds), str(ROWS)],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )
        for number in range(WRITERS)
    ]  # fmt: skip
    try:
        for writer in writers:
            assert writer.stdout is not None
            assert "ready" in writer.stdout.readline()
        for writer in writers:
            assert writer.stdin is not None
            writer.stdin.write("go\n")
            writer.stdin.flush()
        yield writers
    finally:
        for writer in writers:
            if writer.poll() is None:
                writer.terminate()
            writer.wait(30)
            for stream in (writer.stdin, writer.stdout):
                if stream is not None:
                    stream.close()


def percentiles(times: list[float]) -> dict[str, float]:
    """Return how many, and the 50th and 95th percentile in milliseconds."""
    assert times, "nothing was written"
    low, high = np.percentile(times, [50, 95])
    return {"n": len(times), "p50": round(float(low), 1), "p95": round(float(high), 1)}


def check_history(registry: Registry, told: list[dict[str, Any]]) -> None:
    """Check that every acknowledged version stands, alone, and none overlaps."""
    acknowledged = {
        one["version"]: one["codes"]
        for one in told
        if one["verb"] == "approve" and one["ok"]
    }
    versions = [item.number for item in registry.store.versions("divisions")]
    assert versions == list(range(1, len(versions) + 1))
    approvals = [one for one in told if one["verb"] == "approve" and one["ok"]]
    assert len(acknowledged) == len(approvals), "two were told the same version"
    assert set(acknowledged) <= set(versions)
    before = registry.store.snapshot("divisions", at=1)
    total = shapely.area(before.geometry.to_numpy()).sum()
    for number in versions[1:]:
        after = registry.store.snapshot("divisions", at=number)
        same = shapely.equals_exact(
            before.geometry.to_numpy(), after.loc[before.index].geometry.to_numpy()
        )
        changed = sorted(before.index[~same])
        if number in acknowledged:
            assert changed == sorted(acknowledged[number]), "an update was lost"
        shapes = after.geometry.to_numpy()
        assert shapely.coverage_is_valid(shapes), f"version {number} overlaps"
        assert abs(shapely.area(shapes).sum() - total) < 1e-9, f"a gap in {number}"
        before = after


def test_the_checker_finds_what_it_looks_for(grid: Registry) -> None:
    lost = {"verb": "approve", "ok": True, "version": 9, "codes": [], "ms": 1}
    with pytest.raises(AssertionError):
        check_history(grid, [lost])
    overlapping = grid.store.snapshot("divisions")
    first = code(0, 0)
    overlapping.loc[first, "geometry"] = between(WEST, WEST + SIDE * 1.5, 0)
    published.publish(grid.store, overlapping, "2026-01-01")
    with pytest.raises(AssertionError, match=re.escape("overlaps")):
        check_history(grid, [])
    assert overlapping.geometry[first].bounds[3] > SOUTH
