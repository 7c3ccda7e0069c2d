"""Workers killed in the middle of each kind: every job ends right, exactly once."""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import signal
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import shapely

from boundaries import prepared
from boundaries.jobs import attempt, ledger, places
from boundaries.jobs.model import JOBS, Holder
from geodata.guard.reaping import descendants
from tests.support import registries, working
from tests.support.stores import ON_BOTH

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.registries import Office

KINDS = ("read", "stage", "check", "repair", "publish", "export", "backup", "verify")
KILLED_OFTEN = {"stage", "repair", "publish"}
"""The kinds of several writes; the others are killed in the middle by ``--full``."""
OVERLAP = "AAAB/AABB/CCDD"


class Mute:
    """A voice nobody hears: the worker of this attempt is thought dead."""

    def send(self, message: object) -> None:
        pass


def uploaded(office: Office, folder: Path) -> str:
    """An upload kept whole; its reading waits."""
    file = folder / "streets.geojson"
    registries.streets(OVERLAP).to_file(file)
    content = file.read_bytes()
    digest = hashlib.sha256(content).hexdigest()
    upload = office.registry.begin_upload("zhao", file.name, len(content), digest)
    office.registry.put_part("zhao", upload["id"], 0, content, digest)
    return str(office.registry.finish_upload("zhao", upload["id"])["id"])


def job_of(office: Office, kind: str, folder: Path) -> dict[str, Any]:
    """Queue one job of a kind, everything before it done."""
    registry = office.registry
    if kind in {"read", "stage"}:
        upload = uploaded(office, folder)
        reading = registry.job("zhao", registry.upload("zhao", upload)["job"])
        if kind == "read":
            return reading
        registry.cancel_job("zhao", reading["id"])
        wish = {"effective": "2021-01-01", "basis": "津民发〔2021〕1号"}
        return registry.stage_upload("zhao", upload, wish)
    if kind in {"check", "repair"}:
        draft = broken(office) if kind == "repair" else office.stage(
            picture=OVERLAP, effective="2021-01-01"
        )["id"]  # fmt: skip
        return registry.start_job("zhao", kind, draft, {})
    if kind == "export":
        asked = registry.request_export("chen", "divisions", "GeoJSON")
        return registry.job("chen", asked["job"])
    actor, subject = {
        "publish": ("chen", "divisions"),
        "backup": ("root", ""),
        "verify": ("watcher", ""),
    }[kind]
    return registry.start_job(actor, kind, subject, {})


def broken(office: Office) -> str:
    """A checked draft with a street a metre over its neighbour: it can be repaired."""
    frame = registries.streets(OVERLAP)
    drawn = frame.geometry.to_numpy()
    over = shapely.transform(drawn, lambda xy: xy - (1e-5, 0))
    second = np.arange(len(frame)) == 1
    shapes = np.where(second, shapely.union(drawn, over), drawn)
    frame = frame.set_geometry(shapes, crs=frame.crs)
    draft = office.registry.stage("zhao", frame, effective="2021-01-01")["id"]
    office.registry.check("zhao", draft)
    return str(draft)


def right(office: Office, kind: str, job: dict[str, Any]) -> None:
    """Assert that what the kind makes is there once."""
    registry, verbs = office.registry, office.verbs()
    if kind == "read":
        found = registry.reading("zhao", job["subject"])
        assert found["reading"]["records"]["kept"] == 4
        assert verbs.count("read_upload") == 1
    if kind == "stage":
        drafts = registry.drafts("zhao", state="draft")
        assert [draft["id"] for draft in drafts] == [job["result"]["draft"]]
        assert drafts[0]["findings"] is not None
        upload = registry.upload("zhao", job["subject"])
        assert upload["drafts"] == [job["result"]["draft"]]
        assert verbs.count("stage") == 2  # the office's own first version, and this
    if kind in {"check", "repair"}:
        assert registry.draft("zhao", job["subject"])["findings"] is not None
    if kind == "repair":
        document = registry.draft("zhao", job["subject"])
        marks = [entry["fingerprint"] for entry in document["repairs"]]
        assert marks
        assert len(set(marks)) == len(marks)
        assert verbs.count("repair") == 1
    if kind == "publish":
        assert registry.store.tags()["published/divisions"] == 1
        assert verbs.count("publish") == 1
        drawn = places.tiles_beside(registry.store.url) / prepared.INDEX
        assert len(list(drawn.glob("*.json"))) == 1, "before the tag moved"
    if kind == "export":
        document, file = registry.export_file("chen", job["subject"])
        with file:
            content = hashlib.sha256(file.read())
        assert document["made"]["digest"].endswith(content.hexdigest())
        assert verbs.count("export") == 1
    if kind == "backup":
        assert len(list(registry.backup_folder().iterdir())) == 1
        assert verbs.count("backup") == 1
    if kind == "verify":
        assert job["result"]["count"] == 0
    assert registry.store.verify() == []


