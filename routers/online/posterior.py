"""How far each expert is better or worse than its router foretells: normal posteriors, shrunk toward what is general.

Three levels: all experts together, each expert, each expert in a region. What is general is the mean of the prior of
what is special (hierarchical shrinkage), so that without feedback nothing moves, and a few answers move little. Where
callers judge everybody harshly, all move alike, and nobody's rank changes.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from routers.base import Array
from routers.online.observations import Observations

EXPECTED = 0.05
"""The standard deviation of corrections among experts before anything is known: about that of a good router."""
BELIEVED = 5.0
"""As many experts that belief counts for."""
NOISE = 0.25
"""The variance of one answer's score where nothing is known: the largest there is in [0, 1]."""
CERTAIN = 25.0
"""As many answers that counts for."""
PRIOR_EXPERTS = 2.0
"""As many experts who are as foretold stand against the mean of those that were judged."""


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Of residuals, (m,) each: weights, weighted sum, weighted sum of squares."""

    weight: Array
    total: Array
    squares: Array

    @classmethod
    def of(cls, observations: Observations) -> Sums:
        residual, weight, m = observations.residual, observations.weight, len(observations.experts)
        columns = (weight, weight * residual, weight * residual**2)
        return cls(*(np.bincount(observations.served, column, minlength=m) for column in columns))

    @property
    def mean(self) -> Array:
        """(m,), 0 of whoever was not judged."""
        found: Array = np.divide(self.total, self.weight, out=np.zeros_like(self.total), where=self.weight > 0)
        return found


@dataclass(frozen=True, slots=True, eq=False)
class Posterior:
    """Of each expert's correction: mean (m,), the answers it is worth (m,), and the variance of one answer.

    prior: the answers that what is general counts for in what is special.
    """

    mean: Array
    strength: Array
    noise: float
    prior: float

    @property
    def std(self) -> Array:
        """(m,)"""
        found: Array = np.sqrt(self.noise / self.strength)
        return found

    @classmethod
    def general(cls, sums: Sums) -> Posterior:
        """Of each expert over all queries. How much experts differ from what was foretold is learned too."""
        noise = _noise(sums)
        prior = noise / _spread(sums, noise)
        share = sums.weight / (sums.weight + prior)
        pooled = float(np.sum(share * sums.mean) / (share.sum() + PRIOR_EXPERTS))
        known = np.full(len(share), np.inf)
        return cls(np.full(len(share), pooled), known, noise, prior).within(sums)

    def within(self, sums: Sums) -> Posterior:
        """The posterior of a part of the queries, with this one as its prior."""
        prior = 1 / (1 / self.prior + 1 / self.strength)
        strength = prior + sums.weight
        return Posterior((prior * self.mean + sums.total) / strength, strength, self.noise, self.prior)


def _noise(sums: Sums) -> float:
    """The variance of one answer about its expert's mean."""
    seen = float(sums.weight.sum())
    spread = float(np.sum(sums.squares - sums.weight * sums.mean**2))
    return (CERTAIN * NOISE + max(0.0, spread)) / (CERTAIN + seen)


def _spread(sums: Sums, noise: float) -> float:
    """The variance of the true corrections among experts: by moments (DerSimonian and Laird, 1986), shrunk."""
    seen, experts = float(sums.weight.sum()), int(np.sum(sums.weight > 0))
    believed = BELIEVED * EXPECTED**2
    if experts < 2:
        return believed / BELIEVED
    mean = float(sums.total.sum()) / seen
    between = float(np.sum(sums.weight * (sums.mean - mean) ** 2)) - (experts - 1) * noise
    apart = seen - float(np.sum(sums.weight**2)) / seen
    found = max(0.0, between / apart) if apart > 0 else 0.0
    return (believed + experts * min(found, NOISE)) / (BELIEVED + experts)
