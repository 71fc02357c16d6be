"""The third stage: a score and an uncertainty for each expert that may be asked. Adds prices; chooses nobody."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from gateway.experts import Expert
from gateway.reading import Reading
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
    latencies: Latencies,
) -> Decision:
    """What one router says of one query; `features.vector` is its encoder's row."""
    prediction = reading.router.predict(features.vector)
    column = {name: index for index, name in enumerate(reading.router.experts_)}
    means, stds = prediction.mean[0].tolist(), prediction.std[0].tolist()
    confidence = float(prediction.confidence[0])
    return Decision(
        estimates=tuple(
            _estimate(expert, means[column[expert.name]], stds[column[expert.name]], features, latencies)
            for expert in experts
        ),
        dropped=tuple(dropped),
        router=reading.name,
        artifact=reading.version,
        confidence=confidence,
        sure=confidence >= reading.sure_above,
        category=prediction.labels[0] or None,
        reason=prediction.reasons[0],
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
