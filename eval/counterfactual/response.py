"""How likely a decision's outcome is to become known. Knows no target.

Feedback is taken to be missing at random given the decision and the expert (Rubin, 1976): how likely somebody says
something may depend on who answered and on what was expected, not on how good the answer was beyond that.
"""

from __future__ import annotations

import numpy as np

from eval.counterfactual.folds import FOLDS
from eval.counterfactual.usable import Usable
from routers.base import Array

LEAST = 0.1
"""No chance is taken to be lower than this share of the overall one: a single opinion must not stand for too many."""


def response_chances(logs: Usable, expected: Array, folds: Array) -> Array:
    """(n,) the chance of each row's outcome to be known, fitted on other folds; 1 where all are known.

    expected: (n, m), what the outcome model says.
    """
    if logs.known.all() or not logs.known.any():
        return np.ones(len(logs))
    features = _features(logs, expected)
    found = np.empty(len(logs))
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):  # beside other work, threads that wait for each other are ten times slower than one
        for fold in range(FOLDS):
            rows = folds == fold
            if rows.any():
                found[rows] = _fitted(features[~rows], logs.known[~rows], features[rows])
    chances: Array = np.maximum(found, LEAST * logs.known.mean())
    return chances


def _fitted(features: Array, known: Array, of: Array) -> Array:
    """A constant where the others leave nothing to tell apart."""
    if not len(known) or known.all() or not known.any():
        return np.full(len(of), known.mean() if known.any() else 1.0)
    from sklearn.linear_model import LogisticRegression

    chances: Array = LogisticRegression(solver="newton-cholesky").fit(features, known).predict_proba(of)[:, 1]
    return chances


def _features(logs: Usable, expected: Array) -> Array:
    """Who was asked, what was expected of that, and how easy the query looked."""
    asked = np.eye(len(logs.experts))[logs.action]
    own = expected[np.arange(len(logs)), logs.action]
    numbers = np.stack([own, expected.mean(axis=1)], axis=1)
    spread = numbers.std(axis=0)
    return np.concatenate([asked, (numbers - numbers.mean(axis=0)) / np.where(spread > 0, spread, 1.0)], axis=1)
