"""The first tables, the spatial index and the triggers that keep history still."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.types import UserDefinedType

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

IMMUTABLE = {
    "version": None,
    "journal": None,
    "blob": None,
    "state": (
        "id",
        "layer",
        "key",
        "valid_from",
        "valid_to",
        "version_from",
        "digest",
        "props",
        "geom",
    ),
}
"""Tables whose rows are written once; for ``state`` the columns that stay."""


def upgrade() -> None:
    """Create everything."""
    _tables(op.get_context().dialect.name == "postgresql")
    if op.get_context().dialect.name == "postgresql":
        _postgresql()
    else:
        _sqlite()


class _PostGIS(UserDefinedType[bytes]):
    cache_ok = True

    def get_col_spec(self, **_: Any) -> str:
        return "geometry(Geometry,4490)"


def _tables(postgresql: bool) -> None:  # noqa: FBT001 - which of two dialects
    key = sa.Text(collation="C") if postgresql else sa.Text()
    number = sa.BigInteger() if postgresql else sa.Integer()
    geometry: Any = _PostGIS() if postgresql else sa.BLOB()

    def primary(name: str, kind: Any = key, **kw: Any) -> sa.Column[Any]:
        return sa.Column(name, kind, primary_key=True, autoincrement=False, **kw)

    def text(name: str, kind: Any = key) -> sa.Column[Any]:
        return sa.Column(name, kind, nullable=False)

    def refers(name: str, to: str, kind: Any, **kw: Any) -> sa.Column[Any]:
        return sa.Column(name, kind, sa.ForeignKey(to), **kw)

    plain = sa.Text()
    op.create_table("setting", primary("name"), text("value", plain))
    op.create_table("layer", primary("name"), text("doc", plain))
    op.create_table(
        "version",
        primary("number", number),
        refers("layer", "layer.name", key, nullable=False),
        text("recorded"),
        text("effective"),
        *(
            text(name, plain)
            for name in (
                "basis",
                "author",
                "approver",
                "message",
                "counts",
                "doc",
                "digest",
            )
        ),
    )
    op.create_table(
        "tag",
        primary("name"),
        refers("version", "version.number", number, nullable=False),
    )
    op.create_table(
        "state",
        primary("id", number),
        refers("layer", "layer.name", key, nullable=False),
        text("key"),
        text("valid_from"),
        sa.Column("valid_to", key),
        refers("version_from", "version.number", number, nullable=False),
        refers("version_to", "version.number", number),
        text("digest", plain),
        text("props", plain),
        sa.Column("geom", geometry),
    )
    op.create_index("state_key", "state", ["layer", "key"])
    op.create_index("state_version_from", "state", ["version_from"])
    op.create_index("state_version_to", "state", ["version_to"])
    op.create_table(
        "staged",
        primary("draft"),
        refers("layer", "layer.name", key, nullable=False),
        text("base", number),
        text("effective"),
    )
    op.create_table(
        "staged_feature",
        sa.Column(
            "draft",
            key,
            sa.ForeignKey("staged.draft", ondelete="CASCADE"),
            primary_key=True,
        ),
        primary("side"),
        primary("key"),
        text("props", plain),
        sa.Column("wkb", sa.LargeBinary),
    )
    op.create_table(
        "document",
        primary("collection"),
        primary("key"),
        text("parent"),
        text("rev", number),
        text("doc", plain),
    )
    op.create_index("document_parent", "document", ["collection", "parent"])
    op.create_table(
        "journal",
        primary("seq", number),
        text("recorded"),
        *(
            text(name, plain)
            for name in ("actor", "account", "verb", "subject", "detail", "digest")
        ),
    )
    op.create_table(
        "blob",
        primary("digest"),
        text("size", number),
        sa.Column("content", sa.LargeBinary),
    )


def _sqlite() -> None:
    op.execute(
        "CREATE VIRTUAL TABLE state_box USING rtree(id, west, east, south, north)"
    )
    for table, columns in IMMUTABLE.items():
        refuse = f"SELECT RAISE(ABORT, '{table} is written once');"
        of = f" OF {', '.join(columns)}" if columns else ""
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE{of} ON {table} "
            f"BEGIN {refuse} END"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            f"BEGIN {refuse} END"
        )
    op.execute(
        "CREATE TRIGGER state_closed_once BEFORE UPDATE OF version_to ON state "
        "WHEN OLD.version_to IS NOT NULL OR NEW.version_to IS NULL "
        "BEGIN SELECT RAISE(ABORT, 'state is closed once'); END"
    )


def _postgresql() -> None:
    op.execute("CREATE INDEX state_geom ON state USING gist (geom)")
    op.execute(
        "CREATE FUNCTION quhua_written_once() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION '% is written once', TG_TABLE_NAME; END $$"
    )
    op.execute(
        "CREATE FUNCTION quhua_closed_once() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "BEGIN IF OLD.version_to IS NOT NULL OR NEW.version_to IS NULL THEN "
        "RAISE EXCEPTION 'state is closed once'; END IF; RETURN NEW; END $$"
    )
    for table, columns in IMMUTABLE.items():
        of = f" OF {', '.join(columns)}" if columns else ""
        op.execute(
            f"CREATE TRIGGER {table}_no_update BEFORE UPDATE{of} ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION quhua_written_once()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION quhua_written_once()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION quhua_written_once()"
        )
    op.execute(
        "CREATE TRIGGER state_closed_once BEFORE UPDATE OF version_to ON state "
        "FOR EACH ROW EXECUTE FUNCTION quhua_closed_once()"
    )
