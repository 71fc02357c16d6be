"""Memory alone: it is bounded, and expired keys make room first."""

import asyncio

from gateway.shared.memory import MemoryState


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


def test_the_least_recently_used_makes_room():
    async def act():
        state = MemoryState(max_keys=3)
        for key in "abc":
            await state.put(key, key, 60)
        await state.get("a")
        await state.put("d", "d", 60)
        assert [await state.get(key) for key in "abcd"] == ["a", None, "c", "d"]

    asyncio.run(act())


def test_the_expired_makes_room_before_the_least_recently_used():
    async def act():
        clock = Clock()
        state = MemoryState(max_keys=3, clock=clock)
        await state.put("old", "x", 60)
        await state.put("short", "x", 1)
        await state.put("new", "x", 60)
        clock.now = 2
        await state.put("more", "x", 60)
        assert [await state.get(key) for key in ("old", "short", "new", "more")] == ["x", None, "x", "x"]

    asyncio.run(act())


def test_it_stays_bounded_whatever_is_written():
    async def act():
        clock = Clock()
        state = MemoryState(max_keys=100, clock=clock)
        for n in range(5000):
            clock.now += 0.01
            await state.put(f"key-{n % 300}", "x", 1 + n % 7)
            await state.add(f"count-{n % 50}", 1, 2)
            assert len(state) <= 100
            assert len(state._ends) <= 200

    asyncio.run(act())


def test_a_rewritten_key_lives_as_long_as_it_was_last_told():
    async def act():
        clock = Clock()
        state = MemoryState(max_keys=2, clock=clock)
        await state.put("a", "1", 1)
        await state.put("a", "2", 60)
        clock.now = 5
        await state.put("b", "x", 60)
        await state.get("a")
        await state.put("c", "x", 60)
        assert await state.get("a") == "2"

    asyncio.run(act())
