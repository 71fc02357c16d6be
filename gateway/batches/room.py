"""How much of a batch is in memory at once: so many lines, and so many bytes of them. Knows not what they are."""

from __future__ import annotations

import asyncio


class Room:
    """Taken for a window of lines before it is planned, given back line by line. One window always fits."""

    def __init__(self, lines: int, size: int) -> None:
        self._lines = lines
        self._size = size
        self._taken = self._bytes = 0
        self._changed = asyncio.Event()

    async def take(self, lines: int, size: int) -> None:
        """Waits until there is room; only one may wait at a time."""
        while self._taken and (self._taken + lines > self._lines or self._bytes + size > self._size):
            self._changed.clear()
            await self._changed.wait()
        self._taken += lines
        self._bytes += size

    def give(self, size: int) -> None:
        """One line is done with."""
        self._taken -= 1
        self._bytes -= size
        self._changed.set()
