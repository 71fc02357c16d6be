"""The one visible queue before an expert. What waits is sent as soon as the expert may take it; no timer gathers it.

An expert may take a call while it has a place free, its rates allow it, it has not asked to be left alone, and the
turnstile lets it work. Fair between tenants; full is said at once. Knows neither clients nor retries.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence

from gateway.dispatch.fair import FairQueue
from gateway.dispatch.place import Place
from gateway.dispatch.rates import Rates
from gateway.dispatch.ticket import Moved, Ticket
from gateway.dispatch.turnstile import AlwaysOpen, Turnstile
from gateway.errors import Overloaded
from gateway.experts import Expert

LONGEST_PAUSE_S = 5.0
"""Nobody waits for an expert that wants to be left alone for longer: somebody else should be asked."""
WEIGHT = 0.1
"""Of one call in the running mean of what calls take."""


class Lane:
    """Where tickets become places. `busy`: calls in work; `calls` so far, which `carried` so many tickets."""

    def __init__(
        self,
        expert: Expert,
        *,
        turnstile: Turnstile | None = None,
        rates: Rates | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.expert = expert
        self.busy = 0
        self.calls = 0
        self.carried = 0
        self._queue = FairQueue()
        self._turnstile = turnstile or AlwaysOpen()
        self._rates = rates
        self._clock = clock
        self._call_s = expert.latency_s
        self._paused_until = 0.0
        self._rated_until = 0.0
        self._alarm: asyncio.TimerHandle | None = None
        self._taking: asyncio.Task[None] | None = None
        self._settling: set[asyncio.Task[None]] = set()
        self._pumping = False
        self._again = False

    @property
    def waiting(self) -> Sequence[Ticket]:
        """Who waits; of one tenant in the order in which they will go."""
        return tuple(self._queue)

    @property
    def paused_s(self) -> float:
        """Seconds for which the expert still wants to be left alone."""
        return max(0.0, self._paused_until - self._clock())

    @property
    def call_s(self) -> float:
        """Seconds that a call has taken of late."""
        return self._call_s

    def expected_wait_s(self) -> float:
        """Seconds until one more ticket is likely to have its turn, by what calls have taken so far."""
        rounds = (len(self._queue) + 1) / (self.expert.max_concurrency * self.expert.batch)
        held = max(self._paused_until, self._rated_until) - self._clock()
        tokens = sum(ticket.tokens for ticket in self._queue)
        rated = 0.0 if self._rates is None else self._rates.seconds_for(len(self._queue), tokens)
        return max(0.0, held) + max(rounds * self._call_s, rated)

    async def enter(self, ticket: Ticket, *, again: bool = False) -> Place | Moved:
        """A place, or who is to be asked instead. `again`: it has had a turn, goes first, and finds room.

        Raises Overloaded, and TimeoutError where its deadline passed before its turn came.
        """
        if not self._queue and self._rates is None and self._may_go():
            place = self._place((ticket,))
            self._turnstile.changed(self.expert.name)
            return place
        full = len(self._queue) >= self.expert.max_waiting and not again
        if full or self.paused_s > LONGEST_PAUSE_S:
            raise self._overloaded()
        return await self._wait(ticket, again)

    def pump(self) -> None:
        """Send what may go. To be called when a reason not to may have gone."""
        if self._pumping:  # by whom we are just telling of a change
            self._again = True
            return
        self._pumping = self._again = True
        try:
            while self._again:
                self._again = False
                self._send()
        finally:
            self._pumping = False

    def pause(self, seconds: float) -> None:
        """The expert wants to be left alone for so long."""
        self._paused_until = max(self._paused_until, self._clock() + seconds)
        if self.paused_s > LONGEST_PAUSE_S:
            for ticket in self.waiting:
                self.turn_away(ticket, self._overloaded())
        self.pump()

    def move(self, ticket: Ticket, expert: str, loss: float) -> bool:
        """Whoever waits with this ticket asks the other expert instead; False where it waits no more."""
        if not self._waits(ticket):
            return False
        self._queue.remove(ticket)
        _grant(ticket).set_result(Moved(expert, loss))
        return True

    def turn_away(self, ticket: Ticket, error: Exception) -> bool:
        """Whoever waits with this ticket gets this error; False where it waits no more."""
        if not self._waits(ticket):
            return False
        self._queue.remove(ticket)
        _grant(ticket).set_exception(error)
        return True

    def _waits(self, ticket: Ticket) -> bool:
        """Its caller is still there: one who leaves is gone a moment before the queue hears of it."""
        return ticket in self._queue and not _grant(ticket).done()

    async def _wait(self, ticket: Ticket, again: bool) -> Place | Moved:
        ticket.grant = asyncio.get_running_loop().create_future()
        self._queue.add(ticket, first=again)
        self._turnstile.changed(self.expert.name)
        self.pump()
        try:
            return await ticket.grant
        except asyncio.CancelledError:
            self._left(ticket)
            raise

    def _left(self, ticket: Ticket) -> None:
        grant = _grant(ticket)
        if ticket in self._queue:
            self._queue.remove(ticket)
            self._rated_until = 0.0
            self._turnstile.changed(self.expert.name)
            self.pump()
        elif not grant.cancelled() and grant.exception() is None and isinstance(place := grant.result(), Place):
            place.leave(ticket)

    def _may_go(self) -> bool:
        free = self.busy < self.expert.max_concurrency and self._clock() >= self._paused_until
        return free and self._turnstile.may_start(self.expert.name)

    def _send(self) -> None:
        if not self._queue:
            return
        held = max(self._paused_until, self._rated_until) - self._clock()
        if held > 0:
            self._wake_in(held)
        elif self._rates is None:
            while self._queue and self._may_go():
                self._begin(self._due())
        elif self._taking is None and self._may_go():
            self._taking = asyncio.create_task(self._take(self._rates))

    async def _take(self, rates: Rates) -> None:
        """Send what the rates allow; asking them may take a moment in which anything can change."""
        try:
            while self._may_go() and (batch := rates.fitting(self._due())):
                tokens = sum(ticket.tokens for ticket in batch)
                wait = await rates.take(tokens)
                if wait > 0:
                    self._rated_until = self._clock() + wait
                    break
                still = [ticket for ticket in batch if self._waits(ticket)] if self._may_go() else []
                if len(still) < len(batch):
                    unused = tokens - sum(ticket.tokens for ticket in still)
                    self._later(rates.settle(tokens, tokens - unused, self._clock(), call=bool(still)))
                self._begin(still)
        finally:
            self._taking = None
        self.pump()

    def _due(self) -> list[Ticket]:
        """Whose turn it is, for one call; those for whom it comes too late are turned away."""
        now = self._clock()
        while self._queue:
            batch = self._queue.next(self.expert.batch)
            late = [ticket for ticket in batch if ticket.deadline <= now or not self._waits(ticket)]
            if not late:
                return batch
            for ticket in late:
                if not self.turn_away(ticket, TimeoutError()):
                    self._queue.remove(ticket)
        return []

    def _begin(self, tickets: Sequence[Ticket]) -> None:
        if not tickets:
            return
        place = self._place(tickets)
        for ticket in tickets:
            self._queue.served(ticket)
            _grant(ticket).set_result(place)
        self._turnstile.changed(self.expert.name)

    def _place(self, tickets: Sequence[Ticket]) -> Place:
        self.busy += 1
        self.calls += 1
        self.carried += len(tickets)
        return Place(tickets, self._clock(), self._freed)

    def _freed(self, place: Place, used: int | None) -> None:
        self.busy -= 1
        if used is not None:
            self._call_s += WEIGHT * (self._clock() - place.since - self._call_s)
        if self._rates is not None and (used is not None or not place.begun):
            self._later(self._rates.settle(place.tokens, used or 0, place.since, call=place.begun))
        self._turnstile.changed(self.expert.name)
        self.pump()

    def _later(self, settling: Coroutine[None, None, None]) -> None:
        """Tokens that are given back may let somebody go."""
        task = asyncio.create_task(settling)
        self._settling.add(task)
        task.add_done_callback(self._settled)

    def _settled(self, task: asyncio.Task[None]) -> None:
        self._settling.discard(task)
        self._rated_until = 0.0
        self.pump()

    def _wake_in(self, seconds: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = asyncio.get_running_loop().call_later(seconds, self.pump)

    def _overloaded(self) -> Overloaded:
        name = self.expert.name
        if self.paused_s > LONGEST_PAUSE_S:
            message = f"{name} wants to be left alone for {self.paused_s:.0f} s"
            return Overloaded(message, retry_after_s=self.paused_s)
        message = f"{name} has {self.busy} calls in work and {len(self._queue)} waiting; try again shortly"
        return Overloaded(message, retry_after_s=self.expected_wait_s())


def _grant(ticket: Ticket) -> asyncio.Future[Place | Moved]:
    if ticket.grant is None:
        raise RuntimeError("a ticket that waits in no lane cannot be called. This is a bug.")
    return ticket.grant
