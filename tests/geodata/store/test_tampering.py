"""Whoever gets at the tables themselves is found out.

Each mutation is done, looked for, and rolled back, with the triggers off: the
attacker is the database's own administrator.
"""

from __future__ import annotations

import random
from dataclasses import asdict

import pytest
import sqlalchemy as sa

from geodata.errors import StoreError
from geodata.store import tables, verifying
from tests.support.stores import change, commit, zones

KINDS = {
    "journal": [
        "recorded",
        "actor",
        "account",
        "verb",
        "subject",
        "detail",
        "digest",
        "seq",
    ],
    "version": [
        *("layer", "recorded", "effective", "basis", "author", "approver"),
        *("message", "counts", "doc", "digest", "number"),
    ],
    "state": [
        *("id", "layer", "key", "valid_from", "valid_to", "version_from"),
        *("version_to", "digest", "props", "geom"),
    ],
    "blob": ["size", "digest"],
}


@pytest.fixture
def full(store):
    """A store with a little of everything, as it would be after some use."""
    commit(
        store,
        change(
            store,
            zones(
                **{f"Z{i}": {"name": f"区{i}", "at": (100 + i, 30)} for i in range(8)}
            ),
        ),
    )
    for year in range(2017, 2021):
        frame = zones(Z1={"name": str(year), "at": (101, 30)}, Z9={"name": str(year)})
        commit(store, change(store, frame, str(year)))
    with store.write() as transaction:
        for i in range(12):
            transaction.append(
                actor="zhang", account="root", verb="stage", subject=f"d{i}"
            )
            transaction.put_blob(f"original {i}".encode())
    assert store.verify() == []
    return store


