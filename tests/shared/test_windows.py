"""Windows of time: what is counted in them, wherever they are kept."""

import asyncio
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.dispatch.rates import Rates
from gateway.experts import Expert
from gateway.shared.memory import MemoryState
from gateway.shared.redis import RedisState
from gateway.shared.window import Window

HOUR = 3600.0


def test_what_was_taken_counts_until_the_window_has_passed(with_state):
    async def act(state, key):
        assert await state.take(key, 7, 10, 1.0) == 0
        assert 0.4 < await state.take(key, 4, 10, 1.0) <= 1.02
        assert await state.take(key, 3, 10, 1.0) == 0
        await asyncio.sleep(await state.take(key, 10, 10, 1.0) + 0.01)
        assert await state.take(key, 10, 10, 1.0) == 0

    with_state(act)


def test_of_many_at_once_no_more_than_the_limit_get_through(with_state):
    async def act(state, key):
        waits = await asyncio.gather(*(state.take(key, 3, 100, HOUR) for _ in range(60)))
        assert waits.count(0) == 33 and all(wait == 0 or HOUR * 0.9 < wait <= HOUR * 1.02 for wait in waits)

    with_state(act)


def test_what_was_too_much_is_given_back_and_what_is_missing_is_taken(with_state):
    async def act(state, key):
        assert await state.take(key, 10, 10, HOUR) == 0
        await state.correct(key, -6, 0.0, HOUR)
        assert await state.take(key, 5, 10, HOUR) == 0
        await state.correct(key, 3, 0.0, HOUR)
        assert await state.take(key, 1, 10, HOUR) > 0
        await state.correct(key, -1000, 0.0, HOUR)
        assert await state.take(key, 10, 10, HOUR) == 0
        assert await state.take(key, 1, 10, HOUR) > 0

    with_state(act)


def test_deleting_forgets_what_was_taken(with_state):
    async def act(state, key):
        assert await state.take(key, 10, 10, HOUR) == 0
        await state.delete(key)
        assert await state.take(key, 10, 10, HOUR) == 0

    with_state(act)


TAKES = st.lists(st.tuples(st.floats(0, 30), st.integers(1, 10)), max_size=60)


@given(takes=TAKES, limit=st.integers(10, 30))
def test_no_window_ever_holds_more_and_nobody_waits_for_nothing(takes, limit):
    window, now, taken = Window(), 0.0, []
    for after, amount in takes:
        now += after
        wait = window.take(now, amount, limit, 60.0)
        held = sum(much for moment, much in taken if moment > now - 60)
        if wait:
            assert 0 < wait <= 61 and sum(much for moment, much in taken if moment > now - 61) + amount > limit
            now += wait
            assert window.take(now, amount, limit, 60.0) == 0
        else:
            assert held + amount <= limit
        taken.append((now, amount))


def limited(**limits):
    return Expert(name=uuid.uuid4().hex, provider="openai", model="m", base_url="http://host/v1", **limits)


def test_instances_keep_to_the_limits_together(valkey):
    async def act():
        expert = limited(requests_per_min=20, tokens_per_min=150)
        states = [RedisState(valkey.connection_url) for _ in range(3)]
        every = [Rates(expert, state) for state in states]
        waits = await asyncio.gather(*(rates.take(10) for rates in every for _ in range(10)))
        assert waits.count(0) == 15
        await every[0].settle(10, 0, asyncio.get_running_loop().time())
        assert sorted(await asyncio.gather(*(rates.take(10) for rates in every)))[:2] == [0, pytest.approx(60, abs=3)]
        for state in states:
            await state.aclose()

    asyncio.run(act())


def test_without_the_shared_state_each_goes_by_what_it_sent_itself(caplog):
    async def act():
        state = RedisState("redis://127.0.0.1:1/0", timeout_s=0.2)
        rates = Rates(limited(requests_per_min=3), state)
        waits = [await rates.take(10) for _ in range(4)]
        await rates.settle(10, 20, asyncio.get_running_loop().time())
        await state.aclose()
        return waits

    assert [wait > 0 for wait in asyncio.run(act())] == [False, False, False, True]
    assert "rates not shared" in caplog.text


def test_memory_forgets_no_window_that_counts_and_keeps_no_endless_many():
    async def act():
        state = MemoryState(max_keys=3)
        for n in range(10):
            assert await state.take(str(n), 10, 10, HOUR) == 0
        assert [await state.take(str(n), 10, 10, HOUR) > 0 for n in (7, 8, 9)] == [True] * 3

    asyncio.run(act())
