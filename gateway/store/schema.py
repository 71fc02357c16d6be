"""Bringing a database to the schema of this version, and refusing one that is not ours. Knows no rows.

One transaction holds the lock, the check and the change, so workers may start at once and one that is killed
half-way leaves nothing behind.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect
from sqlalchemy.exc import OperationalError

import gateway.store.batch_tables  # noqa: F401 - declares tables of ours
from gateway.errors import StartError
from gateway.store.tables import Stored

VERSION_TABLE = "coterie_version"
"""Not Alembic's usual name: in a shared database that one may be somebody else's."""
ADVISORY_LOCK = 0x636F7465726965
LOCK_S = 30.0


def prepare(engine: Engine, name: str) -> None:
    """Migrates to the newest schema. StartError where the database is newer than this code, or another program's."""
    if engine.dialect.name == "sqlite":
        _use_wal(engine, time.monotonic() + LOCK_S)
    with _locked(engine) as connection:
        config = _config(connection)
        _refuse(connection, config, name)
        command.upgrade(config, "head")


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config


def _refuse(connection: Connection, config: Config, name: str) -> None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    found = set(context.get_current_heads())
    if found - known:
        newer = ", ".join(sorted(found - known))
        raise StartError(f"{name} was written by a newer version (schema {newer}); update, or give another database.")
    if not found and (foreign := _foreign(connection)):
        raise StartError(f"{name} belongs to another program (table {foreign[0]}); give another database.")


def _foreign(connection: Connection) -> list[str]:
    """Tables that are in our way: any in a file, which nobody shares; on a server those with our names."""
    tables = set(inspect(connection).get_table_names()) - {VERSION_TABLE}
    return sorted(tables if connection.dialect.name == "sqlite" else tables & set(Stored.metadata.tables))


@contextmanager
def _locked(engine: Engine) -> Iterator[Connection]:
    """A transaction that only one process has at a time; it is committed unless something is raised."""
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":
            connection.exec_driver_sql(f"PRAGMA busy_timeout={int(LOCK_S * 1000)}")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        else:
            connection.exec_driver_sql(f"SET LOCAL lock_timeout = '{int(LOCK_S)}s'")
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({ADVISORY_LOCK})")
        yield connection
        connection.commit()
        connection.invalidate()


def _use_wal(engine: Engine, until: float) -> None:
    """The file remembers it. SQLite answers at once where another process is about to do the same."""
    while True:
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            return
        except OperationalError as error:
            if "locked" not in str(error.orig) or time.monotonic() > until:
                raise
        time.sleep(0.02)