def unguarded(connection):
    """Take the triggers off, as an administrator can."""
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        return
    names = connection.exec_driver_sql(
        "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    )
    for name in names.scalars().all():
        connection.exec_driver_sql(f"DROP TRIGGER {name}")
    connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")


def flipped(value, column, chance):
    """Return a value a little different from the one stored."""
    if column == "geom":
        return None
    if value is None:
        return 3 if column == "version_to" else "2031"
    if isinstance(value, int):
        return value + 1000
    at = chance.randrange(len(value)) if value else 0
    return value[:at] + chr(ord(value[at]) ^ 1) + value[at + 1 :] if value else "x"


def mutate(connection, table, column, chance):
    """Change one field of one row; return what was done."""
    key = next(iter(table.primary_key))
    ids = connection.execute(sa.select(key).order_by(key)).scalars().all()
    id_ = chance.choice(ids)
    value = connection.execute(sa.select(table.c[column]).where(key == id_)).scalar()
    if column == "geom":
        other = connection.execute(
            sa.select(tables.state.c.geom).where(tables.state.c.geom != value).limit(1)
        ).scalar()
        changed = other
    else:
        changed = flipped(value, column, chance)
    text = f"UPDATE {table.name} SET {column} = :changed WHERE {key.name} = :id"  # noqa: S608 - our own names
    connection.execute(sa.text(text), {"changed": changed, "id": id_})
    return table.name, column, id_, value, changed


def test_every_mutation_is_found(full, full_size):
    chance = random.Random(20261122)  # noqa: S311 - a seed to repeat by
    backend = full._backend
    pairs = [(name, column) for name, columns in KINDS.items() for column in columns]
    count = 200 if full_size else 62
    for i in range(count):
        name, column = pairs[i % len(pairs)]
        with backend.engine.connect() as connection, connection.begin() as undo:
            unguarded(connection)
            done = mutate(connection, tables.metadata.tables[name], column, chance)
            found = verifying.verify(backend, connection)
            undo.rollback()
        assert found, done
    assert full.verify() == []


@pytest.mark.parametrize("table", ["journal", "version", "state", "blob"])
def test_a_removed_row_is_found_and_the_first_named(full, table):
    backend, columns = full._backend, tables.metadata.tables[table].c
    key = next(iter(columns))
    anchor = full.anchor()
    with backend.engine.connect() as connection, connection.begin() as undo:
        unguarded(connection)
        ids = connection.execute(sa.select(key).order_by(key)).scalars().all()
        connection.execute(
            sa.delete(tables.metadata.tables[table]).where(key == ids[2])
        )
        found = verifying.verify(backend, connection, anchor)
        undo.rollback()
    assert found
    if table in {"journal", "version"}:
        first = next(each for each in found if each["what"] == table)
        assert first["id"] == 3
        assert set(first["reason"]) == {"zh", "en"}


def test_a_cut_off_tail_is_found_against_an_anchor(full):
    backend, anchor = full._backend, full.anchor()
    with backend.engine.connect() as connection, connection.begin() as undo:
        unguarded(connection)
        for statement in (
            "DELETE FROM journal WHERE seq > 10",
            "DELETE FROM state WHERE version_from = 5",
            "UPDATE state SET version_to = NULL WHERE version_to = 5",
            "DELETE FROM version WHERE number = 5",
        ):
            connection.exec_driver_sql(statement)
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql(
                "DELETE FROM state_box WHERE id NOT IN (SELECT id FROM state)"
            )
        assert verifying.verify(backend, connection) == []
        found = verifying.verify(backend, connection, anchor)
        undo.rollback()
    assert [(each["what"], each["id"]) for each in found] == [
        ("version", 5),
        ("journal", 12),
    ]
    commit(full, change(full, zones(Z2={"name": "later"}), "2026"))
    assert full.verify(anchor=anchor) == []


def test_the_order_of_links_is_part_of_the_chain(full):
    backend = full._backend
    with backend.engine.connect() as connection, connection.begin() as undo:
        unguarded(connection)
        for change_ in ((3, 900), (4, 3), (900, 4)):
            connection.execute(
                sa.text("UPDATE journal SET seq = :new WHERE seq = :old"),
                {"old": change_[0], "new": change_[1]},
            )
        found = verifying.verify(backend, connection)
        undo.rollback()
    assert [each["id"] for each in found[:2]] == [3, 4]


def test_a_changed_or_missing_attachment_is_found(full):
    digest = next(iter(_digests(full)))
    place = full.blob_path(digest)
    if place is None:
        pytest.skip("PostGIS keeps attachments in the table")
    content = place.read_bytes()
    place.write_bytes(content[:-1] + b"!")
    assert [(each["what"], each["id"]) for each in full.verify()] == [("blob", digest)]
    with pytest.raises(StoreError, match="does not match"):
        full.blob(digest)
    with pytest.raises(StoreError, match="does not match"):
        full.open_blob(digest)  # before a byte goes out
    place.unlink()
    assert [each["id"] for each in full.verify()] == [digest]
    place.write_bytes(content)
    assert full.verify() == []


def _digests(store):
    with store._backend.reading() as connection:
        return connection.execute(sa.select(tables.blob.c.digest)).scalars().all()


ALTERATIONS = (
    "UPDATE version SET author = 'x'",
    "DELETE FROM version",
    "UPDATE journal SET actor = 'x' WHERE seq = 1",
    "DELETE FROM journal WHERE seq = 12",
    "UPDATE blob SET size = 0",
    "DELETE FROM blob",
    "UPDATE state SET props = '{}'",
    "UPDATE state SET geom = NULL",
    "UPDATE state SET valid_to = '2030'",
    "UPDATE state SET version_to = 1 WHERE version_to IS NOT NULL",
    "UPDATE state SET version_to = NULL",
    "DELETE FROM state",
)
ONLY = {
    "sqlite": ("INSERT OR REPLACE INTO journal SELECT * FROM journal WHERE seq = 1",),
    "postgresql": ("TRUNCATE state CASCADE", "TRUNCATE journal"),
}


def test_what_is_written_cannot_be_altered_through_sql(full):
    before = [asdict(entry) for entry in full.journal()]
    for statement in (*ALTERATIONS, *ONLY[full.health()["backend"]]):
        with (
            pytest.raises(StoreError) as caught,
            full._backend.writing(()) as connection,
        ):
            connection.exec_driver_sql(statement)
        assert caught.value.code == "immutable", statement
    assert [asdict(entry) for entry in full.journal()] == before
    assert full.verify() == []
