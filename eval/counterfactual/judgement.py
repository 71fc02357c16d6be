"""What the logs say of a policy: estimates with intervals, or why they cannot say. Estimates nothing itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Outcome = Literal["reward", "cost_usd", "latency_s"]
"""Whose mean is estimated; named as in `Logs`."""
Interval = tuple[float, float]
DR = "dr"
"""What to read where nothing speaks against it."""
DM = "dm"
GUESS = "a model's guess: its interval does not hold the model's own error"


@dataclass(frozen=True, slots=True)
class Estimate:
    """The mean of an outcome over the traffic that the logs are a sample of.

    interval: 95 %. ess: Kish's effective number of conversations behind it, n: of decisions with an outcome.
    note: what has to be known to read it.
    """

    value: float
    interval: Interval
    se: float
    ess: float
    n: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Support:
    """How far the logs reach.

    decisions: all that were given, of which `left_out` had no usable propensity and `with_outcome` are used with an
    outcome. outside: the share of the target's mass on experts that could not be drawn, or never were. ess: of the
    weights. mean_weight: its interval must hold 1. largest_weight: of a decision, where 1 is what it would count alone.
    """

    decisions: int
    left_out: int
    with_outcome: int
    outside: float
    ess: float
    mean_weight: Estimate
    largest_weight: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is known of one policy.

    estimates: by name; where refused the direct method alone, marked as a model's guess, or nothing.
    logged: the policy that logged, by the same doubly robust estimator. difference: target - logged, paired.
    earned: the plain mean of the outcomes that are known. recommended: the estimate to read. refusal: one line.
    """

    target: str
    outcome: Outcome
    estimates: Mapping[str, Estimate]
    logged: Estimate | None
    difference: Estimate | None
    earned: float | None
    recommended: str | None
    refusal: str | None
    warnings: tuple[str, ...]
    support: Support

    @property
    def best(self) -> Estimate | None:
        """The estimate to read; None where the logs cannot say."""
        return None if self.recommended is None else self.estimates[self.recommended]
