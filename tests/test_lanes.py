"""Lanes: who goes when, how much at once, how much a minute, and that nobody is lost or served twice."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.dispatch.fair import FairQueue
from gateway.dispatch.lane import Lane
from gateway.dispatch.rates import Rates
from gateway.dispatch.ticket import Moved, Ticket
from gateway.errors import Overloaded
from gateway.shared.memory import MemoryState
from tests.lanes import Timed, expert, in_no_time, lane_of, now, ticket

CALLERS = st.lists(
    st.fixed_dictionaries(
        {
            "tenant": st.sampled_from("abc"),
            "tokens": st.integers(1, 60),
            "used": st.integers(0, 80),
            "comes_s": st.integers(0, 90),
            "work_s": st.integers(1, 20),
            "stays_s": st.one_of(st.none(), st.integers(0, 40)),
            "deadline_s": st.one_of(st.none(), st.integers(1, 60)),
        }
    ),
    max_size=30,
)


async def caller(lane: Lane, client: Timed, told: dict[str, Any]) -> str:
    """One caller's life: comes, waits, perhaps loses patience; says how it ended."""
    await asyncio.sleep(told["comes_s"])
    one = ticket(told["tenant"], told["tokens"], work_s=told["work_s"], used=told["used"])
    one.deadline = now() + (told["deadline_s"] or 1e6)
    through = asyncio.create_task(client.through(lane, one))
    if told["stays_s"] is not None:
        await asyncio.wait([through], timeout=told["stays_s"])
        through.cancel()
    try:
        await through
    except asyncio.CancelledError:
        return "left"
    except TimeoutError:
        return "late"
    return "answered"


async def day(lane: Lane, client: Timed, told: Sequence[dict[str, Any]]) -> list[str]:
    """All of them, and then an empty lane."""
    ends = await asyncio.gather(*(caller(lane, client, one) for one in told))
    await asyncio.sleep(0)
    assert (lane.busy, len(lane.waiting)) == (0, 0)
    return list(ends)


@settings(max_examples=100, deadline=None)
@given(told=CALLERS, places=st.integers(1, 4))
def test_nobody_is_lost_or_served_twice_whatever_they_do(told: list[dict[str, Any]], places: int) -> None:
    client = Timed()

    async def act() -> None:
        ends = await day(lane_of(max_concurrency=places, max_waiting=1000), client, told)
        stayed = [end for end, one in zip(ends, told, strict=True) if one["stays_s"] is None]
        assert "left" not in stayed
        calls = [id(call) for _, call in client.begun]
        assert len(calls) == len(set(calls)) >= ends.count("answered")
        assert client.most <= places and client.at_once == 0

    in_no_time(act)


@settings(max_examples=100, deadline=None)
@given(told=CALLERS, places=st.integers(1, 4), requests=st.integers(1, 6), tokens=st.integers(60, 200))
def test_no_minute_holds_more_than_the_limits_whoever_sends(
    told: list[dict[str, Any]], places: int, requests: int, tokens: int
) -> None:
    """Two instances that share their state; every call uses what was expected of it."""
    client = Timed()
    told = [{**one, "used": one["tokens"]} for one in told]

    async def act() -> None:
        limits = {"requests_per_min": requests, "tokens_per_min": tokens}
        shared = MemoryState(clock=now)
        lanes = [
            lane_of(max_concurrency=places, max_waiting=1000, rates=Rates(expert(**limits), shared, clock=now))
            for _ in range(2)
        ]
        halves = (told[::2], told[1::2])
        await asyncio.gather(*(day(lane, client, half) for lane, half in zip(lanes, halves, strict=True)))

    in_no_time(act)
    for begin, _ in client.begun:
        minute = [call.body["used"] for moment, call in client.begun if begin <= moment < begin + 60]
        assert len(minute) <= requests and sum(minute) <= tokens


@settings(max_examples=200, deadline=None)
@given(sizes=st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 100)), min_size=2, max_size=60))
def test_while_two_tenants_wait_they_get_the_same_within_one_call_of_each(sizes: list[tuple[str, int]]) -> None:
    """Goyal, Vin and Cheng 1996, theorem 1."""
    queue = FairQueue()
    largest = {tenant: max([1, *(size for name, size in sizes if name == tenant)]) for tenant in "abc"}
    for tenant, size in sizes:
        queue.add(Ticket(tenant, size, 0, 0))
    had = dict.fromkeys("abc", 0)
    at_first = {one.tenant for one in queue}
    while {one.tenant for one in queue} == at_first:
        [one] = queue.next()
        queue.served(one)
        had[one.tenant] += one.tokens
    for a in at_first:
        for b in at_first:
            assert abs(had[a] - had[b]) <= largest[a] + largest[b]


