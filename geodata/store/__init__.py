"""Layers with history: what was where, since when, and since when we knew.

The law of this package: nothing written is ever altered. A version is a change
with who, when and why; a snapshot is what a version, a date and our knowledge
at a time add up to. Frames go in and come out; no SQL and no driver leaves.
Only :mod:`geodata.store.sqlite` may open the live SQLite file.

Nothing heavy is imported before it is needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from geodata.store.changes import LayerSchema
    from geodata.store.documents import Labelling
    from geodata.store.protocol import Transaction
    from geodata.store.sql import SqlStore

__all__ = ["migrate", "open_store", "restore"]


def open_store(
    url: str,
    *,
    create: bool = False,
    layers: Iterable[LayerSchema] = (),
    digest: str = "sha256",
    labelling: Labelling | None = None,
) -> SqlStore:
    """Open the store at ``url``.

    Parameters
    ----------
    url
        ``sqlite:///path/to.sqlite``, a plain path, or ``postgresql://…``.
    create
        Make it with ``layers`` when there is none.
    layers
        The schemas of the layers a new store keeps.
    digest
        ``sha256`` or ``sm3``: what a new store names and chains content with.
    labelling
        From a collection and a document to the labels it is found again by, and the
        instant lists order it by; the same for every opening of a store.

    Raises
    ------
    StoreError
        There is none, its tables are older or newer than this program's, the
        file lies on a network disk, or SQLite is too old.
    """
    from geodata.store import documents, opening

    return opening.open_store(
        url,
        create=create,
        layers=layers,
        digest=digest,
        labelling=labelling or documents.unlabelled,
    )


def migrate(
    url: str,
    *,
    dry_run: bool = False,
    layers: Iterable[LayerSchema] = (),
    accept: Callable[[Transaction, str], None] = lambda _, __: None,
    labelling: Labelling | None = None,
) -> str:
    """Bring a store's tables and layers up to date; return what was done.

    With ``dry_run`` nothing is done and the SQL is returned. ``accept`` is given
    the transaction and what was done in it; when it raises, nothing is.
    """
    from geodata.store import documents, opening

    return opening.migrate(
        url,
        dry_run=dry_run,
        layers=layers,
        accept=accept,
        labelling=labelling or documents.unlabelled,
    )


def restore(
    backup: Path | str,
    url: str,
    *,
    accept: Callable[[Transaction], None] = lambda _: None,
    labelling: Labelling | None = None,
) -> dict[str, Any]:
    """Make a store from a backup, verified; ``url`` must hold none yet.

    Returns the backup's manifest. ``accept`` is given the restore's transaction;
    when it raises, no store is made.
    """
    from pathlib import Path

    from geodata.store import backup as backups
    from geodata.store import documents

    return backups.restore(Path(backup), url, accept, labelling or documents.unlabelled)
