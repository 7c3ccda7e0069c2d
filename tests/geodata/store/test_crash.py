"""What was acknowledged is there, whatever happened to the process or the disk."""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from geodata.errors import StoreError
from geodata.store import open_store
from tests.support import store_writer
from tests.support.stores import LAYERS, change, commit, zones
from tests.support.writers import CONTEXT, Writer


def _wait_for_words(writer, count=1, seconds=60):
    until = time.monotonic() + seconds
    while len(writer.lines()) < count:
        assert time.monotonic() < until, "no acknowledgement"
        time.sleep(0.005)


def kills(url: str, folder: Path, count: int) -> int:
    """Kill writers, two at a time; return how many writes were acknowledged."""
    chance = random.Random(9)  # noqa: S311 - a seed to repeat by
    acknowledged = 0
    for turn in range(0, count, 2):
        writers = [Writer(folder, url, f"w{turn + i}") for i in range(2)]
        for writer in writers:
            _wait_for_words(writer)
        time.sleep(chance.uniform(0, 0.08))
        for writer in writers:
            writer.kill()
        store = open_store(url)
        for writer in writers:
            said = writer.lines()
            acknowledged += len(said)
            assert store_writer.missing(store, said) == []
        if turn % 10 == 0:
            assert store.verify() == []
        store.close()
    return acknowledged


def test_nothing_acknowledged_is_lost_when_writers_are_killed(
    store, store_url, tmp_path, full_size
):
    sqlite = store.health()["backend"] == "sqlite"
    store.close()
    count = (500 if sqlite else 100) if full_size else (50 if sqlite else 16)
    assert kills(store_url, tmp_path, count) >= count
    after = open_store(store_url)
    assert after.verify() == []
    every = [
        line
        for acks in tmp_path.glob("*.acks")
        for line in store_writer.lines_in(acks.read_bytes())
    ]
    assert store_writer.missing(after, every) == []
    commit(after, change(after, zones(A={"name": "still writes"})))
    after.close()


@pytest.mark.postgis
def test_nothing_acknowledged_is_lost_when_the_server_kills_a_backend(
    postgis_server, tmp_path
):
    """SIGKILL of one backend makes PostgreSQL recover from its log."""
    url = postgis_server.database()
    open_store(url, create=True, layers=LAYERS).close()
    for turn in range(2):
        writer = Writer(tmp_path, url, f"w{turn}")
        _wait_for_words(writer, 5)
        probe = sa.create_engine(url.replace("postgresql://", "postgresql+psycopg://"))
        with probe.connect() as connection:
            pid = connection.exec_driver_sql(
                "SELECT pid FROM pg_stat_activity WHERE datname = current_database() "
                "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            ).scalar()
        probe.dispose()
        os.kill(pid, signal.SIGKILL)
        assert writer.wait() == 3
        store = _reopened(url)
        assert store_writer.missing(store, writer.lines()) == []
        assert store.verify() == []
        store.close()


def _reopened(url):
    for _ in range(200):
        try:
            return open_store(url)
        except StoreError as error:
            assert error.code == "unreachable"  # noqa: PT017 - while it recovers
            time.sleep(0.1)
    raise AssertionError


def test_a_log_cut_off_anywhere_leaves_a_prefix_of_what_was_written(
    tmp_path, full_size
):
    """A power cut loses the end of the log at most, and only what was not synced."""
    origin = tmp_path / "origin"
    origin.mkdir()
    url = f"sqlite:///{origin / 'store.sqlite'}"
    open_store(url, create=True, layers=LAYERS).close()
    writer = Writer(tmp_path, url, "w", limit=60)
    assert writer.wait() == 0
    said = writer.lines()
    assert len(said) == 60
    size = (origin / "store.sqlite-wal").stat().st_size
    chance = random.Random(5)  # noqa: S311 - a seed to repeat by
    wanted = 1000 if full_size else 100
    points = {0, size, *(line["wal"] for line in said)}
    frame = 4096 + 24
    while len(points) < wanted:
        at = chance.randrange(size)
        points |= {at, 32 + at // frame * frame}
    for at in sorted(points):
        kept = _cut(origin, tmp_path / "cut", at)
        synced = sum(line["wal"] <= at for line in said)
        assert kept >= synced, (at, kept, synced)
    assert _cut(origin, tmp_path / "cut", size) == 60


def _cut(origin: Path, copy: Path, at: int) -> int:
    """Copy a store with its log cut at ``at``; return how many writes it holds."""
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(origin, copy, ignore=shutil.ignore_patterns("*-shm"))
    with (copy / "store.sqlite-wal").open("rb+") as wal:
        wal.truncate(at)
    store = open_store(str(copy / "store.sqlite"))
    assert store.verify() == []
    counter = store.get("counter", "w")
    kept = 0 if counter is None else counter["number"] + 1
    entries = store.journal()
    assert [entry.subject for entry in entries] == [str(i) for i in range(kept)]
    assert store.head("zones") == (kept + 3) // 4
    store.close()
    return kept


def test_a_full_disk_is_said_and_loses_nothing(tmp_path):
    url = f"sqlite:///{tmp_path / 'store.sqlite'}"
    open_store(url, create=True, layers=LAYERS).close()
    process = CONTEXT.Process(target=_fill, args=(url, str(tmp_path / "told")))
    process.start()
    process.join(120)
    assert process.exitcode == 0, (tmp_path / "told").read_text()
    process.close()
    assert (tmp_path / "told").read_text() == "disk_full disk_full"


def _fill(url: str, told: str) -> None:
    """Write until the disk is full, twice; then with space again, go on."""
    store = open_store(url)
    said = [store_writer.one_write(store, "w", i) for i in range(8)]
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    codes = []
    for content in (b"", bytes(5_000_000)):
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, hard))
        try:
            for i in range(len(said), len(said) + 500):
                if content:
                    with store.write() as transaction:
                        transaction.put_blob(content)
                said.append(store_writer.one_write(store, "w", i))
        except StoreError as error:
            codes.append(error.code if error.hint else "no hint")
        assert store_writer.missing(store, said) == []
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        said.append(store_writer.one_write(store, "w", len(said)))
        assert store_writer.missing(store, said) == []
        assert store.verify() == []
    store.close()
    Path(told).write_text(" ".join(codes))
