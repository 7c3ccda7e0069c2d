"""What was computed, kept under the key of all it stands on; the oldest goes first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from boundaries.registry.desk import now

if TYPE_CHECKING:
    from geodata.store.protocol import Transaction

KEPT = 200
"""How many documents of a collection are kept: each can be made again."""


def keep(
    tx: Transaction, collection: str, key: str, content: bytes, **said: Any
) -> None:
    """Keep a document, where nobody did meanwhile, and forget the oldest."""
    if tx.get(collection, key) is None:
        row = {"blob": tx.put_blob(content), "created": now(), **said}
        tx.put(collection, key, row, rev=0)
        rows = sorted(tx.find(collection), key=lambda row: (row["created"], row["key"]))
        for old in rows[:-KEPT]:
            tx.delete(collection, old["key"])
