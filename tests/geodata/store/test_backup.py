"""A backup is the store as it was at one moment, and comes back as a store."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest
import sqlalchemy as sa
from geopandas.testing import assert_geodataframe_equal

from geodata.errors import ForbiddenError, InputError, StoreError, Text
from geodata.store import digests, migrating, open_store, postgis, restore, tables
from tests.support import store_writer
from tests.support.stores import LAYERS, change, commit, zones
from tests.support.writers import Writer


@pytest.fixture
def other_url(store_url, tmp_path, request):
    """A second empty place of the same backend."""
    if store_url.startswith("sqlite"):
        return f"sqlite:///{tmp_path / 'restored' / 'store.sqlite'}"
    return request.getfixturevalue("postgis_server").database()


def used(store):
    commit(store, change(store, zones(A={"name": "甲\t\\N\n", "level": 3}), "2010"))
    commit(store, change(store, zones(A={"name": "乙"}, B={}), "2016-06"))
    with store.write() as transaction:
        transaction.tag("published/zones", 1)
        transaction.stage("d1", change(store, zones(C={}), "2020"))
        transaction.put("drafts", "d1", {"state": "草案"}, parent="p")
        digest = transaction.put_blob(bytes(range(256)) * 40)
        transaction.append(
            actor="a", account="b", verb="v", subject="s", detail={"n": 1}
        )
    return digest


def test_what_comes_back_is_what_was_there(store, other_url, tmp_path):
    digest = used(store)
    manifest = store.backup(tmp_path / "backup")
    assert manifest["anchor"] == store.anchor()
    assert json.loads((tmp_path / "backup" / "manifest.json").read_text()) == manifest
    assert restore(tmp_path / "backup", other_url) == manifest
    found = open_store(other_url)
    assert found.anchor() == store.anchor()
    assert found.verify(anchor=manifest["anchor"]) == []
    assert found.versions() == store.versions()
    assert found.journal() == store.journal()
    assert found.tags() == store.tags()
    assert found.find("drafts", parent="p") == store.find("drafts", parent="p")
    assert found.blob(digest) == store.blob(digest)
    assert_geodataframe_equal(found.staged("d1").new, store.staged("d1").new)
    for at in (1, 2):
        assert_geodataframe_equal(
            found.snapshot("zones", at=at), store.snapshot("zones", at=at)
        )
    assert len(found.snapshot("zones", bbox=(117.5, 39.5, 117.6, 39.6))) == 2
    commit(found, change(found, zones(D={}), "2021"))
    found.close()


def test_a_backup_is_not_written_over_anything(store, tmp_path):
    (tmp_path / "backup").mkdir()
    with pytest.raises(StoreError, match="exists already"):
        store.backup(tmp_path / "backup")
    assert list((tmp_path / "backup").iterdir()) == []
    assert list(tmp_path.glob(".backup*")) == []


def test_a_store_is_not_restored_over_a_store(store, store_url, tmp_path):
    used(store)
    store.backup(tmp_path / "backup")
    with pytest.raises(StoreError, match="already"):
        restore(tmp_path / "backup", store_url)
    assert store.verify() == []


def test_a_damaged_backup_is_refused_and_leaves_nothing(store, other_url, tmp_path):
    used(store)
    store.backup(tmp_path / "backup")
    largest = max(
        (p for p in (tmp_path / "backup").rglob("*") if p.is_file()),
        key=lambda path: path.stat().st_size,
    )
    content = bytearray(largest.read_bytes())
    content[len(content) // 2] ^= 1
    largest.unlink()
    largest.write_bytes(content)
    with pytest.raises(StoreError, match="damaged") as caught:
        restore(tmp_path / "backup", other_url)
    assert largest.name in caught.value.text("en")
    with pytest.raises(StoreError, match="no store"):
        open_store(other_url)
    with pytest.raises(StoreError, match="not a backup"):
        restore(tmp_path, other_url)


def test_a_forged_backup_does_not_pass_its_chains(store, other_url, tmp_path):
    """Whoever also mends the manifest's hashes still meets the digests."""
    used(store)
    store.backup(tmp_path / "backup")
    sqlite = other_url.startswith("sqlite")
    content = tmp_path / "backup" / ("store.sqlite" if sqlite else "journal.copy")
    raw = content.read_bytes()
    forged = (
        raw.replace(b"\tv\ts\t", b"\tw\ts\t")
        if not sqlite
        else raw.replace(b"abvs{", b"axvs{")
    )
    assert forged != raw
    content.unlink()
    content.write_bytes(forged)
    place = tmp_path / "backup" / "manifest.json"
    manifest = json.loads(place.read_text())
    manifest["files"][content.name] = digests.of_file(content, "sha256")
    place.write_text(json.dumps(manifest))
    with pytest.raises(StoreError, match="journal 1"):
        restore(tmp_path / "backup", other_url)
    with pytest.raises(StoreError, match="no store"):
        open_store(other_url)


