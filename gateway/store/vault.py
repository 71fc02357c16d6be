"""A database for what must not be lost: opened when it is first needed, and a commit in it outlives a power cut.

The recorder has its own way in, which forgives more and is faster. Everything here blocks; call it in a thread.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.store.database import Database
from gateway.store.reader import RETRY_S, RecordUnavailable
from gateway.store.schema import prepare


class Vault:
    """One database. A transaction is committed unless something is raised in it."""

    def __init__(self, url: str) -> None:
        self._database = Database(url)
        self._lock = Lock()
        self._open = self._prepared = False

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """RecordUnavailable where the database does not answer; StartError where it is another program's."""
        try:
            self._prepare()
            with self._database.engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            reason = self._database.reason(error)
            raise RecordUnavailable(f"The database does not answer ({reason}).", retry_after_s=RETRY_S) from error

    def close(self) -> None:
        self._database.close()

    def _prepare(self) -> None:
        with self._lock:
            if not self._open:
                self._database.open()
                if self._database.path is not None:
                    event.listen(self._database.engine, "connect", _set_pragmas)
                self._open = True
            if not self._prepared:
                prepare(self._database.engine, self._database.name)
                self._prepared = True


def _set_pragmas(connection: Any, _: ConnectionPoolEntry) -> None:
    """FULL: a commit is on the disk. What is deleted is overwritten: answers stay no longer than they must."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA secure_delete=ON")
    cursor.close()
