"""Calls through the gateway's own pipeline, each made once and kept. Knows no question and no grade."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from eval.collect.kept import ANSWER, Kept, Row, digest
from eval.collect.purse import Purse
from gateway.errors import BadRequest, ContextTooLong, ExpertBusy, ExpertError, GatewayError, Overloaded
from gateway.experts import Expert
from gateway.pipeline import Pipeline
from gateway.types import Answer, Json, Query, Reply
from gateway.wire.completion import tokens_in
from gateway.wire.exchange import new_decision_id
from gateway.wishes import Wishes

PATIENCE = 6
"""So often a call waits for an expert that says when it wants to be asked again."""
PAUSE_S = 2.0
LONGEST_PAUSE_S = 60.0
LONGEST_TAG = 128
OVERHEAD_TOKENS = 8
"""Of roles and templates around one message."""


@dataclass(frozen=True, slots=True)
class Call:
    """One expert asked once. words: how many tokens are expected back. sample: tells equal calls from each other."""

    expert: str
    body: Json
    query_id: str
    question: str
    words: int
    sample: int = 0
    kind: str = ANSWER


class Unaffordable(Exception):
    """--max-cost-usd allows no such call."""


class Caller:
    """Makes calls; what stands in `kept` is not asked again. `made`: how many were answered now."""

    def __init__(self, pipeline: Pipeline, kept: Kept, purse: Purse) -> None:
        self.made = 0
        self.pipeline = pipeline
        self.kept = kept
        self.purse = purse

    def expert(self, name: str) -> Expert:
        return self.pipeline.pool.members[name].expert

    def width(self, name: str) -> int:
        """How many calls an expert takes at once; of one with a rate no more than a minute's."""
        expert = self.expert(name)
        places = expert.max_concurrency * expert.batch
        return max(1, min(places, expert.requests_per_min or places))

    def known(self, call: Call) -> Row | None:
        """What is kept of it; None where it was not made yet."""
        return self.kept.get(self._key(call))

    def expected_usd(self, call: Call) -> float:
        return self.expert(call.expert).price.of(input_tokens(call.body), call.words)

    async def __call__(self, call: Call) -> Row:
        """What is kept of it, made now where it was not. Unaffordable; GatewayError where it fails for good."""
        known = self.known(call)
        if known is not None:
            return known
        usd = self.expected_usd(call)
        if not self.purse.allows(usd):
            raise Unaffordable
        with self.purse.keeping(usd):
            row = await self._made(call)
        self.purse.pay(row.cost_usd)
        self.kept.add(row)
        self.made += 1
        return row

    async def _made(self, call: Call) -> Row:
        for tries in range(PATIENCE):
            try:
                return self._row(call, *await self._answered(call))
            except (ExpertBusy, Overloaded) as error:
                if tries == PATIENCE - 1:
                    raise
                await asyncio.sleep(min(error.retry_after_s or PAUSE_S * 2**tries, LONGEST_PAUSE_S))
        raise AssertionError("the last try raises. This is a bug.")

    async def _answered(self, call: Call) -> tuple[Answer, Reply]:
        # by this id experts of provider replay find what is recorded
        tags = {"query_id": call.query_id[:LONGEST_TAG]} if call.kind == ANSWER else {}
        wishes = Wishes(retrieve="never", tags=tags)
        body = {**call.body, "model": call.expert}
        answer = await self.pipeline.answer(Query(new_decision_id(), call.expert, body, wishes=wishes))
        reply = answer.served.reply if answer.served else None
        if reply is None:
            raise answer.error or GatewayError("nothing came back")
        return answer, reply

    def _row(self, call: Call, answer: Answer, reply: Reply) -> Row:
        return Row(
            key=self._key(call),
            kind=call.kind,
            expert=call.expert,
            query_id=call.query_id,
            question=call.question,
            sample=call.sample,
            reply=reply.text,
            finish=reply.finish_reason or "",
            input_tokens=sum(outcome.usage.input_tokens for outcome in answer.outcomes),
            output_tokens=sum(outcome.usage.output_tokens for outcome in answer.outcomes),
            cost_usd=answer.cost_usd,
            latency_s=round(answer.served.latency_s if answer.served else answer.latency_s, 4),
            at=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def _key(self, call: Call) -> str:
        """Another model behind the name, or another system prompt, is another call."""
        expert = self.expert(call.expert)
        what = (expert.name, expert.model, expert.system, expert.sampling)
        return digest(call.kind, *what, call.body, call.sample)


def input_tokens(body: Json) -> int:
    """An estimate: characters / 4, and a little for each message."""
    return sum(tokens_in(len(message["content"])) + OVERHEAD_TOKENS for message in body["messages"])


def is_too_long(error: GatewayError) -> bool:
    """Whether the question does not fit the expert's context, which no second try will change."""
    said = isinstance(error, ExpertError | BadRequest) and error.code == ContextTooLong.code
    return said or isinstance(error, ContextTooLong)