def test_a_damaged_store_is_not_backed_up_as_if_it_were_sound(store, tmp_path):
    used(store)
    with store._backend.writing(()) as connection:
        if store.health()["backend"] == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER journal_no_update")
        else:
            connection.exec_driver_sql("ALTER TABLE journal DISABLE TRIGGER USER")
        connection.exec_driver_sql("UPDATE journal SET actor = 'x'")
    with pytest.raises(StoreError, match="journal 1"):
        store.backup(tmp_path / "backup")
    assert not (tmp_path / "backup").exists()
    assert list(tmp_path.glob(".backup*")) == []


def test_places_may_be_relative(store, other_url, tmp_path, monkeypatch):
    used(store)
    monkeypatch.chdir(tmp_path)
    store.backup(Path("kept/backup"))
    manifest = restore("kept/backup", other_url)
    assert manifest["anchor"] == store.anchor()


@pytest.mark.skipif(sys.platform == "win32", reason="no such modes")
def test_store_and_backup_are_the_owners_alone(tmp_path):
    place = tmp_path / "live" / "store.sqlite"
    store = open_store(str(place), create=True, layers=LAYERS)
    used(store)
    store.backup(tmp_path / "backup")
    again = tmp_path / "again" / "store.sqlite"
    restore(tmp_path / "backup", str(again))
    open_store(str(again)).close()
    for path in (place, again):
        assert path.stat().st_mode & 0o777 == 0o600
        assert path.with_name("store.sqlite.files").stat().st_mode & 0o777 == 0o700
    assert place.with_name("store.sqlite-wal").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "backup").stat().st_mode & 0o777 == 0o700
    store.close()


def lose(store, digest):
    """Take an attachment's content away, as a broken disk does."""
    place = store.blob_path(digest)
    if place is not None:
        place.unlink()
        return
    with store._backend.writing(()) as connection:
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        connection.exec_driver_sql("UPDATE blob SET content = NULL")


def test_a_store_that_lost_an_attachment_says_which(store, tmp_path):
    digest = used(store)
    lose(store, digest)
    with pytest.raises(StoreError) as caught:
        store.backup(tmp_path / "backup")
    assert caught.value.code == "damaged"
    assert digest in caught.value.text("en")
    assert not (tmp_path / "backup").exists()


def test_a_backup_that_cannot_be_written_names_the_place(store, tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StoreError) as caught:
        store.backup(tmp_path / "file" / "backup")
    assert caught.value.code == "disk"
    assert str(tmp_path / "file") in caught.value.text("zh")


