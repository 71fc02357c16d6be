"""One batch from its claim to its end, status by status. Whoever calls it holds the lease."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.batches.archive import Archive
from gateway.batches.asking import Asking
from gateway.batches.budget import Budget
from gateway.batches.groups import Arrange
from gateway.batches.halt import Halt
from gateway.batches.journal import Journal
from gateway.batches.lease import LEASE_S
from gateway.batches.lines import Reading, Survey, survey
from gateway.batches.outputs import write_files
from gateway.batches.patience import Patience
from gateway.batches.run import Desk, Run
from gateway.batches.seats import Seats
from gateway.batches.types import Batch, Complaint, Counts, Result
from gateway.pipeline import Pipeline
from gateway.settings import Settings
from gateway.wire.batch_line import Reader


@dataclass(frozen=True, slots=True)
class Shop:
    """What every batch of this process is worked on with."""

    archive: Archive
    settings: Settings
    pipeline: Callable[[], Pipeline]
    seats: Seats
    arrange: Arrange
    owner: str


class Work:
    """One batch. It may have been begun by a process that was killed; what is kept is not asked again."""

    def __init__(self, shop: Shop, batch: Batch, halt: Halt) -> None:
        self._shop = shop
        self._batch = batch
        self._halt = halt
        self._path = shop.archive.folder.at(batch.input_file_id)

    async def __call__(self) -> None:
        """Up to the batch's end, or to a halt that leaves the rest to whoever comes next. LeaseLost: already has."""
        if self._batch.status in ("validating", "in_progress"):
            complaint = await self._answer_all()
            if complaint is not None:
                await self._end("failed", complaint)
                return
            if self._halt.why in ("closing", "lost"):
                return
        await self._finish()

    async def _answer_all(self) -> Complaint | None:
        """Every line, as far as it goes; or why it cannot even begin."""
        longest = self._shop.settings.max_body_bytes
        try:
            found = await asyncio.to_thread(survey, self._path, longest)
        except FileNotFoundError:
            return Complaint("input_file_gone", f"The input file {self._batch.input_file_id} is not there any more.")
        if not found.total:
            return Complaint("empty_file", "The input file holds no line.")
        if self._batch.status == "validating" and not await self._move(
            ("validating",), "in_progress", total=found.total
        ):
            return None
        run = await self._run(found)
        await run(Reading(self._path, longest, found.twice))
        if self._halt.why == "expired":
            await run.expire(Reading(self._path, longest, found.twice))
        return None

    async def _run(self, found: Survey) -> Run:
        shop, settings = self._shop, self._shop.settings
        done = await asyncio.to_thread(done_lines, shop.archive, self._batch.id, found.last)
        reader = Reader(self._batch.tenant, settings.max_body_bytes, settings.max_messages)
        budget = Budget(None, self._batch.spent.cost_usd)
        return run_for(shop, reader, budget, self._batch.id, self._halt, done)

    async def _finish(self) -> None:
        """Cancelled where anyone has said so before the last line was done."""
        expired = {"expired_at": time.time()} if self._halt.why == "expired" else {}
        if self._batch.status != "finalizing":
            await self._move(("validating", "in_progress"), "finalizing", **expired)
        batch = await asyncio.to_thread(self._shop.archive.batches.find, self._batch.id, self._batch.tenant)
        if batch.status == "cancelling":
            await self._end("cancelled")
        else:
            await self._end("expired" if "expired" in batch.moments else "completed")

    async def _end(self, status: str, complaint: Complaint | None = None) -> None:
        await asyncio.to_thread(self._write_end, status, complaint)

    def _write_end(self, status: str, complaint: Complaint | None) -> None:
        archive, id = self._shop.archive, self._batch.id
        files = write_files(archive.folder, archive.results, self._batch)
        archive.results.end(id, self._shop.owner, status, files, complaint)
        archive.results.clear()

    async def _move(self, start: tuple[str, ...], to: str, **also: float) -> bool:
        return await asyncio.to_thread(
            lambda: self._shop.archive.batches.move(self._batch.id, self._shop.owner, start, to, **also)
        )


def run_for(shop: Shop, reader: Reader, budget: Budget, id: str, halt: Halt, done: bytearray) -> Run:
    """The stations that this batch's lines go through."""

    def write(results: Sequence[Result]) -> Counts:
        return shop.archive.results.keep(id, shop.owner, results, time.time() + LEASE_S)

    patience = Patience(shop.settings.batch_patience_s)
    journal = Journal(write)
    ask = Asking(shop.pipeline, journal.keep, shop.seats, patience, budget, halt)
    desk = Desk(reader.query, shop.pipeline, shop.arrange, ask, journal, budget, halt)
    return Run(desk, done, shop.settings.shutdown_s)


def done_lines(archive: Archive, id: str, last: int) -> bytearray:
    """A byte for each line: whether its result is kept."""
    done = bytearray(last + 1)
    for number in archive.results.numbers(id):
        if number <= last:
            done[number] = True
    return done
