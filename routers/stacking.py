"""Weights for the log odds of several routers, none of them negative. Knows no router and no expert."""

from __future__ import annotations

import numpy as np
from scipy.special import expit

from routers.base import Array

SURE = 0.005
"""No router is taken at its word beyond this: one certain error would outweigh a thousand good guesses."""
STRENGTH = 50.0


def cleared(mean: Array) -> Array:
    """Log odds of probabilities, kept from the certain."""
    chance = np.clip(mean, SURE, 1 - SURE)
    odds: Array = np.log(chance / (1 - chance))
    return odds


def stack(logits: Array, Y: Array, *, prior: Array | None = None, strength: float = STRENGTH) -> tuple[Array, float]:
    """Weights (k,) >= 0 and an offset that make Y (n, m), NaN where missing, likeliest under log odds (k, n, m).

    `prior`: what the weights are drawn toward, as if by `strength` scores; equal shares unless given.
    """
    from scipy.optimize import minimize

    seen = ~np.isnan(Y) & ~np.isnan(logits).any(axis=0)
    design, scores = logits[:, seen], Y[seen]
    start = np.full(len(logits), 1 / len(logits)) if prior is None else prior
    if not seen.any():
        return start, 0.0

    def loss(at: Array) -> tuple[float, Array]:
        z = at[:-1] @ design + at[-1]
        pull = np.append(at[:-1] - start, at[-1])
        value = np.sum(np.logaddexp(0, z) - scores * z) + strength / 2 * pull @ pull
        error = expit(z) - scores
        return float(value), np.append(design @ error, error.sum()) + strength * pull

    bounds = [(0.0, None)] * len(logits) + [(None, None)]
    found = minimize(loss, np.append(start, 0.0), jac=True, bounds=bounds, method="L-BFGS-B").x
    return found[:-1], float(found[-1])
