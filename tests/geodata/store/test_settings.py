"""One test for each setting that was found to be necessary, not a matter of taste."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from geodata.errors import StoreError
from geodata.store import disk, open_store, postgis, sqlite
from tests.support import lacking, store_writer
from tests.support.stores import LAYERS, change, commit, zones
from tests.support.writers import Writer

VERBS = """
import json, sys
from pathlib import Path
live = Path(sys.argv[1])
files = {str(live) + end for end in ("", "-wal", "-shm", "-journal")}
opened = []
def hook(event, arguments):
    if event not in {"open", "sqlite3.connect", "shutil.copyfile", "os.link"}:
        return
    names = [str(a) for a in arguments[:2] if isinstance(a, (str, Path, bytes))]
    if any(n in files for n in names):
        opened.append([event, *names])
sys.addaudithook(hook)
from geodata.store import open_store, sqlite
from tests.support import stores, store_writer
real = sqlite.connect
def connect(path):
    connection = real(path)
    opened.append(["factory", str(path)])
    return connection
sqlite.connect = connect
store = open_store(str(live), create=True, layers=stores.LAYERS)
for i in range(8):
    store_writer.one_write(store, "w", i)
store.snapshot("zones", bbox=(0, 0, 1, 1)); store.verify()
store.history("zones", "w-0")
store.diff("zones", 0, 1); store.health(); store.dates("zones"); store.staged("w-2")
store.backup(live.parent / "backup"); store.close()
print(json.dumps(opened))
"""


def test_f7_nothing_but_the_factory_opens_the_live_file(tmp_path, root):
    """Closing any other handle to it would drop the process's locks."""
    import json

    done = subprocess.run(
        [sys.executable, "-c", VERBS, tmp_path / "live.sqlite"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    )
    opened = json.loads(done.stdout)
    assert ["factory", str(tmp_path / "live.sqlite")] in opened
    others = [each for each in opened if each[0] not in {"factory", "sqlite3.connect"}]
    assert others == []
    connects = sum(each[0] == "sqlite3.connect" for each in opened)
    assert connects <= sum(each[0] == "factory" for each in opened)


def test_f7_no_module_but_the_factory_connects_to_sqlite(root):
    """No other of our modules names a SQLite library at all.

    Base map archives are files of their own; the live store is refused there by
    device and inode (tests/geodata/tiles).
    """
    naming = re.compile(r"^\s*(import|from) (sqlite3|pysqlite3|apsw)\b", re.MULTILINE)
    found = [
        path.relative_to(root).as_posix()
        for package in ("geodata", "boundaries", "webmap")
        for path in (root / package).rglob("*.py")
        if naming.search(path.read_text("utf-8"))
        and "geodata/files" not in path.as_posix()
    ]
    assert sorted(found) == ["geodata/store/sqlite.py", "geodata/tiles/archives.py"]


def test_f8_every_acknowledgement_follows_a_sync(tmp_path, root):
    lacking.command("strace")
    url = str(tmp_path / "store.sqlite")
    open_store(url, create=True, layers=LAYERS).close()
    trace = tmp_path / "trace"
    script = (
        "import sys; from tests.support.store_writer import write_until_killed;"
        f"write_until_killed({url!r}, 'w', 1, limit=20)"
    )
    calls = "trace=fsync,fdatasync,write,rename,renameat,renameat2"
    subprocess.run(
        ["strace", "-f", "-o", trace, "-e", calls, sys.executable, "-c", script],
        cwd=root,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    synced, acknowledged, renamed = 0, 0, 0
    for line in trace.read_text("utf-8", "replace").splitlines():
        if re.search(r"\b(fsync|fdatasync)\(", line):
            synced += 1
        elif " rename" in line:
            assert synced, "a blob got its name before its content was on the disk"
            renamed += 1
        elif re.search(r'write\(1, "\{\\"name', line):
            assert synced, f"acknowledgement {acknowledged} without a sync"
            acknowledged, synced = acknowledged + 1, 0
    assert acknowledged == 20
    assert renamed == 5


def test_f8_the_connection_has_the_settings(tmp_path):
    store = open_store(str(tmp_path / "s.sqlite"), create=True, layers=LAYERS)
    found = store.health()["settings"]
    assert found["journal_mode"] == "wal"
    assert found["synchronous"] == 2, (
        "FULL; NORMAL does not sync before it acknowledges"
    )
    assert (found["foreign_keys"], found["trusted_schema"]) == (1, 0)
    assert (found["cell_size_check"], found["recursive_triggers"]) == (1, 1)
    assert sqlite.BUSY_SECONDS >= 10
    with store._backend.reading() as connection:
        waits = connection.exec_driver_sql("PRAGMA busy_timeout").scalar()
    assert waits >= 10_000
    store.close()


def test_f9_eight_writers_lose_nothing_and_none_is_told_locked(
    store, store_url, tmp_path, full_size
):
    store.close()
    each = 100 if full_size else 8
    writers = [Writer(tmp_path, store_url, f"w{i}", limit=each) for i in range(8)]
    assert [writer.wait() for writer in writers] == [0] * 8
    said = [line for writer in writers for line in writer.lines()]
    after = open_store(store_url)
    assert len(said) == len(after.journal()) == 8 * each
    assert store_writer.missing(after, said) == []
    assert len({line["seq"] for line in said}) == 8 * each
    assert after.verify() == []
    after.close()


def overlapping(store, started, taken, lock):
    """Add a polygon unless one overlaps; two of these at once must not both do."""
    for name, west in (("P", 117.0), ("Q", 117.5)):

        def work(name=name, west=west):
            started.wait()
            with store.write(lock=lock) as transaction:
                frame = zones(**{name: {"at": (west, 39)}})
                box = tuple(frame.total_bounds)
                if len(transaction.snapshot("zones", bbox=box)):
                    return
                time.sleep(0.4)
                transaction.commit(
                    change(store, frame), author="a", approver="b", basis="c"
                )
                taken.append(name)

        yield threading.Thread(target=work)


def race(store, lock=("120100",)):
    started, taken = threading.Barrier(2), []
    threads = list(overlapping(store, started, taken, lock))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return taken


def test_f10_two_overlapping_polygons_are_not_both_committed(store):
    assert len(race(store)) == 1
    assert len(store.snapshot("zones")) == 1
    assert store.verify() == []


@pytest.mark.postgis
def test_f10_the_race_is_real_without_the_lock(
    postgis_server, postgis_url, monkeypatch
):
    """The test above would notice: without the lock both see nothing there."""
    store = open_store(postgis_url, create=True, layers=LAYERS)
    seen = []
    real = postgis.PostGIS.writing
    monkeypatch.setattr(postgis.PostGIS, "writing", lambda self, _locks: real(self, ()))
    started = threading.Barrier(2)

    def look(west):
        with store.write() as transaction:
            started.wait(20)
            seen.append(
                len(transaction.snapshot("zones", bbox=(west, 39, west + 1, 40)))
            )
            started.wait(20)

    threads = [threading.Thread(target=look, args=(west,)) for west in (117, 117.5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    store.close()
    postgis_server.empty(postgis_url)
    assert seen == [0, 0]


@pytest.mark.postgis
def test_f10_locks_come_first_sorted_under_read_committed(postgis_server, postgis_url):
    import sqlalchemy as sa

    store = open_store(postgis_url, create=True, layers=LAYERS)
    said = []
    sa.event.listen(
        store._backend.engine,
        "before_cursor_execute",
        lambda _c, _cur, statement, parameters, _x, _m: said.append(
            (statement, parameters)
        ),
    )
    with store.write(lock=["120100", "990101"]) as transaction:
        transaction.layers()
        level = transaction._connection.exec_driver_sql(
            "SHOW transaction_isolation"
        ).scalar()
        synced = transaction._connection.exec_driver_sql(
            "SHOW synchronous_commit"
        ).scalar()
    store.close()
    postgis_server.empty(postgis_url)
    numbers = sorted(map(postgis.lock_number, ["120100", "990101", "chain"]))
    locks = [p for s, p in said[:3] if s == "SELECT pg_advisory_xact_lock(%s, %s)"]
    assert locks == [(4490, number) for number in numbers]
    assert (level, synced) == ("read committed", "on")


def test_an_old_sqlite_is_refused_with_what_to_install(monkeypatch, tmp_path):
    import sqlite3

    class Old:
        sqlite_version, sqlite_version_info = "3.40.1", (3, 40, 1)

    monkeypatch.setattr(sqlite, "_modules", lambda: iter([Old]))
    with pytest.raises(StoreError) as caught:
        open_store(str(tmp_path / "s.sqlite"), create=True, layers=LAYERS)
    assert caught.value.code == "sqlite_too_old"
    assert "pysqlite3" in caught.value.text("en")
    assert "3.51.3" in caught.value.text("zh")
    monkeypatch.setattr(sqlite, "OLDEST", (3, 0, 0))
    monkeypatch.setattr(sqlite, "_modules", lambda: iter([sqlite3]))
    assert sqlite.driver() is sqlite3, "the standard library's serves where new enough"


MOUNTS = """\
/dev/vda / ext4 rw 0 0
server:/export /mnt/nfs nfs4 rw 0 0
//nas/share /mnt/with\\040space cifs rw 0 0
tmpfs /mnt/nfs/local tmpfs rw 0 0
user@host: /srv/remote fuse.sshfs rw 0 0
host /mnt/nine 9p rw 0 0
"""


@pytest.mark.parametrize(
    ("place", "network"),
    [
        ("/srv/quhua.sqlite", False),
        ("/mnt/nfs/quhua.sqlite", True),
        ("/mnt/nfsother/quhua.sqlite", False),
        ("/mnt/nfs/local/quhua.sqlite", False),
        ("/mnt/with space/a/quhua.sqlite", True),
        ("/srv/remote/quhua.sqlite", True),
        ("/mnt/nine/quhua.sqlite", True),
    ],
)
def test_where_a_file_lies_is_known(place, network):
    assert disk.is_network(disk.filesystem(Path(place), MOUNTS)) is network


def test_a_network_disk_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(disk, "filesystem", lambda _path: "nfs4")
    with pytest.raises(StoreError) as caught:
        open_store(str(tmp_path / "s.sqlite"), create=True, layers=LAYERS)
    assert caught.value.code == "network_disk"
    assert not (tmp_path / "s.sqlite").exists()


def test_a_forked_child_does_not_share_connections(tmp_path):
    store = open_store(str(tmp_path / "s.sqlite"), create=True, layers=LAYERS)
    commit(store, change(store, zones(A={})))
    child = os.fork()
    if child == 0:
        os._exit(0 if store._backend.engine.pool.checkedin() == 0 else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert store._backend.engine.pool.checkedin() > 0
    store.close()
