"""One request's consultations: keeps the plan's limits, remembers every outcome. The same in serving and in replay."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial

from gateway.clients.prepare import least_usd
from gateway.dispatch.voice import Voice
from gateway.errors import CalledOff, Cancelled
from gateway.fanout import SINGLE
from gateway.features import features_of
from gateway.kit import Kit
from gateway.listener import Listener
from gateway.prompts import room
from gateway.purse import Purse
from gateway.retrieval.passages import Passage
from gateway.retrieval.prompting import grounded_body
from gateway.types import ANSWER, Consultation, Decided, Features, HearOf, Json, Outcome, Query
from gateway.wire.completion import has_words

Ask = Callable[[Consultation], Awaitable[Outcome]]
"""The dispatcher in serving, recorded answers in replay."""


MOST_ALTERNATIVES = 4


@dataclass(frozen=True, slots=True)
class Asking:
    """Whom a strategy wants to ask what. body: its own prompt, None for the caller's request as it is.

    aloud: its words are the answer, which a listener hears as they come. documents: what a prompt of its own quotes.
    """

    expert: str
    body: Json | None = None
    role: str = ANSWER
    aloud: bool = False
    documents: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """An asking, with what is seen of its prompt, what it is expected to cost, and what it is given to read."""

    asking: Asking
    query: Query
    features: Features
    usd: float
    documents: tuple[Passage, ...] = ()


class Brief:
    """What a strategy is given: the query, what was decided and planned, and `consult`."""

    def __init__(self, decided: Decided, kit: Kit, ask: Ask, listener: Listener | None = None) -> None:
        self.query = decided.query
        self.features = decided.features
        self.decision = decided.decision
        self.plan = decided.plan
        self.grounding = decided.decision.grounding
        self.kit = kit
        self.purse = Purse(decided.plan.limits, decided.started)
        self.outcomes: list[Outcome] = []
        self._ask = ask
        self._listener = listener
        self._called_off: set[asyncio.Task[Outcome] | None] = set()

    def may_consult(self, expert: str, body: Json | None = None) -> bool:
        """Whether one more call stays within the plan's calls, dollars and seconds."""
        return self.purse.allows(self._wanted(Asking(expert, body)).usd)

    def price(self, expert: str) -> float:
        """What asking this expert the caller's question is expected to cost, in quality."""
        estimate = self.decision.estimates.of(expert)
        return self.plan.rates.price(estimate.cost_usd, estimate.latency_s)

    def recruits(self, most: int | None = None) -> Sequence[str]:
        """Whom to ask at once: the plan's recruits, or those that together hold a right answer most likely."""
        most = min(self.plan.knobs.recruit if most is None else most, max(1, self.purse.calls_left))
        if self.plan.recruited:
            return self.plan.recruited[:most]
        names = tuple(self.kit.experts)
        places = self.kit.view.recruit(self.kit.blank(self.decision, self.features, self.plan.experts), most)
        return [names[place] for place in places.tolist()]

    async def consult(
        self,
        expert: str,
        *,
        body: Json | None = None,
        role: str = ANSWER,
        aloud: bool = False,
        documents: tuple[Passage, ...] = (),
    ) -> Outcome | None:
        """Ask one expert; None where the limits allow no further call."""
        wanted = self._wanted(Asking(expert, body, role, aloud, documents))
        return await self._consult(wanted, self.purse.usd_left) if self.purse.allows(wanted.usd) else None

    @asynccontextmanager
    async def consulting(self, askings: Iterable[Asking]) -> AsyncIterator[AsyncIterator[Outcome]]:
        """Ask several at once, as far as the limits allow; outcomes come as they are ready.

        Whoever has not answered when the block is left is called off; what was spent on it is accounted for.
        """
        tasks = self._begin(askings)
        try:
            yield _as_ready(tasks)
            self._called_off.update(tasks)
        finally:
            await _end(tasks)

    async def consult_all(self, askings: Iterable[Asking]) -> list[Outcome]:
        """Ask several at once and wait for all; in the order asked, without those the limits do not allow."""
        tasks = self._begin(askings)
        try:
            return list(await asyncio.gather(*tasks))
        finally:
            await _end(tasks)

    def _begin(self, askings: Iterable[Asking]) -> list[asyncio.Task[Outcome]]:
        """Dollars are shared out in proportion to what each call is expected to cost."""
        wanted = [one for one in map(self._wanted, askings) if self.purse.allows(one.usd)][: self.purse.calls_left]
        left = self.purse.usd_left
        while left is not None and sum(one.usd for one in wanted) > left:
            wanted = wanted[:-1]
        total = sum(one.usd for one in wanted) or 1.0
        return [
            asyncio.create_task(self._consult(one, None if left is None else left * one.usd / total)) for one in wanted
        ]

    async def _consult(self, wanted: _Wanted, usd: float | None) -> Outcome:
        asking = wanted.asking
        voice, (worth, alternatives) = self._voice(asking), self._standing(asking)
        asked = Consultation(
            expert=asking.expert,
            query=wanted.query,
            features=wanted.features,
            seconds=max(0.0, self.purse.seconds_left),
            usd=usd,
            hear=self._hearing(asking, voice),
            role=asking.role,
            worth=worth,
            alternatives=alternatives,
        )
        with self.purse.keeping(calls=1, usd=wanted.usd):
            outcome = await self._ask(asked)
        self.purse.settle(outcome)
        outcome = replace(outcome, documents=wanted.documents) if wanted.documents else outcome
        if voice is not None and not voice.committed:
            outcome = _unheard(outcome)
        if not isinstance(outcome.error, Cancelled):
            self.outcomes.append(outcome)
            return outcome
        if asyncio.current_task() in self._called_off:
            outcome = replace(outcome, error=CalledOff("was called off: the others had settled the matter"))
        self.outcomes.append(outcome)
        raise asyncio.CancelledError

    def _voice(self, asking: Asking) -> Voice | None:
        """Holds an answer without a word back, where another one can still take its place."""
        if not asking.aloud or self._listener is None or self.plan.strategy == SINGLE:
            return None
        return Voice(partial(self._listener.hear, asking.expert), begins=has_words)

    def _hearing(self, asking: Asking, voice: Voice | None) -> HearOf | None:
        if not asking.aloud or self._listener is None:
            return None
        return self._listener.hear if voice is None else lambda _, chunk: voice(chunk)

    def _wanted(self, asking: Asking) -> _Wanted:
        query, documents = self._grounded(asking)
        features = self.features if query is self.query else features_of(query, read=False)
        usd = self._expected_usd(asking, features)
        return _Wanted(asking, query, features, usd, documents)

    def _grounded(self, asking: Asking) -> tuple[Query, tuple[Passage, ...]]:
        """What is asked: a prompt of the strategy's own, or the caller's conversation with documents that help."""
        query = self.query if asking.body is None else replace(self.query, body=asking.body)
        theirs, grounding = query.body["messages"] is self.query.body["messages"], self.grounding
        if not theirs or grounding is None or asking.expert not in grounding.experts:
            return query, asking.documents
        free = room(self.kit.experts[asking.expert], self.features)
        body, documents = grounded_body(query.body, grounding.passages, free, cite=query.wishes.cite)
        return (replace(query, body=body) if documents else query), documents

    def _standing(self, asking: Asking) -> tuple[float, tuple[tuple[str, float], ...]]:
        """Worth and alternatives of an expert that may have to be loaded first; nobody looks at those of another."""
        if self.kit.experts[asking.expert].residency is None:
            return 0.0, ()
        return self._worth(asking.expert), self._others(asking)

    def _worth(self, expert: str) -> float:
        """What the plan expects of the expert, price and latency taken off; 0 where nothing was predicted."""
        estimates, utilities = self.decision.estimates, self.plan.utilities
        known = utilities is not None and expert in estimates.experts
        return float(utilities[estimates.experts.index(expert)]) if known and utilities is not None else 0.0

    def _others(self, asking: Asking) -> tuple[tuple[str, float], ...]:
        """Who may answer instead where this one would have to be loaded first; never somebody who is asked anyway."""
        if self.plan.strategy != SINGLE:
            return ()
        worth, asked = self._worth(asking.expert), {asking.expert, *(outcome.expert for outcome in self.outcomes)}
        others = [name for name in self.plan.experts if name not in asked][:MOST_ALTERNATIVES]
        return tuple((name, max(0.0, worth - self._worth(name))) for name in others)

    def _expected_usd(self, asking: Asking, features: Features) -> float:
        """A prompt of the strategy's own is as much dearer as it is longer; no call is cheaper than a short answer."""
        expert = asking.expert
        estimates, asked = self.decision.estimates, self.kit.experts[expert]
        if expert in estimates.experts and asking.body is None:
            return max(estimates.of(expert).cost_usd, least_usd(asked, features))
        return asked.price.of(features.input_tokens, features.output_tokens)


def _unheard(outcome: Outcome) -> Outcome:
    """What was held back to its end can still be passed on whole."""
    reply = outcome.reply
    if reply is None:
        return replace(outcome, committed=False)
    said = {"index": 0, "message": {"content": reply.text}, "finish_reason": reply.finish_reason}
    return replace(outcome, committed=False, reply=replace(reply, body={**reply.body, "choices": [said]}))


async def _end(tasks: Sequence[asyncio.Task[Outcome]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def _as_ready(tasks: Sequence[asyncio.Task[Outcome]]) -> AsyncIterator[Outcome]:
    for ready in asyncio.as_completed(tasks):
        yield await ready
