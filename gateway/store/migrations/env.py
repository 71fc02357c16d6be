"""Runs the migrations on the connection it is given, inside the transaction that is already open there."""

from __future__ import annotations

from alembic import context

from gateway.store.schema import VERSION_TABLE
from gateway.store.tables import Stored

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Stored.metadata,
    version_table=VERSION_TABLE,
    transactional_ddl=True,
    render_as_batch=True,
)
context.run_migrations()
