"""Holds a stream back until it says something, so that until then another expert can still answer in its place."""

from __future__ import annotations

import time
from collections.abc import Callable

from gateway.types import Hear, Json
from gateway.wire.completion import has_content


class Voice:
    """Passes chunks on from the first that `begins` an answer; `first_s` is when that was (monotonic seconds)."""

    def __init__(self, hear: Hear, begins: Callable[[Json], bool] = has_content) -> None:
        self._hear = hear
        self._begins = begins
        self._held: list[Json] = []
        self.committed = False
        self.first_s: float | None = None

    async def __call__(self, chunk: Json) -> None:
        if self.committed:
            await self._hear(chunk)
            return
        self._held.append(chunk)
        if self._begins(chunk):
            self.committed = True
            self.first_s = time.monotonic()
            for held in self._held:
                await self._hear(held)
            self._held = []
