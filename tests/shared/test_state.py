"""What holds for shared state wherever it is: the same battery for memory and for a real server."""

import asyncio

import pytest

from gateway.shared import SharedStateError

HOUR = 3600.0


def test_what_was_put_is_there_until_deleted(with_state):
    async def act(state, key):
        assert await state.get(key) is None
        await state.put(key, "grün\n\x00", HOUR)
        assert await state.get(key) == "grün\n\x00"
        await state.put(key, "", HOUR)
        assert await state.get(key) == ""
        await state.delete(key)
        await state.delete(key)
        assert await state.get(key) is None

    with_state(act)


def test_the_first_put_if_absent_stands(with_state):
    async def act(state, key):
        assert await state.put_if_absent(key, "first", HOUR) == "first"
        assert await state.put_if_absent(key, "second", HOUR) == "first"
        await state.delete(key)
        assert await state.put_if_absent(key, "third", HOUR) == "third"

    with_state(act)


def test_one_of_many_wins(with_state):
    async def act(state, key):
        stands = await asyncio.gather(*(state.put_if_absent(key, str(n), HOUR) for n in range(50)))
        assert len(set(stands)) == 1

    with_state(act)


def test_a_counter_loses_nothing(with_state):
    async def act(state, key):
        counts = await asyncio.gather(*(state.add(key, 3, HOUR) for _ in range(50)))
        assert sorted(counts) == list(range(3, 151, 3))
        assert await state.add(key, -150, HOUR) == 0
        assert await state.get(key) == "0"

    with_state(act)


def test_a_key_is_gone_after_its_time(with_state):
    async def act(state, key):
        await state.put(key, "x", 0.05)
        await state.put_if_absent(key + "2", "x", 0.05)
        await state.add(key + "3", 1, 0.05)
        await asyncio.sleep(0.08)
        assert [await state.get(k) for k in (key, key + "2", key + "3")] == [None] * 3
        assert await state.put_if_absent(key + "2", "y", HOUR) == "y"
        assert await state.add(key + "3", 1, HOUR) == 1

    with_state(act)


def test_a_counters_time_starts_at_its_creation(with_state):
    async def act(state, key):
        await state.add(key, 1, 0.5)
        for _ in range(3):
            await asyncio.sleep(0.02)
            await state.add(key, 1, HOUR)
        await asyncio.sleep(0.5)
        assert await state.get(key) is None

    with_state(act)


def test_put_if_absent_leaves_the_time_of_what_stands(with_state):
    async def act(state, key):
        await state.put(key, "x", 0.4)
        await state.put_if_absent(key, "y", HOUR)
        await asyncio.sleep(0.45)
        assert await state.get(key) is None

    with_state(act)


@pytest.mark.parametrize("value", ["", "x", "1.5", " 1", "+1", "01", "1_0", "-0", str(2**63)])
def test_what_is_no_number_is_not_counted(with_state, value):
    async def act(state, key):
        await state.put(key, value, HOUR)
        with pytest.raises(SharedStateError):
            await state.add(key, 1, HOUR)
        assert await state.get(key) == value

    with_state(act)


def test_counters_are_exact_to_64_bits(with_state):
    async def act(state, key):
        assert await state.add(key, 2**63 - 2, HOUR) == 2**63 - 2
        assert await state.add(key, 1, HOUR) == 2**63 - 1
        with pytest.raises(SharedStateError):
            await state.add(key, 1, HOUR)

    with_state(act)


@pytest.mark.parametrize("ttl_s", [0, -1, float("nan")])
def test_a_time_must_be_positive(with_state, ttl_s):
    async def act(state, key):
        for call in (state.put(key, "x", ttl_s), state.put_if_absent(key, "x", ttl_s), state.add(key, 1, ttl_s)):
            with pytest.raises(ValueError, match="positive"):
                await call

    with_state(act)
