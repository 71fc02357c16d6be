"""The second stage: which experts may take a query, and why the others may not. Predicts nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from gateway.errors import BadRequest, ContextTooLong, GatewayError, TooDear, Unavailable, Unsupported
from gateway.experts import Expert
from gateway.pool import Member
from gateway.types import Dropped, Features

Refusal = type[GatewayError]


def eligible(
    members: Iterable[Member], features: Features, among: Collection[str] | None, max_cost_usd: float | None
) -> tuple[tuple[Expert, ...], tuple[Dropped, ...]]:
    """The experts that can take the query, and those that cannot with the reason; `among` narrows it to these names."""
    kept: list[Expert] = []
    dropped: list[Dropped] = []
    for member in members:
        objection = _objection(member, features, among, max_cost_usd)
        if objection is None:
            kept.append(member.expert)
        else:
            reason, refusal = objection
            dropped.append(Dropped(member.expert.name, reason, refusal))
    return tuple(kept), tuple(dropped)


def _objection(
    member: Member, features: Features, among: Collection[str] | None, max_cost_usd: float | None
) -> tuple[str, Refusal] | None:
    expert = member.expert
    if among is not None and expert.name not in among:
        return "not among the experts that were asked for", BadRequest
    if member.absent:
        return member.absent, Unavailable
    missing = features.needs - expert.supports
    if missing:
        return f"does not take {', '.join(sorted(missing))}", Unsupported
    if features.input_tokens > expert.context:
        return f"about {features.input_tokens} tokens do not fit its context of {expert.context}", ContextTooLong
    cost = expert.price.of(features.input_tokens, features.output_tokens)
    if max_cost_usd is not None and cost > max_cost_usd:
        return f"is expected to cost ${cost:.6f}, more than max_cost_usd", TooDear
    return None


def nobody(dropped: Iterable[Dropped]) -> GatewayError:
    """The error of a query that no expert can take: the mildest of their reasons, with each one's in words."""
    relevant = [one for one in dropped if one.error is not BadRequest] or list(dropped)
    order: tuple[Refusal, ...] = (ContextTooLong, Unsupported, TooDear, Unavailable, BadRequest)
    worst = min(relevant, key=lambda one: order.index(one.error))
    reasons = "; ".join(f"{one.expert}: {one.reason}" for one in relevant)
    return worst.error(f"No expert can take this request: {reasons}")
