"""A logged decision with what came of it, as whoever learns from the record sees it. Knows no database and no words."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.draw import Lot

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
    raw: float | None = None
    """The score before feedback corrected it; None where it was not."""


@dataclass(frozen=True, slots=True)
class Logged:
    """One answered (or failed) query. `experts[0]` was drawn to go first with the chance `propensity`.

    A row of which parts cannot be read has no experts and no forecasts; a propensity that is missing is NaN.
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
    wishes: Mapping[str, Any] = field(default_factory=dict)
    """Only what the caller wished for."""
    lot: Lot | None = None
    """How it came about who goes first; None where the caller named the expert, or from before it was recorded."""
    grounded: bool = False
    """Documents were looked for, so that the scores may stand on them."""
    version: str | None = None
    """Of the expert that is served, as it was configured then; None where nothing was learned from feedback."""
