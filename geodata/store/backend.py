"""What the SQL of the two backends does differently; the rest is shared."""

from __future__ import annotations

import os
import weakref
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from contextlib import AbstractContextManager
    from pathlib import Path

    import sqlalchemy as sa

    from geodata.store.documents import Labelling
    from geodata.store.features import Rows
    from geodata.store.writer import SqlTransaction


def fork_safe() -> weakref.WeakSet[sa.Engine]:
    """Return a set whose engines a forked child drops without closing.

    A connection carried over a fork would be used, or closed, by two processes.
    """
    engines: weakref.WeakSet[sa.Engine] = weakref.WeakSet()

    def drop() -> None:
        for engine in engines:
            engine.dispose(close=False)

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=drop)
    return engines


class Backend(Protocol):
    """Connections, bulk writing, spatial filters and attachments."""

    name: str
    url: str
    engine: sa.Engine
    labelling: Labelling

    def exists(self) -> bool:
        """Return whether there is a store at this place."""

    def prepare(self) -> None:
        """Make the place ready for the first migration."""

    def reading(self) -> AbstractContextManager[sa.Connection]:
        """Give a connection that sees one state of the store throughout."""

    def writing(self, locks: Iterable[str]) -> AbstractContextManager[sa.Connection]:
        """Give a connection holding the write lock; commit at the end."""

    def insert_states(
        self,
        connection: sa.Connection,
        fixed: tuple[str, int],
        ids: Sequence[int],
        times: tuple[Sequence[str], Sequence[str | None]],
        rows: Rows,
        digests: Sequence[str],
    ) -> None:
        """Write new states and their boxes; ``fixed`` is layer and version."""

    def copy_states(
        self,
        connection: sa.Connection,
        version: int,
        copies: Sequence[tuple[int, str, str | None, int]],
    ) -> None:
        """Write states ``(id, valid_from, valid_to, id of the content)``."""

    def close_states(
        self, connection: sa.Connection, version: int, ids: Sequence[int]
    ) -> None:
        """Record that states are known to hold no longer."""

    def insert_staged(
        self, connection: sa.Connection, draft: str, side: str, rows: Rows
    ) -> None:
        """Write one side of a staged ChangeSet."""

    def box_filter(
        self, bbox: tuple[float, float, float, float]
    ) -> sa.ColumnElement[bool]:
        """Return SQL true for states whose box may meet ``(w, s, e, n)``."""

    def key_filter(self, keys: Sequence[str]) -> sa.ColumnElement[bool]:
        """Return SQL true for states of the keys."""

    def keep_blob(
        self, connection: sa.Connection, digest: str, source: bytes | Path
    ) -> None:
        """Make content durable where it lies outside the table."""

    def note_blob(
        self, connection: sa.Connection, digest: str, source: bytes | Path, size: int
    ) -> None:
        """Write the row of new content, with the content where that lies in it."""

    def blob_file(self, digest: str) -> Path | None:
        """Return the file that holds a blob, None when the table does."""

    def open_blob(self, connection: sa.Connection, digest: str) -> BinaryIO:
        """Return the content as a file open for reading, at its beginning."""

    def blob_content(self, connection: sa.Connection, digest: str) -> bytes:
        """Return a blob's content as it is stored, not verified."""

    def wrong_boxes(self, connection: sa.Connection) -> list[int]:
        """Return states whose entry in the spatial index is wrong."""

    def dump(self, folder: Path) -> dict[str, Any]:
        """Write a verified copy of one moment; return ``{"anchor"}`` of it."""

    def load(
        self,
        folder: Path,
        manifest: dict[str, Any],
        accept: Callable[[SqlTransaction], None],
    ) -> None:
        """Make the store from :meth:`dump`, verified; all of it or nothing.

        ``accept`` is asked inside the transaction; when it raises, nothing is made.
        """

    def health(self, connection: sa.Connection) -> dict[str, Any]:
        """Return what an administrator should see."""

    def close(self) -> None:
        """Close every connection."""
