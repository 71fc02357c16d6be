"""The third stage: a score and an uncertainty for each expert that may be asked. Adds prices; chooses nobody."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from gateway.experts import Expert
from gateway.reading import Forecast, Reading
from gateway.types import Decision, Dropped, Estimate, Features

NAMED = "none"
"""The router of a query whose caller has chosen."""
Latencies = Mapping[str, float]
"""Seconds that a call is expected to take, by expert."""


def decide(
    features: Features,
    experts: Sequence[Expert],
    dropped: Sequence[Dropped],
    reading: Reading,
    forecast: Forecast,
    latencies: Latencies,
) -> Decision:
    """What one router says of one query, with what each expert would cost."""
    return Decision(
        estimates=tuple(
            _estimate(expert, forecast.mean[expert.name], forecast.std[expert.name], features, latencies)
            for expert in experts
        ),
        dropped=tuple(dropped),
        router=reading.name,
        artifact=reading.version,
        confidence=forecast.confidence,
        sure=forecast.confidence >= reading.sure_above,
        category=forecast.label or None,
        reason=forecast.reason,
    )


def named(features: Features, expert: Expert, latencies: Latencies) -> Decision:
    """The caller has chosen: nothing is predicted, and the score is not a number."""
    return Decision(
        estimates=(_estimate(expert, math.nan, math.nan, features, latencies),),
        dropped=(),
        router=NAMED,
        artifact="",
        confidence=1.0,
        sure=True,
        category=None,
        reason="the caller named the expert",
    )


def _estimate(expert: Expert, score: float, std: float, features: Features, latencies: Latencies) -> Estimate:
    cost = expert.price.of(features.input_tokens, features.output_tokens)
    return Estimate(expert.name, score, std, cost, latencies[expert.name])
