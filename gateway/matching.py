"""A whole window of planned queries to experts at once: each to whoever brings most, while room and money last.

Knows plans, not who asks them. Thousands of queries take seconds, so it runs beside the event loop.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from gateway.experts import Expert
from gateway.types import Decided
from routers.base import Array
from routers.matching.assign import assign
from routers.matching.problem import OUT

SLACK = 1.25


@dataclass(frozen=True, slots=True)
class Matched:
    """experts: who is to be asked first, one for each query of the window.

    left_out: the places of those for whom there was no room or no money. They keep the expert of their own plan and
    should wait for a later window. utility: of all others together; `gap`: how much better it can be at most.
    """

    experts: tuple[str, ...]
    left_out: tuple[int, ...]
    utility: float
    gap: float
    exact: bool


def match(window: Sequence[Decided], capacities: Mapping[str, int], budget_usd: float | None = None) -> Matched:
    """The assignment worth most by `Plan.utilities`; an expert that `capacities` does not name has room for all.

    Only the first expert of a plan that asks one, and asks whoever is worth most, is open to choice. Whoever goes first
    for another reason (a caller's word, a conversation, doubt, chance), or with others, has its place before anybody.
    """
    asked = _Asked.of(window)
    room = np.array([capacities.get(name, math.inf) for name in asked.names])
    found = assign(asked.utility + asked.ahead[:, None], room, budget_usd, asked.cost, asked.allowed)
    inside = found.places != OUT
    return Matched(
        experts=tuple(
            decided.plan.experts[0] if place == OUT else asked.names[place]
            for decided, place in zip(window, found.places.tolist(), strict=True)
        ),
        left_out=tuple(np.flatnonzero(~inside).tolist()),
        utility=float(asked.utility[inside, found.places[inside]].sum()),
        gap=found.gap,
        exact=found.exact,
    )


def rerouted(decided: Decided, expert: str) -> Decided:
    """The same, with this expert first and the others after it in their order."""
    plan = decided.plan
    if plan.experts[0] == expert:
        return decided
    others = tuple(name for name in plan.experts if name != expert)
    reason = f"{expert} has room for it, in the assignment of a whole window that is worth most"
    return replace(decided, plan=replace(plan, experts=(expert, *others), reason=reason))


def capacities(
    experts: Iterable[Expert], latency_s: Mapping[str, float], calls: int, slack: float = SLACK
) -> dict[str, int]:
    """How many of so many calls each expert may have, so that all are done at about the same time.

    An expert's part is as the calls it does in a second: `max_concurrency` over the seconds of one, or what
    `requests_per_min` allows if that is less. slack: so much more than its part, so that there is a choice.
    """
    rates = {expert.name: _rate(expert, latency_s.get(expert.name, expert.latency_s)) for expert in experts}
    return {name: math.ceil(slack * calls * rate / sum(rates.values())) for name, rate in rates.items()}


def _rate(expert: Expert, latency_s: float) -> float:
    at_once = expert.max_concurrency / max(latency_s, 1e-3)
    return at_once if expert.requests_per_min is None else min(at_once, expert.requests_per_min / 60)


@dataclass(frozen=True, slots=True, eq=False)
class _Asked:
    """names: (m,). utility, cost, allowed: (n, m). ahead: (n,) added to whoever must not give way."""

    names: tuple[str, ...]
    utility: Array
    cost: Array
    allowed: Array
    ahead: Array

    @classmethod
    def of(cls, window: Sequence[Decided]) -> Self:
        """A named expert's utility is 0."""
        names = tuple(dict.fromkeys(name for decided in window for name in decided.decision.estimates.experts))
        places = {name: place for place, name in enumerate(names)}
        utility, cost = np.zeros((len(window), len(names))), np.zeros((len(window), len(names)))
        allowed, kept = np.zeros(utility.shape, dtype=bool), np.zeros(len(window), dtype=bool)
        for row, decided in enumerate(window):
            estimates, plan = decided.decision.estimates, decided.plan
            columns = [places[name] for name in estimates.experts]
            utility[row, columns] = 0.0 if plan.utilities is None else plan.utilities
            cost[row, columns] = estimates.cost_usd
            kept[row] = not _open(decided)
            allowed[row, [places[name] for name in (plan.experts[:1] if kept[row] else plan.experts)]] = True
        most = 1.0 + (len(names) + 2) * float(np.ptp(utility)) if utility.size else 0.0
        return cls(names, utility, cost, allowed, most * kept)


def _open(decided: Decided) -> bool:
    """Whether the first expert is open to choice: the one worth most, and the only one to be asked."""
    plan = decided.plan
    if plan.utilities is None or plan.strategy != "single":
        return False
    value = plan.utilities if plan.load_prices is None else plan.utilities + plan.load_prices
    return decided.decision.estimates.experts[int(np.argmax(value))] == plan.experts[0]
