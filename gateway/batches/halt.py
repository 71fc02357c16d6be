"""Why a run should stop before its last line. Knows not who wants it to."""

from __future__ import annotations

import asyncio
from typing import Literal

Why = Literal["", "cancelled", "expired", "closing", "lost", "budget"]


class Halt:
    """The first reason counts; '' while there is none."""

    def __init__(self) -> None:
        self.why: Why = ""
        self._event = asyncio.Event()

    def __call__(self, why: Why) -> None:
        if not self.why:
            self.why = why
            self._event.set()

    async def wait(self) -> None:
        await self._event.wait()

    async def sleep(self, seconds: float) -> None:
        """That long, or until it is time to stop."""
        try:
            async with asyncio.timeout(seconds):
                await self._event.wait()
        except TimeoutError:
            return
