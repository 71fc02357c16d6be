"""The dispatcher with its lanes: retries, moves, breakers and time, with clients that do as they are told."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

from gateway.clients.base import Call
from gateway.dispatch.breaker import Breakers
from gateway.dispatch.dispatcher import Desk, Dispatcher
from gateway.dispatch.lane import Lane
from gateway.errors import BreakerOpen, ExpertBusy, ExpertFailed, ExpertTimeout, GatewayError, Overloaded
from gateway.experts import Expert
from gateway.features import features_of
from gateway.shared.memory import MemoryState
from gateway.types import Consultation, Outcome, Query, Reply, Usage

Ask = Callable[[Call], Awaitable[Any]]


class Told:
    """A client that does this; how often it was asked."""

    def __init__(self, act: Ask) -> None:
        self._act = act
        self.asked = 0

    async def ask(self, call: Call) -> Reply:
        self.asked += 1
        await self._act(call)
        return Reply({}, "done", Usage(1, 1), "stop")


class Gate:
    """Lets through whom it knows, as it is now."""

    def __init__(self, *names: str) -> None:
        self.open = set(names)

    def may_start(self, expert: str) -> bool:
        return expert in self.open

    def changed(self, expert: str) -> None:
        pass


def takes(seconds: float) -> Ask:
    async def act(call: Call) -> None:
        await asyncio.sleep(seconds)

    return act


def dispatcher_of(gate: Gate | None = None, /, *, limits: dict[str, Any] | None = None, **acts: Ask) -> Dispatcher:
    desks = {}
    for name, act in acts.items():
        one = Expert(name=name, provider="openai", model=name, base_url="http://host/v1", **(limits or {}))
        desks[name] = Desk(one, Told(act), Lane(one, turnstile=gate))
    return Dispatcher(desks, Breakers(MemoryState(), "test"), random.Random(0))


def asked_of(dispatcher: Dispatcher, name: str) -> int:
    client = dispatcher.desks[name].client
    assert isinstance(client, Told)
    return client.asked


def asks(expert: str, seconds: float = 5.0, **more: Any) -> Consultation:
    query = Query("dec_1", expert, {"messages": [{"role": "user", "content": "hi"}]})
    return Consultation(expert, query, features_of(query, read=False), seconds, **more)


def error_of(outcome: Outcome) -> type[GatewayError]:
    return type(outcome.error)  # type: ignore[return-value]


def test_who_is_moved_is_answered_by_the_other_and_says_so() -> None:
    async def act() -> Outcome:
        dispatcher = dispatcher_of(Gate("second"), first=takes(0), second=takes(0))
        asking = asyncio.create_task(dispatcher.consult(asks("first", worth=0.8, alternatives=(("second", 0.1),))))
        await asyncio.sleep(0.01)
        lane = dispatcher.desks["first"].lane
        [waits] = lane.waiting
        assert (waits.worth, waits.alternatives) == (0.8, (("second", 0.1),))
        assert lane.move(waits, "second", 0.1)
        outcome = await asking
        assert asked_of(dispatcher, "first") == 0
        return outcome

    outcome = asyncio.run(act())
    assert outcome.ok and (outcome.expert, outcome.moved_from, outcome.loss) == ("second", "first", 0.1)


def test_who_is_moved_waits_for_the_other_even_where_its_lane_is_full() -> None:
    async def act() -> list[Outcome]:
        gate = Gate("second")
        dispatcher = dispatcher_of(
            gate, limits={"max_concurrency": 1, "max_waiting": 1}, first=takes(0), second=takes(0.02)
        )
        others = [asyncio.create_task(dispatcher.consult(asks("second"))) for _ in range(2)]
        moving = asyncio.create_task(dispatcher.consult(asks("first")))
        await asyncio.sleep(0.005)
        [waits] = dispatcher.desks["first"].lane.waiting
        dispatcher.desks["first"].lane.move(waits, "second", 0.0)
        return await asyncio.gather(moving, *others)

    assert [outcome.expert for outcome in asyncio.run(act()) if outcome.ok] == ["second"] * 3


def test_whoever_waits_for_a_second_try_keeps_nobody_from_the_first() -> None:
    order: list[str] = []

    async def act() -> None:
        async def shaky(call: Call) -> None:
            text = call.body["messages"][0]["content"]
            order.append(text)
            if order == ["one"]:
                raise ExpertBusy("is busy", retry_after_s=0.05)
            await asyncio.sleep(0)

        dispatcher = dispatcher_of(limits={"max_concurrency": 1}, shaky=shaky)
        query = Query("dec_1", "shaky", {"messages": [{"role": "user", "content": "one"}]})
        one = Consultation("shaky", query, features_of(query, read=False), 5)
        assert all(
            outcome.ok for outcome in await asyncio.gather(dispatcher.consult(one), dispatcher.consult(asks("shaky")))
        )

    asyncio.run(act())
    assert order == ["one", "hi", "one"]


def test_a_breaker_that_opens_while_others_wait_spares_them_the_call() -> None:
    async def act() -> tuple[list[Outcome], int]:
        async def fails(call: Call) -> None:
            await asyncio.sleep(0.01)
            raise ExpertFailed("failed")

        limits = {"max_concurrency": 1, "breaker_failures": 2, "retries": 0}
        dispatcher = dispatcher_of(limits=limits, shaky=fails)
        outcomes = await asyncio.gather(*(dispatcher.consult(asks("shaky")) for _ in range(6)))
        assert dispatcher.desks["shaky"].lane.busy == 0
        return outcomes, asked_of(dispatcher, "shaky")

    outcomes, asked = asyncio.run(act())
    assert asked == 2 and [error_of(outcome) for outcome in outcomes] == [ExpertFailed] * 2 + [BreakerOpen] * 4


def test_waiting_is_no_work_and_speaks_against_no_expert() -> None:
    """The second waits longer than the expert may work, and is still given the expert's whole time."""

    async def act() -> list[Outcome]:
        limits = {"max_concurrency": 1, "timeout_s": 0.15, "breaker_failures": 1}
        dispatcher = dispatcher_of(limits=limits, slow=takes(0.1))
        return await asyncio.gather(*(dispatcher.consult(asks("slow")) for _ in range(3)))

    assert all(outcome.ok for outcome in asyncio.run(act()))


def test_who_waits_until_his_deadline_has_asked_nobody() -> None:
    async def act() -> Outcome:
        dispatcher = dispatcher_of(Gate(), limits={"breaker_failures": 1}, closed=takes(0))
        outcome = await dispatcher.consult(asks("closed", 0.05))
        assert not dispatcher.desks["closed"].lane.waiting and not dispatcher.breakers.resting()
        return outcome

    outcome = asyncio.run(act())
    assert error_of(outcome) is ExpertTimeout and outcome.retries == 0 and outcome.usage == Usage()


def test_a_busy_expert_is_expected_to_take_longer_until_it_may_be_asked() -> None:
    async def act() -> tuple[Outcome, float]:
        async def busy(call: Call) -> None:
            raise ExpertBusy("is busy", retry_after_s=40)

        dispatcher = dispatcher_of(busy=busy)
        await dispatcher.consult(asks("busy"))
        return await dispatcher.consult(asks("busy")), float(dispatcher.board.expected_s()[0])

    outcome, expected_s = asyncio.run(act())
    assert error_of(outcome) is Overloaded and not outcome.asked and 40 < expected_s <= 41
