"""The only thing that talks to experts: a place in the lane, a closed breaker, the call, its retries and its price."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.clients.base import Call, Client
from gateway.clients.prepare import prepare
from gateway.dispatch.board import Board
from gateway.dispatch.breaker import Breakers
from gateway.dispatch.lane import Lane
from gateway.dispatch.retry import wait_before_retry
from gateway.dispatch.voice import Voice
from gateway.errors import Cancelled, ExpertError, ExpertTimeout, GatewayError
from gateway.experts import Expert
from gateway.types import Features, Hear, Outcome, Query, Reply, Usage


@dataclass(frozen=True, slots=True)
class Desk:
    """One expert, ready to be asked."""

    expert: Expert
    client: Client
    lane: Lane


@dataclass(slots=True)
class Attempt:
    """What has happened so far in one consultation."""

    started: float
    calls: int = 0
    call: Call | None = None
    voice: Voice | None = None
    reply: Reply | None = None
    error: GatewayError | None = None


class Dispatcher:
    """Consults experts by name. Never raises for a failed expert: that is an outcome."""

    def __init__(self, desks: Mapping[str, Desk], breakers: Breakers, random_: random.Random) -> None:
        self.desks = desks
        self.breakers = breakers
        self.board = Board([desk.expert for desk in desks.values()])
        self._random = random_

    async def consult(self, name: str, query: Query, features: Features, seconds: float, hear: Hear | None) -> Outcome:
        """Ask one expert within so many seconds. Where the caller leaves meanwhile, the error is Cancelled."""
        desk = self.desks[name]
        attempt = Attempt(time.monotonic())
        try:
            with self.board.occupied(name):
                await self._within(desk, query, features, seconds, hear, attempt)
        except GatewayError as error:
            attempt.error = error
        except asyncio.CancelledError:
            attempt.error = Cancelled("the caller left")
            await self.breakers.undecided(desk.expert)
        took = time.monotonic() - attempt.started
        if attempt.error is None:
            self.board.timed(name, took)
        return _outcome(desk, attempt, took)

    async def _within(
        self, desk: Desk, query: Query, features: Features, seconds: float, hear: Hear | None, attempt: Attempt
    ) -> None:
        allowed = min(seconds, desk.expert.timeout_s)
        try:
            async with asyncio.timeout(allowed):
                await self.breakers.check(desk.expert)
                async with desk.lane:
                    await self._until_answered(desk, query, features, hear, attempt)
        except TimeoutError:
            error = ExpertTimeout(f"did not finish within {allowed:.3g} s")
            if attempt.calls and seconds >= desk.expert.timeout_s:  # neither our queue's fault nor the caller's hurry
                await self.breakers.failed(desk.expert, error)
            raise error from None

    async def _until_answered(
        self, desk: Desk, query: Query, features: Features, hear: Hear | None, attempt: Attempt
    ) -> None:
        body = prepare(desk.expert, query.body)
        while True:
            attempt.calls += 1
            attempt.voice = Voice(hear) if hear else None
            attempt.call = Call(body, features.input_tokens, attempt.voice, query.wishes.tags.get("query_id", ""))
            try:
                attempt.reply = await desk.client.ask(attempt.call)
            except ExpertError as error:
                await self.breakers.failed(desk.expert, error)
                await self._wait(desk, error, attempt)
            else:
                await self.breakers.succeeded(desk.expert)
                return

    async def _wait(self, desk: Desk, error: ExpertError, attempt: Attempt) -> None:
        """Wait before the next try; raises the error where there will be none."""
        committed = attempt.voice is not None and attempt.voice.committed
        wait = wait_before_retry(error, attempt.calls, self._random)
        if committed or wait is None or attempt.calls > desk.expert.retries:
            raise error
        await asyncio.sleep(wait)


def _outcome(desk: Desk, attempt: Attempt, took: float) -> Outcome:
    voice = attempt.voice
    usage = _spent(attempt)
    return Outcome(
        expert=desk.expert.name,
        reply=attempt.reply if attempt.error is None else None,
        error=_named(attempt.error, desk.expert.name),
        usage=usage,
        cost_usd=desk.expert.price.of(usage.input_tokens, usage.output_tokens),
        latency_s=took,
        first_token_s=voice.first_s - attempt.started if voice and voice.first_s else None,
        retries=max(0, attempt.calls - 1),
        committed=voice is not None and voice.committed,
    )


def _spent(attempt: Attempt) -> Usage:
    """What is paid for: the expert's own count, or for work that broke off or was cancelled what came of it."""
    if attempt.reply is not None:
        return attempt.reply.usage
    begun = attempt.voice is not None and attempt.voice.committed
    if attempt.call is not None and (begun or isinstance(attempt.error, Cancelled)):
        return attempt.call.tally.reply(attempt.call.prompt_tokens).usage
    return Usage()


def _named(error: GatewayError | None, expert: str) -> GatewayError | None:
    """An expert's error says whose it is, once."""
    if isinstance(error, ExpertError) and not error.expert:
        error.expert = expert
        error.message = f"{expert} {error.message}"
    return error
