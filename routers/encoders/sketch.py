"""A large encoder's embedding, guessed from hashed words: a linear map learned from pairs of both (distillation).

Good enough for a query that says plainly what it is about, and a hundred times cheaper.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from scipy.sparse import csr_matrix

from routers.base import Array, Estimator, Matrix
from routers.encoders.layout import EMBEDDING


class Sketch(Estimator):
    """Embeddings (n, d) of static rows: folded to `columns` columns, and a ridge regression of rank `rank` on those."""

    weights_: Array
    """(columns, rank) int8; times `scale_` (rank,) the coordinates along `basis_` (rank, d)."""
    scale_: Array
    bias_: Array
    basis_: Array

    def __init__(self, columns: int = 1 << 15, rank: int = 48, alpha: float = 2.0) -> None:
        self.columns = columns
        self.rank = rank
        self.alpha = alpha

    def fit(self, X: Matrix, E: Array) -> Self:
        """X (n, D) static rows and E (n, d), the embeddings of the same texts."""
        from sklearn.linear_model import Ridge

        self.bias_ = E.mean(axis=0).astype(np.float32)
        _, _, basis = np.linalg.svd(E - self.bias_, full_matrices=False)
        self.basis_ = basis[: self.rank].astype(np.float32)
        linear = Ridge(alpha=self.alpha, solver="sparse_cg", tol=1e-3, fit_intercept=False)
        coefficients = linear.fit(self._folded(X), (E - self.bias_) @ self.basis_.T).coef_
        self.scale_ = (np.abs(coefficients).max(axis=1) / 127).astype(np.float32)
        self.weights_ = np.ascontiguousarray(np.rint(coefficients.T / self.scale_).astype(np.int8))
        return self

    def blank(self, width: int = EMBEDDING) -> Self:
        """A sketch that draws nothing, for want of an encoder to learn from: zeros (n, width)."""
        self.weights_, self.scale_ = np.zeros((self.columns, 1), dtype=np.int8), np.zeros(1, dtype=np.float32)
        self.bias_, self.basis_ = np.zeros(width, dtype=np.float32), np.zeros((1, width), dtype=np.float32)
        return self

    def predict(self, X: Matrix) -> Array:
        """(n, d) float32."""
        rows = X if isinstance(X, csr_matrix) else csr_matrix(X)
        products = rows.data[:, None] * self.weights_[rows.indices & (self.columns - 1)]
        sums = np.zeros((rows.shape[0], len(self.scale_)), dtype=np.float32)
        filled = np.diff(rows.indptr) > 0
        if filled.any():
            sums[filled] = np.add.reduceat(products, rows.indptr[:-1][filled], axis=0)
        guessed: Array = (sums * self.scale_) @ self.basis_ + self.bias_
        return guessed

    def _folded(self, X: Matrix) -> csr_matrix:
        rows = csr_matrix(X)
        folded = csr_matrix(
            (rows.data, rows.indices & (self.columns - 1), rows.indptr), shape=(rows.shape[0], self.columns)
        )
        folded.sum_duplicates()
        return folded
