"""The store's tables, the same on both backends.

``state`` holds one row per feature and interval of validity; a row is written
once and only its ``version_to`` is ever set, once. Triggers made by the
migrations see to that. Text keys sort by their bytes on both backends.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import ColumnElement
from sqlalchemy.types import UserDefinedType

SRID = 4490

Key = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
Number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


class Geometry(UserDefinedType[bytes]):
    """WKB in SQLite, ``geometry(Geometry, 4490)`` in PostGIS."""

    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        """Return the type's name in SQL."""
        return "BLOB"


@compiles(Geometry, "postgresql")  # type: ignore[no-untyped-call, untyped-decorator, unused-ignore]
def _geometry_postgresql(_type: Geometry, _compiler: Any, **_: Any) -> str:
    return f"geometry(Geometry,{SRID})"


class as_wkb(ColumnElement[bytes]):  # noqa: N801 - reads as the SQL function it is
    """A geometry column as little-endian WKB."""

    inherit_cache = True
    type = sa.LargeBinary()

    def __init__(self, column: sa.Column[Any]) -> None:
        self.column = column

    @property
    def _from_objects(self) -> list[Any]:
        return [self.column.table]


@compiles(as_wkb)  # type: ignore[no-untyped-call, untyped-decorator, unused-ignore]
def _as_wkb(element: as_wkb, compiler: Any, **kw: Any) -> str:
    return str(compiler.process(element.column, **kw))


@compiles(as_wkb, "postgresql")  # type: ignore[no-untyped-call, untyped-decorator, unused-ignore]
def _as_wkb_postgresql(element: as_wkb, compiler: Any, **kw: Any) -> str:
    return f"ST_AsBinary({compiler.process(element.column, **kw)}, 'NDR')"


metadata = sa.MetaData()

setting = sa.Table(
    "setting",
    metadata,
    sa.Column("name", Key, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)

layer = sa.Table(
    "layer",
    metadata,
    sa.Column("name", Key, primary_key=True),
    sa.Column("doc", sa.Text, nullable=False),
)

version = sa.Table(
    "version",
    metadata,
    sa.Column("number", Number, primary_key=True, autoincrement=False),
    sa.Column("layer", Key, sa.ForeignKey("layer.name"), nullable=False),
    sa.Column("recorded", Key, nullable=False),
    sa.Column("effective", Key, nullable=False),
    sa.Column("basis", sa.Text, nullable=False),
    sa.Column("author", sa.Text, nullable=False),
    sa.Column("approver", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("counts", sa.Text, nullable=False),
    sa.Column("doc", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
)

tag = sa.Table(
    "tag",
    metadata,
    sa.Column("name", Key, primary_key=True),
    sa.Column("version", Number, sa.ForeignKey("version.number"), nullable=False),
)

state = sa.Table(
    "state",
    metadata,
    sa.Column("id", Number, primary_key=True, autoincrement=False),
    sa.Column("layer", Key, sa.ForeignKey("layer.name"), nullable=False),
    sa.Column("key", Key, nullable=False),
    sa.Column("valid_from", Key, nullable=False),
    sa.Column("valid_to", Key),
    sa.Column("version_from", Number, sa.ForeignKey("version.number"), nullable=False),
    sa.Column("version_to", Number, sa.ForeignKey("version.number")),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("props", sa.Text, nullable=False),
    sa.Column("geom", Geometry),
    sa.Index("state_key", "layer", "key"),
    sa.Index("state_version_from", "version_from"),
    sa.Index("state_version_to", "version_to"),
)

staged = sa.Table(
    "staged",
    metadata,
    sa.Column("draft", Key, primary_key=True),
    sa.Column("layer", Key, sa.ForeignKey("layer.name"), nullable=False),
    sa.Column("base", Number, nullable=False),
    sa.Column("effective", Key, nullable=False),
)

staged_feature = sa.Table(
    "staged_feature",
    metadata,
    sa.Column(
        "draft",
        Key,
        sa.ForeignKey("staged.draft", ondelete="CASCADE"),
        primary_key=True,
    ),
    sa.Column("side", Key, primary_key=True),
    sa.Column("key", Key, primary_key=True),
    sa.Column("props", sa.Text, nullable=False),
    sa.Column("wkb", sa.LargeBinary),
)

document = sa.Table(
    "document",
    metadata,
    sa.Column("collection", Key, primary_key=True),
    sa.Column("key", Key, primary_key=True),
    sa.Column("parent", Key, nullable=False),
    sa.Column("rev", Number, nullable=False),
    sa.Column("doc", sa.Text, nullable=False),
    sa.Column("at", Key, nullable=False, server_default=""),
    sa.Index("document_parent", "collection", "parent"),
    sa.Index("document_at", "collection", "at", "key"),
)

document_label = sa.Table(
    "document_label",
    metadata,
    sa.Column("collection", Key, primary_key=True),
    sa.Column("label", Key, primary_key=True),
    sa.Column("key", Key, primary_key=True),
    sa.ForeignKeyConstraint(
        ["collection", "key"],
        ["document.collection", "document.key"],
        ondelete="CASCADE",
    ),
    sa.Index("document_label_key", "collection", "key"),
)
"""Words a document is found again by; who opens the store says which
(:data:`geodata.store.changes.Labelling`)."""

journal = sa.Table(
    "journal",
    metadata,
    sa.Column("seq", Number, primary_key=True, autoincrement=False),
    sa.Column("recorded", Key, nullable=False),
    sa.Column("actor", Key, nullable=False),
    sa.Column("account", sa.Text, nullable=False),
    sa.Column("verb", Key, nullable=False),
    sa.Column("subject", Key, nullable=False),
    sa.Column("detail", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Index("journal_actor", "actor", "seq"),
    sa.Index("journal_verb", "verb", "seq"),
    sa.Index("journal_subject", "subject", "seq"),
)

blob = sa.Table(
    "blob",
    metadata,
    sa.Column("digest", Key, primary_key=True),
    sa.Column("size", Number, nullable=False),
    sa.Column("content", sa.LargeBinary),
)
