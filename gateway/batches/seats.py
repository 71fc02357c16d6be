"""Whom batches ask how much at once: never more than an expert has places, all batches of this process together.

So they never fill the queue that others wait in, and whoever else asks gets the next place that is free.
"""

from __future__ import annotations

import asyncio

from gateway.pipeline import Pipeline

NOBODY_PLACES = 4
"""For lines that could not be planned yet."""


class Seats:
    """One semaphore for each expert and number of places; first come, first served."""

    def __init__(self) -> None:
        self._made: dict[tuple[str, int], asyncio.Semaphore] = {}

    def of(self, expert: str, pipeline: Pipeline) -> asyncio.Semaphore:
        """expert: '' where none is known yet."""
        member = pipeline.pool.members.get(expert)
        places = NOBODY_PLACES if member is None else member.expert.max_concurrency
        return self._made.setdefault((expert, places), asyncio.Semaphore(places))
