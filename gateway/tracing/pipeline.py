"""The pipeline with a span at each of its stages; what it does is the same.

Spans are begun as things begin, not afterwards from the answer: calls carry the ids of their spans to the experts, and
whether a trace is kept is for the sampler to say at its beginning.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from gateway.consult import Brief
from gateway.listener import Listener
from gateway.pipeline import Pipeline
from gateway.tracing import describe
from gateway.tracing.provider import Tracing
from gateway.tracing.spans import failed, known, spanning
from gateway.types import Answer, Consultation, Decided, Outcome, Query, Verdict

if TYPE_CHECKING:
    from opentelemetry.trace import Span


class TracedPipeline(Pipeline):
    """decide, strategy, and under it each consultation, all under the span of the request."""

    def __init__(self, tracing: Tracing, **parts: Any) -> None:
        super().__init__(**parts)
        self._tracer = tracing.tracer
        self._ask = self._consulted

    async def answer(self, query: Query, listener: Listener | None = None, decided: Decided | None = None) -> Answer:
        with self._request(query) as span:
            answer = await super().answer(query, listener, decided)
            span.set_attributes(known(describe.of_answer(answer)))
            if answer.error is not None:
                failed(span, answer.error.code)
            return answer

    async def decide(self, query: Query) -> Decided:
        with spanning(self._tracer, "decide", {"coterie.model": query.model}) as span:
            decided = await super().decide(query)
            span.set_attributes(known(describe.of_decided(decided)))
            return decided

    async def _compose(self, brief: Brief) -> Verdict:
        name = brief.plan.strategy
        with spanning(self._tracer, f"strategy {name}", {"coterie.strategy": name}) as span:
            verdict = await super()._compose(brief)
            span.set_attributes(known(describe.of_verdict(verdict)))
            return verdict

    async def _consulted(self, asked: Consultation) -> Outcome:
        from opentelemetry.trace import SpanKind

        expert = self.pool.members[asked.expert].expert
        before = describe.of_consultation(asked, expert)
        with spanning(
            self._tracer, f"{before['gen_ai.operation.name']} {expert.model}", before, SpanKind.CLIENT
        ) as span:
            outcome = await self.dispatcher.consult(asked)
            span.set_attributes(known(describe.of_outcome(outcome)))
            if outcome.error is not None:
                failed(span, outcome.error.code)
            return outcome

    @contextmanager
    def _request(self, query: Query) -> Iterator[Span]:
        """The span that HTTP has begun; a line of a batch, which came by no request of its own, begins one."""
        from opentelemetry.trace import get_current_span

        span = get_current_span()
        if span.get_span_context().is_valid:
            span.set_attributes(known(describe.of_query(query)))
            yield span
            return
        with spanning(self._tracer, f"answer {query.model}", describe.of_query(query)) as span:
            yield span
