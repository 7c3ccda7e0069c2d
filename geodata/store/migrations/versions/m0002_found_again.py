"""What the audit and documents are found by, without reading all of them.

Columns of the journal compare by their bytes on both backends from here on, so that
what begins with a word is a range of the index.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the indexes, the labels of documents and the instant lists order them by."""
    postgresql = op.get_context().dialect.name == "postgresql"
    key = sa.Text(collation="C") if postgresql else sa.Text()
    for column in ("actor", "verb", "subject"):
        if postgresql:
            op.execute(f'ALTER TABLE journal ALTER {column} TYPE text COLLATE "C"')
        op.create_index(f"journal_{column}", "journal", [column, "seq"])
    op.add_column("document", sa.Column("at", key, nullable=False, server_default=""))
    op.create_index("document_at", "document", ["collection", "at", "key"])
    op.create_table(
        "document_label",
        sa.Column("collection", key, primary_key=True),
        sa.Column("label", key, primary_key=True),
        sa.Column("key", key, primary_key=True),
        sa.ForeignKeyConstraint(
            ["collection", "key"],
            ["document.collection", "document.key"],
            ondelete="CASCADE",
        ),
    )
    op.create_index("document_label_key", "document_label", ["collection", "key"])
