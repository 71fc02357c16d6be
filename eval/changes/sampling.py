"""Which questions to ask a changed expert again: drawn by lot, those that tell most with the greatest chances.

The chances stand in the plan, so what comes of the answers is an estimate without bias for all questions.
"""

from __future__ import annotations

import numpy as np

from routers.base import Array

EVEN = 0.25
"""The share of the budget that is spread evenly, so that no answer weighs too much."""
CLOSE = 1e-9


def chances_to_ask(before: Array, foreseen: Array, budget: int) -> Array:
    """(n,) chances that add up to the budget, proportional to how much each answer may move the estimates.

    before (n,): how right the old version was; foreseen (n,): P(right) of the new one. Neyman's allocation for two
    figures at once, the accuracy and the negative flips (Cochran 1977, section 5A.4): sqrt(v(1 + b²)), v = p(1 - p).
    """
    variance = foreseen * (1 - foreseen)
    weights = np.sqrt(variance * (1 + before**2))
    if not weights.any():
        weights = np.ones(len(before))
    return _summing_to(EVEN * weights.mean() + (1 - EVEN) * weights, budget)


def _summing_to(weights: Array, budget: int) -> Array:
    """Proportional to the weights but for those that reach 1, which are sure to be asked."""
    if budget >= len(weights):
        return np.ones(len(weights))
    sure = np.zeros(len(weights), dtype=bool)
    while True:
        left = budget - sure.sum()
        chances = np.where(sure, 1.0, weights * left / weights[~sure].sum())
        over = ~sure & (chances >= 1 - CLOSE)
        if not over.any():
            return chances
        sure |= over


def drawn(chances: Array, random: np.random.Generator) -> Array:
    """The places that are drawn, exactly as many as the chances add up to: systematic sampling in a random order
    (Madow, 1949; Särndal, Swensson and Wretman 1992, section 3.6.2)."""
    order = random.permutation(len(chances))
    ends = np.cumsum(chances[order])
    ticks = random.random() + np.arange(round(float(ends[-1])))
    places: Array = np.sort(order[np.minimum(np.searchsorted(ends, ticks, side="right"), len(order) - 1)])
    return places
