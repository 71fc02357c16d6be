"""Writing a batch of rows at once, each database in its fastest way. Knows no queue and no retries.

Every statement leaves rows that are already there as they are, so a batch may be written again after a failure
that hid whether it had been written.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import chain
from typing import Any

from sqlalchemy import Connection, Engine, Table
from sqlalchemy.exc import DataError, IntegrityError, InterfaceError, ProgrammingError

from gateway.store.entries import Entry
from gateway.store.rows import Row, as_json
from gateway.store.tables import RECORDS, TEXTS

HANDFULS = (128, 16, 1)

Insert = Callable[[Connection, Table, Sequence[Row]], None]

REFUSED = (DataError, IntegrityError, InterfaceError, ProgrammingError, ValueError, TypeError, OverflowError)
"""A row may be the reason, rather than the database."""


def insert_sqlite(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Many rows a statement: the driver lets go of the interpreter's lock at each one and has to win it back from the
    event loop, which would cost requests more than the inserting itself. Few sizes, so that statements are reused.
    """
    names = ", ".join(table.columns.keys())
    marks = f"({', '.join('?' * len(table.columns))})"
    done = 0
    for size in HANDFULS:
        statement = f"INSERT INTO {table.name} ({names}) VALUES {', '.join([marks] * size)} ON CONFLICT DO NOTHING"
        while len(rows) - done >= size:
            values = tuple(chain.from_iterable(rows[done : done + size]))
            connection.exec_driver_sql(statement, values)
            done += size


def insert_postgres(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """One statement with one parameter: the batch as JSON, taken apart by the server."""
    names = ", ".join(table.columns.keys())
    typed = ", ".join(f"{column.name} {column.type.compile(connection.dialect)}" for column in table.columns)
    statement = (
        f"INSERT INTO {table.name} ({names}) SELECT {names} FROM json_to_recordset(%s::json) AS batch({typed}) "
        "ON CONFLICT DO NOTHING"
    )
    columns = table.columns.keys()
    batch = [dict(zip(columns, row, strict=True)) for row in rows]
    connection.exec_driver_sql(statement, (as_json(batch),))


def write(engine: Engine, entries: Sequence[Entry]) -> list[str]:
    """Writes them all, or raises. The reasons of those rows that no database would take are returned instead."""
    try:
        _write(engine, entries)
    except REFUSED:
        return [reason for entry in entries if (reason := _write_alone(engine, entry)) is not None]
    return []


def _write(engine: Engine, entries: Sequence[Entry]) -> None:
    insert = INSERTS[engine.dialect.name]
    words = [entry.words for entry in entries if entry.words is not None]
    with engine.begin() as connection:
        insert(connection, RECORDS, [entry.record for entry in entries])
        if words:
            insert(connection, TEXTS, words)


def _write_alone(engine: Engine, entry: Entry) -> str | None:
    """Writes one entry of a refused batch, cleaned; None, or why it is refused even so."""
    words = None if entry.words is None else _clean(entry.words)
    try:
        _write(engine, [Entry(_clean(entry.record), words)])
    except (DataError, IntegrityError, ValueError, TypeError, OverflowError) as error:
        return type(error).__name__
    return None


def _clean(row: Row) -> Row:
    return tuple(_clean_value(value) for value in row)


def _clean_value(value: Any) -> Any:
    """What both databases take: text without NUL and lone surrogates, plain and finite numbers."""
    if isinstance(value, str):
        return value.replace("\x00", "").encode("utf-8", "replace").decode()
    if value is None or isinstance(value, bool | int):
        return value
    number = float(value)
    return number if math.isfinite(number) else 0.0


INSERTS: dict[str, Insert] = {"sqlite": insert_sqlite, "postgresql": insert_postgres}
