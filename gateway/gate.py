"""The second stage: which experts may take a query, and why the others may not. Predicts nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from gateway.errors import BadRequest, ContextTooLong, GatewayError, TooDear, Unavailable, Unsupported
from gateway.experts import Expert
from gateway.pool import Member
from gateway.types import Dropped, Features

Refusal = type[GatewayError]


@dataclass(frozen=True, slots=True)
class Terms:
    """What else decides who may be asked: only these names (None: all), at most so many dollars, nobody who rests."""

    among: Collection[str] | None = None
    max_cost_usd: float | None = None
    resting: Collection[str] = ()


def eligible(
    members: Iterable[Member], features: Features, terms: Terms
) -> tuple[tuple[Expert, ...], tuple[Dropped, ...]]:
    """The experts that can take the query, and those that cannot with the reason."""
    kept: list[Expert] = []
    dropped: list[Dropped] = []
    for member in members:
        objection = _objection(member, features, terms)
        if objection is None:
            kept.append(member.expert)
        else:
            reason, refusal = objection
            dropped.append(Dropped(member.expert.name, reason, refusal))
    return tuple(kept), tuple(dropped)


def _objection(member: Member, features: Features, terms: Terms) -> tuple[str, Refusal] | None:
    expert = member.expert
    if terms.among is not None and expert.name not in terms.among:
        return "not among the experts that were asked for", BadRequest
    if member.absent:
        return member.absent, Unavailable
    if expert.name in terms.resting:
        return "failed too often of late and is left alone for a while", Unavailable
    missing = features.needs - expert.supports
    if missing:
        return f"does not take {', '.join(sorted(missing))}", Unsupported
    if features.input_tokens > expert.context:
        return f"about {features.input_tokens} tokens do not fit its context of {expert.context}", ContextTooLong
    cost = expert.price.of(features.input_tokens, features.output_tokens)
    if terms.max_cost_usd is not None and cost > terms.max_cost_usd:
        return f"is expected to cost ${cost:.6f}, more than max_cost_usd", TooDear
    return None


def nobody(dropped: Iterable[Dropped]) -> GatewayError:
    """The error of a query that no expert can take: the mildest of their reasons, with each one's in words."""
    relevant = [one for one in dropped if one.error is not BadRequest] or list(dropped)
    order: tuple[Refusal, ...] = (ContextTooLong, Unsupported, TooDear, Unavailable, BadRequest)
    worst = min(relevant, key=lambda one: order.index(one.error))
    reasons = "; ".join(f"{one.expert}: {one.reason}" for one in relevant)
    return worst.error(f"No expert can take this request: {reasons}")
