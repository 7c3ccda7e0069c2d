"""The store over SQL: one class for both backends."""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any, TypeVar

import sqlalchemy as sa

from geodata.errors import StoreError, Text
from geodata.store import dates, diffing, rebase, verifying
from geodata.store.reader import SqlReader, resolve, schema_of
from geodata.store.tables import journal, version
from geodata.store.writer import SqlTransaction

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from geodata.store.backend import Backend
    from geodata.store.changes import ChangeSet

CHAIN = "chain"
"""The lock every writer holds: version numbers and the journal are one line."""
_ATTEMPTS = 5
_T = TypeVar("_T")


class SqlStore(SqlReader):
    """An open store; see :class:`geodata.store.protocol.Store`."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self.url = backend.url
        self._thread = threading.local()

    @contextlib.contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with self._backend.reading() as connection:
            yield connection

    @contextlib.contextmanager
    def write(self, *, lock: Iterable[str] = ()) -> Iterator[SqlTransaction]:
        """Open a write transaction, holding the named locks from its start."""
        if getattr(self._thread, "writes", False):
            raise StoreError(
                Text("写事务不能嵌套。", "A write block cannot hold another.")
            )
        with self._backend.writing({CHAIN, *lock}) as connection:
            self._thread.writes = True
            try:
                yield SqlTransaction(self._backend, connection)
            finally:
                self._thread.writes = False

    def attempt(
        self, work: Callable[[SqlTransaction], _T], *, lock: Iterable[str] = ()
    ) -> _T:
        """Run ``work`` in a write transaction, again when the server says so.

        PostgreSQL may undo a transaction to break a deadlock; what it undid is
        run again, five times at most. SQLite never asks for it.
        """
        names = tuple(lock)
        for attempt in range(_ATTEMPTS):
            try:
                with self.write(lock=names) as transaction:
                    return work(transaction)
            except StoreError as error:
                if error.code != "retry" or attempt == _ATTEMPTS - 1:
                    raise
        raise AssertionError

    def diff(
        self,
        layer: str,
        old: int | str,
        new: int | str,
        *,
        valid_on: str | None = None,
    ) -> ChangeSet:
        """Return the change from one version (or tag) to another.

        Of the last states known at each, or of those in force ``valid_on``.
        """
        with self._backend.reading() as connection:
            inside = SqlTransaction(self._backend, connection)
            schema_of(connection, layer)
            a, b = (resolve(connection, ref, layer) for ref in (old, new))
            keys = sorted(rebase.touched_between(connection, layer, a, b))
            before, after = (
                inside.snapshot(layer, at=at, valid_on=valid_on, keys=keys)
                for at in (a, b)
            )
            effective = connection.execute(
                sa.select(version.c.effective)
                .where(version.c.number <= max(a, b), version.c.layer == layer)
                .order_by(version.c.number.desc())
                .limit(1)
            ).scalar()
        return diffing.changes_between(
            before,
            after,
            layer=layer,
            base=a,
            effective=effective or dates.now()[:10],
            complete=True,
        )

    def anchor(self) -> dict[str, Any]:
        """Return the heads of both chains, to be kept in a second place.

        A chain alone cannot show that its tail was cut off; with this it can:
        ``verify(anchor=...)``.
        """
        with self._backend.reading() as connection:
            return verifying.anchor(connection)

    def verify(self, *, anchor: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Recompute journal chain, version digests and blob hashes.

        Returns the breaks found, each ``{"what", "id", "reason": {"zh", "en"}}``,
        the first bad link of each chain first; empty when everything holds.
        """
        with self._backend.reading() as connection:
            return verifying.verify(self._backend, connection, anchor)

    def backup(self, target: Path) -> dict[str, Any]:
        """Write a verified copy while others read and write; return its manifest."""
        from geodata.store import backup

        return backup.write(self._backend, target)

    def health(self) -> dict[str, Any]:
        """Return versions and settings that matter for trust (shown to admins)."""
        with self._backend.reading() as connection:
            counts = {
                name: connection.execute(
                    sa.select(sa.func.count()).select_from(table)
                ).scalar()
                for name, table in (("versions", version), ("journal", journal))
            }
            return {**self._backend.health(connection), **counts}

    def close(self) -> None:
        """Release every connection."""
        self._backend.close()
