"""Lanes on a clock that passes only where nothing else is to be done."""

from __future__ import annotations

import asyncio
import selectors
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from gateway.clients.base import Call
from gateway.dispatch.lane import Lane
from gateway.dispatch.place import Place
from gateway.dispatch.ticket import Ticket
from gateway.experts import Expert
from gateway.types import Reply, Usage

Result = TypeVar("Result")


class Skipping(selectors.DefaultSelector):
    """Waits for no timer: its time is when the next one is due."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0

    def select(self, timeout: float | None = None) -> Any:
        if timeout is not None:
            self.now += max(0.0, timeout)
        return super().select(timeout if timeout is None else 0)


class SkippingLoop(asyncio.SelectorEventLoop):
    """A real event loop; hours pass in no time."""

    def __init__(self) -> None:
        self._skipping = Skipping()
        super().__init__(self._skipping)

    def time(self) -> float:
        return self._skipping.now


def in_no_time(act: Callable[[], Awaitable[Result]]) -> Result:
    """Run it on such a loop."""

    async def main() -> Result:
        return await act()

    with asyncio.Runner(loop_factory=SkippingLoop) as runner:
        return runner.run(main())


def now() -> float:
    return asyncio.get_running_loop().time()


def expert(**more: Any) -> Expert:
    return Expert(name="one", provider="openai", model="m", base_url="http://host/v1", **more)


def lane_of(*, turnstile: Any = None, rates: Any = None, **more: Any) -> Lane:
    """A lane by the loop's clock."""
    return Lane(expert(**more), turnstile=turnstile, rates=rates, clock=now)


def ticket(tenant: str = "a", tokens: int = 10, seconds: float = 1e6, *, work_s: float = 1.0, **more: Any) -> Ticket:
    """For a call that takes so long and uses as many tokens as expected, or as many as `used`."""
    call = Call({"work_s": work_s, "used": more.pop("used", tokens)}, 0)
    return Ticket(tenant, tokens, since=now(), deadline=now() + seconds, call=call, **more)


class Timed:
    """A client that takes as long as it is told to. Who was asked when stands in `begun`."""

    def __init__(self) -> None:
        self.begun: list[tuple[float, Call]] = []
        self.at_once = self.most = 0

    async def ask(self, call: Call) -> Reply:
        self.begun.append((now(), call))
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        try:
            await asyncio.sleep(call.body["work_s"])
        finally:
            self.at_once -= 1
        return Reply({}, "", Usage(call.body["used"], 0), "stop")

    async def through(self, lane: Lane, one: Ticket) -> Reply:
        """All the way through a lane."""
        place = await lane.enter(one)
        assert isinstance(place, Place)
        return await place.ask(self, one)
