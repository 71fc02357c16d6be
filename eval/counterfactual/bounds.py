"""How sure a mean over conversations is. Knows no policy.

The intervals are for the mean over the traffic that the decisions are a sample of, not over these very decisions, for
which they are too wide.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from eval.counterfactual.judgement import Interval
from routers.base import Array

LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with its standard error and the degrees of freedom of that error."""

    value: float
    se: float
    freedom: float

    def interval(self, level: float = LEVEL) -> Interval:
        """Student's, symmetric about the value."""
        if not np.isfinite(self.se):
            return -np.inf, np.inf
        from scipy.special import stdtrit

        reach = float(stdtrit(self.freedom, (1 + level) / 2)) * self.se
        return self.value - reach, self.value + reach

    def swollen(self, factor: float) -> Mean:
        """With so many times the variance."""
        return Mean(self.value, self.se * float(np.sqrt(factor)), self.freedom)

    def at_least(self, se: float, freedom: float) -> Mean:
        """With an error that is known from elsewhere, where the scatter shows less."""
        return Mean(self.value, se, max(self.freedom, freedom)) if se > self.se else self


def clustered(values: Array, clusters: Array) -> Mean:
    """The mean of values (n,) whose clusters (n,), 0 to G - 1, are independent; infinite error where G < 2.

    The degrees of freedom are Satterthwaite's (1946) with the kurtosis as it is found, 2 G / (kurtosis - 1) and at most
    G - 1: where a few heavy weights make up the variance, the variance itself is hardly known.
    """
    mean = float(values.mean())
    off = np.bincount(clusters, values - mean)
    count = len(off)
    if count < 2:
        return Mean(mean, np.inf, 1.0)
    squares = float((off**2).sum())
    se = float(np.sqrt(squares * count / (count - 1))) / len(values)
    if squares == 0:
        return Mean(mean, 0.0, count - 1.0)
    kurtosis = count * float((off**4).sum()) / squares**2
    freedom = 2 * count / max(kurtosis - 1, 1e-9)
    return Mean(mean, se, float(np.clip(freedom, 1.0, count - 1)))


def effective(weights: Array, clusters: Array) -> float:
    """Kish's (1965) effective sample size of weights (n,), those of a cluster added up first; 0 where all are 0."""
    sums = np.bincount(clusters, weights)
    squares = float((sums**2).sum())
    return float(sums.sum()) ** 2 / squares if squares > 0 else 0.0
