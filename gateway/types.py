"""The words of a request: Query -> Features -> Decision -> Plan -> Outcome... -> Answer, all frozen.

Knows no HTTP, no storage and no prices of its own; every stage of the pipeline speaks in these types.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from gateway.doubt import Doubt
from gateway.draw import Lot
from gateway.errors import BreakerOpen, CalledOff, GatewayError, Overloaded, TooDear
from gateway.estimates import Estimates
from gateway.form import FREE, Form
from gateway.limits import Knobs, Limits
from gateway.retrieval.grounding import Grounding
from gateway.retrieval.passages import Passage
from gateway.support import Support
from gateway.utility import Exchange
from gateway.wishes import Wishes
from routers.base import Array

Json = dict[str, Any]
ANSWER = "answer"
"""The role of a call that answers the caller's own question."""
ALONE = frozenset({"single", "prompts"})
"""Strategies that give one expert's answer without judging it."""
Hear = Callable[[Json], Awaitable[None]]
"""Takes the chunks of one call as they come; awaiting it is the back-pressure."""
HearOf = Callable[[str, Json], Awaitable[None]]
"""The same, with the expert whose chunk it is: another one may answer than was asked."""


@dataclass(frozen=True, slots=True)
class Query:
    """What the caller asked. `body` is the caller's own request without `coterie`; nobody changes it."""

    id: str
    model: str
    body: Json
    tenant: str = "public"
    wishes: Wishes = field(default_factory=Wishes)

    @property
    def stream(self) -> bool:
        return self.body.get("stream") is True


@dataclass(frozen=True, slots=True)
class Features:
    """What routers and the gate see of a query. Token counts are estimates (characters / 4)."""

    text: str
    truncated: bool
    input_tokens: int
    output_tokens: int
    """Of an expert of which nothing is known, all choices together."""
    needs: frozenset[str]
    max_output_tokens: int | None = None
    """What the caller allows one choice to have."""
    choices: int = 1
    prefix_tokens: int = 0
    """Input up to its last answer: an expert that has the conversation may still hold it in its prompt cache."""
    form: Form = FREE
    """What an answer to it looks like."""
    whole: bool = False
    """One expert's answer must be taken as it is: tool calls, structured output, several choices."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """An expert that cannot take the query, with the reason in words and the error class it would be alone."""

    expert: str
    reason: str
    error: type[GatewayError]


@dataclass(frozen=True, slots=True)
class Decision:
    """A prediction for each expert that may be asked, and why; `confidence` is the calibrated chance it is right."""

    estimates: Estimates
    dropped: tuple[Dropped, ...]
    router: str
    artifact: str
    confidence: float
    sure: bool
    category: str | None
    reason: str
    skills: tuple[str, ...] = ()
    """What the query asks for, in words."""
    outlier: bool = False
    """The query is unlike anything the router has learned from."""
    typical_tokens: float = 0.0
    """What the average expert is expected to write, whatever the caller allows."""
    grounding: Grounding | None = None
    """What documents bring to it; None where there are none to look into, or nobody may."""

    def chance_of(self, expert: str) -> float | None:
        """That the expert answers right, with the documents it is given; None where nothing was predicted of it."""
        known = self.estimates.of(expert).score if expert in self.estimates else math.nan
        return None if math.isnan(known) else known


@dataclass(frozen=True, slots=True)
class Plan:
    """Which experts may be asked, in which order, and how. `experts[0]` was drawn with the chance `propensity`."""

    experts: tuple[str, ...]
    strategy: str
    limits: Limits
    propensity: float
    policy: str
    reason: str
    recruited: tuple[str, ...] = ()
    """Whom to ask where a strategy asks several at once, in the order of the plan."""
    knobs: Knobs = Knobs()
    utilities: Array | None = field(default=None, compare=False)
    """(m,) in the order of the decision's estimates; None where the caller named the expert."""
    load_prices: Array | None = field(default=None, compare=False)
    """(m,) what was added to the utilities to choose, and to nothing else; None where loads are not balanced."""
    rates: Exchange = Exchange(0.0, 0.0)
    """What a dollar and a second cost in quality, under the knobs of the policy and the caller."""
    doubt: Doubt | None = None
    """When an answer is too doubtful to be given; None where any may be."""
    lot: Lot | None = None
    """How it came about who goes first; None where the caller named the expert."""

    @property
    def quiet(self) -> bool:
        """No word may be heard before it is known how sure the answer is; who is asked alone was judged before."""
        return self.doubt is not None and self.doubt.holds_back and self.strategy not in ALONE

    def speaker(self, expert: str) -> str:
        """Who is named as the model: the expert, or the strategy where several may have had a part."""
        return expert if self.strategy == "single" else f"coterie/{self.strategy}"


