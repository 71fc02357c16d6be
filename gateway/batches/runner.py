"""Works on the batches of this gateway beside its requests: takes what waits, keeps the lease, goes on after a kill."""

from __future__ import annotations

import asyncio
import logging
import time
from types import TracebackType
from typing import Self

from gateway.batches.halt import Halt
from gateway.batches.lease import LEASE_S, kept
from gateway.batches.owner import is_dead
from gateway.batches.types import Batch, LeaseLost
from gateway.batches.work import Shop, Work
from gateway.errors import GatewayError, StartError, Unavailable

log = logging.getLogger("coterie.batches")
LOOK_S = 2.0
"""What other instances have taken in is found so late; what this one has, at once."""
TIDY_S = 60.0
AGAIN_S = 30.0
"""After a failure of ours or of the disk's a batch is left alone for so long."""


class Runner:
    """Enter it to begin; leaving it lets what is under way finish, and leaves the rest for the next start."""

    def __init__(self, shop: Shop, opened: asyncio.Event) -> None:
        self._shop = shop
        self._opened = opened
        self._wake = asyncio.Event()
        self._halts: dict[str, Halt] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._rest_until: dict[str, float] = {}
        self._tidy_at = 0.0
        self._loop: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._loop = asyncio.create_task(self._look())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._loop is not None
        self._loop.cancel()
        for halt in self._halts.values():
            halt("closing")
        await asyncio.wait({self._loop, *self._tasks})
        await asyncio.to_thread(self._shop.archive.vault.close)

    def wake(self) -> None:
        """There is something new to work on."""
        self._wake.set()

    def cancelled(self, id: str) -> None:
        """A caller has cancelled this batch; whoever else works on it will hear of it from the database."""
        if id in self._halts:
            self._halts[id]("cancelled")

    async def _look(self) -> None:
        await self._opened.wait()
        while True:
            self._wake.clear()
            try:
                await self._take_what_waits()
                await self._tidy()
            except (GatewayError, StartError, OSError) as error:
                if not isinstance(error, Unavailable):
                    log.error("batches cannot be looked after", extra={"reason": str(error)})
            except Exception:
                log.exception("bug")
            await self._sleep(LOOK_S)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            return

    async def _take_what_waits(self) -> None:
        room = self._shop.settings.max_batches - len(self._tasks)
        if room <= 0:
            return
        for id, owner in await asyncio.to_thread(self._shop.archive.batches.waiting, time.time()):
            if room <= 0:
                return
            if id in self._halts or time.monotonic() < self._rest_until.get(id, 0.0):
                continue
            if owner is None or is_dead(owner):
                room -= await self._take(id, owner)

    async def _take(self, id: str, before: str | None) -> bool:
        rows, owner = self._shop.archive.batches, self._shop.owner
        batch = await asyncio.to_thread(rows.claim, id, owner, before, time.time(), LEASE_S)
        if batch is None:
            return False
        self._halts[id] = Halt()
        task = asyncio.create_task(self._work(batch, self._halts[id]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def _work(self, batch: Batch, halt: Halt) -> None:
        rows, owner = self._shop.archive.batches, self._shop.owner
        log.info("batch taken", extra={"batch": batch.id, "status": batch.status, "done": batch.counts.done})
        try:
            async with kept(lambda until: rows.renew(batch.id, owner, until), halt, batch.expires_at):
                await Work(self._shop, batch, halt)()
            self._rest_until.pop(batch.id, None)
            await asyncio.to_thread(rows.release, batch.id, owner)
            log.info("batch left", extra={"batch": batch.id, "why": halt.why or "ended"})
        except LeaseLost:
            log.warning("batch lost to another process", extra={"batch": batch.id})
        except Exception as error:  # whatever it is, the other batches go on, and this one later
            self._rest_until[batch.id] = time.monotonic() + AGAIN_S
            log.error("batch set aside", exc_info=error, extra={"batch": batch.id})
        finally:
            del self._halts[batch.id]
            self._wake.set()

    async def _tidy(self) -> None:
        if time.monotonic() >= self._tidy_at:
            self._tidy_at = time.monotonic() + TIDY_S
            await asyncio.to_thread(self._shop.archive.tidy)
