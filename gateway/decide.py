"""The third stage: a score and an uncertainty for each expert that may be asked. Adds prices; chooses nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gateway.estimates import Estimates
from gateway.reading import Forecast, Reading
from gateway.types import Decision, Dropped
from routers.base import Array

NAMED = "none"
"""The router of a query whose caller has chosen."""


@dataclass(frozen=True, slots=True, eq=False)
class Expected:
    """What one query is expected to take at every expert of the pool: tokens written, dollars, seconds; (m,) each.

    typical_tokens: what the average expert writes, whatever the caller allows.
    """

    typical_tokens: float
    output_tokens: Array
    cost_usd: Array
    latency_s: Array


def decide(
    names: Sequence[str],
    places: Array,
    dropped: Sequence[Dropped],
    reading: Reading,
    forecast: Forecast,
    where: Array,
    expected: Expected,
) -> Decision:
    """What one router says of one query, with what each expert at these places of the pool would cost.

    where: (k,) in which of the router's columns each of them stands.
    """
    experts = tuple(names) if len(places) == len(names) else tuple(map(names.__getitem__, places.tolist()))
    score, std = forecast.mean[where], forecast.std[where]
    return Decision(
        estimates=_estimates(experts, places, score, std, expected),
        dropped=tuple(dropped),
        router=reading.name,
        artifact=reading.version,
        confidence=forecast.confidence,
        sure=forecast.confidence >= reading.sure_above,
        category=forecast.label or None,
        reason=_why(forecast),
        skills=forecast.skills,
        outlier=bool(forecast.outlier),
        typical_tokens=expected.typical_tokens,
    )


def named(expert: str, place: int, expected: Expected) -> Decision:
    """The caller has chosen: nothing is predicted, and the score is not a number."""
    unknown = np.full(1, np.nan)
    return Decision(
        estimates=_estimates((expert,), np.array([place]), unknown, unknown, expected),
        dropped=(),
        router=NAMED,
        artifact="",
        confidence=1.0,
        sure=True,
        category=None,
        reason="the caller named the expert",
        typical_tokens=expected.typical_tokens,
    )


def _estimates(experts: tuple[str, ...], places: Array, score: Array, std: Array, expected: Expected) -> Estimates:
    return Estimates(
        experts=experts,
        score=score,
        std=std,
        cost_usd=expected.cost_usd[places],
        latency_s=expected.latency_s[places],
        output_tokens=expected.output_tokens[places],
    )


def _why(forecast: Forecast) -> str:
    return f"{forecast.reason}; {forecast.outlier}" if forecast.outlier else forecast.reason
