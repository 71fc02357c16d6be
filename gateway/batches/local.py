"""A batch without a server: one file in, one file out, and the same database for what is done so far."""

from __future__ import annotations

import asyncio
import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gateway.batches.archive import Archive
from gateway.batches.budget import Budget
from gateway.batches.halt import Halt
from gateway.batches.lease import LEASE_S
from gateway.batches.lines import Reading, Survey, survey
from gateway.batches.outputs import write_out
from gateway.batches.owner import is_dead
from gateway.batches.run import Run
from gateway.batches.types import ENDED, SHELL, Batch, Counts
from gateway.batches.work import Shop, done_lines, run_for
from gateway.errors import NotFound, StartError
from gateway.wire.batch_line import CHAT, Reader


@dataclass(frozen=True, slots=True)
class Job:
    """What the command was told. restart: forget what an earlier run has done."""

    source: Path
    target: Path
    model: str
    max_cost_usd: float | None
    restart: bool = False

    @property
    def id(self) -> str:
        """One batch for each output file."""
        return f"batch_{hashlib.sha256(str(self.target.resolve()).encode()).hexdigest()[:28]}"

    def fingerprint(self) -> str:
        """What answers depend on: the input's bytes, and the model of lines that name none."""
        with self.source.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256")
        digest.update(self.model.encode())
        return digest.hexdigest()


def claimed(archive: Archive, job: Job, owner: str) -> Batch:
    """The job's batch: a new one, the one that was begun, or one that is complete. StartError says what is in the way.

    Unless it has ended, its lease is this owner's.
    """
    rows, fingerprint, now = archive.batches, job.fingerprint(), time.time()
    batch, dead = _found(archive, job, now)
    if batch is not None and (job.restart or (batch.status in ENDED and not job.target.exists())):
        rows.claim(job.id, owner, dead, now, LEASE_S)
        rows.forget(job.id, owner)
        batch = None
    if batch is None:
        if job.target.exists() and not job.restart:
            raise StartError(
                f"{job.target} is there already and is not this batch's; give another name, or --restart to replace it"
            )
        batch = Batch(job.id, SHELL, "validating", CHAT, str(job.source), "", now, fingerprint=fingerprint)
        rows.add(batch)
    elif batch.fingerprint != fingerprint:
        raise StartError(
            f"{job.target} was begun from another input or with another --model; take those again, "
            "give another name, or --restart to begin anew"
        )
    if batch.status in ENDED:
        return batch
    mine = rows.claim(job.id, owner, dead, now, LEASE_S)
    if mine is None:
        raise StartError(f"another process has begun to work on {job.target}")
    return mine


def _found(archive: Archive, job: Job, now: float) -> tuple[Batch | None, str | None]:
    """The batch, where there is one, and its owner, where that one is known to be dead."""
    try:
        batch = archive.batches.find(job.id, SHELL)
    except NotFound:
        return None, None
    holder = archive.batches.holder(job.id, now)
    if holder is not None and not is_dead(holder):
        raise StartError(
            f"another process works on {job.target}; if it was killed just now, try again in {LEASE_S:g} s"
        )
    return batch, holder


class Local:
    """One batch of the shell's, whose lease is held. It may be asked while it runs how far it is."""

    def __init__(self, shop: Shop, batch: Batch, job: Job, halt: Halt) -> None:
        self._shop = shop
        self._batch = batch
        self._job = job
        self._halt = halt
        self._budget = Budget(job.max_cost_usd, batch.spent.cost_usd)
        self._counts: Callable[[], Counts] = lambda: batch.counts
        self.total = 0

    @property
    def done(self) -> int:
        return self._counts().done

    @property
    def cost_usd(self) -> float:
        return self._budget.spent

    async def __call__(self) -> Batch:
        """As far as it goes; the output file then holds what is done, in the order of the input."""
        longest = self._shop.settings.max_body_bytes
        found = await asyncio.to_thread(survey, self._job.source, longest)
        if not found.total:
            raise StartError(f"{self._job.source} holds no line")
        self.total = found.total
        run = await self._begun(found)
        await run(Reading(self._job.source, longest, found.twice))
        if self._halt.why == "lost":
            raise StartError(f"another process has begun to work on {self._job.target}")
        return await asyncio.to_thread(self._written)

    async def _begun(self, found: Survey) -> Run:
        archive, settings, id = self._shop.archive, self._shop.settings, self._batch.id
        await asyncio.to_thread(
            lambda: archive.batches.move(id, self._shop.owner, ("validating",), "in_progress", total=found.total)
        )
        done = await asyncio.to_thread(done_lines, archive, id, found.last)
        reader = Reader(SHELL, settings.max_body_bytes, settings.max_messages, self._job.model)
        run = run_for(self._shop, reader, self._budget, id, self._halt, done)
        self._counts = lambda: max(self._batch.counts, run.counts, key=lambda counts: counts.done)
        return run

    def _written(self) -> Batch:
        archive, id, owner = self._shop.archive, self._batch.id, self._shop.owner
        try:
            lines = write_out(self._job.target, archive.results, id)
        except OSError as error:
            raise StartError(
                f"{self._job.target} cannot be written ({error.strerror or error}); nothing is lost, try again"
            ) from error
        if lines == self.total:
            archive.results.end(id, owner, "completed", (None, None), None)
            archive.results.clear()
        return archive.batches.find(id, SHELL)
