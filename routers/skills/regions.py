"""Regions of the rows in place of skills: what a skill router goes by where nobody gave it a vocabulary.

Knows rows only. The regions are called "region 1" and so on; what they are about is not known.
"""

from __future__ import annotations

import warnings
from typing import Self

import numpy as np

from routers.base import Array, Matrix
from routers.skills.tags import Tagger, check_keeping

ROWS_PER_REGION = 8
ITERATIONS = 30


class RegionTagger(Tagger):
    """k-means; a row's affinity to a region falls with its squared distance, as in a mixture of round Gaussians.

    `width`: only the first `width` columns are read.
    """

    scale_: float
    """The squared distance over which an affinity falls to 1/e."""

    def __init__(
        self, regions: int = 96, keep: float = 3.0, most: int = 5, width: int | None = None, seed: int = 0
    ) -> None:
        self.regions = regions
        self.keep = keep
        self.most = most
        self.width = width
        self.seed = seed

    def fit(self, X: Matrix) -> Self:
        """X (n, d), dense or CSR. There are at least 8 rows for each region."""
        check_keeping(self.keep, self.most)
        rows = self._rows(X)
        self.centres_ = _centres(rows, max(1, min(self.regions, X.shape[0] // ROWS_PER_REGION)), self.seed)
        self.skills_ = tuple(f"region {number}" for number in range(1, len(self.centres_) + 1))
        nearest = np.sort(self._distances(rows), axis=1)[:, :2]
        self.scale_ = max(float(np.ptp(nearest, axis=1).mean()), 1e-9)
        self._settle(X)
        return self

    def affinities(self, X: Matrix) -> Array:
        distances = self._distances(self._rows(X))
        nearness = np.exp(-np.minimum((distances - distances.min(axis=1, keepdims=True)) / self.scale_, 50.0))
        shares: Array = nearness / nearness.sum(axis=1, keepdims=True)
        return shares

    def _rows(self, X: Matrix) -> Matrix:
        return X if self.width is None else X[:, : self.width]

    def _distances(self, rows: Matrix) -> Array:
        """(n, S) squared distances to the centres, less the row's own squared length."""
        return np.asarray((self.centres_**2).sum(axis=1) - 2 * (rows @ self.centres_.T))


def _centres(rows: Matrix, count: int, seed: int) -> Array:
    """(count, d). SciPy's k-means runs in one thread: the same sums in the same order every time."""
    from scipy.cluster.vq import kmeans2

    dense = np.asarray(rows.toarray() if hasattr(rows, "toarray") else rows, dtype=np.float64)
    first = dense[np.random.default_rng(seed).choice(len(dense), count, replace=False)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # a region may end up without rows
        centres, _ = kmeans2(dense, first, iter=ITERATIONS, minit="matrix")
    return np.asarray(centres, dtype=np.float32)
