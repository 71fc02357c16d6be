"""One request's consultations: keeps the plan's limits, remembers every outcome. The same in serving and in replay."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from functools import partial

from gateway.errors import Cancelled
from gateway.types import Decision, Features, Hear, Listener, Outcome, Plan, Query

Ask = Callable[[str, Query, Features, float, Hear | None], Awaitable[Outcome]]
"""(expert, query, features, seconds left, hear) -> outcome; the dispatcher in serving, recorded answers in replay."""


TOO_LATE_S = 0.005
"""Less than this is left only because timers fire a little early."""


class Brief:
    """What a strategy is given: the query, what was decided and planned, and `consult`."""

    def __init__(
        self,
        query: Query,
        features: Features,
        decision: Decision,
        plan: Plan,
        ask: Ask,
        listener: Listener | None,
        started: float,
    ) -> None:
        self.query = query
        self.features = features
        self.decision = decision
        self.plan = plan
        self.outcomes: list[Outcome] = []
        self._ask = ask
        self._listener = listener
        self._deadline = started + plan.limits.seconds

    def may_consult(self, expert: str) -> bool:
        """Whether one more call stays within the plan's calls, dollars and seconds."""
        limits = self.plan.limits
        spent = sum(outcome.cost_usd for outcome in self.outcomes)
        affordable = limits.cost_usd is None or spent + self.decision.estimates.of(expert).cost_usd <= limits.cost_usd
        calls = sum(outcome.asked for outcome in self.outcomes)
        return calls < limits.calls and affordable and self.seconds_left > TOO_LATE_S

    @property
    def seconds_left(self) -> float:
        return self._deadline - time.monotonic()

    async def consult(self, expert: str, *, aloud: bool = False) -> Outcome:
        """Ask one expert; `aloud` marks the call whose words are the answer, which a listener hears as they come."""
        hear = partial(self._listener.hear, expert) if aloud and self._listener else None
        outcome = await self._ask(expert, self.query, self.features, max(0.0, self.seconds_left), hear)
        self.outcomes.append(outcome)
        if isinstance(outcome.error, Cancelled):
            raise asyncio.CancelledError
        return outcome
