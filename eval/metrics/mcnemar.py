"""McNemar's test: whether two pickers differ, from the questions on which exactly one of them is right."""

from __future__ import annotations

import numpy as np

from eval.metrics.auc import SUCCESS_ABOVE
from routers.base import Array


def mcnemar(one: Array, other: Array) -> float:
    """The exact two-sided p-value (McNemar, 1947; binomial form) over scores (n,), pairs with a NaN left out.

    It takes questions for independent: where there are duplicates the bootstrap over groups is the one to believe.
    """
    from scipy.stats import binomtest

    both = ~(np.isnan(one) | np.isnan(other))
    right, rival = one[both] > SUCCESS_ABOVE, other[both] > SUCCESS_ABOVE
    wins, losses = int((right & ~rival).sum()), int((rival & ~right).sum())
    return float(binomtest(wins, wins + losses).pvalue) if wins + losses else 1.0
