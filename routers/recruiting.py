"""How many experts to ask: the fewest whose chance of holding one that is right passes p, and nobody for nothing.

Dynamic top-p (Harder Tasks Need More Experts) over calibrated chances instead of a softmax, with a null arm (AdaMoE):
who adds less than it, on a hopeless query or an easy one, is not asked. Knows predictions only, no price and no text.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Self

import numpy as np
from scipy.special import ndtr, ndtri

from routers.base import Array

NODES = 24
"""Gauss-Hermite points of the shared difficulty; 24 keep a chance right to 1e-3 up to the largest correlation."""
LARGEST = 0.9
CORRELATIONS = np.linspace(0.0, LARGEST, 19)
"""Correlations tried by `fit_correlation`."""
HALVINGS = 40


@dataclass(frozen=True, slots=True)
class Recruiting:
    """chance: p, passed by the set asked where it can be. most: no more experts than this.

    null: what one more call must add to the chance. correlation: see `chances`.
    """

    chance: float = 0.8
    most: int = 4
    null: float = 0.02
    correlation: float = 0.0

    def counts(self, mean: Array, std: Array) -> Array:
        """(n,) how many to ask, at least one; never fewer where p is greater."""
        return self._counts(chances(mean, std, self.most, self.correlation))

    def members(self, mean: Array, std: Array) -> Array:
        """(n, m) bool: whom to ask. The best by mean, ties to the earlier column."""
        ranks = np.argsort(np.argsort(-mean, axis=1, kind="stable"), axis=1, kind="stable")
        asked: Array = ranks < self.counts(mean, std)[:, None]
        return asked

    def tune(self, mean: Array, std: Array, calls: float) -> Self:
        """With the largest p whose average number of calls on these predictions stays within `calls`.

        ValueError below one call: somebody must answer.
        """
        held = chances(mean, std, self.most, self.correlation)
        return replace(self, chance=1 - _least(lambda spared: replace(self, chance=1 - spared)._counts(held), calls))

    def tune_null(self, mean: Array, std: Array, calls: float) -> Self:
        """With p = 1 and the smallest null arm that stays within `calls`: every call adds the same at the margin.

        That is the split of the calls with the highest chance on average; p instead evens the chance out over queries.
        """
        held = chances(mean, std, self.most, self.correlation)
        null = _least(lambda least: replace(self, chance=1.0, null=least)._counts(held), calls)
        return replace(self, chance=1.0, null=null)

    def _counts(self, held: Array) -> Array:
        short = (held[:, :-1] < self.chance).cumprod(axis=1)
        worth = (np.diff(held, axis=1) >= self.null).cumprod(axis=1)
        counts: Array = 1 + (short * worth).sum(axis=1)
        return counts


def chances(mean: Array, std: Array, most: int, correlation: float = 0.0) -> Array:
    """(n, k), k = min(most, m): the chance that one of the j = 1…k best experts by mean is right.

    Experts fail together on hard queries. A one-factor Gaussian copula,
    P(m right | u) = Φ((Φ⁻¹(mean) - √ρ·u)/√(1 - ρ)),
    keeps every mean and shares the difficulty u, integrated out by Gauss-Hermite. ρ is `correlation`, which holds for
    queries the router reads well, plus what its own std (n, m) says of this one: a common shift of the latent by
    s·u moves the mean by φ(Φ⁻¹(mean))·s, so s² = (std/φ)², averaged over the k. With one ρ a query, the best by
    mean are the best set of their size.
    """
    k = min(most, mean.shape[1])
    best = np.argsort(-mean, axis=1, kind="stable")[:, :k]
    latent = ndtri(np.clip(np.take_along_axis(mean, best, axis=1), 1e-6, 1 - 1e-6))
    density = np.exp(-(latent**2) / 2) / np.sqrt(2 * np.pi)
    shift = np.mean((np.take_along_axis(std, best, axis=1) / np.maximum(density, 0.05)) ** 2, axis=1)
    shared = np.clip(correlation + shift, 0, LARGEST)[:, None, None]
    nodes, weights = _quadrature()
    wrong = ndtr(-(latent[:, :, None] - np.sqrt(shared) * nodes) / np.sqrt(1 - shared))
    held: Array = 1 - wrong.cumprod(axis=1) @ (weights / weights.sum())
    return held


@cache
def _quadrature() -> tuple[Array, Array]:
    """Gauss-Hermite nodes and weights; finding them takes a hundred times as long as using them."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(NODES)
    return nodes, weights


def fit_correlation(mean: Array, std: Array, Y: Array, most: int = 4) -> float:
    """The correlation under which "one of the j best was right" is likeliest, j = 2…most, on held-out outcomes.

    Y (n, m); right is a score of one half or more. A row counts for j where its j best were all measured.
    """
    best = np.argsort(-mean, axis=1, kind="stable")[:, : min(most, mean.shape[1])]
    scores = np.take_along_axis(Y, best, axis=1)
    measured = ~np.isnan(scores.cumsum(axis=1))[:, 1:]
    right = np.maximum.accumulate(np.nan_to_num(scores) >= 0.5, axis=1)[:, 1:]
    if not measured.any():
        raise ValueError(f"of {len(Y)} queries none has the outcomes of its two best experts")
    return float(max(CORRELATIONS, key=lambda rho: _likelihood(chances(mean, std, most, rho)[:, 1:], right, measured)))


def _least(counts: Callable[[float], Array], calls: float) -> float:
    """The smallest number in [0, 1] (a bisection) at which the average count, never greater for more, is in budget."""
    if calls < 1:
        raise ValueError(f"{calls:g} calls a query are too few: one expert at least answers")
    if counts(0.0).mean() <= calls:
        return 0.0
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        low, high = (low, middle) if counts(middle).mean() <= calls else (middle, high)
    return high


def _likelihood(held: Array, right: Array, measured: Array) -> float:
    held = np.clip(held, 1e-6, 1 - 1e-6)
    return float(np.log(np.where(right, held, 1 - held))[measured].mean())