def begun(office: Office, job: dict[str, Any]) -> bool:
    return office.registry.job(actor_of(job), job["id"])["state"] != "waiting"


def actor_of(job: dict[str, Any]) -> str:
    return str(job["actor"])


@pytest.mark.parametrize(
    ("kind", "usual_url"),
    [
        *[(kind, "sqlite") for kind in KINDS],
        *[
            pytest.param(kind, "postgis", marks=pytest.mark.postgis)
            for kind in ("stage", "publish", "backup")
        ],
    ],
    indirect=["usual_url"],
)
def test_killed_after_the_last_write(office: Office, tmp_path: Path, kind: str) -> None:
    """Everything is written but the end of the job: the worst moment to die."""
    job = job_of(office, kind, tmp_path)
    store, settings = office.registry.store, office.registry.settings
    while (held := ledger.claim(store, Holder.here())) and held["id"] != job["id"]:
        ledger.finish(store, held["id"], held["holder"]["token"], {})
    assert held is not None
    attempt._do(attempt.Task(store.url, settings, held), Mute())
    with store.write(lock=[JOBS]) as tx:
        row = tx.get(JOBS, job["id"])
        assert row is not None
        ledger.put(tx, row | {"holder": {**row["holder"], "born": "1"}})
    assert ledger.requeue_stale(store, stale_s=60, attempts=3) == [job["id"]]
    held = ledger.claim(store, Holder.here())
    assert held is not None
    result = attempt._do(attempt.Task(store.url, settings, held), Mute())
    ledger.finish(store, job["id"], held["holder"]["token"], result)
    done = office.registry.job(actor_of(job), job["id"])
    assert (done["state"], done["attempts"]) == ("done", 2)
    right(office, kind, done)


@pytest.mark.slow
@pytest.mark.parametrize(
    "kind",
    [
        kind if kind in KILLED_OFTEN else pytest.param(kind, marks=pytest.mark.full)
        for kind in KINDS
    ],
)
def test_sigkill_in_the_middle(
    office: Office, tmp_path: Path, kind: str, full_size: bool
) -> None:
    """Killed at a moment drawn by lot, started again by whoever supervises."""
    job = job_of(office, kind, tmp_path)
    registry = office.registry
    draw = random.Random(kind)  # noqa: S311 - a moment, not a secret
    process = working.begin(registry.store.url)
    try:
        for _ in range(2 if full_size else 1):
            working.until(lambda: begun(office, job), 180, what="the job's begin")
            time.sleep(draw.uniform(0.0, 0.8))
            process.kill()
            process.wait()
            process = working.begin(registry.store.url)
        done = working.finished(registry, actor_of(job), job["id"])
    finally:
        process.terminate()
        process.wait(20)
    assert done["state"] == "done", done["error"]
    right(office, kind, done)


@ON_BOTH
def test_the_kill_of_one_attempt_is_tried_again(office: Office, tmp_path: Path) -> None:
    """Somebody kills the process at work, not the worker."""
    job = job_of(office, "stage", tmp_path)
    with working.worker(office.registry.store.url) as process:
        working.until(lambda: begun(office, job), 180)
        for pid in descendants(process.pid)[2:]:  # not the fork server and its tracker
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        done = working.finished(office.registry, "zhao", job["id"])
    assert done["state"] == "done"
    right(office, "stage", done)
