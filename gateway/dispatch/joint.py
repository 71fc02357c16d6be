"""One call on behalf of several callers, each of whom may leave. Knows no lane and no expert."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from gateway.clients.base import Call, ListClient
from gateway.types import Json, Reply


class Joint:
    """The call goes on while one of its callers is still there; `done` when it has ended, however it did."""

    def __init__(self, client: ListClient, calls: Sequence[Call]) -> None:
        self._calls = tuple(calls)
        self._heard: tuple[asyncio.Queue[Json | None], ...] = tuple(asyncio.Queue() for _ in calls)
        self._left: set[int] = set()
        self.done = asyncio.create_task(client.ask_all(self._calls, self._say))
        self.done.add_done_callback(self._fall_silent)

    async def part(self, call: Call) -> Reply:
        """What came of one of the calls; the error of the whole where it failed."""
        place = self._place(call)
        try:
            if call.hear is not None:
                await self._listen(place, call)
            return (await asyncio.shield(self.done))[place]
        except asyncio.CancelledError:
            self.leave(call)
            raise

    def leave(self, call: Call) -> None:
        """Nobody wants to know any more what comes of it."""
        self._left.add(self._place(call))
        if len(self._left) == len(self._calls):
            self.done.cancel()

    def _place(self, call: Call) -> int:
        return next(place for place, one in enumerate(self._calls) if one is call)

    async def _listen(self, place: int, call: Call) -> None:
        assert call.hear is not None
        while (chunk := await self._heard[place].get()) is not None:
            call.tally.add(chunk)
            await call.hear(chunk)

    def _say(self, place: int, chunk: Json) -> None:
        if place not in self._left:
            self._heard[place].put_nowait(chunk)

    def _fall_silent(self, _: asyncio.Task[Sequence[Reply]]) -> None:
        for queue in self._heard:
            queue.put_nowait(None)
