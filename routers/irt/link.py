"""From log odds and their variance to a probability that means what it says, and to how unsure it is.

Knows no expert and no query.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy.special import expit

from routers.base import Array, Estimator

PROBIT = np.pi / 8
"""sigma(z) is about Phi(z·sqrt(pi/8)) (MacKay 1992, the evidence framework applied to classification networks)."""
STRENGTH = 10.0
"""The prior of scale and offset: as much as this many scores speak for 1 and 0."""


class Link(Estimator):
    """P(right) = sigma((s·z + o) / sqrt(1 + pi/8·s²·v)) for log odds N(z, v); s and o are fitted on held-out scores."""

    def __init__(self) -> None:
        self.scale_ = 1.0
        self.offset_ = 0.0
        self.residual_ = 0.0
        """The variance of the log odds beside the abilities': how far a neighbourhood of queries is misjudged."""

    def mean(self, logits: Array, variance: Array) -> Array:
        chance: Array = expit((self.scale_ * logits + self.offset_) / np.sqrt(1 + PROBIT * self.scale_**2 * variance))
        return chance

    def std(self, chance: Array, variance: Array) -> Array:
        """Standard deviation of the probability itself: p(1-p)·sqrt(v) where v is small, sqrt(p(1-p)) where it is not.

        Both limits, and all between within a few per cent: p(1-p)·(1 - 1/sqrt(1 + 2p(1-p)v)) is the variance.
        """
        noise = chance * (1 - chance)
        spread = noise * (1 - 1 / np.sqrt(1 + 2 * noise * (self.scale_**2 * variance + self.residual_)))
        deviation: Array = np.sqrt(np.maximum(spread, 0))
        return deviation

    def fit(self, logits: Array, variance: Array, Y: Array, groups: Array) -> Self:
        """From (n, m) log odds, their variances and scores, NaN where missing; groups (n,) numbers alike queries."""
        seen = ~np.isnan(Y)
        found = _scale_and_offset(logits[seen], variance[seen], Y[seen])
        self.scale_, self.offset_ = found
        self.residual_ = 0.0
        self.residual_ = _residual(self.mean(logits, variance), Y, groups)
        return self


def _scale_and_offset(z: Array, v: Array, y: Array) -> tuple[float, float]:
    """The most likely s and o, by Newton's method; v's damping is taken as it is at the current s."""
    at = np.array([1.0, 0.0])
    for _ in range(50):
        damping = 1 / np.sqrt(1 + PROBIT * at[0] ** 2 * v)
        design = np.stack([z * damping, damping], axis=1)
        chance = expit(design @ at)
        slope = design.T @ (y - chance) - STRENGTH * (at - [1.0, 0.0])
        bend = (design * (chance * (1 - chance))[:, None]).T @ design + STRENGTH * np.eye(2)
        step = np.linalg.solve(bend, slope)
        at += np.clip(step, -0.5, 0.5)
        at[0] = max(at[0], 0.05)  # a router that is worse than none says the same of every query
        if np.abs(step).max() < 1e-8:
            break
    return float(at[0]), float(at[1])


def _residual(chance: Array, Y: Array, groups: Array) -> float:
    """Method of moments: what the squared sum of a group's errors has beyond the sum of its squared errors."""
    seen = ~np.isnan(Y)
    errors, slopes = np.where(seen, np.nan_to_num(Y) - chance, 0), np.where(seen, chance * (1 - chance), 0)
    cross, weight = (_sums(cells, groups) ** 2 - _sums(cells**2, groups) for cells in (errors, slopes))
    return max(0.0, float(cross.sum() / max(weight.sum(), 1e-12)))


def _sums(cells: Array, groups: Array) -> Array:
    sums = np.zeros((groups.max() + 1, cells.shape[1]))
    np.add.at(sums, groups, cells)
    return sums
