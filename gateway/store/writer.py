"""The one thread that writes: takes what waits, writes it in batches, tries again where that fails.

Knows no event loop. It ends when it is told to and nothing waits any more, or when its time is up.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event, Thread

from sqlalchemy.exc import SQLAlchemyError

from gateway.errors import StartError
from gateway.store.backoff import Backoff
from gateway.store.buffer import Buffer
from gateway.store.database import Database
from gateway.store.entries import Arrival, Entry, entry_of
from gateway.store.insert import write
from gateway.store.leftovers import Leftovers
from gateway.store.notices import Notices
from gateway.store.retention import purge
from gateway.store.schema import prepare

SLICE = 50
"""Answers made into rows in one go: half a millisecond in which the event loop may have to wait for us."""
BREATH_S = 0.0001
LONGEST_DELAY_S = 5.0
FAILURES = (SQLAlchemyError, OSError, StartError)


@dataclass(frozen=True, slots=True)
class Keeping:
    """How a writer goes about it; times in seconds."""

    worker: str
    batch: int
    interval_s: float
    keep_texts_s: float
    keep_records_s: float | None
    purge_every_s: float


class Writer(Thread):
    """Prepares the database as soon as that is there, unless `prepare` was called before; closes it at its end."""

    def __init__(
        self, database: Database, buffer: Buffer, keeping: Keeping, leftovers: Leftovers, notices: Notices
    ) -> None:
        super().__init__(name="coterie-store", daemon=True)
        self.wake = Event()
        self.written = 0
        self.refused = 0
        self.failed_writes = 0
        self._database = database
        self._buffer = buffer
        self._keeping = keeping
        self._leftovers = leftovers
        self._notices = notices
        self._ready = False
        self._closes_at: float | None = None
        self._backoff = Backoff(keeping.interval_s, LONGEST_DELAY_S)
        self._purge_at = 0.0

    def prepare(self) -> None:
        """Brings the schema up to date and writes what an earlier process left behind."""
        prepare(self._database.engine, self._database.name)
        self._leftovers.restore(self._write_all)
        self._ready = True

    def close(self, timeout_s: float) -> None:
        """From now on it only empties the buffer, for at most that long."""
        self._closes_at = time.monotonic() + timeout_s
        self._backoff.reset()
        self.wake.set()

    def run(self) -> None:
        while not self._over():
            self.wake.wait(self._keeping.interval_s)
            self.wake.clear()
            self._guarded(self._round)
        self._database.close()

    def _over(self) -> bool:
        closes_at = self._closes_at
        return closes_at is not None and (not len(self._buffer) or time.monotonic() > closes_at)

    def _round(self) -> None:
        self._convert()
        self._notices.lost(self._buffer.overflowed, "more waited than the buffer holds")
        if self._backoff.over:
            self._work()

    def _guarded(self, step: Callable[[], None]) -> None:
        """A dead database is expected. A mistake of ours is not, but it must not end all recording either."""
        try:
            step()
        except FAILURES as error:
            self._fail()
            self._notices.failed(self._database.reason(error), len(self._buffer))
        except Exception as error:
            self._fail()
            self._notices.broken(error)

    def _fail(self) -> None:
        """Next time from the beginning: the database may come back as an empty one."""
        self._ready = False
        self.failed_writes += 1
        self._backoff.fail()

    def _convert(self) -> None:
        """Short slices with a breath between them; stops when it has caught up."""
        while arrivals := self._buffer.arrivals(SLICE):
            self._buffer.hold([entry for arrival in arrivals if (entry := self._entry(arrival)) is not None])
            if len(arrivals) < SLICE:
                return
            time.sleep(BREATH_S)

    def _entry(self, arrival: Arrival) -> Entry | None:
        try:
            return entry_of(arrival, self._keeping.worker, self._keeping.keep_texts_s)
        except (TypeError, ValueError, AttributeError) as error:
            self._refuse([f"{type(error).__name__} in {arrival.id}"])
            return None

    def _work(self) -> None:
        if not self._ready:
            self.prepare()
        while entries := self._buffer.entries(self._keeping.batch):
            self._write_hand(entries)
        if time.monotonic() >= self._purge_at:
            self._purge_at = time.monotonic() + self._keeping.purge_every_s
            purge(self._database.engine, time.time(), self._keeping.keep_records_s)
        self._backoff.reset()
        self._notices.worked()

    def _write_hand(self, entries: Sequence[Entry]) -> None:
        try:
            self._write(entries)
        except BaseException:
            self._buffer.put_back(entries)
            raise
        self._buffer.settle(entries)

    def _write(self, entries: Sequence[Entry]) -> None:
        refused = write(self._database.engine, entries)
        self.written += len(entries) - len(refused)
        self._refuse(refused)

    def _refuse(self, reasons: list[str]) -> None:
        self.refused += len(reasons)
        self._notices.refused(reasons)

    def _write_all(self, entries: Sequence[Entry]) -> None:
        for start in range(0, len(entries), self._keeping.batch):
            self._write(entries[start : start + self._keeping.batch])
