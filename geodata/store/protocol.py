"""What every store can do; one contract suite runs over each backend.

Reads never wait for writers. Everything written inside one ``with
store.write():`` block becomes durable together, or not at all; when the block
returns, it is on the disk.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, TypeVar

from geodata.store.changes import ChangeSet, JournalEntry, LayerSchema, Version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    import geopandas as gpd

T = TypeVar("T")


class Reader(Protocol):
    """The reading verbs, on a store or inside a transaction."""

    def layers(self) -> dict[str, LayerSchema]:
        """Return the layers by name."""

    def head(self, layer: str) -> int:
        """Return the number of the layer's newest version, 0 when it is empty."""

    def versions(self, layer: str | None = None) -> list[Version]:
        """Return versions, oldest first."""

    def version(self, ref: int | str, layer: str | None = None) -> Version:
        """Return the version by number or tag; raise NotFoundError."""

    def tags(self) -> dict[str, int]:
        """Return version numbers by tag (``"published/divisions"``)."""

    def snapshot(
        self,
        layer: str,
        *,
        at: int | str | None = None,
        valid_on: str | None = None,
        known_on: str | None = None,
        in_force: str | None = None,
        keys: Sequence[str] | None = None,
        bbox: tuple[float, float, float, float] | None = None,
        geometry: bool = True,
    ) -> gpd.GeoDataFrame:
        """Return the layer's features, EPSG:4490, indexed by key, sorted by key.

        Parameters
        ----------
        at
            Version number or tag; the head when None.
        valid_on
            In force on this date (valid time); None: the last state known.
        known_on
            As known at the end of this day or instant (recorded time), UTC.
        in_force
            Instead of ``valid_on``: what a change of this date finds in force,
            dates ordered as text (a change of 2016 comes before one of 2016-06).
        keys, bbox
            Only these keys; only features whose box meets ``(w, s, e, n)``.
        geometry
            False leaves geometry out (it is the costly part): all None.

        Returns
        -------
        GeoDataFrame
            The schema's columns, ``valid_from``, ``valid_to`` (None while in
            force), ``extra`` (dict of what the file had besides) and geometry.
        """

    def states(self, layer: str, *, at: int | str | None = None) -> gpd.GeoDataFrame:
        """Return every state known at a version, ended ones too, without geometry.

        Columns as of :meth:`snapshot`; a key comes once for each of its states.
        """

    def dates(self, layer: str, *, at: int | str | None = None) -> list[str]:
        """Return the valid-time dates on which the layer changed, oldest first."""

    def history(self, layer: str, key: str) -> list[dict[str, Any]]:
        """Return every state of a feature, oldest first.

        Each ``{"valid_from", "valid_to", "version", "superseded_by", "properties",
        "geometry"}``; ``geometry`` is a shapely geometry or None.
        """

    def staged(self, draft: str) -> ChangeSet:
        """Return the ChangeSet staged under a draft id."""

    def get(self, collection: str, key: str) -> dict[str, Any] | None:
        """Return a document (with its ``key`` and ``rev``) or None."""

    def find(
        self,
        collection: str,
        *,
        parent: str | None = None,
        prefix: str | None = None,
        labels: Sequence[Sequence[str]] = (),
        since: str = "",
        until: str = "",
        before: str = "",
        order: str = "key",
        descending: bool = False,
        start: int = 0,
        limit: int | None = None,
    ) -> list[dict[str, Any]]:
        """Return documents, sorted by key; what is not given does not restrict.

        Parameters
        ----------
        parent, prefix
            Of this parent; whose key begins so.
        labels
            Groups of labels: one of each group is there. ``=key`` in a group stands
            for the document of that key.
        since, until
            Whose instant is at or after the one, before the other.
        before
            Whose key comes before this one: the next page of a list, newest first.
        order, descending
            ``key``, ``at`` (the instant) or a member of the document
            (``title``, ``findings.open_errors``).
        start, limit
            So many left out, and at most so many: one page. Nothing else is read.
        """

    def count(
        self,
        collection: str,
        *,
        parent: str | None = None,
        labels: Sequence[Sequence[str]] = (),
        since: str = "",
        until: str = "",
    ) -> int:
        """Return how many documents there are; see :meth:`find`."""

    def tally(
        self, collection: str, prefix: str, *, labels: Sequence[Sequence[str]] = ()
    ) -> dict[str, int]:
        """Return how many documents have each label that begins with ``prefix``.

        By the rest of the label, in order.
        """

    def blob(self, digest: str) -> bytes:
        """Return content by its hash (verified); raise NotFoundError."""

    def open_blob(self, digest: str) -> BinaryIO:
        """Return content by its hash as an open file, verified, at its beginning.

        Never the whole of it is in memory. Close it; raise NotFoundError.
        """

    def blob_path(self, digest: str) -> Path | None:
        """Return where the content lies as a file, None when it lies in the store."""

    def journal(
        self, *, after: int = 0, limit: int | None = None
    ) -> list[JournalEntry]:
        """Return links of the audit chain, oldest first."""

    def search_journal(
        self,
        *,
        actor: str | None = None,
        verb: str | None = None,
        subject: str | None = None,
        since: str | None = None,
        until: str | None = None,
        before: int | None = None,
        limit: int = 100,
    ) -> list[JournalEntry]:
        """Return links of the audit chain that fit, newest first.

        Parameters
        ----------
        actor, verb
            Exactly these.
        subject
            What the subject begins with.
        since, until
            Instants (UTC); recorded at or after the one, before the other.
        before, limit
            Only links before this number, and at most so many: the next page.
        """


