"""From a query to a plan: features, gate, router, documents, prices, policy. Asks nobody: the pipeline does that."""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from gateway.address import Address
from gateway.balance import Balance
from gateway.columns import Columns
from gateway.decide import NAMED, Expected, decide, named
from gateway.dispatch.dispatcher import Dispatcher
from gateway.doubt import Doubt
from gateway.estimates import Estimates
from gateway.experts import Policy
from gateway.features import EXPECTED_OUTPUT_TOKENS, features_of
from gateway.gate import Gate, Terms, nobody
from gateway.kit import Kit
from gateway.learning.school import School, corrector_of
from gateway.lengths import Lengths
from gateway.limits import Limits
from gateway.pins import Pins, in_tool_loop
from gateway.policy import Situation, limits_for, plan_as_named, plan_for, rates_for
from gateway.reading import Reader
from gateway.retrieval.grounder import Grounder, terms_of
from gateway.types import ANSWER, Decided, Decision, Features, Outcome, Query
from routers.base import Array


class Planner:
    """Plans over one pool. grounder: looks into documents; None where the configuration names none.

    school: corrects what routers say by feedback, for the policies that want it.
    """

    def __init__(
        self,
        *,
        columns: Columns,
        readers: Mapping[str, Reader],
        dispatcher: Dispatcher,
        lengths: Lengths,
        pins: Pins,
        kit: Kit,
        random_: random.Random,
        grounder: Grounder | None = None,
        school: School | None = None,
    ) -> None:
        self._columns = columns
        self._readers = readers
        self._dispatcher = dispatcher
        self._lengths = lengths
        self._pins = pins
        self._kit = kit
        self._random = random_
        self._grounder = grounder
        self._school = school or {}
        self._gate = Gate(columns)
        self._balance = Balance(dispatcher.board, resting=dispatcher.breakers.resting)
        self._reference_usd = columns.reference_usd
        self._seats = _where(dispatcher.board.names, columns.names)
        self._where = {name: _where(reader.reading.router.experts_, columns.names) for name, reader in readers.items()}

    @property
    def routers(self) -> Collection[str]:
        """The names of those that may be asked what they think."""
        return self._readers.keys()

    def read(self) -> Mapping[str, int]:
        """How many queries the quick encoder settled, and how many the full one was asked for."""
        readers = self._readers.values()
        return {"quick": sum(one.settled for one in readers), "full": sum(one.asked for one in readers)}

    async def plan(self, query: Query, address: Address, policy: Policy, among: Sequence[str] | None) -> Decided:
        """The plan by this policy, among these experts (None: all); GatewayError where nobody can take the query."""
        started = time.monotonic()
        features = features_of(query, read=not address.expert or query.wishes.retrieve is not None)
        limits = limits_for(policy, query.wishes)
        if address.expert:
            decision = await self._grounded(self._named(address.expert, features, limits), features, query, policy)
            return Decided(
                query, features, decision, plan_as_named(decision, policy, query.wishes, features.whole), started
            )
        pinned = await self._pins.of(query)
        decision = await self._decision(features, policy, among, pinned, limits)
        decision = await self._grounded(decision, features, query, policy)
        corrector = corrector_of(self._school, policy)
        decision = decision if corrector is None else corrector.correct(decision, features)
        situation = Situation(
            reference_usd=self._reference_usd,
            seconds_left=limits.seconds - (time.monotonic() - started),
            pinned=pinned,
            locked=in_tool_loop(query),
            load_prices=self._load_prices(decision.estimates) if policy.balance else None,
            generalist=self._generalist(policy.router, decision) if decision.outlier else None,
            form=features.form,
            whole=features.whole,
            prospects=partial(self._kit.prospects, decision, features),
            doubt=self._doubt(policy, decision, features),
        )
        plan = plan_for(decision, policy, address.name, query.wishes, situation, self._random)
        if corrector is not None:
            corrector.planned(decision, plan)
        return Decided(query, features, decision, plan, started)

    def observe(self, decided: Decided, outcomes: Sequence[Outcome]) -> None:
        """What was asked has come back: the next estimates know it."""
        for outcome in (one for one in outcomes if one.role == ANSWER):
            self._lengths.observe(outcome, decided.decision.typical_tokens, decided.features)

    async def _grounded(self, decision: Decision, features: Features, query: Query, policy: Policy) -> Decision:
        """With documents for those whom they help; a tool loop goes on with what it began with."""
        if self._grounder is None or in_tool_loop(query):
            return decision
        rates, limits = rates_for(policy, query.wishes, self._reference_usd), limits_for(policy, query.wishes)
        terms = terms_of(query, policy, rates, limits, named=decision.router == NAMED)
        return await self._grounder(decision, features, query, terms)

    async def _decision(
        self, features: Features, policy: Policy, among: Sequence[str] | None, pinned: str | None, limits: Limits
    ) -> Decision:
        places, dropped = self._gate.eligible(features, Terms(among, self._dispatcher.breakers.resting()))
        if not len(places):
            raise nobody(dropped)
        reader = self._readers[policy.router]
        forecast = await reader(features.text)
        expected = self._expected(features, pinned, forecast.output_tokens)
        places, dear = self._gate.affordable(places, expected.cost_usd, limits.cost_usd)
        if not len(places):
            raise nobody(dropped + dear)
        where = self._where[policy.router][places]
        return decide(self._columns.names, places, dropped + dear, reader.reading, forecast, where, expected)

    def _named(self, expert: str, features: Features, limits: Limits) -> Decision:
        """Asked by name, an expert is asked even while it rests: the caller hears why not."""
        expected = self._expected(features, None)
        places, dropped = self._gate.eligible(features, Terms((expert,)))
        places, dear = self._gate.affordable(places, expected.cost_usd, limits.cost_usd)
        if not len(places):
            raise nobody([one for one in dropped + dear if one.expert == expert])
        return named(expert, int(places[0]), expected)

    def _expected(self, features: Features, pinned: str | None, typical: float | None = None) -> Expected:
        """What every expert is expected to take; whoever has the conversation still has its beginning in its cache.

        typical: output tokens of the average expert, where the router's artifact foretells them.
        """
        columns = self._columns
        typical = typical or float(EXPECTED_OUTPUT_TOKENS)
        tokens = self._lengths.expected(typical, features)
        cost_usd = columns.cost_usd(features.input_tokens, tokens)
        place = None if pinned is None else columns.places.get(pinned)
        if place is not None:
            cost_usd[place] -= features.prefix_tokens * (columns.input[place] - columns.cached[place]) / 1e6
        return Expected(typical, tokens, cost_usd, self._latency_s())

    def _latency_s(self) -> Array:
        latency: Array = self._dispatcher.board.expected_s()[self._seats]
        return latency

    def _load_prices(self, estimates: Estimates) -> Array:
        """(k,) in the order of the estimates."""
        places = [self._columns.places[expert] for expert in estimates.experts]
        biases: Array = self._balance.biases()[self._seats[places]]
        return biases

    def _doubt(self, policy: Policy, decision: Decision, features: Features) -> Doubt | None:
        """Of this policy; the last resort is somebody who may be asked, now."""
        if policy.abstain is None:
            return None
        doubt = Doubt.of(policy.abstain, policy.router, self._kit.curves)
        doubt = doubt.for_whole() if features.whole else doubt
        return doubt if doubt.to in decision.estimates else replace(doubt, to=self._generalist(policy.router, decision))

    def _generalist(self, router: str, decision: Decision) -> str:
        """Of those that may be asked, whoever is best on average over all categories, with what documents add to it."""
        general = self._readers[router].general
        experts, grounding = decision.estimates.experts, decision.grounding
        added = np.zeros(len(experts)) if grounding is None else grounding.added(experts)
        return max(zip(experts, added, strict=True), key=lambda one: general.get(one[0], 0.0) + one[1])[0]


def _where(known: Sequence[str], names: Sequence[str]) -> Array:
    """(m,) the place of each name among those known; one that is not (an expert that is absent) is never looked up."""
    places = {name: place for place, name in enumerate(known)}
    return np.array([places.get(name, 0) for name in names])
