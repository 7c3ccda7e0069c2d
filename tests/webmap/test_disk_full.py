"""A full disk: told with status 507 or in the job's words, and nothing is lost."""

from __future__ import annotations

import os
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import registries
from tests.support.signed import client_as
from tests.support.working import finished, inline, worker
from tests.webmap.test_uploads import put
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.registries import Office

UPLOADS = "/api/v1/uploads"
ROOM = 128 << 10
"""Left for the rows of jobs; too little for what jobs write."""


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 160 MB."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=160m", "tmpfs", str(folder)]
    try:
        mounted = subprocess.run(command, capture_output=True)
    except FileNotFoundError:
        pytest.skip("no mount on this system")
    if mounted.returncode:
        pytest.skip(f"no disk of our own: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def office(small_disk: Path) -> Iterator[Office]:
    """A bureau whose store lies on the small disk, with one published version."""
    made = registries.office(small_disk)
    made.commit()
    made.registry.publish("chen")
    yield made
    made.registry.close()


def fill(disk: Path, room: int = 0) -> Path:
    """Fill the disk but for some room; return the file to remove again."""
    free = os.statvfs(disk)
    ballast = disk / "ballast"
    with ballast.open("wb") as filler:
        filler.write(bytes(free.f_bavail * free.f_frsize - room))
    return ballast


def test_an_upload(office: Office, small_disk: Path) -> None:
    client = client_as(create_app(office.registry), "zhao")
    body = os.urandom(6 << 20)
    upload = client.post(UPLOADS, json={"name": "a.zip", "size": len(body)}).json["id"]
    assert put(client, upload, 0, body[: 1 << 20]).status_code == 200
    ballast = fill(small_disk, 66 << 20)
    told = put(client, upload, 1 << 20, body[1 << 20 : 5 << 20])
    assert told.status_code == 507
    assert "磁盘已满" in told.json["message"]["zh"]
    assert client.get(f"{UPLOADS}/{upload}").json["received"] == [[0, 1 << 20]]
    assert client.get("/healthz").status_code == 200
    ballast.unlink()
    assert put(client, upload, 1 << 20, body[1 << 20 : 5 << 20]).status_code == 200
    assert put(client, upload, 5 << 20, body[5 << 20 :]).status_code == 200
    done = client.post(f"{UPLOADS}/{upload}/finish").json
    assert office.registry.store.blob(done["original"]) == body


def test_an_approval(office: Office, small_disk: Path) -> None:
    registry = office.registry
    draft = office.stage(picture="AAAB/AABB/CCDD", effective="2021")["id"]
    registry.submit("zhao", draft)
    client = client_as(create_app(registry), "chen")
    staging = registry.draft("chen", draft)["staging"]
    before, verbs = registry.draft("chen", draft), office.verbs()
    ballast = fill(small_disk)
    where = f"/api/v1/drafts/{draft}/approve"
    told = client.post(where, json={"staging": staging})
    assert told.status_code == 507, told.text
    assert "磁盘已满" in told.json["message"]["zh"]
    for page in ("/", "/drafts", f"/drafts/{draft}", "/map", "/healthz"):
        assert client.get(page).status_code == 200, page
    assert registry.draft("chen", draft) == before
    assert office.verbs() == verbs
    assert registry.store.head("divisions") == 1
    ballast.unlink()
    assert client.post(where, json={"staging": staging}).status_code == 200
    assert registry.store.head("divisions") == 2
    assert registry.store.verify() == []


@pytest.mark.parametrize("kind", ["publish", "backup"])
def test_a_job(office: Office, small_disk: Path, kind: str) -> None:
    registry = office.registry
    office.commit("AAAB/AABB/CCDD", effective="2021")
    actor, subject = {"publish": ("chen", "divisions"), "backup": ("root", "")}[kind]
    wish: dict[str, Any] = {"version": 2} if kind == "publish" else {}
    job = registry.start_job(actor, kind, subject, wish)["id"]
    ballast = fill(small_disk, ROOM)
    inline(registry)
    failed = registry.job(actor, job)
    assert failed["state"] == "failed"
    assert failed["error"]["error"] == "disk_full"
    assert "磁盘已满" in failed["error"]["message"]["zh"]
    assert registry.store.tags()["published/divisions"] == 1
    assert not list(registry.backup_folder().glob("quhua-*"))
    ballast.unlink()
    again = registry.start_job(actor, kind, subject, wish)["id"]
    inline(registry)
    assert registry.job(actor, again)["state"] == "done"
    assert registry.store.verify() == []
    assert office.verbs().count(kind) == (2 if kind == "publish" else 1)


def test_the_worker_waits_for_room(office: Office, small_disk: Path) -> None:
    """It cannot even write that it begins."""
    registry = office.registry
    draft = office.stage(picture="AAAB/AABB/CCDD", effective="2021")["id"]
    job = registry.start_job("zhao", "check", draft, {})["id"]
    ballast = fill(small_disk)
    with worker(registry.store.url) as process:
        time.sleep(3)
        assert process.poll() is None
        assert registry.job("zhao", job)["state"] == "waiting"
        ballast.unlink()
        assert finished(registry, "zhao", job)["state"] == "done"
    assert registry.draft("zhao", draft)["findings"] is not None
