"""What an outcome would have been with each expert: the direct method's model. Sees no propensity and no target.

The router's own expectation (of the cost, where that is asked for; of latency none is logged), recalibrated: outcome -
expectation is a linear function of the expectation and of the mean expectation of the query (its easiness), with
coefficients per expert shrunk to those of all (a hierarchical ridge regression; Gelman and Hill, 2007, chapter 12).
An expert who was never logged gets the coefficients of all; a router that expected nothing leaves shrunk means.
Cross-fitted: a row is judged by a model that saw nothing of its fold (Chernozhukov et al., 2018), without which
intervals come out too narrow.
"""

from __future__ import annotations

import numpy as np

from eval.counterfactual.folds import FOLDS
from eval.counterfactual.usable import Usable
from routers.base import Array

POOLED, OWN = 2.0, 10.0
"""How many outcomes weigh as much as the belief that the router is right, and that an expert is like the others."""


def outcomes_expected(logs: Usable, folds: Array) -> Array:
    """(n, m) the expected outcome of each expert on each row, within what the outcome can be."""
    filled = _filled(logs)
    features = _features(filled)
    base = np.zeros_like(filled) if logs.outcome == "latency_s" else filled
    found = np.empty_like(base)
    residual = logs.value - base[np.arange(len(logs)), logs.action]
    grams, targets = _moments(features, residual, logs, folds)
    for fold in range(FOLDS):
        rows = folds == fold
        coefficients = _solved(grams.sum(axis=0) - grams[fold], targets.sum(axis=0) - targets[fold])
        found[rows] = base[rows] + np.einsum("nmk,mk->nm", features[rows], coefficients)
    clipped: Array = np.clip(found, 0.0, logs.high)
    return clipped


def _filled(logs: Usable) -> Array:
    """The expectations (n, m); where there is none, of the query's others, or else of all."""
    given, known = logs.expected, np.isfinite(logs.expected)
    if not known.any():
        return np.full(given.shape, 0.5 if logs.outcome == "reward" else 0.0)
    held = np.where(known, given, 0.0)
    means = held.sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    means = np.where(known.any(axis=1), means, held.sum() / known.sum())
    return np.where(known, given, means[:, None])


def _features(base: Array) -> Array:
    """(n, m, 3): one, the expectation, and the query's mean expectation, both centred and of unit spread."""
    easiness = np.broadcast_to(base.mean(axis=1, keepdims=True), base.shape)
    return np.stack([np.ones_like(base), _standard(base), _standard(easiness)], axis=2)


def _standard(values: Array) -> Array:
    spread = values.std() if values.size else 0.0
    standard: Array = (values - values.mean()) / spread if spread > 0 else np.zeros_like(values)
    return standard


def _moments(features: Array, residual: Array, logs: Usable, folds: Array) -> tuple[Array, Array]:
    """Sums of x x' (F, m, k, k) and of x times residual (F, m, k) over the known outcomes of each fold and expert."""
    rows = np.flatnonzero(logs.known)
    x = features[rows, logs.action[rows]]
    cells = folds[rows] * len(logs.experts) + logs.action[rows]
    shape = (FOLDS, len(logs.experts))
    products = np.concatenate([x[:, :, None] * x[:, None, :], (x * residual[rows, None])[:, :, None]], axis=2)
    columns = products.reshape(len(rows), products.shape[1] * products.shape[2]).T
    sums = np.stack([np.bincount(cells, column, shape[0] * shape[1]) for column in columns], axis=1)
    sums = sums.reshape(*shape, *products.shape[1:])
    return sums[..., :-1], sums[..., -1]


def _solved(grams: Array, targets: Array) -> Array:
    """(m, k) coefficients: each expert's own deviation, given those of all, is eliminated first."""
    ridge = np.eye(grams.shape[-1])
    inverse = np.linalg.inv(grams + OWN * ridge)
    through = grams @ inverse
    left = POOLED * ridge + (grams - through @ grams).sum(axis=0)
    right = (targets - np.einsum("mij,mj->mi", through, targets)).sum(axis=0)
    pooled = np.linalg.solve(left, right)
    own = np.einsum("mij,mj->mi", inverse, targets - grams @ pooled)
    coefficients: Array = pooled + own
    return coefficients
