"""Documents by parent, labels and instant: what a list asks, as SQL.

Labels are words a document is found again by, ``at`` is the instant that lists order
it by. Neither is said by whoever writes a document: they follow from its content, by
the one function given when the store is opened, so no writer can forget them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from geodata.store.tables import document, document_label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    Labelling = Callable[[str, dict[str, Any]], tuple[Iterable[str], str]]
    """From collection and document to its labels and its instant; an attribute
    ``making`` names the way, so that labels made otherwise are made anew."""

KEY = "="
"""Before a document's own key, among labels."""
_BATCH = 500


@dataclass(frozen=True)
class Sought:
    """Which documents of a collection; what is left out does not restrict.

    ``labels`` are groups: a document must have one label of each, or be named in it
    by its key after :data:`KEY`. ``since`` and ``until`` are instants: at or after
    the one, before the other; ``before`` is a key that theirs come before.
    """

    collection: str
    parent: str | None = None
    prefix: str | None = None
    labels: Sequence[Sequence[str]] = ()
    since: str = ""
    until: str = ""
    before: str = ""

    def where(self) -> list[sa.ColumnElement[bool]]:
        """Return what a row must fulfil."""
        found: list[sa.ColumnElement[bool]] = [document.c.collection == self.collection]
        if self.parent is not None:
            found.append(document.c.parent == self.parent)
        if self.prefix:
            found += begins(document.c.key, self.prefix)
        if self.since:
            found.append(document.c.at >= self.since)
        if self.until:
            found.append(document.c.at < self.until)
        if self.before:
            found.append(document.c.key < self.before)
        return [*found, *(_one_of(group) for group in self.labels)]


def select(
    sought: Sought, order: str, *, descending: bool, start: int, limit: int | None,
    dialect: str,
) -> sa.Select[Any]:  # fmt: skip
    """Return the query for documents, in order."""
    columns = document.c.key, document.c.rev, document.c.doc
    query = sa.select(*columns).where(*sought.where())
    ordered = _order(order, dialect, descending=descending)
    if limit is not None:
        query = query.limit(limit)
    elif start:
        query = query.limit(2**62)  # SQLite knows no offset without a limit
    return query.order_by(*ordered).offset(start or None)


def count(sought: Sought) -> sa.Select[Any]:
    """Return the query for the number of documents."""
    query = sa.select(sa.func.count()).select_from(document)
    return query.where(*sought.where())


def tally(sought: Sought, prefix: str) -> sa.Select[Any]:
    """Return the query for how many have each label that begins with ``prefix``."""
    return (
        sa.select(document_label.c.label, sa.func.count())
        .join(
            document,
            sa.and_(
                document.c.collection == document_label.c.collection,
                document.c.key == document_label.c.key,
            ),
        )
        .where(
            document_label.c.collection == sought.collection,
            *begins(document_label.c.label, prefix),
            *sought.where(),
        )
        .group_by(document_label.c.label)
        .order_by(document_label.c.label)
    )


def begins(column: Any, prefix: str) -> list[sa.ColumnElement[bool]]:
    """Return that a text begins so, as a range that an index can be read by."""
    after = following(prefix)
    return [column >= prefix] if after is None else [column >= prefix, column < after]


def following(prefix: str) -> str | None:
    """Return the first text after all that begin with ``prefix``; None: there is none.

    Texts compare by code point on both backends, which is the order of their bytes.
    """
    for end in range(len(prefix), 0, -1):
        point = ord(prefix[end - 1]) + 1
        if 0xD800 <= point <= 0xDFFF:
            point = 0xE000  # surrogates are no characters
        if point <= 0x10FFFF:
            return prefix[: end - 1] + chr(point)
    return None


def label(
    connection: sa.Connection, collection: str, key: str, words: Iterable[str]
) -> None:
    """Give a document these labels instead of those it has."""
    wanted = set(words)
    mine = sa.and_(
        document_label.c.collection == collection, document_label.c.key == key
    )
    known = set(
        connection.execute(sa.select(document_label.c.label).where(mine)).scalars()
    )
    if known - wanted:
        gone = document_label.c.label.in_(known - wanted)
        connection.execute(sa.delete(document_label).where(mine, gone))
    fresh = [
        {"collection": collection, "label": word, "key": key}
        for word in sorted(wanted - known)
    ]
    if fresh:
        connection.execute(sa.insert(document_label), fresh)


def label_all(connection: sa.Connection, labelling: Labelling) -> None:
    """Label every document there is, as after the migration that brought labels."""
    place = sa.tuple_(document.c.collection, document.c.key)
    last = ("", "")
    while True:
        query = (
            sa.select(document.c.collection, document.c.key, document.c.doc)
            .where(place > sa.tuple_(*map(sa.literal, last)))
            .order_by(document.c.collection, document.c.key)
            .limit(_BATCH)
        )
        rows = connection.execute(query).all()
        for collection, key, doc in rows:
            words, at = labelling(collection, json.loads(doc))
            label(connection, collection, key, words)
            connection.execute(
                sa.update(document)
                .where(document.c.collection == collection, document.c.key == key)
                .values(at=at)
            )
        if len(rows) < _BATCH:
            return
        last = (rows[-1].collection, rows[-1].key)


def making(labelling: Labelling) -> str:
    """Return the name of the way labels are made, ``""`` where none matters."""
    return str(getattr(labelling, "making", ""))


def unlabelled(_collection: str, _document: dict[str, Any]) -> tuple[tuple[()], str]:
    """Label nothing: for a store whose documents are found by key and parent alone."""
    return (), ""


def _one_of(group: Sequence[str]) -> sa.ColumnElement[bool]:
    """Return that a document has one of these labels, or is one of these."""
    keys = [word.removeprefix(KEY) for word in group if word.startswith(KEY)]
    words = [word for word in group if not word.startswith(KEY)]
    labelled = (
        sa.select(sa.literal(1))
        .where(
            document_label.c.collection == document.c.collection,
            document_label.c.key == document.c.key,
            document_label.c.label.in_(words),
        )
        .correlate(document)
        .exists()
    )
    return sa.or_(labelled, document.c.key.in_(keys)) if keys else labelled


def _order(order: str, dialect: str, *, descending: bool) -> list[Any]:
    """Return what to order by: the key, the instant, or a member of the document.

    Numbers come as numbers, texts by their bytes; what is not there comes before all.
    """
    plain = {"key": [document.c.key], "at": [document.c.at, document.c.key]}
    if order in plain:
        return [each.desc() if descending else each for each in plain[order]]
    terms = [*_member(order, dialect), document.c.key]
    if descending:
        return [each.desc().nulls_last() for each in terms]
    return [each.asc().nulls_first() for each in terms]


def _member(order: str, dialect: str) -> list[Any]:
    """Return a member of the document as what to order by."""
    names = order.split(".")
    if dialect == "sqlite":
        member = sa.func.json_extract(document.c.doc, "$." + ".".join(names))
        return [member]
    value = sa.func.json_extract_path(sa.cast(document.c.doc, sa.JSON), *names)
    text = sa.cast(value, sa.Text)
    number = sa.case(
        (sa.func.json_typeof(value) == "number", sa.cast(text, sa.Numeric))
    )
    return [number, text.collate("C")]
