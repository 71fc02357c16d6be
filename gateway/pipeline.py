"""The way of one request, stage by stage: address, features, gate, route, plan, strategy, answer, record."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence

from gateway.address import Address, find
from gateway.consult import Ask, Brief
from gateway.decide import NAMED
from gateway.dispatch.dispatcher import Dispatcher
from gateway.errors import (
    AllFailed,
    BadRequest,
    Cancelled,
    ExpertRefused,
    ExpertTimeout,
    Expired,
    GatewayError,
    Overloaded,
    TooDear,
)
from gateway.experts import AUTO, PROMPTS, Policy
from gateway.kit import Kit
from gateway.listener import Listener
from gateway.pins import Pins
from gateway.planner import Planner
from gateway.pool import Pool
from gateway.retrieval.judgement import judged
from gateway.strategies import EVERY, STRATEGIES
from gateway.strategies.abstain import settled
from gateway.types import Answer, Decided, Outcome, Query, Verdict
from gateway.wire.chunks import chunks_of


class Pipeline:
    """Answers queries over one pool. A new configuration is a new pipeline."""

    def __init__(
        self,
        *,
        pool: Pool,
        book: dict[str, Address],
        planner: Planner,
        kit: Kit,
        dispatcher: Dispatcher,
        pins: Pins,
        record: Callable[[Answer], None],
    ) -> None:
        self.pool = pool
        self.book = book
        self.dispatcher = dispatcher
        self._planner = planner
        self._kit = kit
        self._pins = pins
        self._record = record
        self._ask: Ask = dispatcher.consult

    async def answer(self, query: Query, listener: Listener | None = None, decided: Decided | None = None) -> Answer:
        """The answer, or an Answer that holds an error; GatewayError where the query cannot be planned at all.

        decided: what `decide` has said of this query, where it has been asked before.
        """
        decided = decided or await self.decide(query)
        if listener is not None:
            listener.decided(query, decided.decision, decided.plan)
        brief = Brief(decided, self._kit, self._ask, None if decided.plan.quiet else listener)
        try:
            verdict = await self._compose(brief)
            await _say(verdict.served, listener)
        except asyncio.CancelledError:
            self._record(_answer(decided, brief, Verdict(None), Cancelled("the caller left")))
            raise
        finally:
            self._planner.observe(decided, brief.outcomes)
        answer = _answer(decided, brief, verdict, None if verdict.served else _failure(brief))
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

    async def _compose(self, brief: Brief) -> Verdict:
        brief.grounding = await judged(brief) or brief.grounding
        return await settled(brief, EVERY[brief.plan.strategy])

    def _policy(self, address: Address, query: Query) -> Policy:
        """The address's policy, with the router and strategy the caller wishes."""
        wishes = query.wishes
        for kind, wish, known in (
            ("router", wishes.router, self._planner.routers),
            ("strategy", wishes.strategy, (AUTO, *STRATEGIES)),
        ):
            if wish is not None and wish not in known:
                allowed = ", ".join(sorted(known))
                raise BadRequest(
                    f"coterie.{kind}: no {kind} is called '{wish}'. Allowed: {allowed}", param=f"coterie.{kind}"
                )
        if wishes.strategy == PROMPTS and address.policy.packs is None:
            raise BadRequest(
                f"coterie.strategy: {PROMPTS} needs prompt packs, and policy '{address.name}' names none (`packs`)",
                param="coterie.strategy",
            )
        if wishes.retrieve == "always" and self._kit.library is None:
            raise BadRequest(
                "coterie.retrieve: there are no documents to retrieve; experts.yaml names none (`knowledge`)",
                param="coterie.retrieve",
            )
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
        if served is None or served.reply is None or answer.decision.router == NAMED or answer.verdict.abstained:
            return
        if answer.query.wishes.session or served.reply.tool_calls:
            await self._pins.keep(answer.query, served.expert, served.reply.tool_calls)


def _failure(brief: Brief) -> GatewayError:
    """One expert failed: its own error. Several: each one's reason. All full: when the first of them has a place."""
    failed = [outcome.error for outcome in brief.outcomes if outcome.error is not None]
    if not failed and brief.purse.in_time:
        return TooDear("What max_cost_usd allows does not pay for even a short answer of those that may be asked.")
    if not failed:
        return Expired("The deadline (deadline_s) had passed before anybody could be asked.")
    if all(isinstance(error, Overloaded) for error in failed):
        return min(failed, key=lambda error: error.retry_after_s or 0.0)
    refused = [error for error in failed if isinstance(error, ExpertRefused)]
    if len(failed) == 1 or len(refused) == len(failed) or brief.outcomes[-1].committed:
        return failed[-1]
    return AllFailed(
        "Every expert failed: " + "; ".join(error.message for error in failed),
        may_quote=any(error.may_quote for error in failed),
        timed_out=isinstance(failed[-1], ExpertTimeout),
        retry_after_s=min((error.retry_after_s for error in failed if error.retry_after_s is not None), default=None),
    )


async def _say(served: Outcome | None, listener: Listener | None) -> None:
    """A listener hears at once what was not written to it as it came."""
    if served is None or listener is None or served.committed or served.reply is None:
        return
    for chunk in chunks_of(served.reply.body):
        await listener.hear(served.expert, chunk)


def _answer(decided: Decided, brief: Brief, verdict: Verdict, error: GatewayError | None) -> Answer:
    latency_s = time.monotonic() - decided.started
    return Answer(
        query=decided.query,
        features=decided.features,
        decision=decided.decision,
        plan=decided.plan,
        outcomes=tuple(brief.outcomes),
        verdict=verdict,
        error=error,
        overhead_s=max(0.0, latency_s - _asked_s(brief.outcomes)),
        latency_s=latency_s,
    )


def _asked_s(outcomes: Sequence[Outcome]) -> float:
    """Seconds in which at least one expert was at work."""
    total, until = 0.0, float("-inf")
    for begun, took in sorted((outcome.started, outcome.latency_s) for outcome in outcomes):
        total += max(0.0, begun + took - max(begun, until))
        until = max(until, begun + took)
    return total
