"""Which category a query belongs to: one linear softmax, its probabilities calibrated and tempered by familiarity.

Knows no expert and no text: rows are what `StaticEncoder` makes of texts, its first `words` columns single words.
"""

from __future__ import annotations

import warnings
from typing import Self

import numpy as np
from scipy.sparse import csr_matrix

from routers.base import Array, Estimator, Matrix


class CategoryClassifier(Estimator):
    """p(k|q) = f·softmax(z / T)ₖ + (1 - f) / K: what is not familiar (f → 0) is read as anything at all.

    f is a logistic function of the share of the query's words that were met in training and of how many there are.
    """

    categories_: tuple[str, ...]
    weights_: Array
    """(d, K) int8; times `scale_` (K,) they are the softmax's weights."""
    scale_: Array
    bias_: Array
    met_: Array
    """(words,) bool: the word columns met in training."""
    temperature_: float
    gate_: Array
    """(3,): bias, weight of the familiar share, weight of log(1 + familiar words)."""

    def __init__(self, words: int, C: float = 50.0, max_iter: int = 100) -> None:
        self.words = words
        self.C = C
        self.max_iter = max_iter

    def fit(self, X: Matrix, y: Array, weights: Array) -> Self:
        """X (n, d) rows, y (n,) names of three or more categories, weights (n,) how much each row counts."""
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.linear_model import LogisticRegression

        if len(set(y)) < 3:
            raise ValueError(f"three categories or more are needed, {len(set(y))} were given")
        met = np.bincount(X.indices, minlength=X.shape[1]) >= 2
        linear = LogisticRegression(C=self.C, max_iter=self.max_iter, tol=1e-3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # stopping early is meant: it regularizes, too
            linear.fit(X[:, met], y, sample_weight=weights)
        self.categories_ = tuple(str(name) for name in linear.classes_)
        self.scale_ = (np.abs(linear.coef_).max(axis=1) / 127).astype(np.float32)
        self.weights_ = np.zeros((len(met), len(self.scale_)), dtype=np.int8)
        self.weights_[met] = np.rint(linear.coef_.T / self.scale_)
        self.bias_, self.met_ = linear.intercept_.astype(np.float32), met[: self.words]
        self.temperature_, self.gate_ = 1.0, np.array([20.0, 0.0, 0.0], dtype=np.float32)
        return self

    def logits(self, X: Matrix) -> Array:
        """(n, K), before temperature and familiarity."""
        rows = _sparse(X)
        products = rows.data[:, None] * self.weights_[rows.indices]
        scores: Array = _sums(products, rows.indptr) * self.scale_ + self.bias_
        return scores

    def signals(self, X: Matrix) -> Array:
        """(n, 2): the weighted share of familiar words, and log(1 + their number)."""
        rows = _sparse(X)
        words = rows.indices < self.words
        familiar = np.zeros(len(words), dtype=bool)
        familiar[words] = self.met_[rows.indices[words]]
        weights = rows.data * words
        sums = _sums(np.stack([weights, weights * familiar, familiar], axis=1), rows.indptr)
        return np.stack([sums[:, 1] / np.maximum(sums[:, 0], 1e-12), np.log1p(sums[:, 2])], axis=1)

    def familiarity(self, X: Matrix) -> Array:
        """(n,) in [0, 1]: how likely a query is of the kind that was trained on."""
        chance: Array = 1 / (1 + np.exp(-(self.gate_[0] + self.signals(X) @ self.gate_[1:])))
        return chance

    def predict_proba(self, X: Matrix) -> Array:
        """(n, K), columns as in `categories_`."""
        familiar = self.familiarity(X)[:, None]
        chances: Array = familiar * softmax(self.logits(X) / self.temperature_) + (1 - familiar) / len(self.categories_)
        return chances


def _sparse(X: Matrix) -> csr_matrix:
    """X itself where it is CSR: its constructor copies nothing, but takes as long as a prediction."""
    return X if isinstance(X, csr_matrix) else csr_matrix(X)


def _sums(values: Array, ends: Array) -> Array:
    """(n, c) sums of values (m, c) between consecutive ends (n + 1,); nothing adds up to zero."""
    if len(values) == 0:
        return np.zeros((len(ends) - 1, values.shape[1]), dtype=np.float32)
    sums: Array = np.add.reduceat(values, np.minimum(ends[:-1], len(values) - 1), axis=0)
    sums[ends[1:] == ends[:-1]] = 0
    return sums


def softmax(logits: Array) -> Array:
    powers: Array = np.exp(logits - logits.max(axis=1, keepdims=True))
    chances: Array = powers / powers.sum(axis=1, keepdims=True)
    return chances
