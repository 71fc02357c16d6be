"""Reading experts.yaml again while serving: checked first, swapped at once, and nothing changes where it is broken."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress

from gateway.errors import BadRequest, ConfigError, StartError

log = logging.getLogger("coterie.config")


class Reload:
    """`version` counts the configurations that have been in force."""

    def __init__(self, load: Callable[[], Awaitable[None]]) -> None:
        self._load = load
        self._lock = asyncio.Lock()
        self._tasks: set[asyncio.Task[None]] = set()
        self.version = 0

    def soon(self) -> None:
        """The same from a signal handler; the log says what came of it."""
        loop = asyncio.get_event_loop()
        loop.call_soon_threadsafe(self._start)

    def _start(self) -> None:
        task = asyncio.create_task(self._quietly())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _quietly(self) -> None:
        with suppress(BadRequest):
            await self()

    async def __call__(self) -> int:
        """The version now in force; BadRequest, with the file's complaint, where the old one stays."""
        async with self._lock:
            try:
                await self._load()
            except (ConfigError, StartError) as error:
                log.error("configuration not loaded; the old one stays", extra={"reason": str(error)})
                raise BadRequest(f"The configuration is broken, the old one stays: {error}") from None
            self.version += 1
            log.info("configuration loaded", extra={"version": self.version})
            return self.version
