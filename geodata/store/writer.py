"""The writing verbs: one transaction, durable together or not at all."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geodata.errors import ConflictError, Text
from geodata.store import chain, committing, dates, digests, documents, features
from geodata.store.reader import SqlReader, algorithm_of, schema_of
from geodata.store.tables import (
    blob,
    document,
    journal,
    staged,
    staged_feature,
    tag,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from geodata.store.backend import Backend
    from geodata.store.changes import ChangeSet, JournalEntry, Version


class SqlTransaction(SqlReader):
    """Reads and writes on the one connection of a write block."""

    def __init__(self, backend: Backend, connection: sa.Connection) -> None:
        self._backend = backend
        self._connection = connection

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        yield self._connection

    def commit(
        self,
        changes: ChangeSet,
        *,
        author: str,
        approver: str,
        basis: str,
        message: str = "",
        doc: dict[str, Any] | None = None,
        correction: bool = False,
    ) -> Version:
        """Write a version; see :class:`geodata.store.protocol.Transaction`."""
        record = {
            "layer": changes.layer,
            "recorded": dates.now(),
            "effective": dates.parse(changes.effective),
            "basis": basis,
            "author": author,
            "approver": approver,
            "message": message,
            "counts": {
                "added": len(changes.added),
                "changed": len(changes.changed),
                "removed": len(changes.removed),
            },
            "doc": {**(doc or {}), **({"correction": True} if correction else {})},
        }
        return committing.commit(
            self, self._backend, self._connection, changes, record, correction
        )

    def tag(self, name: str, version: int) -> None:
        """Move a tag (publishing is this)."""
        self.version(version)
        self._connection.execute(sa.delete(tag).where(tag.c.name == name))
        self._connection.execute(sa.insert(tag).values(name=name, version=version))

    def stage(self, draft: str, changes: ChangeSet) -> None:
        """Keep a ChangeSet under a draft id, replacing what was staged there."""
        schema = schema_of(self._connection, changes.layer)
        self.unstage(draft)
        self._connection.execute(
            sa.insert(staged).values(
                draft=draft,
                layer=changes.layer,
                base=int(changes.base),
                effective=dates.parse(changes.effective),
            )
        )
        for side, frame in (("old", changes.old), ("new", changes.new)):
            rows = features.encode(frame, schema)
            self._backend.insert_staged(self._connection, draft, side, rows)

    def unstage(self, draft: str) -> None:
        """Forget what was staged under a draft id."""
        for table in (staged_feature, staged):
            self._connection.execute(sa.delete(table).where(table.c.draft == draft))

    def put(
        self,
        collection: str,
        key: str,
        document: dict[str, Any],
        *,
        parent: str = "",
        rev: int | None = None,
    ) -> int:
        """Write a document and return its new rev.

        With ``rev`` the write happens only when the stored rev is the same
        (0: must not exist yet); otherwise ConflictError. ``key`` and ``rev``
        inside the document are those of the row and are not stored again.
        """
        known = self._rev(collection, key)
        if rev is not None and rev != known:
            raise self._moved(collection, key, document)
        plain = {n: v for n, v in document.items() if n not in {"key", "rev"}}
        words, at = self._backend.labelling(collection, plain)
        values = {"parent": parent, "rev": known + 1, "doc": digests.canonical(plain)}
        values["at"] = at
        if known:
            written = self._connection.execute(
                sa.update(_documents)
                .where(
                    _documents.c.collection == collection,
                    _documents.c.key == key,
                    _documents.c.rev == known,
                )
                .values(**values)
            ).rowcount
            if not written:
                raise self._moved(collection, key, document)
        else:
            self._connection.execute(
                sa.insert(_documents).values(collection=collection, key=key, **values)
            )
        documents.label(self._connection, collection, key, words)
        return known + 1

    def delete(self, collection: str, key: str) -> None:
        """Forget a document (a session, a finished job); history stays elsewhere."""
        self._connection.execute(
            sa.delete(_documents).where(
                _documents.c.collection == collection, _documents.c.key == key
            )
        )

    def put_blob(self, content: bytes | Path) -> str:
        """Keep content under its hash, durable before this returns."""
        algorithm = algorithm_of(self._connection)
        digest = (
            digests.of_file(content, algorithm)
            if isinstance(content, Path)
            else digests.of_bytes(content, algorithm)
        )
        query = sa.select(blob.c.size).where(blob.c.digest == digest)
        known = self._connection.execute(query).first() is not None
        size = content.stat().st_size if isinstance(content, Path) else len(content)
        self._backend.keep_blob(self._connection, digest, content)
        if not known:
            self._backend.note_blob(self._connection, digest, content, size)
        return digest

    def append(
        self,
        *,
        actor: str,
        account: str,
        verb: str,
        subject: str,
        detail: dict[str, Any] | None = None,
    ) -> JournalEntry:
        """Append a link to the audit chain."""
        query = sa.select(journal).order_by(journal.c.seq.desc()).limit(1)
        last = self._connection.execute(query).mappings().first()
        link: dict[str, Any] = {
            "seq": last["seq"] + 1 if last else 1,
            "recorded": max(dates.now(), last["recorded"] if last else ""),
            "actor": actor,
            "account": account,
            "verb": verb,
            "subject": subject,
            "detail": digests.canonical(features.plain(detail or {})),
        }
        link["digest"] = chain.journal_digest(
            last["digest"] if last else digests.START,
            link,
            algorithm_of(self._connection),
        )
        self._connection.execute(sa.insert(journal).values(**link))
        return chain.entry(link)

    def _rev(self, collection: str, key: str) -> int:
        query = sa.select(_documents.c.rev).where(
            _documents.c.collection == collection, _documents.c.key == key
        )
        return self._connection.execute(query).scalar() or 0

    def _moved(self, collection: str, key: str, mine: dict[str, Any]) -> ConflictError:
        return ConflictError(
            Text(
                f"“{collection}/{key}”已被别人修改。",
                f"“{collection}/{key}” was changed by somebody else.",
            ),
            Text("请刷新后重做。", "Reload it and try again."),
            details=({"key": key, "mine": mine, "theirs": self.get(collection, key)},),
        )


_documents = document