@dataclass(frozen=True, slots=True)
class Decided:
    """One query, decided and planned; nobody has been asked yet."""

    query: Query
    features: Features
    decision: Decision
    plan: Plan
    started: float


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one call, as the expert counted them; `estimated` where it did not say."""

    input_tokens: int = 0
    output_tokens: int = 0
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Reply:
    """What a client brings back: an OpenAI-shaped completion, whole, or what a stream added up to."""

    body: Json
    text: str
    usage: Usage
    finish_reason: str | None
    tool_calls: tuple[str, ...] = ()
    """Ids of the tool calls it asks for."""


@dataclass(frozen=True, slots=True)
class Consultation:
    """One question to one expert. `query.body` is what is asked: the caller's request, or a strategy's own prompt.

    seconds: until the answer must be there. usd: what it may cost at most (None: no limit); the answer's length is
    bounded accordingly. hear: takes the words as they come. role: what the strategy asks it for. worth: the quality
    that the expert is expected to bring. alternatives: (expert, loss), who else may answer in its place where it would
    have to be loaded first, and how much less each is expected to bring.
    """

    expert: str
    query: Query
    features: Features
    seconds: float
    usd: float | None = None
    hear: HearOf | None = None
    role: str = ANSWER
    worth: float = 0.0
    alternatives: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Outcome:
    """One expert consulted, retries included. A failed consultation is data: `error` is set and `reply` is not."""

    expert: str
    reply: Reply | None
    error: GatewayError | None
    usage: Usage
    cost_usd: float
    latency_s: float
    first_token_s: float | None
    retries: int
    committed: bool
    """Some of it has already been passed on to the caller, so nobody else can answer in its place."""
    role: str = ANSWER
    """What the strategy asked it for: an answer, a judgement, a synthesis, ..."""
    started: float = 0.0
    """Monotonic seconds."""
    moved_from: str | None = None
    """Who was to be asked, where `expert` answered in its place for being loaded already."""
    loss: float = 0.0
    """How much less it was expected to bring."""
    documents: tuple[Passage, ...] = ()
    """What it was given to read, in the order of the prompt."""

    @property
    def ok(self) -> bool:
        return self.error is None

    @property
    def worded(self) -> bool:
        """It says anything at all."""
        return self.reply is not None and bool(self.reply.text.strip())

    @property
    def asked(self) -> bool:
        """The expert was really asked; a full lane, an open breaker or an empty purse is no call."""
        return not isinstance(self.error, Overloaded | BreakerOpen | TooDear)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a strategy came to.

    served: the outcome whose words are the answer; None where there is none. confidence: the chance that it is right,
    where the strategy knows one. reason: in words. ballot: every answer given, dissent too, the likeliest first.
    abstained: the words say that it is not known; they are the gateway's own.
    """

    served: Outcome | None
    confidence: float | None = None
    reason: str = ""
    ballot: tuple[Support, ...] = ()
    abstained: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes back, and everything it came from."""

    query: Query
    features: Features
    decision: Decision
    plan: Plan
    outcomes: tuple[Outcome, ...]
    verdict: Verdict
    error: GatewayError | None
    overhead_s: float
    latency_s: float

    @property
    def served(self) -> Outcome | None:
        """The outcome whose words are the answer; None where every expert failed."""
        return self.verdict.served

    @property
    def confidence(self) -> float | None:
        """The chance that the answer is right: what the strategy knows, else what was foretold of whoever answered.

        The latter only under a policy that minds; None where nothing is known.
        """
        if self.verdict.confidence is not None or self.plan.doubt is None or self.served is None:
            return self.verdict.confidence
        return self.decision.chance_of(self.served.expert)

    @property
    def speaker(self) -> str:
        """Who is named as the model; "none" where there is no answer."""
        return "none" if self.served is None else self.plan.speaker(self.served.expert)

    @property
    def cost_usd(self) -> float:
        return sum(outcome.cost_usd for outcome in self.outcomes)

    @property
    def retries(self) -> int:
        return sum(outcome.retries for outcome in self.outcomes)

    @property
    def fallbacks(self) -> int:
        """Calls that failed and did not end it: another one took their place."""
        failed = sum(not outcome.ok and not isinstance(outcome.error, CalledOff) for outcome in self.outcomes)
        return max(0, failed - (self.error is not None))
