"""Beside a request in work: notices that the client has left, and keeps its stream alive. Knows no content."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from starlette.types import Message, Receive

AT_ONCE_S = 0.02


class Watch:
    """While the block runs: cancels it when the client leaves (`left` says so), and calls `tick` every so often.

    It begins after a moment: what is answered at once needs no watching, and a task for each request is not free.
    """

    def __init__(
        self, receive: Receive, tick: Callable[[], Awaitable[None]] | None = None, every_s: float | None = None
    ) -> None:
        self._receive = receive
        self._tick = tick
        self._every_s = every_s
        self._start: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self.left = False

    async def __aenter__(self) -> Self:
        owner = asyncio.current_task()
        assert owner is not None
        self._start = asyncio.get_running_loop().call_later(AT_ONCE_S, self._begin, owner)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        assert self._start is not None
        self._start.cancel()
        if self._task is not None:
            self._task.cancel()
        if not self.left or kind is not asyncio.CancelledError:
            return False
        owner = asyncio.current_task()
        assert owner is not None
        owner.uncancel()
        return True

    def _begin(self, owner: asyncio.Task[object]) -> None:
        self._task = asyncio.create_task(self._watch(owner))

    async def _watch(self, owner: asyncio.Task[object]) -> None:
        while True:
            try:
                message = await self._next()
            except TimeoutError:
                assert self._tick is not None
                await self._tick()
                continue
            if message["type"] == "http.disconnect":
                self.left = True
                owner.cancel()
                return

    async def _next(self) -> Message:
        if self._every_s is None:
            return await self._receive()
        async with asyncio.timeout(self._every_s):
            return await self._receive()
