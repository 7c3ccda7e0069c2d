"""What is downloaded is copied from where it lies, never held whole."""

from __future__ import annotations

import os
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from boundaries.jobs.model import JOBS
from boundaries.registry.exports import EXPORTS
from tests.support.registries import office
from tests.support.signed import client_as
from tests.support.stores import postgis_server, postgis_url, store_url  # noqa: F401
from webmap import create_app

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.registries import Office

SIZE, MOST = 48 << 20, 12 << 20
"""Bytes of the file; bytes of memory that handing it out may take."""


@pytest.fixture
def desk_anywhere(tmp_path: Path, store_url: str) -> Iterator[Office]:  # noqa: F811
    """A new registry on each backend with the usual people."""
    made = office(tmp_path, store_url)
    yield made
    made.registry.close()


def _big(desk: Office, folder: Path, kind: str) -> str:
    """Keep a big file as an export or an original; return its address."""
    file = folder / "big"
    with file.open("wb") as out:
        for _ in range(SIZE >> 20):
            out.write(os.urandom(1 << 10) * (1 << 10))
    store = desk.registry.store
    if kind == "original":
        with store.write() as tx:
            digest = tx.put_blob(file)
        desk.commit(original=digest)
        desk.registry.publish("chen")
        return f"/divisions/120101001/documents/{digest}"
    desk.commit()
    asked = desk.registry.request_export("chen", driver=kind)
    desk.registry.make_export("chen", asked["id"])
    with store.write(lock=[EXPORTS, JOBS]) as tx:
        found = tx.get(EXPORTS, asked["id"])
        found["made"] = {**found["made"], "digest": tx.put_blob(file)}
        tx.put(EXPORTS, asked["id"], found, parent="chen", rev=found["rev"])
    return f"/api/v1/exports/{asked['id']}/file"


@pytest.mark.parametrize("kind", ["original", "GPKG", "CSV"])
def test_a_big_file_goes_out_in_parts(
    desk_anywhere: Office, tmp_path: Path, kind: str
) -> None:
    desk = desk_anywhere
    address = _big(desk, tmp_path, kind)
    client = client_as(create_app(desk.registry, cache=tmp_path / "tiles"), "chen")
    client.get("/jobs")  # what the first request of all makes is not counted
    tracemalloc.start()
    try:
        with client.get(address, headers={"Accept-Encoding": "gzip"}) as answer:
            taken = sum(map(len, answer.iter_encoded()))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (answer.status_code, taken, answer.content_length) == (200, SIZE, SIZE)
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert most < MOST + (0 if desk.registry.store.url.startswith("sqlite") else MOST)


def test_a_big_file_comes_in_in_parts(desk_anywhere: Office, tmp_path: Path) -> None:
    file = tmp_path / "big"
    with file.open("wb") as out:
        for _ in range(SIZE >> 20):
            out.write(os.urandom(1 << 10) * (1 << 10))
    store = desk_anywhere.registry.store
    with store.write() as tx:
        tx.put_blob(b"what the first content of all makes is not counted")
    tracemalloc.start()
    try:
        with store.write() as tx:
            digest = tx.put_blob(file)
            assert tx.put_blob(file) == digest
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert most < 2 * MOST
    with store.open_blob(digest) as kept, file.open("rb") as given:
        while part := given.read(1 << 20):
            assert kept.read(1 << 20) == part
        assert kept.read(1) == b""


def test_a_damaged_file_is_refused_before_a_byte_goes_out(tmp_path: Path) -> None:
    desk = office(tmp_path)
    digest = desk.registry.receive("zhao", b"the file", "界线.zip")
    desk.commit(original=digest)
    desk.registry.publish("chen")
    place = desk.registry.store.blob_path(digest)
    assert place is not None
    place.write_bytes(b"another!")
    app = create_app(desk.registry, cache=tmp_path / "tiles")
    answer = client_as(app, "zhao").get(f"/divisions/120101001/documents/{digest}")
    assert answer.status_code >= 500
    assert b"another!" not in answer.data
    assert "read_original" not in desk.verbs(), "nothing was handed out"
