"""Those who carry models in and out of one device, one exchange at a time. Decides nothing."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress

from gateway.errors import ExpertError, ExpertUnreachable
from gateway.residency.slot import Slot

log = logging.getLogger("coterie.residency")


ASK_S = 5.0
"""A server that takes longer to say what it has loaded is taken to have nothing."""


class Crew:
    """`done` is called after each piece of work."""

    def __init__(self, group: str, clock: Callable[[], float], done: Callable[[], None]) -> None:
        self._group = group
        self._clock = clock
        self._done = done
        self._work: asyncio.Task[None] | None = None
        self._unasked: list[Slot] = []

    @property
    def busy(self) -> bool:
        return self._work is not None

    async def close(self) -> None:
        """Give up what is being done."""
        if self._work is not None:
            self._work.cancel()
            with suppress(asyncio.CancelledError):
                await self._work

    def ask_about(self, slot: Slot) -> None:
        """Before anything else, ask the server whether it has these weights loaded already."""
        self._unasked.append(slot)

    def exchange(self, leaving: Sequence[Slot], coming: Slot) -> None:
        """Unload these and load that, as soon as there are hands; nothing happens where there are none now."""
        if self._work is None:
            work = self._ask() if self._unasked else self._exchange(leaving, coming)
            self._begin(work)

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        self._work = asyncio.create_task(work)
        self._work.add_done_callback(self._ended)

    def _ended(self, work: asyncio.Task[None]) -> None:
        self._work = None
        if not work.cancelled():
            self._done()

    async def _ask(self) -> None:
        unasked, self._unasked = self._unasked, []
        await asyncio.gather(*(_look_up(slot) for slot in unasked))

    async def _exchange(self, leaving: Sequence[Slot], coming: Slot) -> None:
        coming.coming(self._clock())
        for slot in leaving:
            slot.leaving()
        for slot in leaving:
            await self._unload(slot)
        try:
            await coming.weights.load()
        except ExpertError as error:
            self._failed(coming, error)
        except Exception as error:  # a hook with a mistake must not keep its callers waiting, nor stop the device
            log.exception("a load failed in an unforeseen way")
            self._failed(coming, ExpertUnreachable(f"cannot be loaded: {error!r}"))
        else:
            coming.came(self._clock())
            log.info("model loaded", extra={"group": self._group, "model": coming.weights.name})

    async def _unload(self, slot: Slot) -> None:
        try:
            await slot.weights.unload()
        except ExpertError as error:
            log.warning("model not unloaded", extra=self._told(slot, error))
        else:
            log.info("model unloaded", extra={"group": self._group, "model": slot.weights.name})

    def _failed(self, slot: Slot, error: ExpertError) -> None:
        slot.failed(error, self._clock())
        log.warning("model not loaded", extra=self._told(slot, error))

    def _told(self, slot: Slot, error: ExpertError) -> dict[str, str]:
        return {"group": self._group, "model": slot.weights.name, "reason": error.message}


async def _look_up(slot: Slot) -> None:
    with suppress(ExpertError, TimeoutError):
        async with asyncio.timeout(ASK_S):
            if await slot.weights.loaded():
                slot.found()
