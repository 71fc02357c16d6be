"""The recorder: what the rest of the gateway sees of the record.

Knows neither SQL nor threads' work in detail: it takes answers at once, and leaves everything slow to the writer.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from types import TracebackType
from typing import Self

from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import StartError
from gateway.store.buffer import Buffer
from gateway.store.database import Database
from gateway.store.entries import Arrival, entry_of
from gateway.store.leftovers import Leftovers
from gateway.store.notices import Notices
from gateway.store.reader import Opinion, Reader
from gateway.store.writer import Keeping, Writer
from gateway.types import Answer, Json


class Recorder:
    """Remembers every answer. Enter it once; `record` may be called from the event loop until it is left.

    Prompts and answers are kept only where `keep_texts_s` is above 0, and for that long; records for
    `keep_records_s`, or for good. `capacity` answers may wait for a database; beyond that the oldest are dropped.
    `spill_dir` takes what no database took before the end; for SQLite it is the file's own folder.
    """

    def __init__(
        self,
        url: str,
        *,
        worker: str = "",
        keep_texts_s: float = 0.0,
        keep_records_s: float | None = None,
        capacity: int = 50_000,
        text_chars: int = 64_000_000,
        batch: int = 1000,
        interval_s: float = 0.1,
        purge_every_s: float = 60.0,
        flush_timeout_s: float = 10.0,
        spill_dir: Path | None = None,
    ) -> None:
        self._database = Database(url)
        self._buffer = Buffer(capacity, text_chars)
        folder = self._database.path.parent if spill_dir is None and self._database.path is not None else spill_dir
        self._keeping = Keeping(worker, batch, interval_s, keep_texts_s, keep_records_s, purge_every_s)
        self._notices = Notices(self._database.name)
        self._leftovers = Leftovers(folder, self._database.label, self._notices)
        self._reader = Reader(self._database, self._buffer, worker)
        self._writer = Writer(self._database, self._buffer, self._keeping, self._leftovers, self._notices)
        self._flush_timeout_s = flush_timeout_s

    async def __aenter__(self) -> Self:
        """StartError where this database can never be the right one; one that is only down is waited for."""
        await asyncio.to_thread(self._start)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._writer.close(self._flush_timeout_s)
        await asyncio.to_thread(self._finish)

    @property
    def written(self) -> int:
        return self._writer.written

    @property
    def waiting(self) -> int:
        return len(self._buffer)

    @property
    def dropped(self) -> int:
        """Lost for good: too many waited, no database takes them, or time was up at the end."""
        return self._buffer.overflowed + self._writer.refused + self._leftovers.abandoned

    @property
    def dropped_texts(self) -> int:
        """Records written without their texts, because too many characters waited."""
        return self._buffer.wordless

    @property
    def spilled(self) -> int:
        """Left in a file for the next start."""
        return self._leftovers.spilled

    @property
    def failed_writes(self) -> int:
        """How often the database failed us."""
        return self._writer.failed_writes

    def record(self, answer: Answer) -> None:
        """Takes the answer, at once and always; the writer does the rest."""
        if self._buffer.put(Arrival(time.time(), answer)) == self._keeping.batch:
            self._writer.wake.set()

    async def flush(self, timeout_s: float = 10.0) -> bool:
        """Waits for what has been recorded so far; False where the database did not take it all in time."""
        self._writer.wake.set()
        return await asyncio.to_thread(self._buffer.wait_for, self._buffer.received, timeout_s)

    async def find(self, id: str, tenant: str) -> Json:
        """The record of a decision. NotFound: none, or another tenant's. RecordUnavailable: the database is down."""
        return await asyncio.to_thread(self._reader.find, id, tenant)

    async def feedback(
        self,
        decision_id: str,
        tenant: str,
        *,
        score: float | None = None,
        verdict: str | None = None,
        comment: str | None = None,
    ) -> str:
        """Stores an opinion and returns its id. BadRequest, NotFound and RecordUnavailable as their names say."""
        return await asyncio.to_thread(self._reader.feedback, decision_id, tenant, Opinion(score, verdict, comment))

    def _start(self) -> None:
        self._database.open()
        try:
            self._writer.prepare()
        except (SQLAlchemyError, StartError) as error:
            self._excuse(error)
        self._writer.start()

    def _excuse(self, error: SQLAlchemyError | StartError) -> None:
        """Raises StartError unless the database is only away for now."""
        if isinstance(error, SQLAlchemyError) and not self._database.is_wrong(error):
            self._notices.failed(self._database.reason(error), 0)
            return
        self._database.close()
        if isinstance(error, StartError):
            raise error
        raise StartError(f"{self._database.name} cannot hold the record: {self._database.reason(error)}.") from error

    def _finish(self) -> None:
        """A writer that hangs in the database is left to itself; what it holds is spilled with the rest."""
        self._writer.join(self._flush_timeout_s + 0.5)
        arrivals, entries = self._buffer.rest()
        entries += [entry_of(arrival, self._keeping.worker, self._keeping.keep_texts_s) for arrival in arrivals]
        if entries:
            self._leftovers.leave(entries)
