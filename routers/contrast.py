"""The sample-LLM contrastive loss of RouterDC (arXiv 2409.19886) and its gradient. Knows no router.

For each query, the experts that answered it well are drawn toward it and those that failed are pushed away.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np

from routers.base import Array

FAILED = 0.5
"""A score above it is no failure."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """(n, m) masks: which experts count as good, and which as failed, on each query."""

    good: Array
    failed: Array

    @classmethod
    def of(cls, Y: Array, count: int, seed: int) -> Self:
        """The `count` best that scored above zero, and the `count` worst that failed; a missing score is neither.

        Ties are broken by lot. A good one is never a failed one as well.
        """
        lots = np.random.default_rng(seed).random(Y.shape)
        best = _ranks(np.where(np.isnan(Y), np.inf, -Y), lots) < count
        worst = _ranks(np.where(np.isnan(Y), np.inf, Y), lots) < count
        good = best & (Y > 0)
        return cls(good, worst & (Y <= FAILED) & ~good)


def _ranks(Y: Array, lots: Array) -> Array:
    return np.lexsort((lots, Y), axis=1).argsort(axis=1)


def contrast(similarity: Array, pairs: Pairs) -> tuple[float, Array]:
    """Sum over queries and good experts of -log(e^s₊ / (e^s₊ + Σ e^s₋)), and its gradient by similarity (n, m)."""
    powers = np.exp(similarity - similarity.max(axis=1, keepdims=True))
    against = (powers * pairs.failed).sum(axis=1, keepdims=True)
    whole = powers + against + np.finfo(np.float64).tiny
    value = -float(np.sum(np.log(powers[pairs.good] / whole[pairs.good])))
    pull = pairs.good * (powers / whole - 1)
    push = pairs.failed * powers * (pairs.good / whole).sum(axis=1, keepdims=True)
    return value, pull + push


def through_unit(slope: Array, rows: Array, units: Array) -> Array:
    """A gradient by units (n, k), the rows scaled to length one, as one by the rows."""
    lengths = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
    inward: Array = (slope - units * (slope * units).sum(axis=1, keepdims=True)) / lengths
    return inward
