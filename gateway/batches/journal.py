"""Results on their way to the database: what gathers during one transaction goes with the next. No timer."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from gateway.batches.types import Counts, Result
from gateway.errors import Unavailable

log = logging.getLogger("coterie.batches")
MOST = 500
RETRY_S = 0.5


class Journal:
    """`write` commits results in a thread; a database that is away is waited for, with the results in hand."""

    def __init__(self, write: Callable[[Sequence[Result]], Counts]) -> None:
        self.counts = Counts()
        self._write = write
        self._waiting: list[tuple[Result, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def keep(self, result: Result) -> None:
        """Returns once the result is committed; LeaseLost where it must not be."""
        future = asyncio.get_running_loop().create_future()
        self._waiting.append((result, future))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._empty())
        await future

    async def _empty(self) -> None:
        while self._waiting:
            batch = self._waiting[:MOST]
            del self._waiting[:MOST]
            try:
                self.counts = await self._commit([result for result, _ in batch])
            except Exception as error:  # it belongs to those who wait
                _settle(batch, error)
            else:
                _settle(batch, None)

    async def _commit(self, results: Sequence[Result]) -> Counts:
        said = ""
        while True:
            try:
                return await asyncio.to_thread(self._write, results)
            except Unavailable as error:
                if error.message != said:
                    said, waiting = error.message, len(results)
                    log.warning("results wait for the database", extra={"waiting": waiting, "reason": said})
                await asyncio.sleep(RETRY_S)


def _settle(batch: Sequence[tuple[Result, asyncio.Future[None]]], error: Exception | None) -> None:
    for _, future in batch:
        if future.done():
            continue
        if error is None:
            future.set_result(None)
        else:
            future.set_exception(error)
