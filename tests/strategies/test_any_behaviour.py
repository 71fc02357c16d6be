"""Whatever experts do: who has been given an answer gives one, and no cap is passed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.clients.prepare import prepare
from gateway.consult import Brief
from gateway.entry import Price
from gateway.errors import ExpertFailed, ExpertTimeout, GatewayError, Overloaded
from gateway.estimates import Estimate, Estimates
from gateway.experts import Expert
from gateway.features import features_of
from gateway.kit import Kit
from gateway.limits import Knobs, Limits
from gateway.strategies import STRATEGIES
from gateway.types import Consultation, Decided, Decision, Json, Outcome, Plan, Query, Usage
from gateway.wire.chunks import chunks_of
from gateway.wire.completion import read_completion
from routers.base import Array
from routers.fusion.fuser import Fuser
from tests.strategies.pool import QUESTION

NAMES = ("a", "b", "c", "d")
COMPOSING = ("best_of", "synthesize", "mixture", "debate", "rethink")
SAID = {"right": "The answer is C", "wrong": "A", "essay": "Plants are green. " * 50, "empty": "", "judge": "Best: 1"}
DOES = st.sampled_from([*SAID, "fail", "late", "full", "dies"])
NO_USAGE = Usage()
PRICE = Price(input_per_mtok=1.0, output_per_mtok=2.0)


@dataclass
class Listening:
    """Who was heard, from its first words on."""

    voices: list[str] = field(default_factory=list)

    def decided(self, query: Query, decision: Decision, plan: Plan) -> None: ...

    async def hear(self, expert: str, chunk: Json) -> None:
        self.voices.append(expert)


@dataclass
class Scripted:
    """Experts that do in turn what they are told, each spending as much as it may."""

    experts: dict[str, Expert]
    script: dict[str, list[str]]
    asked: int = 0

    async def __call__(self, asked: Consultation) -> Outcome:
        try:
            body = prepare(self.experts[asked.expert], asked)
        except GatewayError as error:
            return self._outcome(asked, error=error)
        does = self.script[asked.expert].pop(0) if self.script[asked.expert] else "right"
        usage = Usage(asked.features.input_tokens, body.get("max_tokens", 50))
        if does == "full":
            return self._outcome(asked, error=Overloaded("full"))
        self.asked += 1
        if does == "late":
            await asyncio.sleep(min(asked.seconds, 0.02))
        if does == "dies" and asked.hear is not None:
            await asked.hear(asked.expert, {"choices": [{"index": 0, "delta": {"content": "half"}}]})
            return self._outcome(asked, error=ExpertFailed("died"), usage=usage, committed=True)
        if does in ("fail", "dies", "late"):
            return self._outcome(asked, error=ExpertTimeout("late") if does == "late" else ExpertFailed("boom"))
        said = {"choices": [{"index": 0, "message": {"content": SAID[does]}, "finish_reason": "stop"}]}
        if asked.hear is not None:
            for chunk in chunks_of(said):
                await asked.hear(asked.expert, chunk)
        return self._outcome(asked, said=said, usage=usage, committed=asked.hear is not None)

    def _outcome(
        self,
        asked: Consultation,
        *,
        said: Json | None = None,
        error: GatewayError | None = None,
        usage: Usage = NO_USAGE,
        committed: bool = False,
    ) -> Outcome:
        reply = None if said is None else read_completion({**said, "usage": None}, usage.input_tokens)
        cost = PRICE.of(usage.input_tokens, usage.output_tokens)
        return Outcome(asked.expert, reply, error, usage, cost, 0.0, None, 0, committed, asked.role, time.monotonic())


async def rows(texts: Sequence[str]) -> Array:
    """Texts are alike where they are the same."""
    return np.stack([np.random.default_rng(abs(hash(text)) % 2**32).normal(size=128) for text in texts])


def brief_of(scripted: Scripted, strategy: str, text: str, limits: Limits, listener: Listening | None) -> Brief:
    body = {"messages": [{"role": "user", "content": text}], "max_tokens": 100}
    query = Query("dec_1", "auto", body)
    estimates = Estimates.rows([Estimate(name, 0.8 - n / 10, 0.1, 3e-4, 0.01, 100) for n, name in enumerate(NAMES)])
    decision = Decision(estimates, (), "category", "v1", 1.0, True, None, "")
    plan = Plan(NAMES, strategy, limits, 1.0, "auto", "", knobs=Knobs(recruit=3, rounds=3))
    kit = Kit(scripted.experts, Fuser.generic().for_experts(list(NAMES)), rows)
    return Brief(
        Decided(query, features_of(query, read=True), decision, plan, time.monotonic()), kit, scripted, listener
    )


@settings(max_examples=150, deadline=None)
@given(
    strategy=st.sampled_from(COMPOSING),
    script=st.fixed_dictionaries({name: st.lists(DOES, max_size=4) for name in NAMES}),
    text=st.sampled_from([QUESTION, "Tell me of the sea."]),
    calls=st.integers(1, 12),
    usd=st.one_of(st.none(), st.floats(1e-5, 3e-3)),
    aloud=st.booleans(),
)
def test_who_was_given_an_answer_gives_one_within_all_caps(
    strategy: str, script: dict[str, list[str]], text: str, calls: int, usd: float | None, aloud: bool
) -> None:
    experts = {name: Expert(name=name, provider="litellm", model=name, price=PRICE) for name in NAMES}
    scripted = Scripted(experts, script)
    listener = Listening() if aloud else None
    brief = brief_of(scripted, strategy, text, Limits(calls, usd, 5.0), listener)
    verdict = asyncio.run(STRATEGIES[strategy](brief))

    assert scripted.asked <= calls
    assert usd is None or sum(outcome.cost_usd for outcome in brief.outcomes) <= usd * (1 + 1e-9)
    heard = set(listener.voices) if listener is not None else set()
    assert len(heard) <= 1, "the words of one expert only"
    broken = any(outcome.committed and not outcome.ok for outcome in brief.outcomes)
    given_one = any(outcome.ok and outcome.role != "judgement" for outcome in brief.outcomes)
    assert (verdict.served is not None) == (given_one and not broken)
    if heard and not broken:
        assert verdict.served is not None and verdict.served.committed and {verdict.served.expert} == heard
    if verdict.served is not None and verdict.served.reply is not None:
        words = {one.reply.text for one in brief.outcomes if one.reply is not None and one.role != "judgement"}
        assert verdict.served.reply.text.strip() or not any(word.strip() for word in words)
