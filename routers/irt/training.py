"""Fitting a head and the experts' abilities to outcomes together: masked cross-entropy, Adam, noise on the rows.

Knows no posterior and no calibration.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routers.base import Array
from routers.irt.adam import Adam
from routers.irt.head import Head

FEWEST_STEPS = 500
"""Small tables are gone through more often."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """How long and how hard to train. noise: standard deviation of what is added to each standardised column."""

    epochs: int
    batch: int
    rate: float
    decay: float
    noise: float
    shrinkage: float
    """The weight of a standard normal prior on each ability, in outcomes."""


def train(head: Head, X: Array, Y: Array, schedule: Schedule, seed: int) -> Array:
    """Sets `head.weights_` and returns the abilities (m, d). X (n, D) is standardised; Y (n, m) has NaN for missing."""
    chance = np.random.default_rng(seed)
    measured = ~np.isnan(Y)
    X, scores, mask = X.astype(np.float32), np.nan_to_num(Y).astype(np.float32), measured.astype(np.float32)
    mask /= max(1e-9, measured.sum() / len(X))  # a row counts 1 on average, however many experts it was put to
    theta = (0.3 * chance.standard_normal((Y.shape[1], head.dimensions))).astype(np.float32)
    weights = head.start(X.shape[1], chance)
    batches = -(-len(X) // schedule.batch)
    epochs = max(schedule.epochs, -(-FEWEST_STEPS // batches))
    adam = Adam([theta, *weights], schedule.rate, schedule.decay, epochs * batches)
    pull = np.float32(schedule.shrinkage / len(X))
    for _ in range(epochs):
        for rows in np.array_split(chance.permutation(len(X)), batches):
            noise = chance.standard_normal((len(rows), X.shape[1]), dtype=np.float32)
            noisy = X[rows] + np.float32(schedule.noise) * noise
            adam.step(_gradients(head, weights, theta, noisy, (scores[rows], mask[rows], pull)))
    head.weights_ = tuple(weights)
    return theta


def _gradients(
    head: Head, weights: list[Array], theta: Array, X: Array, targets: tuple[Array, Array, np.float32]
) -> list[Array]:
    """The gradient of the mean loss of a batch by theta, then by each weight."""
    scores, mask, pull = targets
    out, trace = head.forward(weights, X)
    logits = out[:, :-1] @ theta.T - out[:, -1:]
    slope = (1 / (1 + np.exp(-logits)) - scores) * mask / len(X)
    by_out = np.concatenate([slope @ theta, -slope.sum(axis=1, keepdims=True)], axis=1)
    return [slope.T @ out[:, :-1] + pull * theta, *head.backward(weights, trace, by_out)]
