"""What is known of one expert's ability: a normal posterior, by Laplace's approximation. Knows no query side.

Adding an expert is one Bayesian logistic regression in d dimensions; nothing of any other expert takes part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from scipy.special import expit

from routers.base import Array

DIGITS = 6
LONGEST_STEP = 3.0
"""Newton's steps are cut to this length: far from the mode the curvature says little."""


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """A normal distribution over abilities: mean (d,) and cov (d, d)."""

    mean: Array
    cov: Array

    def to_json(self) -> dict[str, Any]:
        return {"mean": np.round(self.mean, DIGITS).tolist(), "cov": np.round(self.cov, DIGITS).tolist()}

    @classmethod
    def from_json(cls, row: Mapping[str, Any]) -> Self:
        """ValueError unless it is a mean and a covariance of the same dimension."""
        mean, cov = np.array(row["mean"], dtype=np.float64), np.array(row["cov"], dtype=np.float64)
        if mean.ndim != 1 or cov.shape != (len(mean), len(mean)):
            raise ValueError(f"an ability has a mean (d,) and a cov (d, d), not {mean.shape} and {cov.shape}")
        return cls(mean, cov)


def posterior(alpha: Array, beta: Array, y: Array, prior: Posterior, start: Array | None = None) -> Posterior:
    """The ability after scores y (n,) on queries alpha (n, d), beta (n,): P(right) = sigma(alpha·theta - beta).

    Newton's method from `start`, or from the prior's mean. Soft scores count as that share of right answers.
    """
    precision = np.linalg.inv(prior.cov)
    theta = np.array(prior.mean if start is None else start, dtype=np.float64)
    for _ in range(50):
        chance = expit(alpha @ theta - beta)
        slope = alpha.T @ (y - chance) - precision @ (theta - prior.mean)
        step = np.linalg.solve(curvature(alpha, chance) + precision, slope)
        theta += step * min(1.0, LONGEST_STEP / max(float(np.linalg.norm(step)), LONGEST_STEP))
        if np.abs(step).max(initial=0.0) < 1e-6:
            break
    return Posterior(theta, np.linalg.inv(curvature(alpha, expit(alpha @ theta - beta)) + precision))


def curvature(alpha: Array, chance: Array) -> Array:
    """The information (d, d) that answers with these chances carry about the ability."""
    information: Array = (alpha * (chance * (1 - chance))[:, None]).T @ alpha
    return information
