"""Whom each question would have gone to, by the same utility as in serving. Predicts nothing, measures nothing."""

from __future__ import annotations

import numpy as np

from eval.routing.data import Trial
from gateway.utility import exchange
from routers.base import Array


def picks(trial: Trial, mean: Array, thrift: float = 0.0) -> Array:
    """(n,) the column of the highest utility among the experts that were measured, the first where several are level.

    mean: (n, m) expected quality, NaN where none is expected. Serving breaks ties in the same way.
    """
    worth = mean
    if trial.costs is not None:
        rates = exchange(thrift, 0.0, trial.costs.reference_usd)
        worth = rates.utility(mean, trial.costs.expected, np.zeros(1))
    places: Array = np.where(trial.measured & ~np.isnan(worth), worth, -np.inf).argmax(axis=1)
    return places
