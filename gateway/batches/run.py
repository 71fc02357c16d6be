"""One batch, line by line: read a window, plan it, send it expert by expert, keep what comes back. Knows no HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gateway.batches.asking import Asking
from gateway.batches.budget import Budget
from gateway.batches.groups import Arrange, Planned, Request
from gateway.batches.halt import Halt
from gateway.batches.journal import Journal
from gateway.batches.lines import WINDOW_BYTES, WINDOW_LINES, Line, Reading
from gateway.batches.room import Room
from gateway.batches.types import Counts, Result
from gateway.errors import BadRequest, Expired
from gateway.pipeline import Pipeline
from gateway.types import Decided, Query
from gateway.wire.batch_line import refused

AT_ONCE = 16
"""Lines planned together: their encoding goes in one go, and whoever else is served waits for no more than that."""
WINDOWS = 4
"""As many are in memory at once."""


class BatchExpired(Expired):
    """The batch's completion window has passed."""

    code = "batch_expired"


@dataclass(frozen=True, slots=True)
class Desk:
    """What the lines of one batch go through, one station after the other."""

    read: Callable[[Line, int | None], Query]
    pipeline: Callable[[], Pipeline]
    arrange: Arrange
    ask: Asking
    journal: Journal
    budget: Budget
    halt: Halt


class Run:
    """`done` (last number + 1,) says which lines are; it fills as they are kept."""

    def __init__(self, desk: Desk, done: bytearray, grace_s: float) -> None:
        self._desk = desk
        self._done = done
        self._grace_s = grace_s
        self._room = Room(WINDOWS * WINDOW_LINES, WINDOWS * WINDOW_BYTES)

    async def __call__(self, reading: Reading) -> None:
        """Returns at the end, or soon after a halt: what is under way may take `grace_s` to finish.

        LeaseLost where the batch is another's now.
        """
        work = asyncio.create_task(self._work(reading))
        halted = asyncio.create_task(self._desk.halt.wait())
        try:
            await asyncio.wait({work, halted}, return_when=asyncio.FIRST_COMPLETED)
            await asyncio.wait({work}, timeout=self._grace_s)
        finally:
            halted.cancel()
            work.cancel()
            await asyncio.wait({work, halted})
        if not work.cancelled() and (error := work.exception()) is not None:
            raise _first(error)

    @property
    def counts(self) -> Counts:
        """Of the whole batch, as of the last commit of this run; nothing before the first."""
        return self._desk.journal.counts

    async def expire(self, reading: Reading) -> None:
        """An error for each line that is not done."""
        error = BatchExpired("the batch's completion window passed before this line was answered")
        while window := await self._window(reading):
            await asyncio.gather(*(self._keep(refused(line, error)) for line, _ in window))

    async def _work(self, reading: Reading) -> None:
        async with asyncio.TaskGroup() as tasks:
            while not self._desk.halt.why and (window := await self._window(reading)):
                await self._room.take(len(window), sum(line.size for line, _ in window))
                await self._send(window, tasks)

    async def _window(self, reading: Reading) -> list[tuple[Line, int | None]]:
        """The next lines that are not done; empty only at the end of the file."""
        while window := await asyncio.to_thread(reading.window):
            if left := [(line, before) for line, before in window if not self._done[line.number]]:
                return left
        return []

    async def _send(self, window: Sequence[tuple[Line, int | None]], tasks: asyncio.TaskGroup) -> None:
        requests: list[Request] = []
        for line, before in window:
            try:
                requests.append(Request(line, self._desk.read(line, before)))
            except BadRequest as error:
                tasks.create_task(self._refuse(refused(line, error), line.size))
        planned: list[Planned] = []
        for start in range(0, len(requests), AT_ONCE):
            planned += await self._plan(requests[start : start + AT_ONCE], tasks)
        for group in await asyncio.to_thread(self._desk.arrange, planned, self._share(len(planned))):
            for one in group.planned:
                tasks.create_task(self._answer(one.request, one.decided))

    def _share(self, lines: int) -> float | None:
        """Of the dollars left, what so many of the lines left may cost."""
        left = self._desk.budget.left
        return None if left is None else left * lines / max(lines, self._done.count(0))

    async def _plan(self, requests: Sequence[Request], tasks: asyncio.TaskGroup) -> list[Planned]:
        """Those that could be planned; the others are asked as they are, and hear it themselves."""
        pipeline = self._desk.pipeline()
        decided = await asyncio.gather(
            *(pipeline.decide(request.query) for request in requests), return_exceptions=True
        )
        planned: list[Planned] = []
        for request, found in zip(requests, decided, strict=True):
            if isinstance(found, Decided):
                planned.append(Planned(request, found))
            else:
                tasks.create_task(self._answer(request, None))
        return planned

    async def _answer(self, request: Request, decided: Decided | None) -> None:
        try:
            if await self._desk.ask(request, decided):
                self._done[request.line.number] = True
        finally:
            self._room.give(request.line.size)

    async def _refuse(self, result: Result, size: int) -> None:
        try:
            await self._keep(result)
        finally:
            self._room.give(size)

    async def _keep(self, result: Result) -> None:
        await self._desk.journal.keep(result)
        self._done[result.number] = True


def _first(error: BaseException) -> BaseException:
    """What went wrong first, of several things at once."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error
