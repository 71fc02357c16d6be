"""Regularised logistic regressions, one per expert, all solved at once. Knows no router.

Targets are scores in [0, 1], not only classes: the loss is the cross-entropy of a score and a probability.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logit

from routers.base import Array

FLATTEST = 0.25
"""The largest slope of the logistic function: a bound on the curvature of its loss."""
ITERATIONS = 200


@dataclass(frozen=True, slots=True)
class Logistic:
    """weights (d, m) and bias (m,) of m regressions; the posterior variance of each, as far as it is diagonal."""

    weights: Array
    bias: Array
    weight_variances: Array
    bias_variances: Array


def logistic(U: Array, Y: Array, strength: float, prior: Array | None = None) -> Logistic:
    """Fit scores Y (n, m), NaN where missing, on rows U (n, d) with the penalty strength/2·|w - prior|², prior (d,).

    The bias is drawn toward the expert's mean, as if by one query. The variances are Laplace's, without covariances:
    exact as far as the columns of U are uncorrelated.
    """
    from scipy.optimize import minimize

    design = np.column_stack([U, np.ones(len(U))])
    penalty = np.full((design.shape[1], 1), float(strength))
    penalty[-1] = 1.0
    measured = ~np.isnan(Y)
    scores = np.nan_to_num(Y)
    centre = level_logits(Y) + (0 if prior is None else (U @ prior)[:, None])
    squares = design**2
    scale = 1 / np.sqrt(FLATTEST * (squares.T @ measured) + penalty)  # about equal curvature in every direction

    def loss(flat: Array) -> tuple[float, Array]:
        weights = scale * flat.reshape(scale.shape)
        value, slope = cross_entropy(design @ weights + centre, scores, measured)
        value += 0.5 * float(np.sum(penalty * weights**2))
        return value, (scale * (design.T @ slope + penalty * weights)).ravel()

    start = np.zeros(scale.size)
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": ITERATIONS, "gtol": 1e-3})
    weights = scale * found.x.reshape(scale.shape)
    chances = expit(design @ weights + centre)
    variances = 1 / (squares.T @ (measured * chances * (1 - chances)) + penalty)
    shift = 0 if prior is None else prior[:, None]
    return Logistic(weights[:-1] + shift, weights[-1] + level_logits(Y), variances[:-1], variances[-1])


def cross_entropy(logits: Array, scores: Array, measured: Array) -> tuple[float, Array]:
    """The sum over what was measured, and its gradient (n, m) by the logits."""
    slope = measured * (expit(logits) - scores)
    softplus = np.maximum(logits, 0) + np.log1p(np.exp(-np.abs(logits)))
    return float(np.sum(measured * (softplus - scores * logits))), slope


def level_logits(Y: Array) -> Array:
    """(m,) log odds of each expert's mean, half a right and half a wrong answer added so that they are finite."""
    counts = np.sum(~np.isnan(Y), axis=0)
    odds: Array = logit((np.nansum(Y, axis=0) + 0.5) / (counts + 1))
    return odds


def moments(logits: Array, variances: Array) -> tuple[Array, Array]:
    """Mean and std of a quality whose log odds are normal: the std by the delta method."""
    mean = expit(logits)
    return mean, mean * (1 - mean) * np.sqrt(variances)
