"""A logged decision with what came of it, as whoever learns from the record sees it. Knows no database and no words."""

from __future__ import annotations

from dataclasses import dataclass

VERDICTS = {"good": 1.0, "bad": 0.0}
"""What a verdict of the feedback API is worth where no score was given with it."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """What was expected of one expert at the decision; score and utility None where nothing was predicted."""

    expert: str
    score: float | None
    std: float | None
    cost_usd: float
    latency_s: float
    utility: float | None
    load_price: float = 0.0


@dataclass(frozen=True, slots=True)
class Logged:
    """One answered (or failed) query. `experts[0]` was drawn to go first with the chance `propensity`.

    feedback: the mean of the scores it was given, in [0, 1]; None where nobody gave any. at: UTC seconds.
    """

    id: str
    at: float
    tenant: str
    model: str
    strategy: str
    policy: str
    router: str
    artifact: str
    category: str | None
    confidence: float
    sure: bool
    outlier: bool
    input_tokens: int
    needs: frozenset[str]
    session: str | None
    thrift: float | None
    forecasts: tuple[Forecast, ...]
    experts: tuple[str, ...]
    propensity: float
    served: str | None
    status: str
    cost_usd: float
    latency_s: float
    calls: int
    feedback: float | None = None
    feedback_at: float | None = None
    """When the last of it came."""