class Transaction(Reader, Protocol):
    """The writing verbs; see the module docstring for what a block promises."""

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
        """Write a version.

        A ChangeSet whose base is no longer the head is rebased when neither
        its features nor the borders it moves touch what was committed since;
        otherwise ConflictError shows both sides. With ``correction`` the record
        is mended for its whole validity instead of from ``changes.effective``.
        """

    def tag(self, name: str, version: int) -> None:
        """Move a tag (publishing is this)."""

    def stage(self, draft: str, changes: ChangeSet) -> None:
        """Keep a ChangeSet under a draft id, replacing what was staged there."""

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
        in the document are the row's own and are not stored again.
        """

    def unstage(self, draft: str) -> None:
        """Forget what was staged under a draft id."""

    def delete(self, collection: str, key: str) -> None:
        """Forget a document (a session, a finished job); history stays elsewhere."""

    def put_blob(self, content: bytes | Path) -> str:
        """Keep content under its hash, durable before this returns."""

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


class Store(Reader, Protocol):
    """An open store. Use :func:`geodata.store.open_store`."""

    url: str

    def write(self, *, lock: Iterable[str] = ()) -> AbstractContextManager[Transaction]:
        """Open a write transaction, holding the named locks from its first statement.

        SQLite takes BEGIN IMMEDIATE (one writer at all); PostGIS takes READ
        COMMITTED and one advisory lock per name, in sorted order, before anything
        else is read.
        """

    def attempt(
        self, work: Callable[[Transaction], T], *, lock: Iterable[str] = ()
    ) -> T:
        """Run ``work`` in a write transaction, again when the server undid it."""

    def diff(
        self,
        layer: str,
        old: int | str,
        new: int | str,
        *,
        valid_on: str | None = None,
    ) -> ChangeSet:
        """Return the change from one version (or tag) to another.

        Of the last states known at each, or of those in force ``valid_on``. Its
        inverse, committed, reverts.
        """

    def anchor(self) -> dict[str, Any]:
        """Return the heads of both chains, to be kept in a second place."""

    def verify(self, *, anchor: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """Recompute journal chain, version digests, blob hashes, spatial index.

        Returns the breaks found, each ``{"what", "id", "reason": {"zh", "en"}}``;
        empty when everything holds. With an earlier ``anchor`` a chain whose tail
        was cut off is found too.
        """

    def backup(self, target: Path) -> dict[str, Any]:
        """Write a verified copy while others read and write; return its manifest."""

    def health(self) -> dict[str, Any]:
        """Return versions and settings that matter for trust (shown to admins)."""

    def close(self) -> None:
        """Release every connection."""
