"""Whoever works on a batch holds its lease; this keeps it, and hears meanwhile that the batch was cancelled."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from gateway.batches.halt import Halt
from gateway.batches.types import LeaseLost
from gateway.errors import Unavailable

LEASE_S = 15.0
BEAT_S = 2.0


@asynccontextmanager
async def kept(renew: Callable[[float], str], halt: Halt, expires_at: float | None) -> AsyncIterator[None]:
    """While the block runs. renew: takes until when (UTC seconds), says the batch's status; called in a thread."""
    keeper = asyncio.create_task(_keep(renew, halt, expires_at))
    try:
        yield
    finally:
        keeper.cancel()
        await asyncio.wait({keeper})


async def _keep(renew: Callable[[float], str], halt: Halt, expires_at: float | None) -> None:
    """A database that is away is no loss: who comes after it was back finds the lease as it was."""
    while True:
        if expires_at is not None and time.time() >= expires_at:
            halt("expired")
        try:
            if await asyncio.to_thread(renew, time.time() + LEASE_S) == "cancelling":
                halt("cancelled")
        except LeaseLost:
            halt("lost")
            return
        except Unavailable:
            pass
        await asyncio.sleep(BEAT_S)
