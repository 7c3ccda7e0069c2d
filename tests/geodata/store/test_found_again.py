"""Documents by label and page, and the audit by index: nothing reads all there is."""

from __future__ import annotations

import json

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import StoreError
from geodata.store import documents, migrate, migrating, open_store, restore, tables
from geodata.store.opening import backend_for
from tests.support.stores import LAYERS

BOOKS = "books"


def labelled(collection, document):
    """Label a book by its shelf and its writers."""
    if collection != BOOKS:
        return (), ""
    words = {f"writer:{name}" for name in document["writers"]}
    return words | {f"shelf:{document['shelf']}"}, document["bought"]


@pytest.fixture
def library(store):
    """A store of either backend that labels books."""
    store._backend.labelling = labelled
    return store


def shelve(store, **books):
    """Put books written ``shelf, writers, bought`` into the store."""
    with store.write() as tx:
        for key, (shelf, writers, bought) in books.items():
            document = {"shelf": shelf, "writers": writers, "bought": bought}
            document["pages"] = {"all": {"B1": 700, "B2": 90, "B3": 8}.get(key, 2000)}
            tx.put(BOOKS, key, document)


def keys(store, **how):
    return [document["key"] for document in store.find(BOOKS, **how)]


def test_documents_are_found_by_labels_instants_and_pages(library):
    shelve(
        library,
        B1=("a", ["lu"], "2020"),
        B2=("a", ["ba", "lu"], "2022"),
        B3=("b", ["ba"], "2021"),
        B4=("b", [], "2019"),
    )
    assert keys(library, labels=[("shelf:a",)]) == ["B1", "B2"]
    assert keys(library, labels=[("shelf:a", "shelf:b"), ("writer:ba",)]) == [
        "B2",
        "B3",
    ]
    assert keys(library, labels=[("writer:lu", "=B4", "=none")]) == ["B1", "B2", "B4"]
    assert keys(library, labels=[()]) == []
    assert keys(library, since="2020", until="2022") == ["B1", "B3"]
    assert keys(library, order="at", descending=True) == ["B2", "B3", "B1", "B4"]
    assert keys(library, order="pages.all") == ["B3", "B2", "B1", "B4"]
    assert keys(library, order="shelf", descending=True)[:2] == ["B4", "B3"]
    assert keys(library, start=1, limit=2) == ["B2", "B3"]
    assert keys(library, start=3) == ["B4"]
    assert library.count(BOOKS) == 4
    assert library.count(BOOKS, labels=[("writer:ba",)], until="2022") == 1
    assert library.tally(BOOKS, "writer:") == {"ba": 2, "lu": 2}
    assert library.tally(BOOKS, "writer:", labels=[("shelf:b",)]) == {"ba": 1}


def test_labels_follow_the_document_and_go_with_it(library):
    shelve(library, B1=("a", ["lu"], "2020"))
    shelve(library, B1=("c", ["lu", "ba"], "2023"))
    assert library.tally(BOOKS, "") == {"shelf:c": 1, "writer:ba": 1, "writer:lu": 1}
    assert keys(library, since="2023") == ["B1"]
    with library.write() as tx:
        tx.delete(BOOKS, "B1")
    assert library.tally(BOOKS, "") == {}


@given(
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=4),
    st.text(st.characters(codec="utf-8"), max_size=6),
)
def test_what_begins_with_a_text_is_a_range_of_the_texts(prefix, text):
    after = documents.following(prefix)
    within = prefix <= text and (after is None or text < after)
    assert within == text.startswith(prefix)


@pytest.mark.parametrize(
    ("prefix", "after"),
    [("ab", "ac"), ("\ud7ff", "\ue000"), ("a\U0010ffff", "b"), ("\U0010ffff", None)],
    ids=["plain", "before the surrogates", "last character", "nothing after"],
)
def test_the_text_after_a_beginning(prefix, after):
    assert documents.following(prefix) == after


def test_the_audit_is_searched_by_the_beginning_of_its_subject(store):
    subjects = ["D1", "D10", "D2", "d1", "区划", "区划@1", "", "D1\U0010ffff"]
    with store.write() as tx:
        for subject in subjects:
            tx.append(actor="a", account="", verb="v", subject=subject)
    for prefix in ("D1", "D", "区划", "d", "none"):
        found = [entry.subject for entry in store.search_journal(subject=prefix)]
        assert found == [s for s in reversed(subjects) if s.startswith(prefix)]


