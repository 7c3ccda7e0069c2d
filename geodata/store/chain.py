"""What is hashed into each link of the two chains: versions and journal."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from geodata.store import digests
from geodata.store.changes import JournalEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

JOURNAL_FIELDS = (
    "seq",
    "recorded",
    "actor",
    "account",
    "verb",
    "subject",
    "detail",
)
VERSION_FIELDS = (
    "number",
    "layer",
    "recorded",
    "effective",
    "basis",
    "author",
    "approver",
    "message",
    "counts",
    "doc",
)


def journal_digest(previous: str, link: Mapping[Any, Any], algorithm: str) -> str:
    """Return the digest of a journal link chained to the one before.

    ``detail`` is the JSON text as stored.
    """
    parts = [previous, *(str(link[name]) for name in JOURNAL_FIELDS)]
    return digests.of_parts(parts, algorithm)


def entry(link: Mapping[str, Any]) -> JournalEntry:
    """Return a stored link as a value."""
    return JournalEntry(**{**link, "detail": json.loads(link["detail"])})


def opened(id_: int, key: str, start: str, end: str | None, digest: str) -> str:
    """Return the line that stands for a state a version wrote."""
    return f"+{id_}\t{key}\t{start}\t{end or ''}\t{digest}"


def closed(id_: int, digest: str) -> str:
    """Return the line that stands for a state a version closed."""
    return f"-{id_}\t{digest}"


def version_digest(
    previous: str, row: Mapping[Any, Any], lines: Iterable[str], algorithm: str
) -> str:
    """Return the digest of a version: its record, its content, the one before.

    ``counts`` and ``doc`` are JSON text as stored; ``lines`` come from
    :func:`opened` and :func:`closed`, in any order.
    """
    head = [previous, *(str(row[name]) for name in VERSION_FIELDS)]
    return digests.of_parts([*head, "\n".join(sorted(lines))], algorithm)
