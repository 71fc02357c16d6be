"""Rows of numbers in one SQLite file that several processes may use at once. Knows neither texts nor encoders."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock

import numpy as np

from routers.base import Array

LIMIT_BYTES = 512 * 1024 * 1024
PATIENCE_S = 5.0
"""For another process that is writing."""
AT_ONCE = 500
"""Keys that one question to SQLite names."""
CHECK_BYTES = 4
TABLE = "CREATE TABLE IF NOT EXISTS rows (owner BLOB, key BLOB, row BLOB, UNIQUE (owner, key))"


class RowFile:
    """float32 rows by owner and key. Nothing here raises: a file that fails is said once, and left alone.

    limit: bytes of the file above which the older half of the rows is dropped; their room is used again.
    """

    def __init__(self, path: Path, say: Callable[[str], None], limit: int = LIMIT_BYTES) -> None:
        self._path = path
        self._say = say
        self._limit = limit
        self._lock = Lock()
        self._opened: sqlite3.Connection | None = None
        self._failed = False

    def read(self, owner: bytes, keys: Sequence[bytes]) -> dict[bytes, Array]:
        """Those of the keys' rows that are there and whole."""
        found: list[tuple[bytes, bytes]] = []
        wanted = list(dict.fromkeys(keys))

        def work(connection: sqlite3.Connection) -> None:
            found.clear()
            for start in range(0, len(wanted), AT_ONCE):
                part = wanted[start : start + AT_ONCE]
                marks = ",".join("?" * len(part))
                asked = f"SELECT key, row FROM rows WHERE owner = ? AND key IN ({marks})"
                found.extend(connection.execute(asked, (owner, *part)))

        self._try(work)
        rows = {key: _unpacked(packed) for key, packed in found}
        return {key: row for key, row in rows.items() if row is not None}

    def write(self, owner: bytes, rows: Mapping[bytes, Array]) -> None:
        """All of them, or none where that fails."""
        packed = [(owner, key, _packed(row)) for key, row in rows.items()]

        def work(connection: sqlite3.Connection) -> None:
            with connection:
                connection.executemany("INSERT OR REPLACE INTO rows VALUES (?, ?, ?)", packed)
            _shorten(connection, self._limit)

        self._try(work)

    def close(self) -> None:
        with self._lock:
            if self._opened is not None:
                self._opened.close()
            self._opened = None

    def _try(self, work: Callable[[sqlite3.Connection], None]) -> None:
        """A damaged file is begun anew, once; whatever else goes wrong ends its use."""
        with self._lock:
            if self._failed:
                return
            try:
                try:
                    work(self._connection())
                except sqlite3.DatabaseError as error:
                    if type(error) is not sqlite3.DatabaseError:  # of the class itself are damaged files
                        raise
                    self._begin_anew()
                    work(self._connection())
            except (OSError, sqlite3.Error) as error:
                self._failed = True
                self._say(f"the cache {self._path} cannot be used ({error}); going on without it")

    def _connection(self) -> sqlite3.Connection:
        if self._opened is None:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            self._opened = sqlite3.connect(self._path, timeout=PATIENCE_S, check_same_thread=False)
            self._opened.execute("PRAGMA journal_mode = WAL")
            self._opened.execute("PRAGMA synchronous = OFF")  # what a power cut takes is made again
            self._opened.execute(TABLE)
        return self._opened

    def _begin_anew(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None
        for end in ("", "-wal", "-shm"):
            self._path.with_name(self._path.name + end).unlink(missing_ok=True)


def _shorten(connection: sqlite3.Connection, limit: int) -> None:
    """The older half goes where the rows take more than the limit; rowids grow with time."""
    numbers = ("page_count", "freelist_count", "page_size")
    pages, free, size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in numbers)
    if (pages - free) * size <= limit:
        return
    with connection:
        middle = "SELECT rowid FROM rows ORDER BY rowid LIMIT 1 OFFSET (SELECT count(*) / 2 FROM rows)"
        connection.execute(f"DELETE FROM rows WHERE rowid < ({middle})")


def _packed(row: Array) -> bytes:
    written = np.ascontiguousarray(row, dtype="<f4").tobytes()
    return zlib.crc32(written).to_bytes(CHECK_BYTES, "little") + written


def _unpacked(packed: bytes) -> Array | None:
    """None where it is not what was written."""
    check, written = packed[:CHECK_BYTES], packed[CHECK_BYTES:]
    if zlib.crc32(written).to_bytes(CHECK_BYTES, "little") != check:
        return None
    return np.frombuffer(written, dtype="<f4")
