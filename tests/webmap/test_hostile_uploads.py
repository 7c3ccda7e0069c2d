"""The hostile corpus through the real server: pages are answered meanwhile."""

from __future__ import annotations

import csv
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from tests.geodata.files.test_hostile import (
    CANARY,
    CONTENT,
    NOT_HOSTILE,
    ONE_OF_EACH_KIND,
)
from tests.support import registries
from tests.support.deployed import Pulse, Server, deployed, watched

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [
    pytest.mark.alone,
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc"),
]
P95_S = 0.3
GROWTH_MB = 50


@dataclass
class Run:
    """What came of the whole corpus."""

    server: Server
    pulse: Pulse
    before_mb: float
    ends: dict[str, tuple[str, int, Any, Any]]
    """Path: its class, status of the upload, the job and the reading."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> registries.Office:
    made = registries.office(tmp_path_factory.mktemp("hostile"))
    made.commit()
    return made


@pytest.fixture(scope="module")
def run(
    office: registries.Office, data: Path, request: pytest.FixtureRequest
) -> Iterator[Run]:
    folder = data / "hostile"
    with (folder / "expect.csv").open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.DictReader(stream))
    if not request.config.getoption("--full"):
        rows = [row for row in rows if row["path"] in ONE_OF_EACH_KIND]
    CANARY.mkdir(exist_ok=True)
    (CANARY / "secret.csv").write_text(f"id,name\n1,{CONTENT}\n", encoding="utf-8")
    with deployed(office.registry, "zhao") as server:
        for _ in range(20):  # what a server loads once is not growth
            server.ask("GET", "/api/v1/uploads")
        before = server.memory_mb()
        with watched(server) as pulse:
            ends = _all(server, folder, rows)
        yield Run(server, pulse, before, ends)


def _all(server: Server, folder: Path, rows: list[dict[str, str]]) -> dict[str, Any]:
    sent = {}
    for row in rows:
        if (folder / row["path"]).stat().st_size == 0:
            continue
        # the first parts of equal names would be gone on with, not begun
        name = row["path"].replace("/", "-")
        sent[row["path"]] = (row["class"], *server.upload(folder / row["path"], name))
    ends = {}
    for path, (kind, status, upload) in sent.items():
        if status != 200:
            ends[path] = (kind, status, None, None)
            continue
        job = server.ended(upload["job"], 600)
        where = f"/api/v1/uploads/{upload['id']}/reading"
        reading = server.ask("GET", where)[1] if job["state"] == "done" else None
        ends[path] = (kind, status, job, reading)
    return ends


def test_the_pages_were_answered_meanwhile(run: Run) -> None:
    assert run.pulse.failures == []
    assert len(run.pulse.seconds) > 50
    assert run.pulse.p95() < P95_S, run.pulse.p95()


def test_the_server_never_broke_nor_grew(run: Run) -> None:
    assert run.server.process.poll() is None
    assert max(run.server.statuses) < 500
    assert max(run.pulse.memory) - run.before_mb < GROWTH_MB


def test_every_file_was_kept_and_read_or_refused_in_words(run: Run) -> None:
    assert len(run.ends) >= len(ONE_OF_EACH_KIND) - 1
    for path, (_, status, job, _) in run.ends.items():
        assert status == 200, path
        assert job["state"] in {"done", "failed"}, (path, job)
        assert job["attempts"] == 1, path
        if job["state"] == "failed":
            error = job["error"]
            assert error["error"] not in {"bug", "crashed", "worker_died"}, (path, job)
            assert error["message"]["zh"], path
            assert error["message"]["en"], path


def test_verdicts_are_those_of_the_reader(run: Run) -> None:
    wrong = []
    for path, (kind, _, job, reading) in run.ends.items():
        if path in NOT_HOSTILE:
            continue
        held = reading is None or bool(
            reading["questions"]
            or reading["refused"]
            or reading["invalid"]
            or not reading["preview"]
        )
        if kind == "accept" and job["state"] != "done":
            wrong.append(path)
        if kind in {"reject", "ask"} and not held:
            wrong.append(path)
    assert len(wrong) <= 0.02 * len(run.ends), wrong


def test_no_canary_came_out(run: Run) -> None:
    for path, (_, _, job, reading) in run.ends.items():
        assert CONTENT not in str(job), path
        assert CONTENT not in str(reading), path
