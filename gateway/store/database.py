"""Where the record is kept: a URL, the engine behind it, and its reasons in words. Knows no rows and no schema.

The URL may hold a password; nothing here, no error and no log line, shows it.
"""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry

from gateway.errors import StartError

BUSY_S = 5.0
"""How long a writer waits for another process's write to the same SQLite file."""
POSTGRES: dict[str, Any] = {
    "connect_timeout": 5,
    "tcp_user_timeout": 20_000,  # milliseconds; a server that vanished without a word is noticed
    "prepare_threshold": None,  # a pooler between us and the server may not know our prepared statements
    "application_name": "coterie",
}
WRONG_FILE = ("SQLITE_CANTOPEN", "SQLITE_READONLY", "SQLITE_NOTADB", "SQLITE_PERM", "SQLITE_AUTH")
DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+pysqlite": "sqlite+pysqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}


class Database:
    """A SQLite file or a Postgres database. `open` does no more I/O than to create the file's folder."""

    def __init__(self, url: str) -> None:
        self._url = _parse(url)
        self._engine: Engine | None = None

    def __repr__(self) -> str:
        return f"Database({self._url.render_as_string(hide_password=True)!r})"

    @property
    def name(self) -> str:
        """What log lines call it."""
        return str(self.path or f"{self._url.host or 'localhost'}/{self._url.database or ''}")

    @property
    def path(self) -> Path | None:
        """The SQLite file; None for a server."""
        return Path(str(self._url.database)) if self._url.get_backend_name() == "sqlite" else None

    @property
    def label(self) -> str:
        """A file name's worth of which database this is."""
        if self.path is not None:
            return self.path.name
        words = "".join(letter if letter.isalnum() else "-" for letter in self._url.database or "postgres")
        return f"{words}-{sha256(str(self._url.set(password=None)).encode()).hexdigest()[:8]}"

    @property
    def engine(self) -> Engine:
        if self._engine is None:
            raise RuntimeError("The database is not open; this is a bug.")
        return self._engine

    def open(self) -> None:
        self._engine = self._postgres() if self.path is None else self._sqlite(self.path)

    def close(self) -> None:
        if self._engine is not None:
            self._engine.dispose()

    def is_wrong(self, error: BaseException) -> bool:
        """Whether waiting cannot help: no such folder, no permission, not a database at all."""
        cause = error.orig if isinstance(error, DBAPIError) else None
        return getattr(cause, "sqlite_errorname", "").startswith(WRONG_FILE)

    def reason(self, error: BaseException) -> str:
        """Why it failed, in one line without SQL and without the password."""
        cause = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
        line = " ".join(str(cause).split()) or type(cause).__name__
        secret = self._url.password
        return line.replace(str(secret), "***") if secret else line

    def _sqlite(self, path: Path) -> Engine:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StartError(f"The folder of {path} cannot be created: {error.strerror}.") from error
        engine = create_engine(self._url, connect_args={"timeout": BUSY_S}, hide_parameters=True)
        event.listen(engine, "connect", _set_pragmas)
        return engine

    def _postgres(self) -> Engine:
        own = {key: value for key, value in POSTGRES.items() if key not in self._url.query}
        return create_engine(self._url, connect_args=own, hide_parameters=True, pool_pre_ping=True)


def _parse(url: str) -> URL:
    allowed = "sqlite:///PATH or postgresql://USER:PASSWORD@HOST/DATABASE"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise StartError(f"The database URL cannot be read; it is {allowed}.") from None
    if parsed.drivername not in DRIVERS:
        raise StartError(f"The record is not kept in {parsed.drivername}; the database URL is {allowed}.")
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise StartError("The record needs a file: sqlite:///PATH (an in-memory database is lost with the process).")
    return _hide(parsed.set(drivername=DRIVERS[parsed.drivername]))


def _hide(url: URL) -> URL:
    """A password among the options is as secret as one in its place."""
    secret = url.query.get("password")
    return url.difference_update_query(["password"]).set(password=str(secret)) if secret else url


def _set_pragmas(connection: Any, _: ConnectionPoolEntry) -> None:
    """WAL is set once, with the schema; these hold per connection. NORMAL loses nothing but to a power cut."""
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute(f"PRAGMA busy_timeout={int(BUSY_S * 1000)}")
    cursor.close()