def plan_of(store, ask):
    """Return how the database would answer the last query that ``ask`` made."""
    engine, seen = store._backend.engine, []

    def notice(_connection, _cursor, statement, parameters, _context, _many):
        seen.append((statement, parameters))

    sa.event.listen(engine, "before_cursor_execute", notice)
    try:
        ask()
    finally:
        sa.event.remove(engine, "before_cursor_execute", notice)
    statement, parameters = next(s for s in reversed(seen) if "SELECT" in s[0])
    explain = "EXPLAIN QUERY PLAN" if engine.dialect.name == "sqlite" else "EXPLAIN"
    with store._backend.reading() as connection:
        if explain == "EXPLAIN":  # what it may read by, not what a small table pays
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        rows = connection.exec_driver_sql(f"{explain} {statement}", parameters)
        return "\n".join(str(row[-1]) for row in rows)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({"actor": "u7"}, "journal_actor"),
        ({"verb": "v9", "before": 1900}, "journal_verb"),
        ({"subject": "D0007"}, "journal_subject"),
    ],
    ids=["actor", "verb", "subject"],
)
def test_a_search_of_the_audit_reads_by_an_index(store, wanted, index):
    links = [
        {
            "seq": number,
            "recorded": "2020",
            "actor": f"u{number % 70}",
            "verb": f"v{number % 70}",
            "subject": f"D{number:04d}",
            "account": "",
            "detail": "{}",
            "digest": "",
        }
        for number in range(2000)
    ]
    with store._backend.writing(()) as connection:
        connection.execute(sa.insert(tables.journal), links)
    with store._backend.writing(()) as connection:
        connection.exec_driver_sql("ANALYZE journal")
    assert index in plan_of(store, lambda: store.search_journal(**wanted))


def test_a_page_of_documents_reads_by_an_index(library):
    shelve(library, **{f"B{i}": ("a", ["lu"], str(i)) for i in range(50)})
    plan = plan_of(
        library,
        lambda: library.find(
            BOOKS, labels=[("writer:lu",)], order="at", descending=True, limit=5
        ),
    )
    assert "document_at" in plan
    assert "SCAN document" not in plan
    assert "Seq Scan" not in plan


def older(url):
    """Make a store as the program before labels did, with a document in it."""
    backend = backend_for(url)
    backend.prepare()
    with backend.writing(()) as connection:
        migrating.run(connection, "0001")
        insert = "INSERT INTO {} VALUES ({})"
        document = json.dumps({"shelf": "a", "writers": ["lu"], "bought": "2001"})
        for table, values in (
            ("setting", "'digest', 'sha256'"),
            ("document", f"'{BOOKS}', 'B1', '', 3, '{document}'"),
        ):
            connection.execute(
                sa.text(insert.format(table, values).replace(":", r"\:"))
            )
    return backend


def test_a_store_of_before_gains_labels_when_it_is_migrated(store_url):
    older(store_url).close()
    assert "document_label" in migrate(store_url, dry_run=True)
    assert "0001 -> 0002" in migrate(store_url, layers=LAYERS, labelling=labelled)
    store = open_store(store_url, layers=LAYERS, labelling=labelled)
    try:
        assert keys(store, labels=[("writer:lu",)], since="2001") == ["B1"]
        assert store.get(BOOKS, "B1")["rev"] == 3
        assert store.verify() == []
    finally:
        store.close()


def test_labels_made_in_another_way_are_made_anew(store_url):
    class Otherwise:
        making = "2"

        def __call__(self, collection, document):
            words, at = labelled(collection, document)
            return [f"new:{word}" for word in words], at

    store = open_store(store_url, create=True, layers=LAYERS, labelling=labelled)
    shelve(store, B1=("a", ["lu"], "2001"))
    store.close()
    now = {"layers": LAYERS, "labelling": Otherwise()}
    with pytest.raises(StoreError, match="labelled by another program"):
        open_store(store_url, **now)
    assert "labels" in migrate(store_url, dry_run=True, labelling=Otherwise())
    assert "labels" in migrate(store_url, **now)
    store = open_store(store_url, **now)
    try:
        assert keys(store, labels=[("new:writer:lu",)]) == ["B1"]
        assert keys(store, labels=[("writer:lu",)]) == []
        assert store.get(BOOKS, "B1")["rev"] == 1
        assert store.verify() == []
    finally:
        store.close()
    assert "labels" not in migrate(store_url, **now)
    open_store(store_url, **now).close()


def test_a_backup_of_before_gains_labels_when_it_is_restored(
    store_url, tmp_path, monkeypatch
):
    backend = older(store_url)
    with monkeypatch.context() as before:
        before.setattr(migrating, "CURRENT", "0001")
        if backend.name == "postgresql":
            old = sa.MetaData()
            from geodata.store import postgis

            for table in tables.metadata.sorted_tables:
                if table.name != "document_label":
                    table.to_metadata(old)
            column = old.tables["document"].c.at
            old.tables["document"]._columns.remove(column)
            before.setattr(postgis, "metadata", old)
        from geodata.store import backup

        backup.write(backend, tmp_path / "backup")
    backend.close()
    url = f"sqlite:///{tmp_path / 'again.sqlite'}"
    if backend.name == "postgresql":
        _empty(store_url)
        url = store_url
    restore(tmp_path / "backup", url, labelling=labelled)
    store = open_store(url, labelling=labelled)
    try:
        assert keys(store, labels=[("shelf:a",)], until="2002") == ["B1"]
    finally:
        store.close()


def _empty(url):
    """Take our tables out of a database."""
    import psycopg

    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
        connection.execute("CREATE EXTENSION IF NOT EXISTS postgis")