@pytest.mark.parametrize(
    "content",
    [
        *("{}", "[]", "null", '{"format": 1, "files": {}}', "{"),
        '{"format": 1, "backend": "sqlite", "schema": "1", "anchor": [], "files": {}}',
    ],
)
def test_what_is_no_manifest_is_no_backup(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(StoreError) as caught:
        restore(tmp_path, str(tmp_path / "store.sqlite"))
    assert caught.value.code == "backup"


@pytest.mark.parametrize(
    "anchor",
    [
        *({"version": 3}, {"journal": []}, {"blobs": "many"}, {"version": {"id": 1}}),
        {"journal": {"id": "1", "digest": "x"}},
    ],
)
def test_what_is_no_anchor_is_said_to_be_none(store, anchor):
    with pytest.raises(InputError) as caught:
        store.verify(anchor=anchor)
    assert caught.value.code == "anchor"


@pytest.mark.parametrize("end", ["-wal", "-journal"])
def test_a_log_left_at_the_place_is_not_replayed(tmp_path, end):
    """The file was lost, its log was not: the very case for a restore."""
    place = tmp_path / "live" / "store.sqlite"
    live = open_store(str(place), create=True, layers=LAYERS)
    used(live)
    live.backup(tmp_path / "backup")
    commit(live, change(live, zones(D={}), "2021"))
    log = place.with_name("store.sqlite-wal").read_bytes()
    assert log
    live.close()
    lost = tmp_path / "lost" / "store.sqlite"
    lost.parent.mkdir()
    left = lost.with_name(f"{lost.name}{end}")
    left.write_bytes(log)
    with pytest.raises(StoreError, match="log of a former store"):
        restore(tmp_path / "backup", str(lost))
    assert left.read_bytes() == log
    assert sorted(lost.parent.iterdir()) == [left]
    left.rename(tmp_path / "kept")
    manifest = restore(tmp_path / "backup", str(lost))
    found = open_store(str(lost))
    assert found.anchor() == manifest["anchor"]
    found.close()


def test_what_a_killed_restore_left_is_not_replayed(tmp_path):
    place = tmp_path / "live" / "store.sqlite"
    live = open_store(str(place), create=True, layers=LAYERS)
    used(live)
    live.backup(tmp_path / "backup")
    commit(live, change(live, zones(D={}), "2021"))
    target = tmp_path / "new" / "store.sqlite"
    target.parent.mkdir()
    left = target.with_name(".store.sqlite.restoring-wal")
    left.write_bytes(place.with_name("store.sqlite-wal").read_bytes())
    live.close()
    manifest = restore(tmp_path / "backup", str(target))
    found = open_store(str(target))
    assert found.anchor() == manifest["anchor"]
    assert found.head("zones") == 2
    found.close()
    assert not left.exists()


def test_backups_taken_while_eight_write_are_each_one_moment(
    store, store_url, other_url, tmp_path, full_size
):
    limit = 40 if full_size else 6
    writers = [Writer(tmp_path, store_url, f"w{i}", limit=limit) for i in range(8)]
    manifests = []
    while any(writer.running() for writer in writers) or len(manifests) < 2:
        manifests.append(store.backup(tmp_path / f"backup{len(manifests)}"))
    said = [line for writer in writers for line in writer.lines()]
    assert [writer.wait() for writer in writers] == [0] * 8
    assert len(said) == 8 * limit
    assert store_writer.missing(store, said) == []
    middle = len(manifests) // 2
    anchor = manifests[middle]["anchor"]
    restore(tmp_path / f"backup{middle}", other_url)
    found = open_store(other_url)
    assert found.anchor() == anchor
    held = len(found.journal())
    assert found.journal() == store.journal(limit=held)
    written = sum("version" in line for line in said if line["seq"] <= held)
    assert found.head("zones") == written
    found.close()


def test_a_restore_that_is_refused_makes_nothing(store, other_url, tmp_path):
    used(store)
    store.backup(tmp_path / "backup")

    def never(tx):
        assert tx.layers()
        raise ForbiddenError(Text("不行", "no"))

    with pytest.raises(ForbiddenError):
        restore(tmp_path / "backup", other_url, accept=never)
    with pytest.raises(StoreError):
        open_store(other_url)

    def link(tx):
        tx.append(actor="root", account="", verb="restore", subject="b", detail={})

    restore(tmp_path / "backup", other_url, accept=link)
    again = open_store(other_url)
    assert again.journal()[-1].verb == "restore"
    assert again.verify(anchor=store.anchor()) == []
    again.close()


NEWER = """
import sqlalchemy as sa
from alembic import op

revision, down_revision, branch_labels, depends_on = "9999", {before!r}, None, None


def upgrade():
    op.add_column("document", sa.Column("seen", sa.Text))
    op.create_table("extra", sa.Column("name", sa.Text, primary_key=True))
"""
"""A migration that a later program might bring: a column and a table more."""


@pytest.fixture
def newer(tmp_path, monkeypatch):
    """Make this program a later one, which knows a column and a table more."""

    def become():
        folder = tmp_path / "migrations"
        shutil.copytree(migrating._FOLDER, folder)
        script = NEWER.format(before=migrating.CURRENT)
        (folder / "versions" / "m9999_later.py").write_text(script)
        wider = sa.MetaData()
        for table in tables.metadata.sorted_tables:
            table.to_metadata(wider)
        wider.tables["document"].append_column(sa.Column("seen", sa.Text))
        sa.Table("extra", wider, sa.Column("name", sa.Text, primary_key=True))
        monkeypatch.setattr(postgis, "metadata", wider)
        monkeypatch.setattr(migrating, "_FOLDER", folder)
        monkeypatch.setattr(migrating, "CURRENT", "9999")

    return become


@pytest.mark.parametrize("named", [True, False])
def test_a_backup_of_an_older_program_is_restored_and_migrated(
    store, other_url, tmp_path, newer, named
):
    """Also one written before manifests named the columns of each table."""
    digest = used(store)
    place = tmp_path / "backup"
    manifest = store.backup(place)
    if not named:
        manifest.pop("tables", None)
        (place / "manifest.json").write_text(json.dumps(manifest))
    newer()
    restore(place, other_url)
    found = open_store(other_url)
    try:
        with found._backend.reading() as connection:
            assert migrating.revision(connection) == "9999"
            columns = sa.inspect(connection).get_columns("document")
            assert "seen" in {column["name"] for column in columns}
            assert sa.inspect(connection).has_table("extra")
        assert found.verify(anchor=manifest["anchor"]) == []
        assert found.journal() == store.journal()
        assert found.blob(digest) == store.blob(digest)
        assert found.find("drafts", parent="p") == store.find("drafts", parent="p")
    finally:
        found.close()


@pytest.mark.postgis
def test_names_in_a_manifest_do_not_become_sql(postgis_server, tmp_path):
    store = open_store(postgis_server.database(), create=True, layers=LAYERS)
    used(store)
    manifest = store.backup(tmp_path / "backup")
    store.close()
    manifest["tables"]["journal"][0] = "seq) FROM STDIN; DROP TABLE journal; --"
    (tmp_path / "backup" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(StoreError, match="not of its schema"):
        restore(tmp_path / "backup", postgis_server.database())
