"""The places at one expert. Full is said at once; nothing waits unseen."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from gateway.errors import Overloaded


class Lane:
    """At most `places` calls at once and `waiting` behind them; one more is Overloaded."""

    def __init__(self, expert: str, places: int, max_waiting: int) -> None:
        self._expert = expert
        self._places = places
        self._max_waiting = max_waiting
        self._semaphore = asyncio.Semaphore(places)
        self.busy = 0
        self.waiting = 0

    @property
    def load(self) -> float:
        """Calls in work or waiting, as a share of the places."""
        return (self.busy + self.waiting) / self._places

    async def __aenter__(self) -> Self:
        if self._semaphore.locked():
            await self._wait()
        else:
            await self._semaphore.acquire()
        self.busy += 1
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.busy -= 1
        self._semaphore.release()

    async def _wait(self) -> None:
        if self.waiting >= self._max_waiting:
            raise Overloaded(
                f"{self._expert} has {self.busy} calls in work and {self.waiting} waiting; try again shortly",
                retry_after_s=1.0,
            )
        self.waiting += 1
        try:
            await self._semaphore.acquire()
        finally:
            self.waiting -= 1
