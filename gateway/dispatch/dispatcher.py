"""The only thing that talks to experts: a place in the lane, a closed breaker, the call, its retries and its price."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Mapping

from gateway.clients.base import ListClient
from gateway.clients.prepare import prepare
from gateway.dispatch.attempt import Attempt, Desk
from gateway.dispatch.board import Board
from gateway.dispatch.breaker import Breakers
from gateway.dispatch.place import Place
from gateway.dispatch.retry import wait_before_retry
from gateway.dispatch.ticket import Moved
from gateway.errors import Cancelled, ExpertBusy, ExpertError, ExpertRefused, ExpertTimeout, GatewayError, Overloaded
from gateway.types import ANSWER, Consultation, Outcome

LONGEST_BELIEVED_S = 60.0
"""An expert that asks for more is tried again after so long."""

__all__ = ["Desk", "Dispatcher"]


class Dispatcher:
    """Consults experts by name. Never raises for a failed expert: that is an outcome."""

    def __init__(self, desks: Mapping[str, Desk], breakers: Breakers, random_: random.Random) -> None:
        self.desks = desks
        self.breakers = breakers
        self.board = Board([desk.expert for desk in desks.values()])
        self._lists = {name: desk.client for name, desk in desks.items() if isinstance(desk.client, ListClient)}
        self._random = random_

    async def consult(self, asked: Consultation) -> Outcome:
        """Ask one expert. Where the caller leaves meanwhile, the error is Cancelled."""
        attempt = Attempt(asked, self.desks[asked.expert], time.monotonic())
        try:
            await self._in_time(attempt)
        except GatewayError as error:
            attempt.error = error
        except asyncio.CancelledError:
            attempt.error = Cancelled("the caller left")
            await self.breakers.undecided(attempt.desk.expert)
        if attempt.error is None and asked.role == ANSWER:  # a bid of one token says nothing of how long answers take
            self.board.timed(attempt.desk.expert.name, attempt.work_s)
        return attempt.outcome(time.monotonic())

    async def _in_time(self, attempt: Attempt) -> None:
        """The caller's seconds hold for everything, the expert's own from when it has begun to work."""
        try:
            async with asyncio.timeout(attempt.asked.seconds) as bound:
                await self._somewhere(attempt, bound)
        except TimeoutError:
            raise await self._too_late(attempt) from None

    async def _too_late(self, attempt: Attempt) -> ExpertTimeout:
        expert, seconds = attempt.desk.expert, attempt.asked.seconds
        error = ExpertTimeout(f"did not finish within {round(min(seconds, expert.timeout_s), 2):g} s")
        waited = 0.0 if attempt.began is None else attempt.began - attempt.started
        if attempt.began is None or waited + expert.timeout_s > seconds:  # our queue's fault, or the caller's hurry
            await self.breakers.undecided(expert)
        else:
            await self.breakers.failed(expert, error)
        return error

    async def _somewhere(self, attempt: Attempt, bound: asyncio.Timeout) -> None:
        while True:
            with self.board.occupied(attempt.desk.expert.name):
                moved = await self._until_answered(attempt, bound)
            if moved is None:
                return
            await self.breakers.undecided(attempt.desk.expert)
            attempt.move(moved, self.desks[moved.expert])

    async def _until_answered(self, attempt: Attempt, bound: asyncio.Timeout) -> Moved | None:
        """None once there is an answer; or who is to be asked instead."""
        body = prepare(attempt.desk.expert, attempt.asked)
        await self.breakers.check(attempt.desk.expert)
        lists = self._lists.get(attempt.desk.expert.name)
        while True:
            call = attempt.prepare_call(body)
            attempt.ticket.kind = lists.kind(call) if lists and not attempt.ticket.alone else None
            place = await self._enter(attempt)
            if isinstance(place, Moved):
                return place
            if attempt.began is None:
                attempt.began = time.monotonic()
                _bring_forward(bound, attempt.desk.expert.timeout_s)
            error = await self._ask(attempt, place)
            if error is None:
                return None
            await self._wait(attempt, error, place)

    async def _enter(self, attempt: Attempt) -> Place | Moved:
        """A place in the lane; one who comes back goes first. The breaker may have opened meanwhile."""
        desk, ticket = attempt.desk, attempt.ticket
        try:
            place = await desk.lane.enter(ticket, again=bool(attempt.calls or attempt.moved))
        except Overloaded:
            await self.breakers.undecided(desk.expert)
            raise
        except ExpertError as failure:  # its model does not load
            await self.breakers.failed(desk.expert, failure)
            raise
        if isinstance(place, Place) and ticket.grant is not None and (error := self.breakers.open(desk.expert)):
            place.leave(ticket)
            raise error
        return place

    async def _ask(self, attempt: Attempt, place: Place) -> ExpertError | None:
        """None where there is an answer. A call that several shared speaks for or against its expert once."""
        desk = attempt.desk
        attempt.calls += 1
        began = time.monotonic()
        try:
            attempt.reply = await place.ask(desk.client, attempt.ticket)
        except ExpertError as error:
            if place.judge():
                await self.breakers.failed(desk.expert, error)
                self._heed(desk, error)
            return error
        attempt.work_s = time.monotonic() - began
        if place.judge():
            await self.breakers.succeeded(desk.expert)
        return None

    def _heed(self, desk: Desk, error: ExpertError) -> None:
        """An expert that says when it wants to be asked again is not asked by anybody before."""
        seconds = error.retry_after_s if isinstance(error, ExpertBusy) else None
        if seconds and math.isfinite(seconds):
            desk.lane.pause(min(seconds, LONGEST_BELIEVED_S))
            self.board.held(desk.expert.name, desk.lane.paused_s)

    async def _wait(self, attempt: Attempt, error: ExpertError, place: Place) -> None:
        """Wait before the next try, without a place; raises the error where there will be none.

        What is refused in company may be another's fault, so everyone is asked for once more alone.
        """
        if isinstance(error, ExpertRefused) and place.size > 1 and not attempt.committed:
            attempt.ticket.alone = True
            return
        wait = wait_before_retry(error, attempt.calls, self._random)
        if attempt.committed or wait is None or attempt.calls > attempt.desk.expert.retries:
            raise error
        await asyncio.sleep(wait)


def _bring_forward(bound: asyncio.Timeout, seconds: float) -> None:
    """The end comes after so many seconds from now, or earlier as it was."""
    soonest = asyncio.get_running_loop().time() + seconds
    until = bound.when()
    if until is None or soonest < until:
        bound.reschedule(soonest)
