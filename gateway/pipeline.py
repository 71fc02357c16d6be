"""The way of one request, stage by stage: address, features, gate, route, plan, strategy, answer, record."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from gateway.address import Address, find
from gateway.consult import Brief
from gateway.decide import NAMED
from gateway.dispatch.dispatcher import Dispatcher
from gateway.errors import AllFailed, BadRequest, Cancelled, ExpertRefused, ExpertTimeout, Expired, GatewayError
from gateway.experts import Policy
from gateway.pins import Pins
from gateway.planner import Decided, Planner
from gateway.pool import Pool
from gateway.strategies import STRATEGIES
from gateway.types import Answer, Listener, Outcome, Query


class Pipeline:
    """Answers queries over one pool. A new configuration is a new pipeline."""

    def __init__(
        self,
        *,
        pool: Pool,
        book: dict[str, Address],
        planner: Planner,
        dispatcher: Dispatcher,
        pins: Pins,
        record: Callable[[Answer], None],
    ) -> None:
        self.pool = pool
        self.book = book
        self.dispatcher = dispatcher
        self._planner = planner
        self._pins = pins
        self._record = record

    async def answer(self, query: Query, listener: Listener | None = None) -> Answer:
        """The answer, or an Answer that holds an error; GatewayError where the query cannot be planned at all."""
        decided = await self.decide(query)
        if listener is not None:
            listener.decided(query, decided.decision, decided.plan)
        brief = Brief(
            query,
            decided.features,
            decided.decision,
            decided.plan,
            self.dispatcher.consult,
            listener,
            decided.started,
        )
        served: Outcome | None = None
        try:
            served = await STRATEGIES[decided.plan.strategy](brief)
        except asyncio.CancelledError:
            self._record(_answer(decided, brief, None, Cancelled("the caller left")))
            raise
        finally:
            self._planner.observe(decided, brief.outcomes)
        answer = _answer(decided, brief, served, None if served else _failure(brief))
        await self._pin(answer)
        self._record(answer)
        return answer

    def read(self) -> Mapping[str, int]:
        """How many queries each of the two encoders has read."""
        return self._planner.read()

    async def decide(self, query: Query) -> Decided:
        """Everything up to the plan."""
        address = find(self.book, query.model)
        policy = self._policy(address, query)
        among = None if address.expert else self._among(policy, query)
        return await self._planner.plan(query, address, policy, among)

    def _policy(self, address: Address, query: Query) -> Policy:
        """The address's policy, with the router and strategy the caller wishes."""
        wishes = query.wishes
        for kind, wish, known in (
            ("router", wishes.router, self._planner.routers),
            ("strategy", wishes.strategy, STRATEGIES),
        ):
            if wish is not None and wish not in known:
                allowed = ", ".join(sorted(known))
                raise BadRequest(
                    f"coterie.{kind}: no {kind} is called '{wish}'. Allowed: {allowed}", param=f"coterie.{kind}"
                )
        if wishes.retrieve == "always":
            raise BadRequest("coterie.retrieve: there is no document store to retrieve from", param="coterie.retrieve")
        return address.policy.model_copy(update={"router": wishes.router}) if wishes.router else address.policy

    def _among(self, policy: Policy, query: Query) -> Sequence[str] | None:
        """The names that may be asked; None where all may."""
        wished = query.wishes.experts
        for name in wished or ():
            if name not in self.pool.members:
                known = ", ".join(self.pool.members)
                raise BadRequest(
                    f"coterie.experts: no expert is called '{name}'. Allowed: {known}", param="coterie.experts"
                )
        if wished is not None and policy.experts is not None:
            return [name for name in wished if name in policy.experts]
        return wished if wished is not None else policy.experts

    async def _pin(self, answer: Answer) -> None:
        served = answer.served
        if served is None or served.reply is None or answer.decision.router == NAMED:
            return
        if answer.query.wishes.session or served.reply.tool_calls:
            await self._pins.keep(answer.query, served.expert, served.reply.tool_calls)


def _failure(brief: Brief) -> GatewayError:
    """One expert failed: its own error. Several: each one's reason."""
    failed = [outcome.error for outcome in brief.outcomes if outcome.error is not None]
    if not failed:
        return Expired("The request's limits (max_calls, max_cost_usd, deadline_s) allow no call at all.")
    refused = [error for error in failed if isinstance(error, ExpertRefused)]
    if len(failed) == 1 or len(refused) == len(failed) or brief.outcomes[-1].committed:
        return failed[-1]
    return AllFailed(
        "Every expert failed: " + "; ".join(error.message for error in failed),
        may_quote=any(error.may_quote for error in failed),
        timed_out=isinstance(failed[-1], ExpertTimeout),
        retry_after_s=min((error.retry_after_s for error in failed if error.retry_after_s is not None), default=None),
    )


def _answer(decided: Decided, brief: Brief, served: Outcome | None, error: GatewayError | None) -> Answer:
    latency_s = time.monotonic() - decided.started
    return Answer(
        query=decided.query,
        features=decided.features,
        decision=decided.decision,
        plan=decided.plan,
        outcomes=tuple(brief.outcomes),
        served=served,
        error=error,
        overhead_s=max(0.0, latency_s - sum(outcome.latency_s for outcome in brief.outcomes)),
        latency_s=latency_s,
    )
