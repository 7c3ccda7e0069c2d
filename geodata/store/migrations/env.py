"""Run by Alembic: on the connection it is given, or printing the SQL."""

from __future__ import annotations

from alembic import context

from geodata.store import tables

config = context.config

if context.is_offline_mode():
    context.configure(
        dialect_name=config.attributes["dialect"],
        literal_binds=True,
        transaction_per_migration=False,
        output_buffer=config.attributes["output"],
    )
else:
    context.configure(
        connection=config.attributes["connection"], target_metadata=tables.metadata
    )
with context.begin_transaction():
    context.run_migrations()
