"""Whom each question would have gone to, by the same utility as in serving. Predicts nothing, measures nothing."""

from __future__ import annotations

import numpy as np

from eval.routing.data import Trial
from gateway.utility import exchange, levelled
from routers.base import Array


def picks(trial: Trial, mean: Array, thrift: float = 0.0) -> Array:
    """(n,) the column of the highest utility among the experts that were measured; of several the cheapest, the first.

    mean: (n, m) expected quality, NaN where none is expected. Serving breaks ties in the same way.
    """
    worth, expected = mean, np.zeros(mean.shape)
    if trial.costs is not None:
        rates, expected = exchange(thrift, 0.0, trial.costs.reference_usd), trial.costs.expected
        worth = rates.utility(mean, expected, np.zeros(1))
    level = np.where(trial.measured & ~np.isnan(worth), levelled(worth), -np.inf)
    best = level == level.max(axis=1, keepdims=True)
    places: Array = np.where(best, expected, np.inf).argmin(axis=1)
    return places