@settings(max_examples=100, deadline=None)
@given(steps=st.lists(st.tuples(st.sampled_from(["add", "first", "remove", "serve"]), st.sampled_from("abcd"))))
def test_a_fair_queue_holds_what_was_put_in_and_nothing_else(steps: list[tuple[str, str]]) -> None:
    queue, model, chance = FairQueue(), set[Ticket](), random.Random(0)
    for step, tenant in steps:
        if step in {"add", "first"}:
            one = Ticket(tenant, chance.randint(1, 9), 0, 0, kind=chance.choice("xy"))
            queue.add(one, first=step == "first")
            model.add(one)
        elif model and step == "remove":
            one = chance.choice(sorted(model, key=id))
            queue.remove(one)
            model.remove(one)
        elif model:
            batch = queue.next(3)
            assert len({one.kind for one in batch}) == 1 and len(set(batch)) == len(batch) <= 3
            for one in batch:
                queue.served(one)
                model.remove(one)
        assert set(queue) == model and len(queue) == len(model)
        assert all(one in queue for one in model)


def order_of(lane: Lane, client: Timed, tickets: Sequence[Ticket]) -> Any:
    return asyncio.gather(*(client.through(lane, one) for one in tickets))


def test_a_tenant_with_one_call_does_not_wait_behind_a_hundred_of_another() -> None:
    client = Timed()

    async def act() -> list[str]:
        lane = lane_of(max_concurrency=1, max_waiting=1000)
        crowd = [ticket("crowd") for _ in range(100)]
        [alone] = [ticket("alone")]
        await order_of(lane, client, [*crowd, alone])
        return ["alone" if call is alone.call else "crowd" for _, call in client.begun]

    assert in_no_time(act).index("alone") <= 2


def test_long_calls_count_for_more_than_short_ones() -> None:
    client = Timed()

    async def act() -> list[int]:
        lane = lane_of(max_concurrency=1, max_waiting=1000)
        long, short = [ticket("long", 100) for _ in range(10)], [ticket("short", 10) for _ in range(100)]
        await order_of(lane, client, [*long, *short])
        return [call.body["used"] for _, call in client.begun]

    served = in_no_time(act)
    assert 43 <= served[:50].count(10) and served[:55].count(100) >= 4


def test_who_was_idle_has_saved_up_nothing() -> None:
    client = Timed()

    async def act() -> list[str]:
        lane = lane_of(max_concurrency=1, max_waiting=1000)
        busy = [ticket("busy") for _ in range(40)]
        first = order_of(lane, client, busy[:30])
        await asyncio.sleep(20)
        late = [ticket("late") for _ in range(10)]
        await asyncio.gather(first, order_of(lane, client, [*late, *busy[30:]]))
        names = {id(one.call): one.tenant for one in [*busy, *late]}
        return [names[id(call)] for _, call in client.begun]

    since = in_no_time(act)[21:]
    assert abs(since[:10].count("late") - since[:10].count("busy")) <= 2


def test_within_a_tenant_who_came_first_goes_first() -> None:
    client = Timed()

    async def act() -> bool:
        tickets = [ticket() for _ in range(20)]
        await order_of(lane_of(max_concurrency=1), client, tickets)
        return [call for _, call in client.begun] == [one.call for one in tickets]

    assert in_no_time(act)


def test_a_full_lane_says_when_a_turn_is_likely() -> None:
    async def act() -> float | None:
        client, lane = Timed(), lane_of(max_concurrency=2, max_waiting=5, latency_s=4)
        going = [asyncio.create_task(client.through(lane, ticket(work_s=4))) for _ in range(7)]
        await asyncio.sleep(0)
        with pytest.raises(Overloaded) as refused:
            await lane.enter(ticket())
        await asyncio.gather(*going)
        return refused.value.retry_after_s

    assert in_no_time(act) == 12  # three rounds of four seconds


