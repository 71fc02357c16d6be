"""One decision over expert x {no documents, documents}: what is found for a query, whom it helps, and at what price.

Knows no store and no prompt: it asks the library, and the retrieval gate.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gateway.columns import Columns
from gateway.errors import BadRequest, KnowledgeError
from gateway.estimates import Estimates
from gateway.experts import Policy
from gateway.kit import UNKNOWN_CHANCE, UNKNOWN_STD
from gateway.limits import Limits
from gateway.retrieval.grounding import Grounding
from gateway.retrieval.passages import Found, Library, Passage
from gateway.types import Decision, Features, Query
from gateway.utility import Exchange
from gateway.wire.completion import CHARACTERS_PER_TOKEN
from routers.base import Array
from routers.gating.gains import Asked, Gains, Hit
from routers.gating.gate import Gate

TOKENS_AROUND = 80
"""Of the words that say what the passages are, and of their titles."""
SECONDS_PER_TOKEN = 0.0005
"""What reading one token more takes an expert, where nothing better is known: two thousand in a second."""
KEEP = 0.9
"""A passage goes in where its score is at least this share of the best one's. On the 60 questions to learn from of
`python -m eval.bench.knowledge` a small model is right as often with 0.85, 0.9 and 0.95 (.40, .42, .42), which are 3.0,
2.4 and 1.6 passages; the answer is among them for 97, 88 and 75 in a hundred, and larger models make more of that."""
log = logging.getLogger("coterie.retrieval")
NEVER, ALWAYS = "never", "always"


@dataclass(frozen=True, slots=True)
class Terms:
    """What bounds the decision: how documents are wished for, what they must gain, what a dollar and a second are
    worth, what the request may cost. ask_itself: experts may be asked whether they know. named: the caller has chosen
    the expert."""

    retrieve: str
    among: Sequence[str] | None
    least_benefit: float
    rates: Exchange
    limits: Limits
    ask_itself: bool = False
    named: bool = False


def terms_of(query: Query, policy: Policy, rates: Exchange, limits: Limits, *, named: bool) -> Terms:
    """The caller's wishes before the policy. An expert that the caller named reads documents only if told to."""
    wished = query.wishes.retrieve
    return Terms(
        retrieve=wished or (NEVER if named else policy.retrieve),
        among=_both(policy.collections, query.wishes.collections),
        least_benefit=policy.least_benefit,
        rates=rates,
        limits=limits,
        ask_itself=policy.ask_itself and wished != ALWAYS,
        named=named,
    )


