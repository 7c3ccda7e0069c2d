"""The tables have one history, the same for both backends."""

from __future__ import annotations

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from geodata.errors import InputError, StoreError
from geodata.store import migrate, migrating, open_store, tables
from geodata.store.changes import Field, LayerSchema
from geodata.store.opening import backend_for
from tests.support.stores import LAYERS, ZONES, change, commit, zones


def test_the_program_knows_the_newest_migration():
    config = migrating._config()
    assert ScriptDirectory.from_config(config).get_current_head() == migrating.CURRENT


def test_the_migrations_make_the_tables_the_program_uses(store):
    store._backend.engine.dialect.ischema_names["geometry"] = lambda *_: (
        tables.Geometry()
    )
    with store._backend.engine.connect() as connection:
        context = MigrationContext.configure(connection)
        ours = {*tables.metadata.tables}
        found = [
            step
            for step in compare_metadata(context, tables.metadata)
            if not isinstance(step, tuple) or _table(step) in ours
        ]
    assert found == []


def _table(step):
    """Return the table a difference is about; the GiST index is only PostGIS's."""
    thing = step[1]
    if isinstance(thing, sa.Index):
        return None if thing.name == "state_geom" else thing.table.name
    return getattr(thing, "name", None)


def test_a_dry_run_shows_the_sql_and_does_nothing(store_url):
    sql = migrate(store_url, dry_run=True)
    assert "CREATE TABLE state" in sql
    assert "CREATE TRIGGER journal_no_delete" in sql
    assert ("geometry(Geometry,4490)" in sql) == store_url.startswith("postgresql")
    assert ("rtree" in sql) == store_url.startswith("sqlite")
    with pytest.raises(StoreError, match="no store"):
        open_store(store_url)


def test_the_dry_runs_sql_is_what_makes_a_store(tmp_path):
    import sqlite3

    sql = migrate(str(tmp_path / "s.sqlite"), dry_run=True)
    made = sqlite3.connect(tmp_path / "by_hand.sqlite")
    made.executescript(sql)
    names = {name for (name,) in made.execute("SELECT name FROM sqlite_master")}
    made.close()
    open_store(str(tmp_path / "s.sqlite"), create=True).close()
    ours = sqlite3.connect(tmp_path / "s.sqlite")
    assert names == {name for (name,) in ours.execute("SELECT name FROM sqlite_master")}
    ours.close()


def test_nothing_runs_twice(store, store_url):
    assert "CREATE TABLE" not in migrate(store_url, dry_run=True)
    assert migrate(store_url) == ""
    assert store.verify() == []


@pytest.mark.parametrize(
    ("revision", "code"), [("9999", "schema_newer"), ("0000", "schema_older")]
)
def test_a_store_of_another_program_is_refused_with_the_command(
    store, store_url, revision, code
):
    with store._backend.writing(()) as connection:
        connection.execute(
            sa.text("UPDATE alembic_version SET version_num = :to"), {"to": revision}
        )
    with pytest.raises(StoreError) as caught:
        open_store(store_url)
    assert caught.value.code == code
    expected = "quhua migrate" if code == "schema_older" else "pip install -U"
    assert expected in caught.value.text("zh")


def test_a_layer_gains_a_field_and_old_rows_read_with_it(store, store_url):
    commit(store, change(store, zones(A={"name": "甲"})))
    wider = LayerSchema(
        ZONES.name, ZONES.key, ZONES.geometry, (*ZONES.fields, Field("seat", "text"))
    )
    new = LayerSchema("lines", "line", "MultiLineString", (Field("line", "text"),))
    with pytest.raises(StoreError, match="zones, lines") as older:
        open_store(store_url, layers=[wider, new])
    assert older.value.code == "schema_older"
    shown = migrate(store_url, layers=[wider, new, *LAYERS[1:]], dry_run=True)
    assert "-- layer zones: + seat" in shown
    assert "-- layer lines: + line" in shown
    assert "lines" not in store.layers()
    assert migrate(store_url, layers=[wider, new, *LAYERS[1:]]).split("\n") == [
        "layer zones",
        "layer lines",
    ]
    row = store.snapshot("zones").loc["A"]
    assert (row["name"], row["seat"]) == ("甲", None)
    assert store.snapshot("lines").empty
    assert store.verify() == []
    open_store(store_url, layers=[wider, new]).close()
    with pytest.raises(StoreError, match="cannot lose"):
        migrate(store_url, layers=[ZONES])


def test_making_a_store_twice_opens_it(store, store_url):
    commit(store, change(store, zones(A={})))
    again = open_store(store_url, create=True, layers=LAYERS)
    assert again.head("zones") == 1
    again.close()


def test_a_store_half_made_is_made_anew(tmp_path):
    path = tmp_path / "s.sqlite"
    backend = backend_for(str(path))
    backend.prepare()
    with backend.writing(()) as connection:
        connection.exec_driver_sql("CREATE TABLE leftover (x)")
    backend.close()
    open_store(str(path), create=True, layers=LAYERS).close()


@pytest.mark.postgis
def test_a_database_without_postgis_gets_it(postgis_server):
    url = postgis_server.database("template0")
    store = open_store(url, create=True, layers=LAYERS)
    commit(store, change(store, zones(A={})))
    with store._backend.reading() as connection:
        known = "SELECT Find_SRID('public', 'state', 'geom')"
        assert connection.exec_driver_sql(known).scalar() == 4490
        plan = connection.exec_driver_sql(
            "SELECT indexdef FROM pg_indexes WHERE indexname = 'state_geom'"
        )
        assert "gist" in plan.scalar()
    assert "3" in store.health()["postgis"]
    store.close()


def test_an_address_nobody_knows_is_refused_without_its_password():
    with pytest.raises(InputError) as caught:
        open_store("mysql://root:secret@host/db")
    assert "secret" not in caught.value.text("en")


@pytest.mark.postgis
def test_a_server_that_does_not_answer_is_said_so():
    with pytest.raises(StoreError) as caught:
        open_store("postgresql://u:secret@127.0.0.1:1/none")
    assert caught.value.code == "unreachable"
    assert "secret" not in caught.value.text("en")
