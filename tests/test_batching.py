"""What arrives together is worked on together, and everyone gets his own."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.batching import Batching


class Doubler:
    """Doubles numbers; remembers the batches, and where it worked."""

    def __init__(self, seconds: float = 0.0) -> None:
        self.batches: list[list[int]] = []
        self.threads: set[str] = set()
        self._seconds = seconds

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.batches.append(list(numbers))
        self.threads.add(threading.current_thread().name)
        time.sleep(self._seconds)
        if 13 in numbers:
            raise ValueError("unlucky")
        return [2 * number for number in numbers]


def test_quick_items_that_arrive_together_are_one_batch_on_the_loop() -> None:
    doubler = Doubler()

    async def run() -> list[int]:
        with ThreadPoolExecutor(1) as thread:
            batching = Batching(doubler, lambda number: True, thread)
            return await asyncio.gather(*(batching(number) for number in range(5)))

    assert asyncio.run(run()) == [0, 2, 4, 6, 8]
    assert doubler.batches == [[0, 1, 2, 3, 4]]
    assert doubler.threads == {"MainThread"}


def test_slow_items_leave_the_loop_free_and_gather_while_the_thread_is_busy() -> None:
    doubler = Doubler(seconds=0.05)

    async def run() -> tuple[list[int], int]:
        ticks = 0

        async def tick() -> None:
            nonlocal ticks
            while True:
                await asyncio.sleep(0.002)
                ticks += 1

        with ThreadPoolExecutor(1) as thread:
            batching = Batching(doubler, lambda number: False, thread)
            ticker = asyncio.create_task(tick())
            first = asyncio.create_task(batching(1))
            await asyncio.sleep(0.01)
            rest = await asyncio.gather(*(batching(number) for number in (2, 3, 4)))
            ticker.cancel()
            return [await first, *rest], ticks

    results, ticks = asyncio.run(run())
    assert results == [2, 4, 6, 8]
    assert doubler.batches == [[1], [2, 3, 4]]
    assert ticks > 10


@pytest.mark.parametrize("quick", [True, False])
def test_a_batch_that_fails_tells_its_own_callers_and_the_next_one_works(quick: bool) -> None:
    async def run() -> tuple[object, int]:
        with ThreadPoolExecutor(1) as thread:
            batching = Batching(Doubler(), lambda number: quick, thread)
            [failed] = await asyncio.gather(batching(13), return_exceptions=True)
            return failed, await batching(4)

    failed, after = asyncio.run(run())
    assert isinstance(failed, ValueError) and after == 8


@given(st.lists(st.tuples(st.integers(14, 99), st.booleans(), st.booleans())))
def test_everyone_gets_his_own_whatever_is_quick_and_whoever_leaves(items: list[tuple[int, bool, bool]]) -> None:
    async def run() -> None:
        with ThreadPoolExecutor(1) as thread:
            batching = Batching(Doubler(), lambda number: number % 2 == 0, thread)
            tasks = [(number, leaves, asyncio.create_task(batching(number))) for number, _, leaves in items]
            await asyncio.sleep(0)
            for _, leaves, task in tasks:
                if leaves:
                    task.cancel()
            for number, leaves, task in tasks:
                [result] = await asyncio.gather(task, return_exceptions=True)
                assert result == 2 * number or (leaves and isinstance(result, asyncio.CancelledError))

    asyncio.run(run())
