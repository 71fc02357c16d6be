"""Ask one expert after another until the answer is sure enough, or one more call is not worth its price."""

from __future__ import annotations

import numpy as np

from gateway.ballot import Ballot
from gateway.consult import Brief
from gateway.types import Verdict
from routers.base import Array


async def sequential(brief: Brief) -> Verdict:
    """Consult in the order of value less price (FrugalFoE), by a posterior over answers that counts unseen ones too."""
    ballot = Ballot(brief)
    expert: str | None = brief.plan.experts[0]
    while expert is not None:
        outcome = await brief.consult(expert)
        if outcome is None:
            break
        await ballot.add(outcome)
        expert = _next(brief, ballot)
    return ballot.verdict()


def _next(brief: Brief, ballot: Ballot) -> str | None:
    """Whom to ask next; None where that is not worth it. Without any answer somebody must be asked."""
    knobs, answered = brief.plan.knobs, bool(ballot.given)
    if answered and ballot.posterior.top >= knobs.sure:
        return None
    names: tuple[str, ...] = tuple(brief.kit.experts)
    worth = ballot.gains() - _prices(brief, names) - knobs.least_gain * answered
    order: list[int] = np.argsort(-worth, kind="stable").tolist()
    for place in order:
        if worth[place] == -np.inf or (answered and worth[place] <= 0):
            break
        if brief.may_consult(names[place]):
            return names[place]
    return None


def _prices(brief: Brief, names: tuple[str, ...]) -> Array:
    """(m,) what each call is expected to cost, in quality; those that may not be asked cost nothing."""
    estimates = brief.decision.estimates
    each = brief.plan.rates.price(estimates.cost_usd, estimates.latency_s)
    prices = dict(zip(estimates.experts, each.tolist(), strict=True))
    return np.array([prices.get(name, 0.0) for name in names])