def test_a_caller_who_left_is_dropped_before_work() -> None:
    client = Timed()

    async def act() -> int:
        lane = lane_of(max_concurrency=1)
        first = asyncio.create_task(client.through(lane, ticket()))
        second = asyncio.create_task(client.through(lane, ticket()))
        await asyncio.sleep(0)
        second.cancel()
        await asyncio.gather(first, second, return_exceptions=True)
        assert lane.busy == 0
        return len(client.begun)

    assert in_no_time(act) == 1


def test_who_leaves_in_the_moment_of_the_grant_gives_the_place_on() -> None:
    client = Timed()

    async def act() -> int:
        lane = lane_of(max_concurrency=1)
        place = await lane.enter(one := ticket())
        second = asyncio.create_task(client.through(lane, ticket()))
        third = asyncio.create_task(client.through(lane, ticket()))
        await asyncio.sleep(0)
        assert not isinstance(place, Moved)
        place.leave(one)  # the second has its place now, but has not woken yet
        second.cancel()
        await asyncio.gather(second, third, return_exceptions=True)
        assert lane.busy == 0 and not second.done() or second.cancelled()
        return len(client.begun)

    assert in_no_time(act) == 1


def test_tokens_that_were_not_used_let_the_next_one_go_sooner() -> None:
    client = Timed()

    async def act() -> list[float]:
        begun = now()
        lane = lane_of(rates=Rates(expert(tokens_per_min=100), MemoryState(clock=now), clock=now))
        await order_of(lane, client, [ticket(tokens=80, used=5), ticket(tokens=80, used=80)])
        return [moment - begun for moment, _ in client.begun]

    assert in_no_time(act) == [0, 1]


def test_a_call_larger_than_the_limit_goes_alone_and_not_never() -> None:
    client = Timed()

    async def act() -> list[float]:
        begun = now()
        lane = lane_of(rates=Rates(expert(tokens_per_min=100), MemoryState(clock=now), clock=now))
        await order_of(lane, client, [ticket(tokens=10), ticket(tokens=500, seconds=600)])
        return [moment - begun for moment, _ in client.begun]

    assert 60 <= in_no_time(act)[1] <= 62


def test_who_is_told_to_wait_for_a_moment_wakes_everyone_then() -> None:
    client = Timed()

    async def act() -> list[float]:
        begun, lane = now(), lane_of()
        lane.pause(3)
        await order_of(lane, client, [ticket(), ticket()])
        return [moment - begun for moment, _ in client.begun]

    assert in_no_time(act) == [3, 3]


def test_nobody_waits_for_an_expert_that_wants_to_be_left_alone_for_long() -> None:
    client = Timed()

    async def act() -> list[float | None]:
        lane = lane_of(max_concurrency=1)
        going = [asyncio.create_task(client.through(lane, ticket(work_s=2))) for _ in range(3)]
        await asyncio.sleep(1)
        lane.pause(40)
        ends = await asyncio.gather(*going, client.through(lane, ticket()), return_exceptions=True)
        assert len(client.begun) == 1
        return [end.retry_after_s for end in ends if isinstance(end, Overloaded)]

    assert in_no_time(act) == [40, 40, 40]


class Gate:
    """A turnstile that a test opens."""

    def __init__(self) -> None:
        self.is_open = False
        self.changes = 0

    def may_start(self, expert: str) -> bool:
        return self.is_open

    def changed(self, expert: str) -> None:
        self.changes += 1


def test_nobody_starts_before_the_turnstile_opens() -> None:
    client, gate = Timed(), Gate()

    async def act() -> list[float]:
        begun, lane = now(), lane_of(turnstile=gate)
        going = order_of(lane, client, [ticket(), ticket()])
        await asyncio.sleep(7)
        assert len(lane.waiting) == 2 and gate.changes == 2
        gate.is_open = True
        lane.pump()
        await going
        return [moment - begun for moment, _ in client.begun]

    assert in_no_time(act) == [7, 7]
    assert gate.changes == 6  # came, started, ended


def test_who_waits_can_be_sent_to_another_expert_and_who_does_not_cannot() -> None:
    async def act() -> tuple[Any, bool]:
        lane = lane_of(turnstile=Gate())
        one = ticket()
        entering = asyncio.ensure_future(lane.enter(one))
        await asyncio.sleep(0)
        assert lane.move(one, "two", 0.1)
        return await entering, lane.move(one, "two", 0.1) or bool(lane.waiting)

    assert in_no_time(act) == (Moved("two", 0.1), False)
