"""What a target's mean outcome is, by the estimators of the field. Refuses nothing.

Each is a mean over rows, so that intervals follow from the rows' scatter. What a row cannot know (experts that could
not be drawn; weights that were cut) stands beside it: how far it may lie below and above (Manski, 1990).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from eval.counterfactual.judgement import DM, DR, GUESS
from eval.counterfactual.weighing import Rows, Weighing
from routers.base import Array

GRID = 21
"""Thresholds that switch-DR chooses from, as many as in its paper."""


def direct_method(of: Weighing) -> Rows:
    """The model's expectation of what the target would do."""
    below, above = of.unseen
    return Rows(of.modelled, np.zeros(len(of.weight)), below, above, note=GUESS)


def ips(of: Weighing) -> Rows:
    """Inverse propensity scores (Horvitz and Thompson, 1952); an expert that could not be drawn counts as 0."""
    weights = of.weight * of.learned.answered
    return Rows(weights * of.learned.logs.value, weights, 0.0, of.mass * of.learned.logs.high, swelling=of.luck)


def clipped_ips(of: Weighing) -> Rows:
    """With weights of at most the square root of the number of rows (Ionides, 2008); what is cut may be anything."""
    most = float(np.sqrt(len(of.weight)))
    clipped = np.minimum(of.weight, most)
    cut = float((of.learned.answered * (of.weight - clipped)).mean())
    weights = clipped * of.learned.answered
    above = (of.mass + cut) * of.learned.logs.high
    return Rows(weights * of.learned.logs.value, weights, 0.0, above, of.luck, f"weights clipped at {most:.3g}")


def snips(of: Weighing) -> Rows:
    """Self-normalised (Swaminathan and Joachims, 2015); rows are linearised about the ratio (Owen, 2013, 9.2)."""
    weights = of.weight * of.learned.answered
    total = weights.mean()
    ratio = float((weights * of.learned.logs.value).mean() / total) if total > 0 else 0.0
    weights = weights / (total if total > 0 else 1.0)
    values = ratio + weights * (of.learned.logs.value - ratio)
    mass = of.mass
    return Rows(values, weights, mass * ratio, mass * (of.learned.logs.high - ratio), of.luck)


def doubly_robust(of: Weighing) -> Rows:
    """The model, put right by the weighted residuals of what was done (Dudik et al., 2014)."""
    below, above = of.unseen
    values = of.modelled + of.weight * of.learned.residual
    return Rows(values, of.weight * of.learned.answered, below, above)


def switch_dr(of: Weighing) -> Rows:
    """Doubly robust up to a weight, the model alone above it (Wang, Agarwal and Dudik, 2017, section 4).

    The weight is that with the least estimated mean squared error: the variance of the mean plus the square of the most
    that the bias could be, which is the target's mass above the weight times the range of the outcome.
    """
    modelled, residual = of.modelled, of.learned.residual
    below, above = of.unseen
    errors = []
    grid = _grid(of.weight)
    for most in grid:
        values = modelled + np.where(of.weight <= most, of.weight * residual, 0.0)
        bias = of.learned.logs.high * of.mass_above(most)
        errors.append(values.var() / len(values) + bias**2)
    best = grid[int(np.argmin(errors))]
    kept = np.where(of.weight <= best, of.weight, 0.0)
    note = f"the model alone above a weight of {best:.3g}" if best < grid[-1] else "at no weight the model alone"
    return Rows(modelled + kept * residual, kept * of.learned.answered, below, above, note=note)


def _grid(weight: Array) -> Array:
    """From the 0.05 to the 0.95 quantile of the weights, evenly spaced in their logarithms, and the largest."""
    positive = weight[weight > 0]
    if not len(positive):
        return np.zeros(1)
    low, high = np.quantile(positive, [0.05, 0.95])
    grid: Array = np.append(np.geomspace(low, high, GRID), positive.max())
    return grid


ESTIMATORS: Mapping[str, Callable[[Weighing], Rows]] = {
    DR: doubly_robust,
    "switch-dr": switch_dr,
    "snips": snips,
    "ips": ips,
    "clipped-ips": clipped_ips,
    DM: direct_method,
}
"""In the order in which they are shown."""
