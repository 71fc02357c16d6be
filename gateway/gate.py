"""The second stage: which experts may take a query, and why the others may not. Predicts nothing."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from gateway.columns import Columns, bits
from gateway.errors import BadRequest, ContextTooLong, GatewayError, TooDear, Unavailable, Unsupported
from gateway.pool import Member
from gateway.types import Dropped, Features
from routers.base import Array

Refusal = type[GatewayError]
Reason = Callable[[Member], tuple[str, Refusal]]


@dataclass(frozen=True, slots=True)
class Terms:
    """What else decides who may be asked: only these names (None: all), and nobody who rests."""

    among: Collection[str] | None = None
    resting: Collection[str] = ()


class Gate:
    """The gate of one pool; `places` are those of its columns."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._everyone = np.arange(len(columns.names))
        self._outside = tuple(Dropped(member.expert.name, *_not_asked_for(member)) for member in columns.members)

    def eligible(self, features: Features, terms: Terms) -> tuple[Array, tuple[Dropped, ...]]:
        """The places (k,) of the experts that can take the query, and those that cannot with the reason."""
        tests = tuple(self._tests(features, terms))
        kind = np.zeros(len(self._columns.names), dtype=np.int8)
        for number, (mask, _) in enumerate(tests, 1):
            kind[mask] = number
        bad = np.flatnonzero(kind)
        if not len(bad):
            return self._everyone, ()
        dropped = tuple(
            self._dropped(place, tests[number - 1][1])
            for place, number in zip(bad.tolist(), kind[bad].tolist(), strict=True)
        )
        return np.flatnonzero(kind == 0), dropped

    def affordable(self, places: Array, cost_usd: Array, most_usd: float | None) -> tuple[Array, tuple[Dropped, ...]]:
        """Of these places those whose cost (m,) is expected to stay within the limit, and the others."""
        if most_usd is None:
            return places, ()
        within = cost_usd[places] <= most_usd
        return places[within], tuple(self._dear(place, cost_usd[place]) for place in places[~within].tolist())

    def _tests(self, features: Features, terms: Terms) -> Iterator[tuple[Array, Reason]]:
        """Whom an objection is against, and its words; of several the last is told."""
        columns = self._columns
        yield columns.context < features.input_tokens, _too_short(features)
        if features.needs:
            needs = bits(features.needs)
            yield columns.supports & needs != needs, _lacks(features)
        if terms.resting:
            yield columns.mask(terms.resting), _rests
        yield columns.absent, _is_absent
        if terms.among is not None:
            yield ~columns.mask(terms.among), _not_asked_for

    def _dropped(self, place: int, reason: Reason) -> Dropped:
        if reason is _not_asked_for:
            return self._outside[place]
        member = self._columns.members[place]
        return Dropped(member.expert.name, *reason(member))

    def _dear(self, place: int, cost_usd: float) -> Dropped:
        return Dropped(
            self._columns.names[place], f"is expected to cost ${cost_usd:.6f}, more than max_cost_usd", TooDear
        )


def _is_absent(member: Member) -> tuple[str, Refusal]:
    return member.absent, Unavailable


def _not_asked_for(member: Member) -> tuple[str, Refusal]:
    return "not among the experts that were asked for", BadRequest


def _rests(member: Member) -> tuple[str, Refusal]:
    return "failed too often of late and is left alone for a while", Unavailable


def _lacks(features: Features) -> Reason:
    return lambda member: (
        f"does not take {', '.join(sorted(features.needs - member.expert.supports))}",
        Unsupported,
    )


def _too_short(features: Features) -> Reason:
    return lambda member: (
        f"about {features.input_tokens} tokens do not fit its context of {member.expert.context}",
        ContextTooLong,
    )


def nobody(dropped: Iterable[Dropped]) -> GatewayError:
    """The error of a query that no expert can take: the mildest of their reasons, with each one's in words."""
    relevant = [one for one in dropped if one.error is not BadRequest] or list(dropped)
    order: tuple[Refusal, ...] = (ContextTooLong, Unsupported, TooDear, Unavailable, BadRequest)
    worst = min(relevant, key=lambda one: order.index(one.error))
    reasons = "; ".join(f"{one.expert}: {one.reason}" for one in relevant)
    return worst.error(f"No expert can take this request: {reasons}")
