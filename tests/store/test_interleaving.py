"""Whatever the order of things, every recorded answer is there exactly once."""

from __future__ import annotations

import asyncio
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine

from gateway.store.recorder import Recorder

from .build import answer

STEP = st.one_of(
    st.integers(1, 130).map(lambda count: ("record", count)),
    st.just(("flush", 0)),
    st.just(("close", 0)),
    st.just(("find", 0)),
    st.integers(0, 15).map(lambda milliseconds: ("sleep", milliseconds)),
)


async def play(url: str, steps: list[tuple[str, int]], batch: int) -> int:
    """Runs the steps, opening a new recorder after each `close`; how many answers were recorded."""
    done = 0
    while True:
        async with Recorder(url, interval_s=0.005, batch=batch) as recorder:
            while steps and (step := steps.pop(0))[0] != "close":
                done = await take(recorder, step, done)
        if not steps:
            return done


async def take(recorder: Recorder, step: tuple[str, int], done: int) -> int:
    kind, count = step
    if kind == "record":
        for number in range(done, done + count):
            recorder.record(answer(f"dec_{number}"))
        return done + count
    if kind == "flush":
        assert await recorder.flush()
    elif kind == "find" and done:
        for number in {0, done // 2, done - 1}:
            assert (await recorder.find(f"dec_{number}", "acme"))["id"] == f"dec_{number}"
    else:
        await asyncio.sleep(count / 1000)
    return done


@settings(max_examples=25, deadline=None)
@given(steps=st.lists(STEP, max_size=12), batch=st.integers(1, 60))
def test_every_recorded_answer_is_found_exactly_once_after_the_close(steps, batch):
    with TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder)}/record.db"
        count = asyncio.run(play(url, list(steps), batch))
        engine = create_engine(url)
        with engine.connect() as connection:
            ids = [id for (id,) in connection.exec_driver_sql("SELECT id FROM records")]
        engine.dispose()
    assert sorted(ids) == sorted(f"dec_{number}" for number in range(count))
