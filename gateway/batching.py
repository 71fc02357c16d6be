"""Many at once is cheaper than one by one: what arrives together is worked on together. Knows nothing of the work.

No timer. Quick items wait until the event loop has seen everything that is ready now, and are then done at once on the
loop; slow ones go to a worker thread, and while it is busy the next batch gathers.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from typing import Generic, TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")

MAX_BATCH = 64


class Batching(Generic[Item, Result]):
    """`work` turns a batch into as many results; `quick` says of an item that the event loop may do it itself."""

    def __init__(
        self,
        work: Callable[[Sequence[Item]], Sequence[Result]],
        quick: Callable[[Item], bool],
        thread: Executor,
    ) -> None:
        self._work = work
        self._quick = quick
        self._thread = thread
        self._now: list[tuple[Item, asyncio.Future[Result]]] = []
        self._later: list[tuple[Item, asyncio.Future[Result]]] = []
        self._worker: asyncio.Task[None] | None = None

    async def __call__(self, item: Item) -> Result:
        """The result of one item; whatever its batch raised, where it raised."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[Result] = loop.create_future()
        if self._quick(item):
            if not self._now:
                loop.call_soon(self._work_now)
            self._now.append((item, future))
        else:
            self._later.append((item, future))
            if self._worker is None or self._worker.done():
                self._worker = asyncio.create_task(self._work_later())
        return await future

    def _work_now(self) -> None:
        batch, self._now = self._now, []
        try:
            results = self._work([item for item, _ in batch])
        except Exception as error:  # it belongs to those who asked
            _fail(batch, error)
        else:
            _settle(batch, results)

    async def _work_later(self) -> None:
        loop = asyncio.get_running_loop()
        while self._later:
            batch = [entry for entry in self._later[:MAX_BATCH] if not entry[1].cancelled()]
            del self._later[:MAX_BATCH]
            try:
                results = await loop.run_in_executor(self._thread, self._work, [item for item, _ in batch])
            except Exception as error:
                _fail(batch, error)
            else:
                _settle(batch, results)


def _settle(batch: Sequence[tuple[Item, asyncio.Future[Result]]], results: Sequence[Result]) -> None:
    for (_, future), result in zip(batch, results, strict=True):
        if not future.done():
            future.set_result(result)


def _fail(batch: Sequence[tuple[Item, asyncio.Future[Result]]], error: Exception) -> None:
    for _, future in batch:
        if not future.done():
            future.set_exception(error)
