"""Work shared out among so many hands. Knows no work."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

T = TypeVar("T")


async def each(items: Iterable[T], hands: int, act: Callable[[T], Awaitable[None]]) -> None:
    """Act on each, in their order, so many at a time; the first error ends it, and is raised as it is."""
    left = iter(items)

    async def work() -> None:
        for item in left:
            await act(item)
            await asyncio.sleep(0)  # where an interrupt is heard, though nothing had to be waited for

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(hands):
                group.create_task(work())
    except BaseExceptionGroup as errors:
        raise errors.exceptions[0] from None
