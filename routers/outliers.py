"""Which queries are none the router was made for, so that they go to the generalist instead of a guessed specialist.

Robust routing of Composition of Experts (arXiv 2412.01868): a row is strange where its category is undecided, or where
it lies far from everything learned from, which entropy misses. Knows rows only; a caller decides what a flag changes.
"""

from __future__ import annotations

from typing import Self

import numpy as np

from routers.base import Array, Estimator

SPLITS = tuple(n / 10 for n in range(11))
"""Shares of the rejections that entropy may make, tried when calibrating."""
UNDECIDED = "it could belong to many categories"
FAR = "it is unlike everything the router learned from"


class Outliers(Estimator):
    """Rows are dense: the first `width` columns an embedding, the last `categories` columns category probabilities.

    Two signals: H(p)/log K in [0, 1], and the Mahalanobis distance to the nearest category mean under one covariance
    of all categories, shrunk after Ledoit and Wolf (2004). Each is measured in units of its limit.
    """

    means_: Array
    """(K, width) of the categories met, whitened."""
    whitening_: Array
    """(width, width): rows times it have unit covariance within a category, shrinkage aside."""
    limits_: Array
    """(2,): the entropy and the distance beyond which a row is flagged."""

    def __init__(self, width: int, categories: int, accept: float = 0.95) -> None:
        self.width = width
        self.categories = categories
        self.accept = accept

    def fit(self, X: Array) -> Self:
        """Learn what is known from X (n, d); each row counts for its most probable category. Then `calibrate`."""
        from sklearn.covariance import ledoit_wolf

        if self.categories < 2 or X.shape[1] < self.width + self.categories:
            wanted = f"{self.width} embedding columns and {self.categories} (two or more) categories"
            raise ValueError(f"X has {X.shape[1]} columns; {wanted} are expected")
        rows, found = X[:, : self.width].astype(np.float64), X[:, -self.categories :].argmax(axis=1)
        met, members = np.unique(found, return_inverse=True)
        means = np.stack([rows[members == k].mean(axis=0) for k in range(len(met))])
        covariance, _ = ledoit_wolf(rows - means[members], assume_centered=True)
        self.whitening_ = np.linalg.cholesky(np.linalg.inv(covariance)).astype(np.float32)
        self.means_ = means.astype(np.float32) @ self.whitening_
        self.limits_ = np.full(2, np.inf)
        return self

    def calibrate(self, known: Array, strange: Array) -> Self:
        """Set the limits: of those that accept the wanted share of held-out rows, those that flag most strange ones."""
        inside, outside = self.signals(known), self.signals(strange)
        limits = [_limits(inside, self.accept, share) for share in SPLITS]
        caught = [(outside > pair).any(axis=1).mean() for pair in limits]
        best = max(range(len(SPLITS)), key=lambda n: (caught[n], -abs(SPLITS[n] - 0.5)))
        self.limits_ = np.maximum(limits[best], 1e-9)
        return self

    def signals(self, X: Array) -> Array:
        """(n, 2): normalised entropy, and distance."""
        chances = np.clip(X[:, -self.categories :], 1e-12, 1)
        entropy = -(chances * np.log(chances)).sum(axis=1) / np.log(self.categories)
        rows = X[:, : self.width] @ self.whitening_
        gaps = (rows**2).sum(axis=1)[:, None] - 2 * rows @ self.means_.T + (self.means_**2).sum(axis=1)
        return np.column_stack([entropy, np.sqrt(np.maximum(gaps.min(axis=1), 0))])

    def score(self, X: Array) -> Array:
        """(n,): the greater of both signals in units of its limit; above one is flagged."""
        score: Array = (self.signals(X) / self.limits_).max(axis=1)
        return score

    def flag(self, X: Array) -> Array:
        """(n,) bool."""
        flagged: Array = self.score(X) > 1
        return flagged

    def reasons(self, X: Array) -> tuple[str, ...]:
        """Per row, in words, what speaks most for the flag; "" where there is none."""
        share = self.signals(X) / self.limits_
        words = np.where(share[:, 0] > share[:, 1], UNDECIDED, FAR)
        return tuple(np.where(share.max(axis=1) > 1, words, "").tolist())


def generalist(Y: Array, errors: float = 1.645) -> int:
    """The column of whom to trust with the unknown: the highest lower bound of the overall mean, `errors` below it.

    Y (n, m), NaN where not measured. Means are those of a Beta posterior under a flat prior, so that an expert measured
    once is not the best.
    """
    seen = (~np.isnan(Y)).sum(axis=0)
    mean = (np.nansum(Y, axis=0) + 1) / (seen + 2)
    return int(np.argmax(mean - errors * np.sqrt(mean * (1 - mean) / (seen + 3))))


def _limits(signals: Array, accept: float, share: float) -> Array:
    """(2,) limits that reject at most 1 - accept of the rows, `share` of these by entropy and the rest by distance."""
    rejected = int((1 - accept) * len(signals) + 1e-9)
    by_entropy = int(share * rejected)
    entropy = np.sort(signals[:, 0])[len(signals) - 1 - by_entropy]
    rest = np.sort(signals[signals[:, 0] <= entropy, 1])
    left = rejected - (len(signals) - len(rest))
    return np.array([entropy, rest[len(rest) - 1 - left]])