class Grounder:
    """Grounds decisions in one library. profiles: by expert, the name under which the gate may know it."""

    def __init__(
        self, library: Library, gate: Gate, *, columns: Columns, profiles: Mapping[str, str], passages: int
    ) -> None:
        self._library = library
        self._gate = gate
        self._columns = columns
        self._profiles = profiles
        self._most = passages

    async def __call__(self, decision: Decision, features: Features, query: Query, terms: Terms) -> Decision:
        """The decision with the better arm of each expert in its estimates; BadRequest for wishes nobody can fulfil."""
        if terms.retrieve == NEVER or not features.text:
            return decision
        asked = self._asked(decision, features)
        try:
            looked = await self._look(asked, query, terms)
        except KnowledgeError as error:
            looked = self._failed(error, query)
        if looked is None:
            return decision
        if isinstance(looked, str):
            return replace(decision, grounding=_nothing(asked, looked, terms))
        kept = looked.passages if terms.retrieve == ALWAYS else _worth_showing(looked.passages)
        return self._grounded(decision, features, replace(asked, embedding=looked.embedding), looked, kept, terms)

    async def _look(self, asked: Asked, query: Query, terms: Terms) -> Found | str | None:
        """What was found; in words why nothing was; None where there is nothing to look into."""
        among = self._among(query, terms)
        if not among:
            return None
        hopeless = "" if terms.retrieve == ALWAYS else self._hopeless(asked, terms)
        if hopeless:
            return hopeless
        found = await self._library.search(asked.text, query.tenant, among, self._most)
        return found if found.passages else "; ".join(("no document has anything on it", *found.refused))

    def _failed(self, error: KnowledgeError, query: Query) -> str:
        """Who did not insist on documents is answered without, and the operator hears why."""
        if query.wishes.retrieve == ALWAYS:
            raise error
        log.warning("documents not searched", extra={"id": query.id, "reason": error.message})
        return "documents could not be searched"

    def _among(self, query: Query, terms: Terms) -> Sequence[str]:
        """The collections to search. Whoever asks for one that is not his hears no more than that there is none."""
        mine = self._library.collections(query.tenant)
        for name in query.wishes.collections or ():
            if name not in mine:
                known = f"Yours are: {', '.join(mine)}" if mine else "You have none."
                raise BadRequest(
                    f"coterie.collections: no collection of documents is called '{name}'. {known}",
                    param="coterie.collections",
                )
        if query.wishes.retrieve == ALWAYS and not mine:
            raise BadRequest(
                "coterie.retrieve: there are no documents yet; `coterie knowledge add` adds some",
                param="coterie.retrieve",
            )
        return mine if terms.among is None else [name for name in mine if name in terms.among]

    def _asked(self, decision: Decision, features: Features) -> Asked:
        estimates = decision.estimates
        return Asked(
            text=features.text,
            embedding=np.zeros(0, dtype=np.float32),
            experts=tuple(self._profiles[name] for name in estimates.experts),
            chance=np.where(np.isnan(estimates.score), UNKNOWN_CHANCE, np.clip(estimates.score, 0, 1)),
            std=np.where(np.isnan(estimates.std), UNKNOWN_STD, estimates.std),
        )

    def _hopeless(self, asked: Asked, terms: Terms) -> str:
        """In words why no document whatever could pay; "" where one might."""
        most = self._gate.worth_looking(asked)
        if most >= terms.least_benefit:
            return ""
        return f"documents could add {most:.2f} at most to the chance of a right answer"

    def _grounded(
        self,
        decision: Decision,
        features: Features,
        asked: Asked,
        found: Found,
        kept: tuple[Passage, ...],
        terms: Terms,
    ) -> Decision:
        hits = [Hit(one.title, one.text, one.similarity) for one in kept]
        gains = self._gate.weigh(asked, hits)
        dearer = self._dearer(decision.estimates, features, kept, found.seconds)
        pays = self._pays(decision.estimates, gains, dearer, terms)
        estimates = decision.estimates
        names = np.array(estimates.experts, dtype=object)[pays.reads]
        grounding = Grounding(
            passages=kept,
            experts=frozenset(names.tolist()),
            without=gains.without,
            documented=gains.documented,
            hurdles=pays.hurdles,
            reason=gains.reason if terms.retrieve != ALWAYS else "documents were asked for",
            seconds=found.seconds,
            ask_itself=terms.ask_itself,
            reweigh=lambda knows: self._gate.weigh(replace(asked, knows=knows), hits),
            among=terms.among,
        )
        return replace(
            decision, estimates=_better_arm(estimates, gains, dearer, pays, terms.named), grounding=grounding
        )

    def _dearer(self, estimates: Estimates, features: Features, kept: Sequence[Passage], seconds: float) -> _Dearer:
        tokens = TOKENS_AROUND + sum(len(one.title) + len(one.text) for one in kept) // CHARACTERS_PER_TOKEN
        shortest = TOKENS_AROUND + min(len(one.text) for one in kept) // CHARACTERS_PER_TOKEN
        places = [self._columns.places[name] for name in estimates.experts]
        return _Dearer(
            usd=tokens * self._columns.input[places] / 1e6,
            seconds=np.full(len(places), seconds + tokens * SECONDS_PER_TOKEN),
            fits=features.input_tokens + shortest + features.output_tokens <= self._columns.context[places],
        )

    def _pays(self, estimates: Estimates, gains: Gains, dearer: _Dearer, terms: Terms) -> _Pays:
        most = math.inf if terms.limits.cost_usd is None else terms.limits.cost_usd
        possible = dearer.fits & (estimates.cost_usd + dearer.usd <= most)
        rates = terms.rates
        hurdles = terms.least_benefit + rates.price(dearer.usd, dearer.seconds) + rates.per_std * gains.std
        hurdles = np.where(possible, hurdles, np.inf)
        return _Pays(possible if terms.retrieve == ALWAYS else gains.gain >= hurdles, hurdles)


@dataclass(frozen=True, slots=True, eq=False)
class _Dearer:
    """What documents cost, (m,) dollars and seconds; fits: (m,) whether even one passage has room."""

    usd: Array
    seconds: Array
    fits: Array


@dataclass(frozen=True, slots=True, eq=False)
class _Pays:
    """reads: (m,) bool, who is given documents. hurdles: (m,) what these must gain; infinite where there is no way."""

    reads: Array
    hurdles: Array


def _better_arm(estimates: Estimates, gains: Gains, dearer: _Dearer, pays: _Pays, named: bool) -> Estimates:
    """Where the caller has chosen the expert, nothing was predicted, and nothing is now."""
    return replace(
        estimates,
        score=estimates.score if named else np.where(pays.reads, gains.documented, gains.without),
        cost_usd=estimates.cost_usd + np.where(pays.reads, dearer.usd, 0.0),
        latency_s=estimates.latency_s + np.where(pays.reads, dearer.seconds, 0.0),
    )


def _nothing(asked: Asked, reason: str, terms: Terms) -> Grounding:
    hurdles = np.zeros_like(asked.chance)
    return Grounding((), frozenset(), asked.chance, asked.chance, hurdles, reason, among=terms.among)


def _worth_showing(passages: tuple[Passage, ...]) -> tuple[Passage, ...]:
    """Those that come near the best: what lies far behind costs its tokens and leads astray."""
    return tuple(one for one in passages if one.score >= KEEP * passages[0].score)


def _both(first: Sequence[str] | None, second: Sequence[str] | None) -> Sequence[str] | None:
    """The names in both lists; None is everything."""
    if first is None or second is None:
        return second if first is None else first
    return [name for name in first if name in second]
