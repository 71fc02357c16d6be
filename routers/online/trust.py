"""How far a router's differences between queries are worth anything: one slope, learned from what was judged.

1: as it says; 0: its scores of an expert are noise about their mean, and the mean is all that counts.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routers.base import Array
from routers.online.observations import Observations

DOUBT = 0.3
"""The standard deviation of the slope about 1, before anything is known."""
NOISE = 0.25
"""The largest variance of a score in [0, 1]."""


@dataclass(frozen=True, slots=True, eq=False)
class Trust:
    """slope, and the mean score of every expert (m,) about which it turns; NaN of whoever was never foretold."""

    slope: float
    centre: Array

    @classmethod
    def of(cls, observations: Observations) -> Trust:
        """Ridge regression of rewards on scores within each expert's answers, shrunk toward 1."""
        served, weight = observations.served, observations.weight
        said = observations.score[np.arange(len(served)), served]
        x, y = (within(column, served, weight, len(observations.experts)) for column in (said, observations.reward))
        prior = NOISE / DOUBT**2
        slope = (prior + float(np.sum(weight * x * y))) / (prior + float(np.sum(weight * x * x)))
        return cls(min(1.0, max(0.0, slope)), centres(observations))

    def at(self, places: Array) -> Trust:
        """Of these experts alone."""
        return Trust(self.slope, self.centre[places])

    def applied(self, score: Array) -> Array:
        """Scores (..., m) drawn toward each expert's mean; as they are where that is not known."""
        centre = np.where(np.isnan(self.centre), score, self.centre)
        return centre + self.slope * (score - centre)


def within(column: Array, served: Array, weight: Array, experts: int) -> Array:
    """(n,) what is left of a column when each expert's mean is taken away."""
    total = np.bincount(served, weight, minlength=experts)
    mean = np.divide(np.bincount(served, weight * column, minlength=experts), total, where=total > 0, out=0 * total)
    return np.asarray(column - mean[served])


def centres(observations: Observations) -> Array:
    """(m,) the mean score of each expert over the queries it could have been asked."""
    known = ~np.isnan(observations.score)
    weight = observations.weight @ known
    total = observations.weight @ np.where(known, observations.score, 0.0)
    return np.asarray(np.divide(total, weight, where=weight > 0, out=np.full(len(weight), np.nan)))
