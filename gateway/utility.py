"""What an expert is worth to a caller: expected quality less price and latency, on single numbers or whole arrays.

The one formula of serving and of evaluation. Knows no expert, no policy and no plan.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

from routers.base import Array

LATENCY_REFERENCE_S = 10.0
CHEAPEST = 1e9
"""The weight of price at thrift 1: quality decides only between equal prices."""

SAME = 9
"""Utilities that agree to so many decimals are the same."""

Number = TypeVar("Number", float, Array)


@dataclass(frozen=True, slots=True)
class Exchange:
    """What a dollar, a second and a standard deviation of the score cost in quality."""

    per_usd: float
    per_s: float
    per_std: float = 0.0

    def utility(self, score: Number, cost_usd: Number, latency_s: Number, std: Number | float = 0.0) -> Number:
        """u = score - caution * std - per_usd * cost - per_s * seconds."""
        return score - self.per_std * std - self.price(cost_usd, latency_s)

    def price(self, cost_usd: Number, latency_s: Number) -> Number:
        """What one more call costs, in quality."""
        return self.per_usd * cost_usd + self.per_s * latency_s


def exchange(thrift: float, haste: float, reference_usd: float, caution: float = 0.0) -> Exchange:
    """The rates of two knobs in [0, 1]: w(thrift) / reference per dollar, w(haste) / 10 per second; and of caution.

    w(t) = (t / (1 - t))^2, so that at thrift 0.3 an answer for the dearest typical price must be 0.18 better than a
    free one, at 0.5 it must be 1.0 better, and at 1 price alone counts. One price for quality over all queries is what
    traces the convex hull of cost against quality (methods of RouterBench, decision rule).
    """
    per_usd = weight(thrift) / reference_usd if reference_usd > 0 else 0.0
    return Exchange(per_usd, weight(haste) / LATENCY_REFERENCE_S, caution)


def levelled(utility: Array) -> Array:
    """Utilities that are to be compared: those that differ in the last bits of a float alone are the same."""
    return utility.round(SAME)


def weight(knob: float) -> float:
    """w(t) above."""
    return CHEAPEST if knob >= 1 else (knob / (1 - knob)) ** 2
