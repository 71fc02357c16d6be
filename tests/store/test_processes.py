"""Several processes, and processes that are killed. They are forked from one that has imported everything."""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerContext
from multiprocessing.synchronize import Event
from typing import Any

import pytest

from gateway.store.recorder import Recorder
from gateway.store.schema import VERSION_TABLE

from .build import answer


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["gateway.store.recorder", "psycopg"])
    return context


def run(main: Callable[..., Any], *arguments: Any) -> None:
    asyncio.run(main(*arguments))


async def record(recorder: Recorder, name: str, count: int) -> None:
    for number in range(count):
        recorder.record(answer(f"dec_{name}_{number}"))
        if number % 50 == 0:
            await asyncio.sleep(0.01)


async def work(url: str, name: str) -> None:
    async with Recorder(url, interval_s=0.01) as recorder:
        await record(recorder, name, 1000)


async def work_on(url: str, flushed: Event) -> None:
    async with Recorder(url, interval_s=0.01) as recorder:
        await record(recorder, "early", 200)
        await recorder.flush()
        flushed.set()
        await record(recorder, "late", 10**9)


def test_several_processes_start_at_once_and_write_one_database(url, rows, processes):
    workers = [processes.Process(target=run, args=(work, url, name)) for name in ("a", "b", "c")]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0]
    assert rows(url, "SELECT count(*) FROM records") == [(3000,)]
    assert rows(url, f"SELECT * FROM {VERSION_TABLE}") == [("0003",)]


def test_after_a_kill_the_database_opens_again_with_all_that_was_written(url, rows, processes):
    flushed = processes.Event()
    worker = processes.Process(target=run, args=(work_on, url, flushed))
    worker.start()
    assert flushed.wait(30)
    time.sleep(0.2)
    worker.kill()
    worker.join()

    async def main():
        async with Recorder(url) as recorder:
            assert (await recorder.find("dec_early_199", "acme"))["id"] == "dec_early_199"
            recorder.record(answer("dec_b"))

    asyncio.run(main())
    found = [id for (id,) in rows(url, "SELECT id FROM records")]
    assert len([id for id in found if "early" in id]) == 200
    assert "dec_b" in found
    assert len(found) == len(set(found))
