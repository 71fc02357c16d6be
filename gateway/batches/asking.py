"""One line asked until there is an answer, an error that will stay, or no more time. Knows no file and no database.

An expert's place is held until the answer is kept: so no more answers than it has places can be lost by a kill.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from gateway.batches.budget import Budget
from gateway.batches.groups import Request
from gateway.batches.halt import Halt
from gateway.batches.patience import Patience, nobody_now, passing
from gateway.batches.seats import Seats
from gateway.batches.types import Result
from gateway.errors import GatewayError
from gateway.pipeline import Pipeline
from gateway.types import Decided
from gateway.wire.batch_line import answered, refused
from gateway.wire.errors import bug
from gateway.wire.exchange import new_decision_id


@dataclass(frozen=True, slots=True)
class Tried:
    """What came of asking once; `again` where it was only that everyone was busy."""

    result: Result
    error: GatewayError | None
    again: bool


class Asking:
    """Asks for the lines of one batch."""

    def __init__(
        self,
        pipeline: Callable[[], Pipeline],
        keep: Callable[[Result], Awaitable[None]],
        seats: Seats,
        patience: Patience,
        budget: Budget,
        halt: Halt,
    ) -> None:
        self._pipeline = pipeline
        self._keep = keep
        self._seats = seats
        self._patience = patience
        self._budget = budget
        self._halt = halt

    async def __call__(self, request: Request, decided: Decided | None) -> Result | None:
        """What came of the line, which is kept; None where the run was stopped before it was asked."""
        async with self._seats.of(decided.plan.experts[0] if decided else "", self._pipeline()):
            if self._halt.why:
                return None
            expected = _expected_usd(decided)
            if not self._budget.reserve(expected):
                self._halt("budget")
                return None
            result = None
            try:
                result = await self._until_answered(request, decided)
            finally:
                self._budget.settle(expected, result.spent.cost_usd if result else 0.0)
            if result is not None:
                await self._keep(result)
            return result

    async def _until_answered(self, request: Request, decided: Decided | None) -> Result | None:
        tries = 0
        while True:
            tried = await self._once(request, decided)
            if not tried.again or tried.error is None:
                self._patience.answered(request.query.model)
                return tried.result
            tries += 1
            wait = self._patience.wait(request.query.model, tries, tried.error)
            if wait is None:
                return tried.result
            await self._halt.sleep(wait)
            if self._halt.why:
                return None
            request, decided = replace(request, query=replace(request.query, id=new_decision_id())), None

    async def _once(self, request: Request, decided: Decided | None) -> Tried:
        line, query, pipeline = request.line, request.query, self._pipeline()
        planned = decided and replace(decided, started=time.monotonic())  # its time runs from now, not from the plan
        try:
            answer = await pipeline.answer(query, decided=planned)
        except GatewayError as error:
            again = nobody_now(error, bool(pipeline.dispatcher.breakers.resting()))
            return Tried(refused(line, error, request_id=query.id), error, again)
        except Exception as problem:
            return Tried(refused(line, bug(problem, query.id), request_id=query.id), None, False)
        return Tried(answered(line, answer), answer.error, passing(answer))


def _expected_usd(decided: Decided | None) -> float:
    """Of everyone who is asked at once."""
    if decided is None:
        return 0.0
    first = decided.plan.recruited or decided.plan.experts[:1]
    return sum(decided.decision.estimates.of(expert).cost_usd for expert in first)
